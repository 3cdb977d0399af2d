/** Privileged Architecture without the hypervisor extension; each row names its section. */
import { describe, expect, test } from 'vitest';
import { MEIP, MSIP, MTIP, SEIP } from '../../../src/machine/index.ts';
import { asm, CODE, DATA, HartHost, PTE, pte } from '../../support/hartHost.ts';

const MIE = 8;
const SIE = 2;
const MPP_S = 1 << 11;
const MPRV = 1 << 17;
const SUM = 1 << 18;
const MXR = 1 << 19;
const TVM = 1 << 20;
const TW = 1 << 21;
const TSR = 1 << 22;
const ROOT = 0x8010_0000;
const LEAVES = 0x8010_1000;

describe('3.1.6 mstatus', () => {
  test('a trap stacks MIE and the mode, MRET unstacks them', () => {
    const host = new HartHost().mode('U').csrs({ mstatus: MIE }).execute(asm.ecall);
    expect(host.trap).toEqual({ to: 'M', cause: 8, tval: 0, epc: CODE });
    expect(host.hart.readCsr('mstatus')).toBe(0x80);
    host.words(0x8000_0100, asm.mret);
    host.hart.run(1);
    expect([host.modeName, host.hart.pc, host.hart.readCsr('mstatus')]).toEqual(['U', CODE, 0x88]);
  });

  test('MRET to a lower mode clears MPRV, to M keeps it', () => {
    const host = new HartHost().csrs({ mstatus: MPRV | MPP_S, mepc: CODE }).execute(asm.mret);
    expect(host.hart.readCsr('mstatus') & MPRV).toBe(0);
    const same = new HartHost().csrs({ mstatus: MPRV | (3 << 11), mepc: CODE }).execute(asm.mret);
    expect(same.hart.readCsr('mstatus') & MPRV).toBe(MPRV);
  });

  test('MPP keeps its value when 2 is written', () => {
    expect(
      new HartHost()
        .csrs({ mstatus: MPP_S })
        .csrs({ mstatus: 2 << 11 })
        .hart.readCsr('mstatus'),
    ).toBe(MPP_S);
  });

  test.each([
    ['SFENCE.VMA', TVM, asm.sfenceVma],
    ['satp', TVM, asm.csrrs(5, 0x180, 0)],
    ['hgatp', TVM, asm.csrrs(5, 0x680, 0)],
    ['HFENCE.GVMA', TVM, asm.hfenceGvma],
    ['SRET', TSR, asm.sret],
    ['WFI', TW, asm.wfi],
  ])(
    '3.1.6.5: %s in S-mode is illegal when it is to be trapped, and works otherwise',
    (_, bit, instruction) => {
      expect(new HartHost().mode('HS').csrs({ mstatus: bit }).execute(instruction).trap).toMatchObject({
        cause: 2,
      });
      expect(new HartHost().mode('HS').execute(instruction).trap).toBeNull();
    },
  );

  test.each(['U', 'HS'] as const)('%s may not touch machine CSRs', (mode) => {
    expect(new HartHost().mode(mode).execute(asm.csrrs(5, 0x300, 0)).trap).toMatchObject({
      to: 'M',
      cause: 2,
    });
  });

  test('WFI in U-mode is illegal', () => {
    expect(new HartHost().mode('U').execute(asm.wfi).trap).toMatchObject({ cause: 2 });
  });
});

describe('3.1.8 delegation', () => {
  test('a delegated exception goes to S, from U and S, and not from M', () => {
    const host = new HartHost().csrs({ medeleg: (1 << 3) | (1 << 8), mstatus: SIE });
    expect(host.mode('U').execute(asm.ecall).trap).toEqual({ to: 'HS', cause: 8, tval: 0, epc: CODE });
    expect(host.hart.readCsr('sstatus')).toBe(0x20);
    const machine = new HartHost().csrs({ medeleg: 1 << 3 }).execute(asm.ebreak);
    expect(machine.trap).toEqual({ to: 'M', cause: 3, tval: CODE, epc: CODE });
  });

  test('a call from M cannot be delegated', () => {
    expect(new HartHost().csrs({ medeleg: 0xffff_ffff }).hart.readCsr('medeleg')).toBe(0x00f0_b7ff);
  });
});

