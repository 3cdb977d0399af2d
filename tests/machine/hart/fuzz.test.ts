/** Whatever the bytes in memory and the values in CSRs: a hart executes, traps or waits, and never leaves its memory. */
import { expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { Hart, PhysicalMemory, RAM_BASE } from '../../../src/machine/index.ts';

const SIZE = 2 ** 16;
const CSRS = [
  ...['mstatus', 'mstatush', 'medeleg', 'mideleg', 'mie', 'mip', 'mtvec', 'stvec', 'vstvec', 'satp', 'hgatp'],
  ...[
    'vsatp',
    'hedeleg',
    'hideleg',
    'hvip',
    'hie',
    'hstatus',
    'vsstatus',
    'mcounteren',
    'hcounteren',
    'menvcfgh',
  ],
  ...[
    'henvcfgh',
    'pmpcfg0',
    'pmpcfg1',
    'pmpaddr0',
    'pmpaddr1',
    'pmpaddr2',
    'pmpaddr4',
    'mepc',
    'sepc',
    'vsepc',
  ],
];

/** Words that are likelier to be instructions, table entries and addresses than random ones. */
function word(random: Random): number {
  const kind = random.below(6);
  if (kind === 0) return random.uint32();
  if (kind === 1) return (RAM_BASE + random.below(SIZE)) >>> 0;
  if (kind === 2) return ((RAM_BASE / 4096 + random.below(SIZE / 4096)) * 1024 + random.below(256)) >>> 0;
  const opcode = random.pick([0x03, 0x13, 0x17, 0x23, 0x2f, 0x33, 0x37, 0x63, 0x67, 0x6f, 0x73]);
  return ((random.uint32() & ~0x7f) | opcode) >>> 0;
}

test('random memory and CSRs, interpreted and translated', () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = Random.fromSeed(`fuzz ${seed}`);
    const words = Array.from({ length: SIZE / 4 }, () => word(random));
    const harts = [false, true].map((translate) => {
      const memory = new PhysicalMemory({ base: RAM_BASE, size: SIZE, translatable: translate });
      for (const [i, each] of words.entries()) memory.write32(RAM_BASE + i * 4, each);
      return { memory, hart: new Hart({ memory, translate, hot: 100 }) };
    });
    for (let round = 0; round < 30; round++) {
      const values = CSRS.filter(() => random.chance(1, 3)).map((name) => [name, word(random)] as const);
      const open = random.chance(1, 2);
      const privilege = random.pick([0, 1, 3] as const);
      const virtual = privilege !== 3 && random.chance(1, 2);
      const pc = RAM_BASE + random.below(SIZE / 2) * 2;
      const registers = Array.from({ length: 32 }, () => word(random));
      const budget = random.between(1, 3000);
      const [first, second] = harts.map(({ hart }) => {
        for (const [name, value] of values) hart.writeCsr(name, value);
        if (open) hart.writeCsr('pmpcfg0', 0x1f1f1f1f);
        hart.setMode(privilege, virtual);
        hart.pc = pc;
        for (const [register, value] of registers.entries()) hart.writeRegister(register, value);
        const ran = hart.run(budget);
        expect(ran <= budget && (ran === budget || hart.waiting), `seed ${seed}: ${ran} of ${budget}`).toBe(
          true,
        );
        return hart.save();
      });
      expect(first!.registers[0]).toBe(0);
      expect(second, `seed ${seed}, round ${round}`).toEqual(first);
    }
    const [first, second] = harts.map(({ memory }) => memory.read(RAM_BASE, SIZE));
    expect(Buffer.compare(first!, second!)).toBe(0);
  }
});
