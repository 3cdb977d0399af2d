/** The firmware's answers, call by call (SBI 2.0), to a supervisor that does nothing else. */
import { expect, test } from 'vitest';
import { guestFirmware } from '../../../src/hypervisor/index.ts';
import { assemble, loadElf, PhysicalMemory, Platform, parseElf } from '../../../src/machine/index.ts';

/** Calls each row of the table, five words in and two out, then stores a secret's address fault and ends as `reason` says. */
const SOURCE = `
_start:
    la   s0, table
    la   s1, results
    la   s2, end
1:  lw   a7, 0(s0)
    lw   a6, 4(s0)
    lw   a0, 8(s0)
    lw   a1, 12(s0)
    lw   a2, 16(s0)
    ecall
    sw   a0, 0(s1)
    sw   a1, 4(s1)
    addi s0, s0, 20
    addi s1, s1, 8
    bltu s0, s2, 1b
    la   t0, fault
    csrw stvec, t0
    li   t0, 0x80000000     # the firmware itself: closed
    lw   t1, 0(t0)
    li   t1, 0
    j    2f
.balign 4
fault:
    csrr t1, scause
2:  sw   t1, 0(s1)
    li   a7, 0x53525354     # system reset: shutdown, "system failure"
    li   a6, 0
    li   a0, 0
    li   a1, 1
    ecall
    j    .
.balign 4
`;

const BASE = 0x10;
const TIME = 0x54494d45;
const IPI = 0x735049;
const SRST = 0x53525354;
const DBCN = 0x4442434e;
const NOT_SUPPORTED = -2;
const INVALID_PARAM = -3;
/** Where the text lies; the table follows behind it. */
const TEXT = 0x80201000;

const rows: readonly (readonly [
  name: string,
  call: readonly number[],
  error: number,
  value: number | null,
])[] = [
  ['base: version 2.0', [BASE, 0, 0, 0, 0], 0, 0x02000000],
  ['base: implementation', [BASE, 1, 0, 0, 0], 0, 0x5642],
  ['base: TIME is there', [BASE, 3, TIME, 0, 0], 0, 1],
  ['base: DBCN is there', [BASE, 3, DBCN, 0, 0], 0, 1],
  ['base: HSM is not', [BASE, 3, 0x48534d, 0, 0], 0, 0],
  ['base: no eighth function', [BASE, 7, 0, 0, 0], NOT_SUPPORTED, 0],
  ['an extension that is not there', [0x1234, 0, 0, 0, 0], NOT_SUPPORTED, 0],
  ['TIME: set', [TIME, 0, 0xffffffff, 0xffffffff, 0], 0, 0],
  ['TIME: no second function', [TIME, 1, 0, 0, 0], NOT_SUPPORTED, 0],
  ['IPI: to nobody', [IPI, 0, 0, 0, 0], 0, 0],
  ['IPI: beyond all harts', [IPI, 0, 1, 64, 0], INVALID_PARAM, 0],
  ['DBCN: write', [DBCN, 0, 7, TEXT, 0], 0, 7],
  ['DBCN: write from above 4 GiB', [DBCN, 0, 7, TEXT, 1], INVALID_PARAM, 0],
  ['DBCN: write from the firmware', [DBCN, 0, 7, 0x80000000, 0], INVALID_PARAM, 0],
  ['DBCN: write that wraps around', [DBCN, 0, 0x90000000, TEXT, 0], INVALID_PARAM, 0],
  ['DBCN: read without input', [DBCN, 1, 7, TEXT, 0], 0, 0],
  ['DBCN: write byte', [DBCN, 2, 0x21, 0, 0], 0, 0],
  ['DBCN: no fourth function', [DBCN, 3, 0, 0, 0], NOT_SUPPORTED, 0],
  ['legacy put, which leaves a1', [1, 0, 0x3f, 77, 0], 0, 77],
  ['legacy get without input', [2, 0, 0, 0, 0], -1, null],
  ['SRST: unknown type', [SRST, 0, 9, 0, 0], INVALID_PARAM, 0],
  ['SRST: unknown reason', [SRST, 0, 0, 9, 0], INVALID_PARAM, 0],
  ['SRST: no second function', [SRST, 1, 0, 0, 0], NOT_SUPPORTED, 0],
];

test('each call answers as the specification has it, and the firmware is closed to its caller', () => {
  const table = rows.map(([, call]) => `    .word ${call.join(', ')}\n`).join('');
  const layout = `.org 0x1000\n.ascii "console"\n.balign 4\ntable:\n${table}end:\nresults: .space ${rows.length * 8 + 4}\n`;
  const assembly = assemble(SOURCE + layout, { base: 0x80200000 });
  if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
  let output = '';
  const machine = new Platform({
    memory: new PhysicalMemory({ size: 4 * 2 ** 20 }),
    serialOutput: (byte) => {
      output += String.fromCharCode(byte);
    },
  });
  loadElf(parseElf(guestFirmware()), machine.memory);
  const { image, symbols } = assembly.program;
  machine.memory.write(image.address, image.bytes);
  machine.boot();
  // 1 is the exit code for "system failure".
  expect(machine.run({ instructions: 100_000 })).toEqual({ reason: 'power-off', code: 1 });
  const results = machine.memory.read(symbols.get('results')!.value, rows.length * 8 + 4);
  const view = new DataView(results.buffer, results.byteOffset);
  const answers = rows.map(([name, , , value], i) => [
    name,
    view.getInt32(i * 8, true),
    value === null ? null : view.getUint32(i * 8 + 4, true),
  ]);
  expect(answers).toEqual(rows.map(([name, , error, value]) => [name, error, value]));
  expect(view.getUint32(rows.length * 8, true)).toBe(5); // load access fault
  expect(output).toBe('console!?');
});