describe('3.1.9 interrupts', () => {
  const pending = (host: HartHost) => {
    host.words(CODE, asm.addi(0, 0, 0));
    host.hart.run(1);
    return host.trap?.cause;
  };

  test('external before software before timer, of M before S', () => {
    const host = new HartHost().csrs({ mie: 0xaaa, mip: 0x222, mstatus: MIE });
    for (const bit of [MEIP, MSIP, MTIP] as const) host.hart.setInterrupt(bit, true);
    const order: number[] = [];
    for (const bit of [MEIP, MSIP, MTIP] as const) {
      host.csrs({ mstatus: MIE });
      order.push(pending(host)! & 31);
      host.hart.setInterrupt(bit, false);
    }
    for (const bit of [9, 1, 5]) {
      host.csrs({ mstatus: MIE });
      order.push(pending(host)! & 31);
      host.csrs({ mip: host.hart.readCsr('mip') & ~(1 << bit) });
    }
    expect(order).toEqual([11, 3, 7, 9, 1, 5]);
  });

  test('what is delegated is taken in U always, in S with SIE only, in M never', () => {
    const taken = (mode: 'M' | 'HS' | 'U', mstatus: number) =>
      pending(new HartHost().mode(mode).csrs({ mideleg: 0x222, mie: 2, mip: 2, mstatus }));
    expect([taken('U', 0), taken('HS', 0), taken('HS', SIE), taken('M', MIE | SIE)]).toEqual([
      0x8000_0001,
      undefined,
      0x8000_0001,
      undefined,
    ]);
  });

  test('vectored mode adds four times the cause for interrupts, nothing for exceptions', () => {
    const host = new HartHost().csrs({ mtvec: 0x8000_0101, mie: 8, mstatus: MIE });
    host.hart.setInterrupt(MSIP, true);
    host.hart.run(1);
    expect(host.hart.pc).toBe(0x8000_010c);
    host.hart.pc = CODE;
    expect(host.execute(asm.ecall).hart.pc).toBe(0x8000_0100);
  });

  test('SEIP is the wire or software’s bit, and a set or clear does not copy the wire into the bit', () => {
    const host = new HartHost().registers({ 5: 1 << 9, 6: 2 });
    host.hart.setInterrupt(SEIP, true);
    host.execute(asm.csrrs(7, 0x344, 6));
    expect(host.hart.readRegister(7)).toBe(1 << 9);
    host.hart.setInterrupt(SEIP, false);
    expect(host.hart.readCsr('mip')).toBe(2);
  });

  test('sip and sie show what is delegated, and software sets SSIP alone', () => {
    const host = new HartHost().csrs({ mideleg: 0x22, mip: 0x20, mie: 0xaaa }).registers({ 5: -1 });
    host.mode('HS').execute(asm.csrrs(0, 0x144, 5));
    expect(host.read('sip', 'sie', 'mip')).toEqual({ sip: 0x22, sie: 0x22, mip: 0x22 });
  });

  test('3.3.3: WFI waits until an enabled interrupt is pending, even when it is not taken', () => {
    const host = new HartHost().csrs({ mie: 1 << 7 }).words(CODE, asm.wfi, asm.addi(5, 0, 1));
    expect([host.hart.run(10), host.hart.waiting, host.hart.run(10)]).toEqual([1, true, 0]);
    host.hart.setInterrupt(MSIP, true);
    expect(host.hart.waiting).toBe(true);
    host.hart.setInterrupt(MTIP, true);
    expect([host.hart.waiting, host.hart.run(1), host.hart.readRegister(5)]).toEqual([false, 1, 1]);
  });

  test('a device may end a run early, and raise a line that is taken at the next instruction', () => {
    const host: HartHost = new HartHost({
      device: {
        name: 'd',
        base: 0x1000_0000,
        size: 4,
        load: () => 0,
        store() {
          host.hart.setInterrupt(MSIP, true);
          host.hart.yieldSoon();
          return true;
        },
      },
    });
    host.csrs({ mie: 8, mstatus: MIE }).registers({ 6: 0x1000_0000 });
    host.words(CODE, asm.sw(0, 0, 6), asm.addi(5, 0, 1));
    expect(host.hart.run(10)).toBe(1);
    expect(host.hart.pc).toBe(CODE + 4);
    host.hart.run(1);
    expect(host.trap).toMatchObject({ cause: 0x8000_0003, epc: CODE + 4 });
  });
});

describe('3.1.11 and 10.1.5 counters', () => {
  test.each([
    ['U needs both', 'U', 7, 7, null],
    ['mcounteren closes it for S', 'HS', 0, 7, 2],
    ['scounteren closes it for U', 'U', 7, 0, 2],
    ['scounteren is of no matter to S', 'HS', 7, 0, null],
  ] as const)('%s', (_, mode, mcounteren, scounteren, cause) => {
    const host = new HartHost().mode(mode).csrs({ mcounteren, scounteren });
    host.now = 0x1_2345_6789n;
    expect(host.execute(asm.csrrs(5, 0xc01, 0)).trap?.cause ?? null).toBe(cause);
    if (cause === null) expect(host.hart.readRegister(5)).toBe(0x2345_6789);
  });
});

