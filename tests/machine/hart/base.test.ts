/** Instructions, memory accesses, code that changes, counters and traps of the base architecture. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Hart, PhysicalMemory } from '../../../src/machine/index.ts';
import { asm, CODE, DATA, HartHost } from '../../support/hartHost.ts';

test('the main loop’s cases are the operations’ numbers', () => {
  const read = (name: string) =>
    readFileSync(new URL(`../../../src/machine/hart/${name}`, import.meta.url), 'utf8');
  const table = /const names = \[([\s\S]*?)\] as const/.exec(read('operations.ts'))![1]!;
  const names = [...table.matchAll(/'([^']+)'/g)].map((match) => match[1]);
  const cases = [...read('execute.ts').matchAll(/case (\d+): \/\/ (.+)/g)].map((match) => [
    Number(match[1]),
    match[2],
  ]);
  expect(cases.length).toBe(names.length);
  expect(cases.filter(([number, name]) => names[Number(number)] !== name)).toEqual([]);
});

test.each([
  ['lb sign-extends', asm.lb(5, 3, 6), 0xffffff80],
  ['lh sign-extends', asm.lh(5, 2, 6), 0xffff8033],
  ['a misaligned lw works in RAM', asm.lw(5, 1, 6), 0x44803322],
  ['x0 stays zero', asm.lw(0, 0, 6), 1],
])('%s', (_, instruction, expected) => {
  const host = new HartHost().registers({ 5: 1, 6: DATA }).words(DATA, 0x80332211, 0x44);
  expect(host.execute(instruction).hart.readRegister(5)).toBe(expected);
  expect(host.hart.readRegister(0)).toBe(0);
});

test('a misaligned access at a device traps, and so does a misaligned atomic', () => {
  const device = { name: 'd', base: 0x1000_0000, size: 16, load: () => 7, store: () => true };
  const host = new HartHost({ device }).registers({ 6: 0x1000_0001 });
  expect(host.execute(asm.lw(5, 0, 6)).trap).toMatchObject({ to: 'M', cause: 4, tval: 0x1000_0001 });
  host.hart.pc = CODE;
  expect(host.execute(asm.sw(5, 0, 6)).trap).toMatchObject({ cause: 6, tval: 0x1000_0001 });
  host.hart.pc = CODE;
  expect(host.registers({ 6: DATA + 2 }).execute(asm.amoadd(5, 5, 6)).trap).toMatchObject({ cause: 6 });
  host.hart.pc = CODE;
  expect(host.execute(asm.lr(5, 6)).trap).toMatchObject({ cause: 4, tval: DATA + 2 });
});

test('where no device is, or it refuses, an access fault says the address', () => {
  const host = new HartHost().registers({ 6: 0x2000 });
  expect(host.execute(asm.lw(5, 4, 6)).trap).toEqual({ to: 'M', cause: 5, tval: 0x2004, epc: CODE });
  host.hart.pc = CODE;
  expect(host.execute(asm.sw(5, 4, 6)).trap).toEqual({ to: 'M', cause: 7, tval: 0x2004, epc: CODE });
  host.hart.pc = 0x2000;
  host.hart.run(1);
  expect(host.trap).toEqual({ to: 'M', cause: 1, tval: 0x2000, epc: 0x2000 });
});

test.each([
  ['all zeroes', 0, 0],
  ['all ones', 0xffff_ffff, 0xffff_ffff],
  ['a 16-bit reserved encoding (C.ADDI4SPN with 0)', 0x0004, 0x0004],
  ['C.LWSP to x0', 0x4002, 0x4002],
  ['SLLI by 32', 0x0202_9293, 0x0202_9293],
  ['a floating-point load', 0x0003_2007, 0x0003_2007],
  ['a CSR that does not exist', asm.csrrw(0, 0x5c0, 0), asm.csrrw(0, 0x5c0, 0)],
  ['a write to a read-only CSR', asm.csrrw(0, 0xf14, 5), asm.csrrw(0, 0xf14, 5)],
])('%s is illegal and mtval has its bits', (_, word, tval) => {
  expect(new HartHost().execute(word).trap).toEqual({ to: 'M', cause: 2, tval, epc: CODE });
});

test('a store into the instruction ahead changes it, from any hart and from a device', () => {
  const host = new HartHost({ harts: 2 });
  host.registers({ 6: CODE + 4, 7: asm.addi(5, 0, 42) });
  expect(host.execute(asm.sw(7, 0, 6), asm.addi(5, 0, 1)).hart.readRegister(5)).toBe(42);
  host.hart.pc = CODE + 4;
  host.memory.write32(CODE + 4, asm.addi(5, 0, 43));
  host.hart.run(1);
  expect(host.hart.readRegister(5)).toBe(43);
  const other = host.addHart(1);
  other.writeRegister(6, CODE + 4);
  other.writeRegister(7, asm.addi(5, 0, 44));
  other.run(1);
  host.hart.pc = CODE + 4;
  host.hart.run(1);
  expect(host.hart.readRegister(5)).toBe(44);
});

test('code that is rewritten by stores the fast path had learnt runs anew', () => {
  // A page first written as data, then executed, then written again.
  const host = new HartHost().registers({
    6: DATA,
    7: asm.addi(5, 5, 1),
    8: asm.jalr(0, 0, 9),
    9: CODE + 12,
  });
  host.execute(asm.sw(7, 0, 6), asm.sw(8, 4, 6), asm.jalr(0, 0, 6));
  host.hart.run(2);
  expect([host.hart.readRegister(5), host.hart.pc]).toEqual([1, CODE + 12]);
  host.hart.pc = CODE;
  host.registers({ 7: asm.addi(5, 5, 10) });
  host.hart.run(5);
  expect(host.hart.readRegister(5)).toBe(11);
});

test('each of several stores into code counts, and one into the second half of an instruction', () => {
  const host = new HartHost().registers({
    6: CODE + 0x100,
    7: asm.addi(5, 0, 1),
    8: asm.addi(5, 0, 2),
    9: CODE + 8,
  });
  host.words(CODE + 0x100, asm.addi(5, 0, 0), asm.jalr(0, 0, 9));
  const values: number[] = [];
  for (const register of [7, 8, 7]) {
    host.hart.pc = CODE;
    host.words(CODE, asm.sw(register, 0, 6), asm.jalr(0, 0, 6));
    host.hart.run(3);
    values.push(host.hart.readRegister(5));
  }
  expect(values).toEqual([1, 2, 1]);
  host.hart.pc = CODE;
  host.registers({ 7: asm.addi(5, 0, 3) >>> 16 });
  host.words(CODE, asm.sh(7, 2, 6), asm.jalr(0, 0, 6));
  host.hart.run(3);
  expect(host.hart.readRegister(5)).toBe(3);
});

test('an instruction across two pages is fetched from both', () => {
  const host = new HartHost();
  const at = CODE + 0xffe;
  host.memory.write16(at, asm.lui(5, 0xabcde) & 0xffff);
  host.memory.write16(at + 2, asm.lui(5, 0xabcde) >>> 16);
  host.memory.write32(at + 4, asm.addi(5, 5, 1));
  host.hart.pc = at;
  host.hart.run(2);
  expect([host.hart.readRegister(5), host.hart.pc]).toEqual([0xabcde001, at + 8]);
});

test('SC succeeds after LR, fails without, and fails when a device or another hart came between', () => {
  const host = new HartHost({ harts: 2 });
  const other = host.addHart(1);
  const attempt = (between: () => void) => {
    host.hart.pc = CODE;
    host.registers({ 6: DATA, 7: 9 }).words(CODE, asm.lr(5, 6), asm.sc(5, 7, 6));
    host.hart.run(1);
    between();
    host.hart.run(1);
    return host.hart.readRegister(5);
  };
  expect(attempt(() => {})).toBe(0);
  expect(host.memory.read32(DATA)).toBe(9);
  expect(attempt(() => host.memory.write32(DATA, 1))).toBe(1);
  expect(attempt(() => other.run(1))).toBe(1);
  host.hart.pc = CODE + 4;
  host.hart.run(1);
  expect(host.hart.readRegister(5)).toBe(1);
});

test('an exact budget: no instruction more than asked for', () => {
  const host = new HartHost();
  host.words(CODE, asm.addi(5, 5, 1), asm.addi(5, 5, 1), asm.beq(0, 0, -8));
  for (let n = 1; n < 40; n++) {
    host.hart.pc = CODE;
    host.registers({ 5: 0 });
    expect(host.hart.run(n)).toBe(n);
    expect(host.hart.readRegister(5)).toBe(n - Math.floor(n / 3));
  }
});

test('minstret counts what retires, mcycle what executes, and a write shows at the next instruction', () => {
  const host = new HartHost();
  host.execute(asm.csrrw(0, 0xb02, 0), asm.csrrs(5, 0xb02, 0), asm.ecall);
  expect(host.hart.readRegister(5)).toBe(0);
  expect(host.read('minstret', 'mcycle', 'instret')).toEqual({ minstret: 1, mcycle: 3, instret: 1 });
  host.csrs({ mcountinhibit: 4 });
  host.hart.pc = CODE;
  host.execute(asm.addi(0, 0, 0));
  expect(host.read('minstret', 'mcycle')).toEqual({ minstret: 1, mcycle: 4 });
});

test('the upper half of a counter follows the lower', () => {
  const host = new HartHost().csrs({ mcycleh: 7, mcycle: 0xffff_fffe });
  host.execute(asm.addi(0, 0, 0), asm.addi(0, 0, 0), asm.addi(0, 0, 0));
  expect(host.read('mcycle', 'mcycleh')).toEqual({ mcycle: 1, mcycleh: 8 });
});

test('reset leaves machine mode at the entry, with id and argument in a0 and a1, and protection off', () => {
  const host = new HartHost().mode('VU').csrs({ satp: 0x8000_0001, mie: 0xaaa });
  host.hart.reset(CODE, 0x8200_0000);
  expect([host.modeName, host.hart.pc, host.hart.readRegister(10), host.hart.readRegister(11)]).toEqual([
    'M',
    CODE,
    0,
    0x8200_0000,
  ]);
  expect(host.read('satp', 'mie', 'pmpcfg0')).toEqual({ satp: 0, mie: 0, pmpcfg0: 0 });
});

test('a hart needs its place in the memory, and CSR names are checked', () => {
  const memory = new PhysicalMemory({ size: 4096 });
  expect(() => new Hart({ memory, hartId: 1 })).toThrow('hart 1 of a memory for 1');
  expect(() => new Hart({ memory }).readCsr('mstatsu')).toThrow('no CSR is named mstatsu');
});
