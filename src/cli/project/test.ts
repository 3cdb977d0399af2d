/** `npm test`: every check of the project, and a plain total at the end. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { findChromium } from './chromium.ts';
import { ROOT, runTool, type Tool } from './tools.ts';

interface Count {
  passed: number;
  failed: number;
  /** What failed, and how: named again at the end, since whoever keeps only the last lines of a long output needs it there. */
  failures?: readonly string[];
}

/** Where a tool's output goes: to the terminal as it comes, or to a function in one piece. */
type Print = ((text: Uint8Array) => void) | undefined;

interface Stage {
  readonly name: string;
  readonly title: string;
  readonly run: (print: Print) => Promise<Count>;
}

/** One after the other, each on its own processor or on all of them. */
type Lane = readonly Stage[];

const reports = path.join(ROOT, '.cache', 'reports');

/** One check: passed when the tool exits with 0. */
function check(tool: Tool): Stage['run'] {
  return async (print) =>
    (await runTool(tool, print)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A test runner: counts come from its report; a run that failed without a failed test is a failure too. */
async function counted(
  tool: Tool,
  print: Print,
  report: string,
  count: (report: unknown) => Count,
): Promise<Count> {
  const file = path.join(reports, report);
  rmSync(file, { force: true });
  const status = await runTool(tool, print);
  const result = (() => {
    try {
      return count(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return { passed: 0, failed: 0 };
    }
  })();
  if (result.failed > 0 || (status === 0 && result.passed > 0)) return result;
  const why = status === 0 ? 'ran nothing' : `ended with status ${status}, and no test had failed: see above`;
  return { ...result, failed: 1, failures: [`${tool.package} ${why}`] };
}

interface VitestReport {
  numPassedTests: number;
  testResults: readonly {
    name: string;
    message: string;
    assertionResults: readonly { status: string; fullName: string; failureMessages: readonly string[] }[];
  }[];
}
interface PlaywrightSuite {
  suites?: readonly PlaywrightSuite[];
  specs: readonly {
    ok: boolean;
    title: string;
    file: string;
    tests: readonly { results: readonly { error?: { message?: string } }[] }[];
  }[];
}
interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number };
  suites: readonly PlaywrightSuite[];
  /** Of none of the tests: a file that does not load. */
  errors: readonly { message?: string }[];
}

/** A failed test and the first lines of what it said; where in the test's own code, not in the runner's. */
function failure(file: string, title: string, message: string): string {
  const said = stripVTControlCharacters(message).split('\n');
  const lines = said.filter((line) => !/^ +at .*(node_modules|Promise)/.test(line)).slice(0, 12);
  return [`${path.relative(ROOT, file)} > ${title}`, ...lines.map((line) => `    ${line}`)].join('\n');
}

function unitFailures({ testResults }: VitestReport): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0) return message === '' ? [] : [failure(name, 'the file itself', message)];
    return failed.map((test) => failure(name, test.fullName, test.failureMessages.join('\n')));
  });
}

function browserFailures({ suites = [], specs }: PlaywrightSuite): string[] {
  const failed = specs.filter(({ ok }) => !ok);
  return [
    ...failed.map(({ file, title, tests }) => {
      const [error] = tests.flatMap(({ results }) => results.flatMap((result) => result.error ?? []));
      return failure(path.join(ROOT, 'tests', 'e2e', file), title, error?.message ?? '');
    }),
    ...suites.flatMap(browserFailures),
  ];
}

function unit(print: Print): Promise<Count> {
  const output = path.join(reports, 'unit.json');
  const args = ['run', '-c', 'tests/vitest.config.ts', '--reporter=dot', '--reporter=json'];
  return counted(
    { package: 'vitest', args: [...args, `--outputFile.json=${output}`] },
    print,
    'unit.json',
    (report) => {
      const result = report as VitestReport;
      const failures = unitFailures(result);
      return { passed: result.numPassedTests, failed: failures.length, failures };
    },
  );
}