describe('3.7 physical memory protection', () => {
  const load = (csrs: Record<string, number>, mode: 'M' | 'U' = 'U', address = DATA) =>
    new HartHost()
      .csrs(csrs)
      .mode(mode)
      .registers({ 6: address })
      .execute(asm.lw(5, 0, 6)).trap?.cause ?? null;
  const word = DATA / 4;

  test.each<[string, Record<string, number>, 'M' | 'U', number | null]>([
    ['NA4 without R refuses U', { pmpaddr1: 0xffff_ffff, pmpaddr0: word, pmpcfg0: 0x1f14 }, 'U', 5],
    ['NA4 without R lets M through', { pmpaddr1: 0xffff_ffff, pmpaddr0: word, pmpcfg0: 0x1f14 }, 'M', null],
    ['a locked entry binds M', { pmpaddr1: 0xffff_ffff, pmpaddr0: word, pmpcfg0: 0x1f94 }, 'M', 5],
    ['the lowest entry decides', { pmpaddr1: word, pmpaddr0: 0xffff_ffff, pmpcfg0: 0x101f }, 'U', null],
    ['no entry that matches refuses U', { pmpcfg0: 0 }, 'M', null],
    ['NAPOT of 8 bytes', { pmpaddr1: 0xffff_ffff, pmpaddr0: word, pmpcfg0: 0x1f1c }, 'U', 5],
    ['TOR: below the top', { pmpaddr1: 0xffff_ffff, pmpaddr0: word + 1, pmpcfg0: 0x1f0c }, 'U', 5],
    ['TOR: the top is outside', { pmpaddr1: 0xffff_ffff, pmpaddr0: CODE / 4, pmpcfg0: 0x1f08 }, 'U', null],
  ])('%s', (_, csrs, mode, cause) => {
    expect(load(csrs, mode)).toBe(cause);
  });

  test('locked entries keep their values, the base of a locked range too, and W without R reads as 0', () => {
    const host = new HartHost().csrs({ pmpaddr4: 1, pmpaddr5: 2, pmpcfg1: 0x8900 });
    host.csrs({ pmpaddr4: 9, pmpaddr5: 9, pmpcfg1: 0x0a0a });
    expect(host.read('pmpaddr4', 'pmpaddr5', 'pmpcfg1')).toEqual({
      pmpaddr4: 1,
      pmpaddr5: 2,
      pmpcfg1: 0x8908,
    });
  });

  test('fetching from a page with a border in it stops at the border', () => {
    const host = new HartHost()
      .csrs({ pmpaddr1: 0xffff_ffff, pmpaddr0: CODE / 4 + 2, pmpcfg0: 0x1b0f })
      .mode('U');
    host.words(CODE, asm.addi(5, 5, 1), asm.addi(5, 5, 1), asm.addi(5, 5, 1));
    host.hart.run(3);
    expect(host.trap).toEqual({ to: 'M', cause: 1, tval: CODE + 8, epc: CODE + 8 });
  });
});

