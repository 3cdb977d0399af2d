/** `npm test`: every check of the project in order, and a plain total at the end. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findChromium } from './chromium.ts';
import { ROOT, runTool, type Tool } from './tools.ts';

interface Count {
  passed: number;
  failed: number;
}

interface Stage {
  readonly name: string;
  readonly title: string;
  /** Exactly one of a tool that is one check by its exit status, and a function that counts by itself. */
  readonly run: () => Promise<Count>;
}

const reports = path.join(ROOT, '.cache', 'reports');

/** One check: passed when the tool exits with 0. */
function check(tool: Tool): () => Promise<Count> {
  return async () => ((await runTool(tool)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
}

/** A test runner: counts come from its report; a run that failed without a failed test is a failure too. */
async function counted(tool: Tool, report: string, count: (report: unknown) => Count): Promise<Count> {
  const file = path.join(reports, report);
  rmSync(file, { force: true });
  const status = await runTool(tool);
  const result = (() => {
    try {
      return count(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return { passed: 0, failed: 0 };
    }
  })();
  if (status !== 0 && result.failed === 0) result.failed = 1;
  if (status === 0 && result.passed === 0) result.failed = 1;
  return result;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
}
interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number };
}

function unit(): Promise<Count> {
  const output = path.join(reports, 'unit.json');
  const args = ['run', '-c', 'tests/vitest.config.ts', '--reporter=dot', '--reporter=json'];
  return counted(
    { package: 'vitest', args: [...args, `--outputFile.json=${output}`] },
    'unit.json',
    (report) => {
      const { numPassedTests, numFailedTests } = report as VitestReport;
      return { passed: numPassedTests, failed: numFailedTests };
    },
  );
}

async function browser(): Promise<Count> {
  const env = {
    CHROMIUM_PATH: await findChromium(),
    PLAYWRIGHT_JSON_OUTPUT_NAME: path.join(reports, 'browser.json'),
  };
  return counted(
    {
      package: '@playwright/test',
      bin: 'playwright',
      args: ['test', '-c', 'tests/playwright.config.ts'],
      env,
    },
    'browser.json',
    (report) => {
      const { expected, unexpected, flaky } = (report as PlaywrightReport).stats;
      return { passed: expected + flaky, failed: unexpected };
    },
  );
}

const kernelTypes: Tool = { package: 'typescript', bin: 'tsc', args: ['-p', 'tests/tsconfig.kernel.json'] };
const rules: Tool = {
  package: 'dependency-cruiser',
  bin: 'depcruise',
  args: ['--config', 'tests/dependency-rules.cjs', 'src', 'content'],
};

const stages: readonly Stage[] = [
  {
    name: 'lint',
    title: 'Format and lint',
    run: check({ package: '@biomejs/biome', bin: 'biome', args: ['ci', '--error-on-warnings', '.'] }),
  },
  { name: 'kernel', title: 'Types of the kernel rooms: no DOM, no Node', run: check(kernelTypes) },
  {
    name: 'types',
    title: 'Types of everything',
    run: check({ package: 'astro', args: ['check'] }),
  },
  { name: 'rules', title: 'Dependency rules', run: check(rules) },
  {
    name: 'unused',
    title: 'Nothing unused',
    run: check({ package: 'knip', args: ['-c', 'tests/knip.json'] }),
  },
  { name: 'unit', title: 'Unit tests', run: unit },
  { name: 'build', title: 'Build of the book', run: check({ package: 'astro', args: ['build'] }) },
  { name: 'browser', title: 'Browser tests', run: browser },
];

/**
 * Runs the stages named in `only` (all when empty), even after a failure, and prints `N passed, N failed` last. A static
 * check counts as one test. Returns the exit status.
 */
export async function test(only: readonly string[]): Promise<number> {
  const unknown = only.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const names = stages.map((stage) => stage.name).join(', ');
    process.stderr.write(`There is no test stage ${unknown.join(', ')}. There are: ${names}.\n`);
    return 2;
  }
  mkdirSync(reports, { recursive: true });
  const total: Count = { passed: 0, failed: 0 };
  const summary: string[] = [];
  for (const stage of stages) {
    if (only.length > 0 && !only.includes(stage.name)) continue;
    process.stdout.write(`\n== ${stage.title} (${stage.name})\n`);
    const started = performance.now();
    const count = await stage.run().catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return { passed: 0, failed: 1 };
    });
    total.passed += count.passed;
    total.failed += count.failed;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    summary.push(
      `${count.failed === 0 ? 'ok    ' : 'FAILED'} ${stage.name.padEnd(8)} ${count.passed} passed, ${count.failed} failed, ${seconds} s`,
    );
  }
  process.stdout.write(`\n${summary.join('\n')}\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
}
