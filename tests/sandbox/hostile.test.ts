/** Programs that mean harm, or were written late at night: each ends in a message that says what to do, and the next program runs. */
import { describe, expect, test } from 'vitest';
import { type CallResult, loadSandbox, type SandboxError } from '../../src/sandbox/index.ts';

const factory = loadSandbox();

async function call(source: string, name = 'run'): Promise<CallResult> {
  const made = await (await factory).create({ files: { 'main.ts': source }, entry: 'main.ts' });
  if (!made.ok) throw new Error(made.diagnostics.map(({ message }) => message).join('; '));
  const result = made.sandbox.call(name, []);
  made.sandbox.dispose();
  return result;
}

test('no program gets much more memory than it may have, whatever it catches', async () => {
  const source = `export function run() {
    const all: Uint8Array[] = [];
    try { for (;;) all.push(new Uint8Array(1_000_000)); } catch { return all.length; }
  }`;
  for (let time = 0; time < 2; time++) {
    const result = await call(source);
    expect(result.ok && result.value).toBeGreaterThan(30);
    expect(result.ok && result.value).toBeLessThan(50);
  }
});

async function diagnostics(
  source: string,
): Promise<readonly { line: number; column: number; message: string }[]> {
  const made = await (await factory).create({ files: { 'main.ts': source }, entry: 'main.ts' });
  return made.ok ? [] : made.diagnostics;
}

describe('the loop that does not end is told by its line', () => {
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    [
      'alone',
      'export function run() {\n  let a = 1;\n  a++;\n  for (;;);\n}',
      4,
      /: the one in line 4 was running$/,
    ],
    [
      'without any operator that the engine would know the place of',
      'export function run() {\n  const list = [1, 2];\n  let i = 0;\n  while (i < list.length) {\n    const x = list[i]!;\n    if (x > 10) i++;\n  }\n}',
      4,
      /line 4 was running$/,
    ],
    [
      'with another one in a function that it calls',
      'const sum = (n: number) => {\n  let s = 0;\n  for (let k = 0; k < n; k++) s += k;\n  return s;\n};\nexport function run() {\n  let i = 0;\n  while (i < 10) {\n    sum(5);\n  }\n}',
      3,
      /the one in line 3 was running, within the one in line 8$/,
    ],
    [
      'that calls a function without loops',
      'const one = () => 1;\nexport function run() {\n  let i = 0;\n  while (i < 10) {\n    i += one() - one();\n  }\n}',
      4,
      /the one in line 4 was running$/,
    ],
    [
      'in a method',
      'const o = {\n  walk(n: number) {\n    let c = 0;\n    while (c < 5) { c += n - n; }\n  },\n};\nexport function run() {\n  for (const k of [1, 2]) o.walk(k);\n}',
      4,
      /the one in line 4 was running, within the one in line 8$/,
    ],
    [
      'one of two of which the engine knows neither',
      'export function run() {\n  let a = 0;\n  while (a) ;\n  while (true) ;\n}',
      3,
      /one of those in lines 3 and 4 was running$/,
    ],
    [
      'behind one that ended',
      'export function run() {\n  let a = 0;\n  while (a < 3) a++;\n  const b = [a].map(String);\n  for (;;);\n}',
      5,
      /line 5 was running$/,
    ],
  ];
  test.each(cases)('%s', async (_name, source, line, message) => {
    const result = await call(source);
    if (result.ok) throw new Error('it came to an end');
    expect(result.error).toMatchObject({ kind: 'budget', file: 'main.ts', line });
    expect(result.error.message).toMatch(message);
  });
});