describe('10.3 Sv32', () => {
  /** Code is mapped for the mode by a superpage; virtual 0x4000_0000 is DATA's page with `bits`. */
  function mapped(mode: 'HS' | 'U', bits: number, mstatus = 0): HartHost {
    const codeBits = PTE.V | PTE.R | PTE.X | PTE.A | (mode === 'U' ? PTE.U : 0);
    const host = new HartHost().words(ROOT + 0x800, pte(0x8000_0000, codeBits));
    host
      .words(ROOT + 0x400, pte(LEAVES, PTE.V))
      .words(LEAVES, pte(DATA, bits))
      .words(DATA, 77);
    return host
      .csrs({ satp: 0x8000_0000 + ROOT / 4096, mstatus })
      .mode(mode)
      .registers({ 6: 0x4000_0000 });
  }
  const { V, R, W, X, U, A, D } = PTE;

  test.each<[string, 'HS' | 'U', number, number, number | null, number | null]>([
    ['S reads and writes its page', 'HS', V | R | W | A | D, 0, null, null],
    ['U may not use S’s page', 'U', V | R | W | A | D, 0, 13, 15],
    ['U uses its page', 'U', V | R | W | U | A | D, 0, null, null],
    ['S may not use U’s page', 'HS', V | R | W | U | A | D, 0, 13, 15],
    ['but may with SUM', 'HS', V | R | W | U | A | D, SUM, null, null],
    ['no V', 'HS', R | W | A | D, 0, 13, 15],
    ['W without R is reserved', 'HS', V | W | A | D, 0, 13, 15],
    ['execute-only', 'HS', V | X | A | D, 0, 13, 15],
    ['execute-only with MXR', 'HS', V | X | A | D, MXR, null, 15],
    ['read-only', 'HS', V | R | A | D, 0, null, 15],
    ['Svade: no A', 'HS', V | R | W | D, 0, 13, 15],
    ['Svade: no D', 'HS', V | R | W | A, 0, null, 15],
    ['a leaf is missing at the last level', 'HS', V, 0, 13, 15],
  ])('%s', (_, mode, bits, mstatus, load, store) => {
    expect(mapped(mode, bits, mstatus).execute(asm.lw(5, 0, 6)).trap?.cause ?? null).toBe(load);
    const storing = mapped(mode, bits, mstatus).execute(asm.sw(0, 0, 6));
    expect(storing.trap?.cause ?? null).toBe(store);
    if (store !== null) expect(storing.trap!.tval).toBe(0x4000_0000);
    expect(storing.memory.read32(DATA)).toBe(store === null ? 0 : 77);
  });

  test('SUM and MXR count from the next access on, also where one was allowed before', () => {
    const host = mapped('HS', V | X | U | A, SUM | MXR).registers({ 7: SUM, 8: MXR });
    expect(host.execute(asm.lw(5, 0, 6), asm.csrrc(0, 0x100, 8), asm.lw(5, 0, 6)).trap).toMatchObject({
      cause: 13,
      epc: CODE + 8,
    });
    const other = mapped('HS', V | R | U | A, SUM).registers({ 7: SUM });
    expect(other.execute(asm.lw(5, 0, 6), asm.csrrc(0, 0x100, 7), asm.lw(5, 0, 6)).trap).toMatchObject({
      cause: 13,
      epc: CODE + 8,
    });
  });

  test('S may not execute U’s page, with SUM or without', () => {
    const host = mapped('HS', V | R | X | U | A, SUM);
    host.hart.pc = 0x4000_0000;
    host.hart.run(1);
    expect(host.trap).toMatchObject({ cause: 12, tval: 0x4000_0000 });
  });

  test('a superpage that is not aligned faults; one that is maps 4 MiB', () => {
    const host = mapped('HS', V | R | A).words(ROOT + 0x404, pte(0x8000_1000, V | R | A));
    expect(host.registers({ 6: 0x4040_0000 }).execute(asm.lw(5, 0, 6)).trap).toMatchObject({ cause: 13 });
    const good = mapped('HS', V | R | A).words(ROOT + 0x404, pte(0x8000_0000, V | R | A));
    good.registers({ 6: 0x4040_0000 + (DATA & 0x3f_ffff) }).execute(asm.lw(5, 0, 6));
    expect(good.hart.readRegister(5)).toBe(77);
  });

  test('Svadu: with menvcfg.ADUE the hardware sets A, and D for a store', () => {
    const host = mapped('HS', V | R | W)
      .csrs({ menvcfgh: 1 << 29 })
      .execute(asm.lw(5, 0, 6), asm.sw(5, 0, 6));
    expect([host.hart.readRegister(5), host.memory.read32(LEAVES) & (A | D)]).toEqual([77, A | D]);
  });

  test('an old translation may live until SFENCE.VMA, and not beyond', () => {
    const host = mapped('HS', V | R | A);
    host.execute(asm.lw(5, 0, 6));
    host.words(LEAVES, 0);
    host.hart.pc = CODE;
    expect(host.execute(asm.sfenceVma, asm.lw(5, 0, 6)).trap).toMatchObject({ cause: 13 });
    host.words(LEAVES, pte(DATA, V | R | A)).mode('HS').hart.pc = CODE;
    host
      .execute(asm.lw(5, 0, 6))
      .words(LEAVES, 0)
      .hart.flushTranslations();
    host.hart.pc = CODE;
    expect(host.execute(asm.lw(5, 0, 6)).trap).toMatchObject({ cause: 13 });
  });

  test('a page table outside of memory is an access fault of the access', () => {
    const host = mapped('HS', V | R | A).words(ROOT + 0x400, pte(0x2000_0000, V));
    expect(host.execute(asm.sw(5, 0, 6)).trap).toMatchObject({ cause: 7, tval: 0x4000_0000 });
  });

  test('MPRV lends M the rules of MPP for data and not for code', () => {
    const host = mapped('HS', V | R | U | A)
      .mode('M')
      .csrs({ mstatus: MPRV | MPP_S });
    expect(host.execute(asm.lw(5, 0, 6)).trap).toMatchObject({ cause: 13 });
    host.hart.pc = CODE;
    host.csrs({ mstatus: MPRV }).execute(asm.lw(5, 0, 6));
    expect(host.hart.readRegister(5)).toBe(77);
  });

  test('a misaligned load across two pages names the first byte that faults', () => {
    const host = mapped('HS', V | R | A).registers({ 6: 0x4000_0ffe });
    expect(host.execute(asm.lw(5, 0, 6)).trap).toMatchObject({ cause: 13, tval: 0x4000_1000 });
    expect(host.mode('HS').hart.translate(0x4000_1000, 'load')).toBeNull();
    expect(host.hart.translate(0x4000_0ffe, 'load')).toBe(DATA + 0xffe);
  });
});
