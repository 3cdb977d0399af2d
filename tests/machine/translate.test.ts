/** Translated code against the interpreter: the same registers, CSRs, memory and counts after any number of instructions. */
import { expect, test } from 'vitest';
import { Random } from '../../src/base/index.ts';
import { assemble, Hart, PhysicalMemory, Platform, RAM_BASE } from '../../src/machine/index.ts';
import type { ModeName } from '../support/hartHost.ts';
import { randomProgram } from '../support/randomPrograms.ts';

const CSRS = [
  'mstatus',
  'mcause',
  'mepc',
  'mtval',
  'mcycle',
  'minstret',
  'vsstatus',
  'hstatus',
  'sscratch',
  'scause',
];

/** Early, so that short programs have their pages translated. */
const HOT = 3_000;

/** A hart of its own with the serial port and the finisher taken by a device that keeps quiet. */
function machine(image: Uint8Array, translate: boolean, harts = 1) {
  const memory = new PhysicalMemory({ base: RAM_BASE, size: 4 * 2 ** 20, harts, translatable: translate });
  memory.write(RAM_BASE, image);
  let output = 0;
  let off = false;
  const made = Array.from({ length: harts }, (_, hartId) => {
    const hart: Hart = new Hart({
      memory,
      hartId,
      translate,
      hot: HOT,
      bus: {
        load: () => null,
        store(address, _width, value) {
          if (address === 0x10_0000) {
            off = true;
            hart.yieldSoon();
          } else if (address === 0x1000_0000) output = (Math.imul(output, 31) + value) | 0;
          else return false;
          return true;
        },
      },
    });
    hart.reset(RAM_BASE, 0);
    return hart;
  });
  return { memory, hart: made[0]!, harts: made, output: () => output, off: () => off };
}

const state = (hart: Hart) => [
  hart.pc,
  hart.privilege,
  hart.virtual,
  ...Array.from({ length: 32 }, (_, r) => hart.readRegister(r)),
  ...CSRS.map((name) => hart.readCsr(name)),
  hart.counts,
];

/** Runs both in steps of random budgets until the program powers off, and compares after each. Returns the pages translated. */
function sideBySide(image: Uint8Array, random: Random): number {
  const interpreted = machine(image, false);
  const translated = machine(image, true);
  for (let step = 0; !interpreted.off(); step++) {
    const budget = random.chance(1, 4) ? random.between(1, 30) : random.between(1, 20_000);
    expect(translated.hart.run(budget)).toBe(interpreted.hart.run(budget));
    expect(state(translated.hart), `step ${step}`).toEqual(state(interpreted.hart));
    expect(interpreted.hart.counts.retired).toBeLessThan(20_000_000);
  }
  expect([translated.off(), translated.output()]).toEqual([true, interpreted.output()]);
  const size = 4 * 2 ** 20;
  expect(
    Buffer.compare(translated.memory.read(RAM_BASE, size), interpreted.memory.read(RAM_BASE, size)),
  ).toBe(0);
  return translated.hart.translatedPages;
}

const seeds = Number(process.env['VIRTBOOK_SEEDS'] ?? 2);
const modes: readonly ModeName[] = ['M', 'HS', 'U', 'VS', 'VU'];

test.each(modes.flatMap((mode) => Array.from({ length: seeds }, (_, i) => [mode, `t${i}`] as const)))(
  'a random program in %s-mode, seed %s, many times over',
  (mode, seed) => {
    const { image } = randomProgram(seed, mode, { rounds: 60 });
    expect(sideBySide(image, Random.fromSeed(seed))).toBeGreaterThan(0);
  },
);

function program(source: string): Uint8Array {
  const result = assemble(source);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.program.image.bytes;
}

const POWER_OFF = 'li t0, 0x100000\n sw zero, 0(t0)\n1: j 1b\n';

test.each([
  [
    'loops of one block and of several, calls and returns',
    `
        li s0, 3000
  outer: li a0, 5
        call work
        addi s0, s0, -1
        bnez s0, outer
        ${POWER_OFF}
  work: mv a2, a0
  inner: add a1, a1, a2
        mul a3, a1, a2
        addi a2, a2, -1
        bgtz a2, inner
        andi a4, a1, 1
        beqz a4, even
        addi a5, a5, 1
        ret
  even: addi a6, a6, 1
        ret`,
  ],
  [
    'division by zero and the one overflow',
    `
        li s0, 5000
        li a0, 0x80000000
        li a1, -1
        li t3, 0x80000000
        li t4, -2
  next: div a2, a0, a1
        div s1, t3, a1
        rem s2, t3, a1
        div s3, a0, t4
        div s4, s0, zero
        rem s5, s0, zero
        rem a3, a0, a1
        div a4, a0, zero
        remu a5, a0, zero
        divu a6, a0, a1
        mulh a7, a0, a1
        mulhsu t1, a0, a1
        mulhu t2, a0, a1
        add a0, a0, s0
        addi s0, s0, -1
        bnez s0, next
        ${POWER_OFF}`,
  ],
  [
    'code that rewrites itself while it is hot',
    `
        li s0, 100000
        la s1, patch
        lw s2, 0(s1)
        la s4, other
        lw s3, 0(s4)
  next: slli a0, s0, 18
        bnez a0, patch
        sw s3, 0(s1)
        mv t1, s2
        mv s2, s3
        mv s3, t1
  patch: addi a1, a1, 1
        addi s0, s0, -1
        bnez s0, next
        ${POWER_OFF}
  other: addi a1, a1, 100`,
  ],
  [
    'data in the page of its code',
    `
        li s0, 20000
        la s1, data
  next: lw a0, 0(s1)
        add a0, a0, s0
        sw a0, 0(s1)
        sb a0, 5(s1)
        lbu a2, 5(s1)
        lh a3, 2(s1)
        lw a4, 1(s1)
        addi s0, s0, -1
        bnez s0, next
        ${POWER_OFF}
        .align 2
  data: .word 0, 0, 0`,
  ],
  [
    'a trap in each round of a hot loop',
    `
        la t0, handler
        csrw mtvec, t0
        li s0, 3000
  next: lw a0, 0(zero)
        addi a1, a1, 1
        addi s0, s0, -1
        bnez s0, next
        ${POWER_OFF}
        .align 2
  handler: csrr t1, mepc
        addi t1, t1, 4
        csrw mepc, t1
        mret`,
  ],
])('%s', (_, source) => {
  for (let seed = 0; seed < 3; seed++) {
    expect(sideBySide(program(`_start:${source}`), Random.fromSeed(`${seed}`))).toBeGreaterThan(0);
  }
});

