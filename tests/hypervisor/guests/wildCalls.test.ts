/** A program that calls the guest kernel with whatever comes to its mind: answers are numbers, and the kernel goes on. */
import { expect, test } from 'vitest';
import { assemble, writeElf } from '../../../src/machine/index.ts';
import { fatDisk } from '../../support/fatImage.ts';
import { GuestDisk, GuestMachine } from '../../support/guestMachine.ts';

/** All that take something from the program, but those that would end the run or are attacks by design; and sleep, which may be for years. */
const CALLS = [
  17, 24, 34, 35, 49, 56, 57, 61, 62, 63, 64, 81, 82, 124, 129, 169, 172, 198, 206, 207, 214, 999, 1000, 1003,
];
const ROUNDS = 3000;

/** Arguments are small numbers, the program's own addresses, its paths, addresses at borders, or anything. */
const source = (seed: number) => `
_start:
    li   s0, ${seed}
    li   s1, ${ROUNDS}
round:
    call choose
    mv   s2, a0
    call choose
    mv   s3, a0
    call choose
    mv   s4, a0
    call choose
    mv   s5, a0
    call random
    li   t0, ${CALLS.length}
    remu a0, a0, t0
    slli a0, a0, 2
    la   t0, calls
    add  t0, t0, a0
    lw   a7, 0(t0)
    mv   a0, s2
    mv   a1, s3
    slli a2, s4, 16         # sizes up to 64 KiB: more is only more of the same
    srli a2, a2, 16
    mv   a3, s5
    li   a4, 5              # milliseconds, for recvfrom
    ecall
    addi s1, s1, -1
    bnez s1, round
    li   a0, 77
    li   a7, 93             # exit
    ecall

random:                     # xorshift (Marsaglia 2003)
    slli t0, s0, 13
    xor  s0, s0, t0
    srli t0, s0, 17
    xor  s0, s0, t0
    slli t0, s0, 5
    xor  s0, s0, t0
    mv   a0, s0
    ret

choose:
    mv   s6, ra
    call random
    andi t1, a0, 7
    srli a0, a0, 3
    li   t0, 2
    bltu t1, t0, small
    beq  t1, t0, own
    li   t0, 4
    bleu t1, t0, path
    li   t0, 6
    beq  t1, t0, border
    bltu t0, t1, small
    call random
    jr   s6
small:
    andi a0, a0, 15
    jr   s6
own:
    la   t0, buffer
    andi a0, a0, 0x7ff
    add  a0, a0, t0
    jr   s6
path:
    andi a0, a0, 7
    slli a0, a0, 4
    la   t0, paths
    add  a0, a0, t0
    jr   s6
border:
    andi a0, a0, 3
    slli a0, a0, 2
    la   t0, borders
    add  t0, t0, a0
    lw   a0, 0(t0)
    jr   s6

.balign 16
paths:
    .ascii "/dev/vda\\0\\0\\0\\0\\0\\0\\0\\0"
    .ascii "/dev/zero\\0\\0\\0\\0\\0\\0\\0"
    .ascii "one.txt\\0\\0\\0\\0\\0\\0\\0\\0\\0"
    .ascii "/d/new.txt\\0\\0\\0\\0\\0\\0"
    .ascii "/d\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
    .ascii "../..//./bin\\0\\0\\0\\0"
    .ascii "/proc/processes\\0"
    .ascii "/\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
borders: .word 0x07fffffe, 0x08000000, 0xffffffff, 0x8000fffe
calls: .word ${CALLS.join(', ')}
.data
buffer: .space 4096
`;

test.each([1, 2, 3, 4])('seed %i', (seed) => {
  const assembly = assemble(source(Math.imul(seed, 0x9e3779b1) >>> 0), {
    base: 0x10000,
    sections: { '.data': 0x20000 },
  });
  if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
  const disk = new GuestDisk(fatDisk({ 'one.txt': 'one\n' }));
  const network = { station: 2, transmit: () => {} };
  const machine = new GuestMachine({
    commandLine: 'root=/dev/vda1 ip=10.0.0.2/24',
    disk,
    network,
    initramfs: { files: { 'bin/init': writeElf(assembly.program) } },
  });
  // What reads from the console gets an empty line.
  for (let turn = 0; turn < 20_000 && !machine.output.includes('panic'); turn++) {
    if (machine.run(200_000) === 'idle') machine.type('\n');
  }
  machine.run(200_000); // to the end of the line
  expect(machine.output).not.toContain('in the kernel');
  expect(machine.output).toMatch(/Kernel panic - not syncing: init ended with code 77\r\n$/);
});