const hostile: readonly (readonly [string, string, SandboxError['kind'], RegExp])[] = [
  ['an endless loop', 'export function run() { for (;;); }', 'budget', /does not come to an end/],
  [
    'an endless loop that catches everything',
    'export function run() { for (;;) { try { for (;;); } catch {} } }',
    'budget',
    /condition never changes/,
  ],
  [
    'endless recursion',
    'export function run(): number { return 1 + run(); }',
    'stack',
    /calls itself too deeply/,
  ],
  [
    'endless mutual recursion',
    'const a = (): number => 1 + b();\nconst b = (): number => 1 + a();\nexport const run = () => a();',
    'stack',
    /recursion without an end/,
  ],
  [
    'recursion through a getter',
    'const o = { get x(): number { return this.x + 1; } };\nexport const run = () => o.x;',
    'stack',
    /too deeply/,
  ],
  [
    '2 GB in one typed array',
    'export const run = () => new Uint8Array(2 ** 31).length;',
    'memory',
    /more than 32 MB/,
  ],
  [
    '2 GB in a string that doubles',
    "export function run() { let s = 'x'; while (s.length < 2 ** 31) s += s; return s.length; }",
    'memory',
    /more than 32 MB/,
  ],
  [
    'typed arrays without end',
    'export function run() { const all: Uint8Array[] = []; for (;;) all.push(new Uint8Array(1_000_000)); }',
    'memory',
    /more than 32 MB/,
  ],
  [
    'long arrays without end',
    'export function run() { const all: number[][] = []; for (;;) all.push(new Array(100_000).fill(1)); }',
    'memory',
    /more than 32 MB/,
  ],
  [
    'an array that grows for ever',
    'export function run() { const all: number[][] = []; for (let i = 0; ; i++) all.push([i, i, i, i]); }',
    'memory',
    /more than 32 MB/,
  ],
  [
    'a million lines of output',
    'export function run() { for (let i = 0; i < 1_000_000; i++) console.log(i); return 1; }',
    'output',
    /printed more than 10000 lines/,
  ],
  [
    'a few very long lines of output',
    'export function run() { for (let i = 0; i < 50; i++) console.log("x".repeat(10_000)); return 1; }',
    'output',
    /256 KB/,
  ],
  [
    'promises that start one another, left behind by a function that has returned',
    'const go = (): any => Promise.resolve().then(go);\nexport function run() { go(); return 1; }',
    'budget',
    /promises never come to an end/,
  ],
  [
    'an endless loop in what a promise does later',
    'export function run() { Promise.resolve().then(() => { for (;;); }); return 1; }',
    'budget',
    /does not come to an end/,
  ],
  ['a thrown null', 'export function run() { throw null; }', 'thrown', /null/],
  ['a thrown undefined', 'export function run() { throw undefined; }', 'thrown', /undefined/],
  ['a thrown string', 'export function run() { throw "boom"; }', 'thrown', /boom/],
  ['a thrown symbol', 'export function run() { throw Symbol("s"); }', 'thrown', /Symbol\(s\)/],
  [
    'a thrown object whose toString throws',
    'export function run() { throw { toString() { throw new Error("again"); } }; }',
    'thrown',
    /threw/,
  ],
  [
    'a thrown proxy that refuses everything',
    'const no = () => { throw new Error("no"); };\nexport function run() { throw new Proxy({}, { get: no, getPrototypeOf: no, ownKeys: no, has: no }); }',
    'thrown',
    /threw/,
  ],
  [
    'a promise that never settles',
    'export const run = () => new Promise(() => {});',
    'result',
    /[Pp]romise|async/,
  ],
  ['an async function', 'export async function run() { for (;;) await null; }', 'result', /[Pp]romise|async/],
  [
    'promises without an end',
    'const again = (): unknown => Promise.resolve().then(again);\nexport function run() { return again(); }',
    'result',
    /[Pp]romise|async/,
  ],
  ['a missing function', 'export const other = 1;', 'missing', /exports no function run/],
  [
    'a circle as the result',
    'export function run() { const a: unknown[] = []; a.push(a); return a; }',
    'result',
    /^the result(\[0\]){41} is nested without end$/,
  ],
  [
    'a bigint as the result',
    'export const run = () => 10n;',
    'result',
    /^the result is a bigint; return plain data$/,
  ],
  [
    'a function in the result',
    'export const run = () => [1, { a: () => 1 }];',
    'result',
    /^the result\[1\]\.a is a function; return plain data$/,
  ],
  [
    'a number in the result that is none',
    "export const run = () => ({ a: [true, 'x', { b: [0, NaN] }] });",
    'result',
    /^the result\.a\[2\]\.b\[1\] is NaN, which is no number that can be used$/,
  ],
  [
    'an error whose stack is long and says nothing',
    "export function run() { const error = new Error('no'); error.stack = 'a'.repeat(4e6); throw error; }",
    'thrown',
    /^threw Error: no$/,
  ],
  [
    'a result whose getter never ends',
    'export const run = () => ({ get x() { for (;;); } });',
    'budget',
    /does not come to an end/,
  ],
];

