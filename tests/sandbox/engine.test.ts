/** Programs share engines one after the other: each finds its engine as new. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { loadSandbox, type Sandbox, type SandboxFactory } from '../../src/sandbox/index.ts';

async function load(factory: SandboxFactory, source: string): Promise<Sandbox> {
  const made = await factory.create({ files: { 'main.ts': source }, entry: 'main.ts' });
  if (!made.ok) throw new Error(made.diagnostics.map(({ message }) => message).join('; '));
  return made.sandbox;
}

const value = (sandbox: Sandbox, name: string) => {
  const result = sandbox.call(name, []);
  return result.ok ? result.value : result.error.message;
};

const POLLUTER = `
  const g = globalThis as any;
  export function pollute() {
    g.left = 'behind'; (Array.prototype as any).map = () => ['stolen']; Object.prototype.toString = () => 'stolen';
    JSON.stringify = () => 'stolen'; g.many = []; for (let i = 0; i < 20000; i++) g.many.push({ i });
    return 'done';
  }`;

test('nothing that a program does to its globals is there for the next one', async () => {
  const factory = await loadSandbox();
  for (let i = 0; i < 3; i++) {
    const first = await load(factory, POLLUTER);
    expect(value(first, 'pollute')).toBe('done');
    first.dispose();
    const second = await load(
      factory,
      `export const look = () => [typeof (globalThis as any).left, [1].map((x) => x + 1), String({}), JSON.stringify([1])];`,
    );
    expect(value(second, 'look')).toEqual(['undefined', [2], '[object Object]', '[1]']);
    second.dispose();
  }
});

test('a program that is stopped is stopped at the same step, whoever had the engine before', async () => {
  const counting = `let n = 0; export function run(): void { for (;;) n++; } export const steps = () => n;`;
  const stoppedAt = async (factory: SandboxFactory) => {
    const sandbox = await load(factory, counting);
    expect(value(sandbox, 'run')).toMatch(/does not come to an end/);
    return value(sandbox, 'steps');
  };
  const fresh = await stoppedAt(await loadSandbox());
  expect(fresh).toBeGreaterThan(100_000);
  const factory = await loadSandbox();
  const before = await load(factory, POLLUTER);
  value(before, 'pollute');
  before.dispose();
  expect(await stoppedAt(factory)).toBe(fresh);
});

test('two programs at a time do not meet, and one that is over cannot be called', async () => {
  const factory = await loadSandbox();
  const source = 'let n = 0; export const next = () => ++n;';
  const one = await load(factory, source);
  const other = await load(factory, source);
  expect([value(one, 'next'), value(other, 'next'), value(one, 'next')]).toEqual([1, 1, 2]);
  one.dispose();
  one.dispose();
  const third = await load(factory, source);
  const fourth = await load(factory, source);
  expect([value(third, 'next'), value(fourth, 'next'), value(other, 'next')]).toEqual([1, 1, 2]);
  expect(() => value(one, 'next')).toThrow(/after its end/);
});

test('calls made at once answer as single ones do, and say when they cannot', async () => {
  const factory = await loadSandbox();
  const source = `
    let n = 0;
    export const add = (by: number) => (n += by);
    export const complain = () => { throw Object.assign(new Error('no'), { code: 'ENOENT' }); };
    export const speak = () => console.log('hello');
    export const later = () => { Promise.resolve().then(() => n++); };
    export const endless = () => { for (;;); };`;
  const sandbox = await load(factory, source);
  const add = (by: number) => ({ name: 'add', args: [by] });
  const plain = (name: string) => ({ name, args: [] });
  expect(sandbox.callAll([add(1), plain('complain'), add(2), plain('absent')])).toMatchObject([
    { ok: true, value: 1 },
    { ok: false, error: { kind: 'thrown', code: 'ENOENT', file: 'main.ts', line: 4 } },
    { ok: true, value: 3 },
    { ok: false, error: { kind: 'missing' } },
  ]);
  expect(sandbox.callAll([])).toEqual([]);
  for (const name of ['speak', 'later', 'endless'])
    expect(sandbox.callAll([add(0), plain(name), add(0)]), name).toBeNull();
  expect(sandbox.call('speak', [])).toMatchObject({ ok: true, output: ['hello'] });
});

test('code that is known without its types is not stripped again', async () => {
  const source = 'export const who = (): string => "typed";';
  const stripped = new Map([[source, 'export const who = () => "known";']]);
  const factory = await loadSandbox({ stripped });
  expect(value(await load(factory, source), 'who')).toBe('known');
  expect(value(await load(factory, `${source} `), 'who')).toBe('typed');
});

test('a program that is loaded again begins where it began the first time', async () => {
  const source = `
    let n = 0; const kept: number[] = []; const g = globalThis as any; g.loads = (g.loads ?? 0) + 1;
    export const next = () => { kept.push(++n); return [n, kept.length, g.loads, Object.keys(g).includes('left')]; };
    export const leave = () => { g.left = 1; (Array.prototype as any).push = () => 'stolen'; return next(); };`;
  const factory = await loadSandbox();
  for (let i = 0; i < 4; i++) {
    const sandbox = await load(factory, source);
    expect([value(sandbox, 'next'), value(sandbox, 'leave'), value(sandbox, 'next')]).toEqual([
      [1, 1, 1, false],
      [2, 1, 1, true],
      [3, 1, 1, true],
    ]);
    sandbox.dispose();
    // Another program between, which the engine then has kept.
    if (i === 1) (await load(factory, 'export const other = 1;')).dispose();
  }
});

test('a program that is loaded again is stopped at the same step', async () => {
  const counting = `let n = 0; for (let i = 0; i < 4321; i++) n++; export function run(): void { for (;;) n++; } export const steps = () => n;`;
  const factory = await loadSandbox();
  const steps: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const sandbox = await load(factory, counting);
    if (i === 1) {
      expect(value(sandbox, 'run')).toMatch(/does not come to an end/);
      steps.push(value(sandbox, 'steps'));
    }
    sandbox.dispose();
  }
  const fresh = await load(await loadSandbox(), counting);
  expect(value(fresh, 'run')).toMatch(/does not come to an end/);
  expect(steps).toEqual([value(fresh, 'steps')]);
});

test('what the host said while a program was loaded is asked anew the next time', async () => {
  const factory = await loadSandbox();
  let said = 0;
  for (const expected of [1, 2]) {
    const made = await factory.create({
      files: { 'main.ts': 'const first = (globalThis as any).ask(); export const look = () => first;' },
      entry: 'main.ts',
      host: { ask: () => ++said },
      prelude: '(host, globals) => { globals.ask = host.ask; return (args) => args; }',
    });
    if (!made.ok) throw new Error(made.diagnostics[0]!.message);
    expect(value(made.sandbox, 'look')).toBe(expected);
    made.sandbox.dispose();
  }
});

test('the engine’s code is asked for once, and again after it could not be had', async () => {
  const file = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  let asked = 0;
  const compiled = async () => {
    asked += 1;
    if (asked <= 2) throw new TypeError('Failed to fetch');
    return WebAssembly.compile(readFileSync(file));
  };
  const factory = await loadSandbox({ compiled });
  await expect(load(factory, 'export const one = () => 1;')).rejects.toThrow(
    'the engine that runs your code could not be loaded (is the network there?)',
  );
  const sandboxes = [];
  for (let i = 0; i < 3; i++) sandboxes.push(await load(factory, 'export const one = () => 1;'));
  expect(sandboxes.map((sandbox) => value(sandbox, 'one'))).toEqual([1, 1, 1]);
  expect(asked).toBe(3);
});