async function browser(print: Print): Promise<Count> {
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
    print,
    'browser.json',
    (report) => {
      const { stats, suites, errors } = report as PlaywrightReport;
      const others = errors.map(({ message }) =>
        failure(path.join(ROOT, 'tests', 'e2e'), 'no test', message ?? ''),
      );
      const failures = [...suites.flatMap(browserFailures), ...others];
      return { passed: stats.expected + stats.flaky, failed: failures.length, failures };
    },
  );
}

const kernelTypes: Tool = { package: 'typescript', bin: 'tsc', args: ['-p', 'tests/tsconfig.kernel.json'] };
const rules: Tool = {
  package: 'dependency-cruiser',
  bin: 'depcruise',
  args: ['--config', 'tests/dependency-rules.cjs', 'src', 'content'],
};

const lint: Lane = [
  {
    name: 'lint',
    title: 'Format and lint',
    run: check({ package: '@biomejs/biome', bin: 'biome', args: ['ci', '--error-on-warnings', '.'] }),
  },
  { name: 'kernel', title: 'Types of the kernel rooms: no DOM, no Node', run: check(kernelTypes) },
  { name: 'rules', title: 'Dependency rules', run: check(rules) },
  {
    name: 'unused',
    title: 'Nothing unused',
    run: check({ package: 'knip', args: ['-c', 'tests/knip.json'] }),
  },
];

/** One after the other: both write what Astro keeps of the content. */
const site: Lane = [
  { name: 'build', title: 'Build of the book', run: check({ package: 'astro', args: ['build'] }) },
  {
    name: 'types',
    title: 'Types of everything above the kernel',
    run: check({ package: 'astro', args: ['check', '--tsconfig', 'tests/tsconfig.above.json'] }),
  },
];

/** One after the other. The lanes of one run side by side: their tools keep one processor busy each, and the runners of tests all of them. */
const phases: readonly (readonly Lane[])[] = [
  [lint, site],
  [[{ name: 'unit', title: 'Unit tests', run: unit }]],
  [[{ name: 'browser', title: 'Browser tests', run: browser }]],
];

interface Result extends Count {
  readonly name: string;
  readonly seconds: number;
}

async function runStage({ name, title, run }: Stage, together: boolean): Promise<Result> {
  const heading = `\n== ${title} (${name})\n`;
  if (!together) process.stdout.write(heading);
  const print = (text: Uint8Array) => void process.stdout.write(`${heading}${Buffer.from(text)}`);
  const started = performance.now();
  const count = await run(together ? print : undefined).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { passed: 0, failed: 1 };
  });
  return { name, ...count, seconds: (performance.now() - started) / 1000 };
}

async function runLane(lane: Lane, together: boolean): Promise<Result[]> {
  const results: Result[] = [];
  for (const stage of lane) results.push(await runStage(stage, together));
  return results;
}

/**
 * Runs the stages named in `only` (all when empty), even after a failure, and prints what failed and `N passed, N failed` last. A static
 * check counts as one test. Returns the exit status.
 */
export async function test(only: readonly string[]): Promise<number> {
  const names = phases.flat(2).map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no test stage ${unknown.join(', ')}. There are: ${names.join(', ')}.\n`);
    return 2;
  }
  mkdirSync(reports, { recursive: true });
  const results: Result[] = [];
  for (const phase of phases) {
    const lanes = phase
      .map((lane) => lane.filter(({ name }) => only.length === 0 || only.includes(name)))
      .filter((lane) => lane.length > 0);
    const done = await Promise.all(lanes.map((lane) => runLane(lane, lanes.length > 1)));
    results.push(...done.flat());
  }
  const summary = results.map(
    ({ name, passed, failed, seconds }) =>
      `${failed === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(8)} ${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s`,
  );
  const failures = results.flatMap((result) => result.failures ?? []);
  if (failures.length > 0) process.stdout.write(`\nWhat failed:\n\n${failures.join('\n\n')}\n`);
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0);
  process.stdout.write(`\n${summary.join('\n')}\n${sum('passed')} passed, ${sum('failed')} failed\n`);
  return sum('failed') === 0 ? 0 : 1;
}
