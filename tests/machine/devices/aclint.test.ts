/** The CLINT through its registers: RISC-V ACLINT specification, chapters 2 (MTIMER) and 3 (MSWI); Privileged Architecture, "mtime". */
import { describe, expect, test } from 'vitest';
import { EventQueue } from '../../../src/base/index.ts';
import { Aclint, MSIP, MTIP } from '../../../src/machine/index.ts';
import { ProbeLines } from '../../support/machineWires.ts';

function machine() {
  const queue = new EventQueue();
  const harts = [new ProbeLines(), new ProbeLines()] as const;
  const clint = new Aclint(0x2000000, harts, queue);
  const wait = (nanos: number) => {
    const until = queue.now + nanos;
    while (queue.step(until));
    queue.advanceTo(until);
  };
  const write64 = (offset: number, value: bigint) => {
    clint.store(offset, 4, Number(value & 0xffffffffn));
    clint.store(offset + 4, 4, Number(value >> 32n));
  };
  const read64 = (offset: number) =>
    BigInt(clint.load(offset, 4)!) | (BigInt(clint.load(offset + 4, 4)!) << 32n);
  return { queue, harts, clint, wait, write64, read64 };
}

describe('MSWI', () => {
  test('bit 0 of msip drives the hart’s software interrupt, and no other hart’s', () => {
    const { clint, harts } = machine();
    clint.store(4, 4, 1);
    expect([harts[0].pending.has(MSIP), harts[1].pending.has(MSIP)]).toEqual([false, true]);
    clint.store(4, 4, 0);
    expect(harts[1].pending.has(MSIP)).toBe(false);
  });

  test('bits 1 … 31 are wired to zero', () => {
    const { clint, harts } = machine();
    clint.store(0, 4, 0xfffffffe);
    expect([clint.load(0, 4), harts[0].pending.has(MSIP)]).toEqual([0, false]);
    clint.store(0, 4, 0xffffffff);
    expect(clint.load(0, 4)).toBe(1);
  });

  test('the register of a hart that is not there is zero', () => {
    const { clint } = machine();
    expect(clint.store(8, 4, 1)).toBe(true);
    expect(clint.load(8, 4)).toBe(0);
  });
});

describe('MTIMER', () => {
  test('mtime counts 10 million ticks a second', () => {
    const { read64, wait } = machine();
    wait(1_000_099);
    expect(read64(0xbff8)).toBe(10_000n);
  });

  test('the timer interrupt is pending from the tick at which mtime reaches mtimecmp', () => {
    const { harts, wait, write64 } = machine();
    wait(150);
    write64(0x4000, 5n);
    wait(349);
    expect(harts[0].pending.has(MTIP)).toBe(false);
    wait(1);
    expect([harts[0].pending.has(MTIP), harts[1].pending.has(MTIP)]).toEqual([true, false]);
  });

  test('writing a later mtimecmp takes the interrupt back', () => {
    const { harts, wait, write64 } = machine();
    write64(0x4008, 3n);
    wait(300);
    expect(harts[1].pending.has(MTIP)).toBe(true);
    write64(0x4008, 10n);
    expect(harts[1].pending.has(MTIP)).toBe(false);
    wait(700);
    expect(harts[1].pending.has(MTIP)).toBe(true);
  });

  test('the comparison is of 64 unsigned bits, also between the two halves of a write', () => {
    const { clint, harts, wait } = machine();
    wait(1000);
    clint.store(0x4004, 4, 0x80000000);
    clint.store(0x4000, 4, 0);
    expect(harts[0].pending.has(MTIP)).toBe(false);
    clint.store(0x4004, 4, 0);
    expect(harts[0].pending.has(MTIP)).toBe(true);
  });

  test('mtime can be written, counts on from there, wraps at 2^64, and mtimecmp is compared with it at once', () => {
    const { harts, read64, wait, write64 } = machine();
    write64(0x4000, 2n ** 63n);
    write64(0xbff8, 2n ** 64n - 2n);
    expect(harts[0].pending.has(MTIP)).toBe(true);
    wait(300);
    expect([read64(0xbff8), harts[0].pending.has(MTIP)]).toEqual([1n, false]);
  });

  test('after a reset no interrupt is pending and mtimecmp is as far away as can be', () => {
    const { clint, harts, read64, wait, write64 } = machine();
    write64(0x4000, 0n);
    clint.store(0, 4, 1);
    clint.reset();
    wait(1_000_000);
    expect([...harts[0].pending]).toEqual([]);
    expect(read64(0x4000)).toBe(2n ** 64n - 1n);
  });
});

test('registers are 32 bits wide: bytes and halves are access faults', () => {
  const { clint } = machine();
  expect([clint.load(0xbff8, 1), clint.load(0, 2), clint.store(0, 1, 1)]).toEqual([null, null, false]);
});
