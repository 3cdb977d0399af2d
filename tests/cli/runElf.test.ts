/** `virtbook run-elf`, run as its users run it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assemble, writeElf } from '../../src/machine/index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtbook-elf-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'virtbook.ts');

function runElf(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, 'run-elf', ...args], {
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

function executable(name: string, source: string): string {
  const result = assemble(source);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const file = join(folder, name);
  writeFileSync(file, writeElf(result.program));
  return file;
}

/** Prints over the serial port, then says `value` to the host. */
const program = (text: string, value: number) => `
_start: la s0, text
        li s1, 0x10000000
next:   lbu a0, 0(s0)
        beqz a0, done
        sb a0, 0(s1)
        addi s0, s0, 1
        j next
done:   li a0, ${value}
        la a1, tohost
        sw a0, 0(a1)
        j done
        .data
text:   .asciz "${text}"
        .align 6
tohost: .word 0, 0
`;

test('the console is stdout, tohost 1 is exit code 0, and counters are on stderr', () => {
  const { stdout, stderr, status } = runElf(executable('hello', program('hello', 1)));
  expect([stdout, status]).toEqual(['hello', 0]);
  expect(stderr).toMatch(
    /^hart 0: \d+ instructions retired, 0 traps\nexit 0 after \d+ instructions, \d+ ns\n$/,
  );
});

test('other values of tohost are exit codes, shifted', () => {
  expect(runElf(executable('seven', program('', 7 * 2 + 1))).status).toBe(7);
});

test('the finisher ends the run with its code', () => {
  const file = executable('finish', '_start: li a0, 0x100000\n li a1, 0x00053333\n sw a1, 0(a0)\n1: j 1b\n');
  expect(runElf(file).status).toBe(5);
});

test('the host interface prints characters', () => {
  const source = `
_start: la a1, tohost
        li a0, 'x'
        li a2, 0x01010000
        sw a0, 0(a1)
        sw a2, 4(a1)
wait:   lw a0, 4(a1)
        bnez a0, wait
        li a0, 1
        sw a0, 0(a1)
        j wait
        .data
        .align 6
tohost: .word 0, 0
`;
  expect(runElf(executable('htif', source))).toMatchObject({ stdout: 'x', status: 0 });
});

test('a program that goes on is stopped at the limit, one that waits for ever says so', () => {
  const loop = runElf(executable('loop', '_start: j _start\n'), '--max-instructions', '12345');
  expect([loop.status, loop.stderr]).toEqual([
    124,
    expect.stringContaining('out of instructions after 12345 instructions'),
  ]);
  const idle = runElf(executable('idle', '_start: wfi\n j _start\n'));
  expect([idle.status, idle.stderr]).toEqual([125, expect.stringContaining('nothing can happen any more')]);
});

test('each hart has its id; traps are counted by cause', () => {
  const source = `
_start: la t0, done
        csrw mtvec, t0
        csrr a0, mhartid
        bnez a0, _start
        ecall
        .align 2
done:   li a0, 1
        la a1, tohost
        sw a0, 0(a1)
        j done
        .data
        .align 6
tohost: .word 0, 0
`;
  const { stderr, status } = runElf(executable('harts', source), '--harts', '2', '--memory', '1M');
  expect(status).toBe(0);
  expect(stderr).toMatch(
    /^hart 0: \d+ instructions retired, 1 traps 11:1\nhart 1: \d+ instructions retired, 0 traps\n/,
  );
});

test('--trace writes mode, address and instruction', () => {
  const { stderr } = runElf(
    executable('trace', '_start: li a0, 3\n j _start\n'),
    '--trace',
    '--max-instructions',
    '3',
  );
  expect(stderr.split('\n').slice(0, 3)).toEqual([
    ' M 80000000 addi a0, zero, 3',
    ' M 80000004 jal zero, 0x80000000',
    ' M 80000000 addi a0, zero, 3',
  ]);
});

test('a folder: a line a file and a total; what is no executable fails by name', () => {
  const tests = join(folder, 'tests');
  mkdirSync(tests);
  for (const [name, value] of [
    ['a', 1],
    ['b', 5],
  ] as const) {
    writeFileSync(join(tests, name), writeElf(programOf(program('', value))));
  }
  writeFileSync(join(tests, 'c'), 'no');
  const { stdout, status } = runElf(tests);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^pass a: exit 0, \d+ instructions$/);
  expect(lines[1]).toMatch(/^FAIL b: exit 2, \d+ instructions$/);
  expect(lines[2]).toContain('not an ELF file');
  expect([lines[3], status]).toEqual(['1 of 3 pass', 1]);
});

function programOf(source: string) {
  const result = assemble(source);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.program;
}

test.each([
  [['/nonexistent/file'], 'cannot be read (ENOENT)'],
  [['--harts', '9', 'x'], '--harts 9: a whole number from 1 to 8 is needed.'],
  [['--memory', '3', 'x'], '--memory 3: a size like 128M'],
  [['--max-instructions', '1e3', 'x'], '--max-instructions 1e3'],
  [['--harts', '2', '--trace', 'x'], '--trace follows one hart'],
])('%j is refused in words', (args, message) => {
  const { stderr, status } = runElf(...args);
  expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
});
