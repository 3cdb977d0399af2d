/** The house rules that no other tool holds, over the text of the sources. Each message names what to do instead. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(root + file));
const read = (file: string) => readFileSync(root + file, 'utf8');

const kernel =
  /^src\/(base|machine|disk|network|hypervisor|linux|oci|container|registry|libvirt|shell|world|sandbox|exercise)\/|^content\/exercises\/[^/]+\/[^/]+\.ts$/;
const source = /\.(ts|mjs|cjs|astro|mdx|css)$/;

interface Rule {
  readonly name: string;
  readonly applies: (file: string) => boolean;
  readonly pattern: RegExp;
  readonly instead: string;
}

const rules: readonly Rule[] = [
  {
    name: 'no wall clock in the kernel',
    applies: (file) => kernel.test(file),
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    instead: 'take time from the EventQueue (base/eventQueue.ts)',
  },
  {
    name: 'no engine randomness in the kernel',
    applies: (file) => kernel.test(file),
    pattern: /\bMath\.random\b|\bcrypto\.getRandomValues\b/,
    instead: 'take a Random (base/random.ts) as a parameter',
  },
  {
    name: 'no timers in the kernel',
    applies: (file) => kernel.test(file),
    pattern: /\b(setTimeout|setInterval|queueMicrotask|requestAnimationFrame)\(/,
    instead: 'schedule on the EventQueue',
  },
  {
    name: 'no locale in the kernel',
    applies: (file) => kernel.test(file),
    pattern: /\.(localeCompare|toLocale\w*)\(|\bIntl\./,
    instead: 'compare code units; the C locale is the only one',
  },
  {
    name: 'nothing left to do',
    applies: (file) => source.test(file) && file !== 'tests/house/tidy.test.ts',
    pattern: /\b(TODO|FIXME|HACK)\b/,
    instead: 'do it, or leave it out and say so in the closing note',
  },
  {
    name: 'no skipped or focused test',
    applies: (file) => /^tests\/.*\.(test|spec)\.ts$/.test(file) && file !== 'tests/house/tidy.test.ts',
    pattern: /\b(test|it|describe)\.(only|skip|todo)\(/,
    instead: 'use test.skipIf(condition) with a condition that a machine can have',
  },
  {
    name: 'no machine’s paths',
    applies: (file) => source.test(file) || /\.(md|json)$/.test(file),
    pattern: new RegExp(root.replaceAll('.', '\\.')),
    instead: 'use a path relative to the project',
  },
];

/** "file:line" of each place in `text` that breaks the rule; strings in comments count, since readers copy them. */
function findings(rule: Rule, file: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (rule.pattern.test(line) ? [`${file}:${index + 1}: ${rule.instead}`] : []));
}

describe.each(rules)('$name', (rule) => {
  test('holds everywhere', () => {
    expect(
      files.filter((file) => rule.applies(file)).flatMap((file) => findings(rule, file, read(file))),
    ).toEqual([]);
  });
});

test('the rules find what they forbid', () => {
  const broken = [
    'Date.now()',
    'Math.random()',
    'setTimeout(f)',
    'a.localeCompare(b)',
    '// TODO x',
    "test.skip('x')",
    root,
  ];
  expect(rules.map((rule, index) => findings(rule, 'a.ts', broken[index]!).length)).toEqual(
    rules.map(() => 1),
  );
});

test('a source file stays below 400 lines', () => {
  const long = files
    .filter((file) => /^src\/.*\.(ts|mjs)$/.test(file))
    .map((file) => [file, read(file).split('\n').length] as const)
    .filter(([, lines]) => lines > 420);
  expect(long, 'look for the second concept and give it a file').toEqual([]);
});

test('dependencies are pinned', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const all = { ...manifest['dependencies'], ...manifest['devDependencies'] };
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
