/** The same random accesses to registers here and on QEMU's virt: serial port, timer and interrupt controller answer alike. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/index.ts';
import {
  assemble,
  CLINT_BASE,
  PhysicalMemory,
  PLIC_BASE,
  Platform,
  UART_BASE,
} from '../../src/machine/index.ts';

const LIST = 0x80010000;
const ACCESSES = 400;
const [LOAD_BYTE, LOAD_WORD, STORE_BYTE, STORE_WORD, READ_MIP] = [0, 1, 2, 3, 4];
type Access = readonly [what: number, address: number, value: number];

const assembly = assemble(readFileSync(new URL('programs/registerProbe.s', import.meta.url), 'utf8'));
if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
const { image } = assembly.program;

/**
 * Accesses that both machines define. Left out: the delta bits of MSR in loop-back, which QEMU does not have; what the interrupt
 * controller does when a level falls before its claim, where QEMU forgets the request and the specification keeps it; clearing an
 * empty transmitter FIFO with its interrupt enabled, which QEMU takes for an event; bytes that wait in a FIFO below its trigger, whose timeout is a matter of time; and sending outside of loop-back, since the report goes there.
 */
function serialAccesses(random: Random): Access[] {
  const accesses: Access[] = [[STORE_BYTE, UART_BASE + 4, 0x10]];
  const store = (register: number, value: number) => accesses.push([STORE_BYTE, UART_BASE + register, value]);
  const load = (register: number) => accesses.push([LOAD_BYTE, UART_BASE + register, 0]);
  while (accesses.length < ACCESSES) {
    const choice = random.below(12);
    if (choice === 0) store(0, random.below(256));
    else if (choice === 1) store(1, random.below(256) & 7);
    else if (choice === 2) {
      store(3, 3);
      store(1, 0);
      store(2, random.pick([0, 1, 3, 5, 7]));
    } else if (choice === 3) store(3, random.pick([0x03, 0x03, 0x83, 0x1f]));
    else if (choice === 4) store(7, random.below(256));
    else if (choice === 5) load(0);
    else load(random.pick([1, 2, 2, 3, 4, 5, 5, 7]));
  }
  return accesses;
}

function otherAccesses(random: Random): Access[] {
  // mtimecmp has no value after a reset that a program could count on.
  const accesses: Access[] = [0x4000, 0x4004].map((at) => [STORE_WORD, CLINT_BASE + at, 0xffffffff]);
  while (accesses.length < ACCESSES) {
    const choice = random.below(9);
    const word = random.uint32();
    const source = random.between(1, 96);
    if (choice === 0) accesses.push([STORE_WORD, CLINT_BASE, word]);
    else if (choice === 1) accesses.push([LOAD_WORD, CLINT_BASE, 0]);
    // Times that are long past, or never come.
    else if (choice === 2)
      accesses.push([STORE_WORD, CLINT_BASE + 0x4000 + 4 * random.below(2), random.pick([0, 0xffffffff])]);
    else if (choice === 3) accesses.push([LOAD_WORD, CLINT_BASE + 0x4000 + 4 * random.below(2), 0]);
    else if (choice === 4)
      accesses.push([STORE_WORD, PLIC_BASE + 4 * source, word], [LOAD_WORD, PLIC_BASE + 4 * source, 0]);
    else if (choice === 5) {
      const enable = PLIC_BASE + 0x2000 + 0x80 * random.below(2) + 4 * random.between(1, 2);
      accesses.push([STORE_WORD, enable, word], [LOAD_WORD, enable, 0]);
    } else if (choice === 6) {
      const threshold = PLIC_BASE + 0x200000 + 0x1000 * random.below(2);
      accesses.push(
        [STORE_WORD, threshold, random.below(8)],
        [LOAD_WORD, threshold, 0],
        [LOAD_WORD, threshold + 4, 0],
      );
    } else if (choice === 7) accesses.push([LOAD_WORD, random.pick([0x0, 0x200000, 0x18000000]), 0]);
    else accesses.push([READ_MIP, 0, 0]);
  }
  return accesses;
}

function listBytes(accesses: readonly Access[]): Uint8Array {
  const words = Uint32Array.from([accesses.length, ...accesses.flat()]);
  return new Uint8Array(words.buffer);
}

function here(list: Uint8Array): string[] {
  let output = '';
  const memory = new PhysicalMemory({ size: 0x1000000 });
  const serialOutput = (byte: number) => {
    output += String.fromCharCode(byte);
  };
  const machine = new Platform({ memory, serialOutput });
  memory.write(image.address, image.bytes);
  memory.write(LIST, list);
  machine.boot();
  expect(machine.run({ instructions: 10_000_000 })).toEqual({ reason: 'power-off', code: 0 });
  return output.trim().split('\n');
}

function onQemu(list: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'registers-'));
  try {
    const file = join(folder, 'probe.bin');
    const program = new Uint8Array(LIST - image.address + list.length);
    program.set(image.bytes);
    program.set(list, LIST - image.address);
    writeFileSync(file, program);
    const options = [
      '-M',
      'virt',
      '-cpu',
      'rv32',
      '-m',
      '16M',
      '-nographic',
      '-monitor',
      'none',
      '-serial',
      'stdio',
    ];
    const run = spawnSync('qemu-system-riscv32', [...options, '-bios', file], {
      input: '',
      encoding: 'utf8',
      timeout: 20_000,
    });
    // Stopped from outside it would leave with 0 as well.
    expect([run.error, run.status, run.stderr]).toEqual([undefined, 0, '']);
    return run.stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const qemu = spawnSync('qemu-system-riscv32', ['--version']).status === 0;
const name = (access: Access) => access.map((each) => each.toString(16)).join(' ');

test.skipIf(!qemu).each([
  ['serial port', serialAccesses],
  ['timer and interrupt controller', otherAccesses],
])('%s', (_what, generate) => {
  for (const seed of ['1', '2', '3', '4']) {
    const accesses = generate(Random.fromSeed(seed));
    const list = listBytes(accesses);
    const both = [here(list), onQemu(list)].map((lines) =>
      accesses.map((access, i) => `seed ${seed}, ${i}: ${name(access)} → ${lines[i]}`),
    );
    expect(both[0]).toEqual(both[1]);
  }
});