describe('a hostile program ends in a clear message', () => {
  test.each(hostile)('%s', async (_name, source, kind, message) => {
    const result = await call(source);
    expect(result).toMatchObject({ ok: false, error: { kind } });
    if (result.ok) return;
    expect(result.error.message).toMatch(message);
    expect(await call('export const run = () => 6 * 7;')).toMatchObject({ ok: true, value: 42 });
  });

  test('the place of an error is a line of the learner’s TypeScript', async () => {
    const result = await call(
      'interface A { b: number }\n\nexport function run(): A {\n  const a: A | null = null;\n  return a!.b as never;\n}',
    );
    expect(result).toMatchObject({ ok: false, error: { file: 'main.ts', line: 5 } });
  });

  test('what was printed before the end is kept', async () => {
    const result = await call('export function run() { console.log("here", 1); throw new Error("then"); }');
    expect(result.output).toEqual(['here 1']);
  });
});

describe('tricks with prototypes stay inside the program', () => {
  const tricks = [
    'Object.prototype.toJSON = () => "forged"',
    'Array.prototype.map = () => ["forged"]',
    'JSON.stringify = () => "forged"',
    'JSON.parse = () => "forged"',
    'Function.prototype.call = () => "forged"',
    'globalThis.Array = class {}',
    'Object.defineProperty(Object.prototype, "ok", { value: true })',
  ];
  test.each(tricks)('%s', async (trick) => {
    const result = await call(`${trick};\nexport const run = () => ({ a: [1, 2] });`).catch(() => null);
    if (result?.ok) expect(result.value).toEqual({ a: [1, 2] });
    expect(await call('export const run = () => ({ a: [1, 2] });')).toMatchObject({
      ok: true,
      value: { a: [1, 2] },
    });
  });

  test('there is no clock, no chance and no way out', async () => {
    const names = ['process', 'require', 'fetch', 'setTimeout', 'WebAssembly', 'std', 'os'];
    const source = `export const run = () => ${JSON.stringify(names)}.filter((name) => name in globalThis);`;
    expect(await call(source)).toMatchObject({ ok: true, value: [] });
  });
});

describe('code that cannot run is said so before it runs', () => {
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['a syntax error', 'export function run() {\n  return 1 +;\n}', 2, /./],
    ['an enum', 'export enum A { B }', 1, /enum/i],
    ['a namespace', 'namespace N { export const a = 1; }', 1, /namespace|module/i],
    [
      'an unknown import',
      "import fs from 'node:fs';\nexport const run = () => fs;",
      1,
      /cannot import node:fs/,
    ],
    ['an error at the top level', 'const a = 1;\nthrow new Error("early");', 2, /early/],
    ['an endless loop at the top level', 'for (;;);', 1, /does not come to an end/],
  ];
  test.each(cases)('%s', async (_name, source, line, message) => {
    const [first] = await diagnostics(source);
    expect(first?.message).toMatch(message);
    expect(first?.line).toBe(line);
  });
});

test('promises without an end at the top level are a problem of the file', async () => {
  const [problem] = await diagnostics(
    'const go = (): any => Promise.resolve().then(go);\ngo();\nexport const run = () => 1;',
  );
  expect(problem?.message).toMatch(/promises never come to an end/);
});

test('what a promise does after the call is done before the next', async () => {
  const source = 'let n = 0;\nexport function run() { Promise.resolve().then(() => { n += 1; }); return n; }';
  const made = await (await factory).create({ files: { 'main.ts': source }, entry: 'main.ts' });
  if (!made.ok) throw new Error('it does not run');
  expect([1, 2, 3].map(() => made.sandbox.call('run', []))).toMatchObject([
    { value: 0 },
    { value: 1 },
    { value: 2 },
  ]);
  made.sandbox.dispose();
});
