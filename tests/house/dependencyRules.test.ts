/** Each dependency rule is broken once in a small tree of its own, and must say so. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { expect, test } from 'vitest';

const config = createRequire(import.meta.url)('../dependency-rules.cjs') as {
  forbidden: { name: string }[];
  options: Record<string, unknown>;
};

/** The names of the rules that a tree of `files` breaks. */
async function violations(files: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-rules-'));
  try {
    const all = { 'package.json': '{"type":"module","devDependencies":{"vitest":"1"}}', ...files };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    const { tsConfig: _, ...options } = config.options;
    const { output } = await cruise(['.'], {
      ...options,
      baseDir: folder,
      validate: true,
      ruleSet: { forbidden: config.forbidden as never },
    });
    return [...new Set((output as ICruiseResult).summary.violations.map((violation) => violation.rule.name))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const leaf = 'export const one = 1;\n';
const importing = (specifier: string) =>
  `import { one } from '${specifier}';\nexport const two = one + one;\n`;
const library = (name: string) => ({
  [`node_modules/${name}/package.json`]: `{"name":"${name}","main":"index.js"}`,
  [`node_modules/${name}/index.js`]: 'exports.one = 1;\n',
});

test('a tree in order breaks no rule', async () => {
  const files = {
    'src/base/index.ts': leaf,
    'src/linux/index.ts': importing('../base/index.ts'),
    'src/world/index.ts': importing('../linux/index.ts'),
  };
  expect(await violations(files)).toEqual([]);
});

test.each([
  [
    'base imports nothing',
    'room-base',
    { 'src/base/index.ts': importing('../linux/index.ts'), 'src/linux/index.ts': leaf },
  ],
  [
    'linux does not know the shell',
    'room-linux',
    { 'src/linux/a.ts': importing('../shell/index.ts'), 'src/shell/index.ts': leaf },
  ],
  [
    'the world does not know the lab',
    'room-world',
    { 'src/world/a.ts': importing('../lab/index.ts'), 'src/lab/index.ts': leaf },
  ],
  [
    'the lab does not know the site',
    'room-lab',
    { 'src/lab/a.ts': importing('../site/b.ts'), 'src/site/b.ts': leaf },
  ],
  [
    'figures do not know the lab',
    'room-figures',
    { 'src/figures/a.ts': importing('../lab/index.ts'), 'src/lab/index.ts': leaf },
  ],
  [
    'no circles',
    'no-circular',
    {
      'src/base/a.ts': importing('./b.ts').replace('two', 'one as three, one'),
      'src/base/b.ts': importing('./a.ts'),
    },
  ],
  ['no Node in the kernel', 'kernel-without-node', { 'src/linux/a.ts': "import 'node:fs';\n" }],
  [
    'no unnamed library in the kernel',
    'kernel-libraries',
    {
      'src/linux/a.ts': importing('lodash'),
      'package.json': '{"dependencies":{"lodash":"1"}}',
      ...library('lodash'),
    },
  ],
  [
    'QuickJS is the sandbox’s',
    'sandbox-owns-quickjs',
    {
      'src/exercise/a.ts': importing('quickjs-emscripten-core'),
      'package.json': '{"dependencies":{"quickjs-emscripten-core":"1"}}',
      ...library('quickjs-emscripten-core'),
    },
  ],
  [
    'exercises see only src/exercise',
    'content-imports-exercise-alone',
    {
      'content/exercises/x/exercise.ts': importing('../../../src/linux/index.ts'),
      'src/linux/index.ts': leaf,
    },
  ],
  [
    'other rooms go through index.ts',
    'through-the-door',
    { 'src/linux/a.ts': importing('../base/inner.ts'), 'src/base/inner.ts': leaf },
  ],
  [
    'what ships does not need a test tool',
    'only-dev-tools-in-tests',
    { 'src/lab/a.ts': importing('vitest'), ...library('vitest') },
  ],
  ['every import leads somewhere', 'resolvable', { 'src/base/a.ts': importing('./gone.ts') }],
] as const)('%s', async (_, rule, files) => {
  expect(await violations(files)).toContain(rule);
});

test('every rule by another name than a room’s has its row above', () => {
  const rooms = config.forbidden.filter((rule) => rule.name.startsWith('room-'));
  expect(config.forbidden.length - rooms.length).toBe(8);
});