test('timer interrupts come at the same instructions', () => {
  const image = program(`
  _start: la t0, handler
        csrw mtvec, t0
        li s1, 0x2004000
        li s2, 0x200bff8
        sw zero, 4(s1)
        sw zero, 0(s1)
        li t0, 0x80
        csrw mie, t0
        csrsi mstatus, 8
  next: addi a1, a1, 1
        xor a2, a2, a1
        slli a3, a2, 3
        add a4, a4, a3
        j next
        .align 2
  handler: lw t1, 0(s2)
        addi t1, t1, 37
        sw t1, 0(s1)
        addi a5, a5, 1
        add a6, a6, a4
        mret`);
  const [interpreted, translated] = [false, true].map((translate) => {
    const memory = new PhysicalMemory({ base: RAM_BASE, size: 2 ** 20, translatable: translate });
    memory.write(RAM_BASE, image);
    const hart: { core?: Hart } = {};
    const platform = new Platform({
      memory,
      serialOutput: () => {},
      createCore: ({ bus, time }) => (hart.core = new Hart({ memory, bus, time, translate, hot: HOT })),
    });
    platform.boot();
    return { platform, hart: hart.core! };
  });
  for (let step = 0; step < 60; step++) {
    for (const { platform } of [interpreted!, translated!]) platform.run({ instructions: 1_777 });
    expect(state(translated!.hart), `step ${step}`).toEqual(state(interpreted!.hart));
  }
  expect(interpreted!.hart.counts.traps['i7']).toBeGreaterThan(50);
  expect(translated!.hart.translatedPages).toBeGreaterThan(0);
});

test('a snapshot goes on in another machine as the original does', () => {
  const { image } = randomProgram('snapshot', 'VS', { rounds: 8 });
  const original = machine(image, false);
  const size = 4 * 2 ** 20;
  let inGuest = 0;
  for (let step = 0; step < 60; step++) {
    if (original.hart.virtual) inGuest++;
    const copy = machine(original.memory.read(RAM_BASE, size), step % 2 === 0);
    copy.hart.restore(JSON.parse(JSON.stringify(original.hart.save())));
    expect(state(copy.hart).slice(0, -1)).toEqual(state(original.hart).slice(0, -1));
    expect(copy.hart.run(397)).toBe(original.hart.run(397));
    expect(state(copy.hart).slice(0, -1), `step ${step}`).toEqual(state(original.hart).slice(0, -1));
    expect(Buffer.compare(copy.memory.read(RAM_BASE, size), original.memory.read(RAM_BASE, size))).toBe(0);
  }
  expect(inGuest).toBeGreaterThan(0);
});

test('two harts share translations, and one’s stores reach the other’s code', () => {
  const image = program(`
  _start: csrr a0, mhartid
        la s1, patch
        la s4, other
        lw s2, 0(s1)
        lw s3, 0(s4)
        bnez a0, second
  next: addi a2, a2, 1
  patch: addi a1, a1, 1
        j next
  second: addi a3, a3, 1
        slli a0, a3, 18
        bnez a0, second
        sw s3, 0(s1)
        mv t1, s2
        mv s2, s3
        mv s3, t1
        j second
  other: addi a1, a1, 100`);
  const [interpreted, translated] = [false, true].map((translate) => machine(image, translate, 2).harts);
  for (let turn = 0; turn < 300; turn++) {
    for (const harts of [interpreted!, translated!]) for (const hart of harts) hart.run(777);
    expect(translated!.map(state), `turn ${turn}`).toEqual(interpreted!.map(state));
  }
  // Both instructions were executed, and pages were translated.
  expect(interpreted![0]!.readRegister(11)).toBeGreaterThan(interpreted![0]!.readRegister(12) * 2);
  expect(translated![0]!.translatedPages).toBeGreaterThan(0);
});

test('a memory that is not translatable is refused', () => {
  const memory = new PhysicalMemory({ size: 4096 });
  expect(() => new Hart({ memory, translate: true })).toThrow('translatable');
});
