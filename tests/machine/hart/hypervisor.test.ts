/** The hypervisor extension (Privileged Architecture, chapter 18 of version 20240411), clause by clause. */
import { describe, expect, test } from 'vitest';
import { asm, CODE, DATA, HartHost, type ModeName, PTE, pte } from '../../support/hartHost.ts';

const SPV = 1 << 7;
const SPVP = 1 << 8;
const GVA = 1 << 6;
const HU = 1 << 9;
const VTVM = 1 << 20;
const VTW = 1 << 21;
const VTSR = 1 << 22;
const TVM = 1 << 20;
const TW = 1 << 21;
const SPP = 1 << 8;
const SUM = 1 << 18;
const MXR = 1 << 19;
const MPV = 1 << 7;
const VS_EXCEPTIONS = 0xb1ff;

/** A host whose exceptions of all kinds go to HS. */
const delegating = () => new HartHost().csrs({ medeleg: 0x00f0_b7ff, mideleg: 0x222 });

/** What an instruction does in each mode: the cause of the trap, or null. */
function causes(
  instruction: number,
  csrs: Record<string, number> = {},
  modes: ModeName[] = ['M', 'HS', 'U', 'VS', 'VU'],
) {
  return Object.fromEntries(
    modes.map((mode) => {
      const host = new HartHost().csrs(csrs).mode(mode).registers({ 6: DATA });
      return [mode, host.execute(instruction).trap?.cause ?? null];
    }),
  );
}

describe('18.2 CSRs in V=1', () => {
  test('supervisor CSR numbers name the VS registers, and HS’s keep their values', () => {
    const host = new HartHost().csrs({
      sscratch: 1,
      vsscratch: 2,
      sepc: 4,
      vsepc: 8,
      scause: 5,
      stval: 6,
      stvec: 12,
    });
    host.mode('VS').registers({ 6: 100 });
    host.execute(
      asm.csrrw(5, 0x140, 6),
      asm.csrrw(7, 0x141, 6),
      asm.csrrw(8, 0x142, 6),
      asm.csrrw(9, 0x143, 6),
    );
    expect([5, 7, 8, 9].map((r) => host.hart.readRegister(r))).toEqual([2, 8, 0, 0]);
    expect(
      host.read('sscratch', 'sepc', 'scause', 'stval', 'vsscratch', 'vsepc', 'vscause', 'vstval'),
    ).toEqual({
      sscratch: 1,
      sepc: 4,
      scause: 5,
      stval: 6,
      vsscratch: 100,
      vsepc: 100,
      vscause: 100,
      vstval: 100,
    });
  });

  test('sstatus and satp too; scounteren and senvcfg are shared', () => {
    const host = new HartHost().mode('VS').registers({ 6: SUM, 7: 0x1234, 8: 1 });
    host.execute(
      asm.csrrw(0, 0x100, 6),
      asm.csrrw(0, 0x180, 7),
      asm.csrrw(0, 0x106, 8),
      asm.csrrw(0, 0x10a, 8),
    );
    expect(host.read('vsstatus', 'mstatus', 'vsatp', 'satp', 'scounteren', 'senvcfg')).toEqual({
      vsstatus: SUM,
      mstatus: 0,
      vsatp: 0x1234,
      satp: 0,
      scounteren: 1,
      senvcfg: 1,
    });
  });

  test('18.2.1: hstatus holds its fields and nothing else', () => {
    const fields = GVA | SPV | SPVP | HU | (0x1f << 12) | VTVM | VTW | VTSR;
    expect(new HartHost().csrs({ hstatus: 0xffff_ffff }).hart.readCsr('hstatus')).toBe(fields);
  });

  test('18.2.2: hedeleg and hideleg hold what a guest may handle', () => {
    const host = new HartHost().csrs({ hedeleg: 0xffff_ffff, hideleg: 0xffff_ffff });
    expect(host.read('hedeleg', 'hideleg')).toEqual({ hedeleg: VS_EXCEPTIONS, hideleg: 0x444 });
  });

  test('18.2.5: henvcfg.ADUE reads zero while menvcfg.ADUE is', () => {
    const host = new HartHost().csrs({ menvcfgh: 1 << 29, henvcfgh: 1 << 29 });
    expect(host.hart.readCsr('henvcfgh')).toBe(1 << 29);
    expect(host.csrs({ menvcfgh: 0 }).hart.readCsr('henvcfgh')).toBe(0);
  });

  test('18.2.6: time in V=1 has htimedelta added, over 64 bits; in HS it has not', () => {
    const host = new HartHost().csrs({
      htimedelta: 0xffff_ffff,
      htimedeltah: 1,
      mcounteren: 2,
      hcounteren: 2,
    });
    host.now = 2n;
    host.mode('VS').execute(asm.csrrs(5, 0xc01, 0), asm.csrrs(7, 0xc81, 0));
    expect([5, 7].map((r) => host.hart.readRegister(r))).toEqual([1, 2]);
    host.hart.pc = CODE;
    host.mode('HS').execute(asm.csrrs(5, 0xc01, 0));
    expect(host.hart.readRegister(5)).toBe(2);
  });

  test('18.2.10: hgatp’s root is aligned to 16 KiB', () => {
    expect(new HartHost().csrs({ hgatp: 0xffff_ffff }).hart.readCsr('hgatp')).toBe(0x9fff_fffc);
  });
});

describe('18.3 instructions', () => {
  test('18.3.1: HLV and HSV are for M, HS, and U with HU; in V=1 they are virtual instructions', () => {
    const bare = { M: null, HS: null, U: 2, VS: 22, VU: 22 };
    for (const instruction of [asm.hlvW(5, 6), asm.hlvB(5, 6), asm.hlvxWu(5, 6), asm.hsvW(5, 6)]) {
      expect(causes(instruction)).toEqual(bare);
      expect(causes(instruction, { hstatus: HU })).toEqual({ ...bare, U: null });
    }
  });

  test('18.3.1: widths and signs', () => {
    const host = new HartHost().mode('HS').registers({ 6: DATA, 9: 0x1234 }).words(DATA, 0xfedc_ba98);
    host.execute(asm.hlvB(5, 6), asm.hlvBu(7, 6), asm.hlvH(8, 6), asm.hlvxHu(10, 6), asm.hsvW(9, 6));
    expect([5, 7, 8, 10].map((r) => host.hart.readRegister(r))).toEqual([
      0xffff_ff98, 0x98, 0xffff_ba98, 0xba98,
    ]);
    expect(host.memory.read32(DATA)).toBe(0x1234);
  });

  test('18.3.2: HFENCE is for M and HS; HFENCE.GVMA obeys TVM, HFENCE.VVMA does not', () => {
    const fences = { M: null, HS: null, U: 2, VS: 22, VU: 22 };
    expect(causes(asm.hfenceVvma)).toEqual(fences);
    expect(causes(asm.hfenceGvma)).toEqual(fences);
    expect(causes(asm.hfenceVvma, { mstatus: TVM })).toEqual(fences);
    expect(causes(asm.hfenceGvma, { mstatus: TVM })).toEqual({ ...fences, HS: 2 });
  });
});

describe('18.6.1 virtual-instruction exceptions, and illegal ones beside them', () => {
  test.each<[string, number, Record<string, number>, Record<string, number | null>]>([
    ['hstatus', asm.csrrs(5, 0x600, 0), {}, { M: null, HS: null, U: 2, VS: 22, VU: 22 }],
    ['vsstatus', asm.csrrs(5, 0x200, 0), {}, { M: null, HS: null, U: 2, VS: 22, VU: 22 }],
    ['hgatp with TVM', asm.csrrs(5, 0x680, 0), { mstatus: TVM }, { M: null, HS: 2, U: 2, VS: 22, VU: 22 }],
    ['a write to hgeip, which nobody may', asm.csrrw(0, 0xe12, 6), {}, { M: 2, HS: 2, U: 2, VS: 2, VU: 2 }],
    ['a CSR that does not exist', asm.csrrs(5, 0x6c0, 0), {}, { M: 2, HS: 2, U: 2, VS: 2, VU: 2 }],
    ['mstatus', asm.csrrs(5, 0x300, 0), {}, { M: null, HS: 2, U: 2, VS: 2, VU: 2 }],
    ['sscratch', asm.csrrs(5, 0x140, 0), {}, { M: null, HS: null, U: 2, VS: null, VU: 22 }],
    [
      'satp with VTVM',
      asm.csrrs(5, 0x180, 0),
      { hstatus: VTVM },
      { M: null, HS: null, U: 2, VS: 22, VU: 22 },
    ],
    ['satp with TVM', asm.csrrs(5, 0x180, 0), { mstatus: TVM }, { M: null, HS: 2, U: 2, VS: null, VU: 22 }],
    ['SFENCE.VMA', asm.sfenceVma, {}, { M: null, HS: null, U: 2, VS: null, VU: 22 }],
    ['SFENCE.VMA with VTVM', asm.sfenceVma, { hstatus: VTVM }, { M: null, HS: null, U: 2, VS: 22, VU: 22 }],
    ['SRET', asm.sret, {}, { M: null, HS: null, U: 2, VS: null, VU: 22 }],
    ['SRET with VTSR', asm.sret, { hstatus: VTSR }, { M: null, HS: null, U: 2, VS: 22, VU: 22 }],
    ['MRET', asm.mret, {}, { M: null, HS: 2, U: 2, VS: 2, VU: 2 }],
    ['WFI', asm.wfi, {}, { M: null, HS: null, U: 2, VS: null, VU: 22 }],
    ['WFI with VTW', asm.wfi, { hstatus: VTW }, { M: null, HS: null, U: 2, VS: 22, VU: 22 }],
    ['WFI with TW', asm.wfi, { mstatus: TW, hstatus: VTW }, { M: null, HS: 2, U: 2, VS: 2, VU: 2 }],
    [
      'time, closed to all by M',
      asm.csrrs(5, 0xc01, 0),
      { hcounteren: 7, scounteren: 7 },
      { M: null, HS: 2, U: 2, VS: 2, VU: 2 },
    ],
    [
      'time, closed to guests',
      asm.csrrs(5, 0xc01, 0),
      { mcounteren: 7, scounteren: 7 },
      { M: null, HS: null, U: null, VS: 22, VU: 22 },
    ],
    [
      'timeh, closed to user mode',
      asm.csrrs(5, 0xc81, 0),
      { mcounteren: 7, hcounteren: 7 },
      { M: null, HS: null, U: 2, VS: null, VU: 22 },
    ],
    [
      'time, open',
      asm.csrrs(5, 0xc01, 0),
      { mcounteren: 7, hcounteren: 7, scounteren: 7 },
      { M: null, HS: null, U: null, VS: null, VU: null },
    ],
  ])('%s', (_, instruction, csrs, expected) => {
    expect(causes(instruction, csrs)).toEqual(expected);
  });

  test('mtval has the instruction, GVA is 0 as it is no address', () => {
    const host = new HartHost().mode('VS').execute(asm.hlvW(5, 6));
    expect(host.trap).toEqual({ to: 'M', cause: 22, tval: asm.hlvW(5, 6), epc: CODE });
    expect(host.hart.readCsr('mstatush')).toBe(MPV);
  });
});

describe('18.6.2 trap entry', () => {
  test.each<[ModeName, number, string, Record<string, number>]>([
    ['U', 8, 'HS', { hstatus: 0, sstatus: 0 }],
    ['HS', 9, 'HS', { hstatus: 0, sstatus: SPP }],
    ['VU', 8, 'HS', { hstatus: SPV, sstatus: 0 }],
    ['VS', 10, 'HS', { hstatus: SPV | SPVP, sstatus: SPP }],
  ])('a call from %s has cause %i and HS is told where it was', (mode, cause, to, status) => {
    const host = delegating().mode(mode).execute(asm.ecall);
    expect(host.trap).toEqual({ to, cause, tval: 0, epc: CODE });
    expect([host.modeName, host.read('hstatus', 'sstatus')]).toEqual(['HS', status]);
  });

  test('SPVP keeps its value when the trap comes from V=0', () => {
    const host = delegating().csrs({ hstatus: SPVP }).mode('U').execute(asm.ecall);
    expect(host.hart.readCsr('hstatus')).toBe(SPVP);
  });

  test('what hedeleg has goes to VS and changes nothing of HS’s', () => {
    const host = delegating()
      .csrs({ hedeleg: VS_EXCEPTIONS, vsstatus: 2, sepc: 4 })
      .mode('VU')
      .execute(asm.ecall);
    expect(host.trap).toEqual({ to: 'VS', cause: 8, tval: 0, epc: CODE });
    expect(host.modeName).toBe('VS');
    expect(host.read('vsstatus', 'sepc', 'hstatus', 'mstatus')).toEqual({
      vsstatus: 0x20,
      sepc: 4,
      hstatus: 0,
      mstatus: 0,
    });
  });

  test('hedeleg is of no matter to exceptions of HS and U', () => {
    expect(delegating().csrs({ hedeleg: VS_EXCEPTIONS }).mode('U').execute(asm.ecall).trap).toMatchObject({
      to: 'HS',
    });
  });

  test('a breakpoint in V=1 writes a guest virtual address', () => {
    const host = delegating().mode('VU').execute(asm.ebreak);
    expect([host.trap, host.hart.readCsr('hstatus')]).toEqual([
      { to: 'HS', cause: 3, tval: CODE, epc: CODE },
      GVA | SPV,
    ]);
  });

  test('a trap to M has MPV and MPP, and MRET goes back', () => {
    const host = new HartHost().mode('VS').execute(asm.ecall);
    expect([host.trap?.cause, host.read('mstatus', 'mstatush')]).toEqual([
      10,
      { mstatus: 1 << 11, mstatush: MPV },
    ]);
    host.words(0x8000_0100, asm.mret);
    host.hart.run(1);
    expect([host.modeName, host.hart.pc, host.hart.readCsr('mstatush')]).toEqual(['VS', CODE, 0]);
  });
});

describe('18.6.4 trap return', () => {
  test.each<[number, ModeName]>([
    [0, 'U'],
    [SPP, 'HS'],
  ])('SRET in HS with SPV=0 and sstatus %i goes to %s', (sstatus, mode) => {
    const host = new HartHost().mode('HS').csrs({ sstatus, sepc: DATA }).execute(asm.sret);
    expect([host.modeName, host.hart.pc]).toEqual([mode, DATA]);
  });

  test.each<[number, ModeName]>([
    [0, 'VU'],
    [SPP, 'VS'],
  ])('SRET in HS with SPV=1 and sstatus %i goes to %s and clears SPV', (sstatus, mode) => {
    const host = new HartHost().mode('HS').csrs({ sstatus, hstatus: SPV, sepc: DATA }).execute(asm.sret);
    expect([host.modeName, host.hart.readCsr('hstatus')]).toEqual([mode, 0]);
  });

  test('SRET in VS uses vsstatus and stays in V=1', () => {
    const host = new HartHost().mode('VS').csrs({ vsstatus: 0x20, vsepc: DATA, sepc: 4 }).execute(asm.sret);
    expect([host.modeName, host.hart.pc, host.hart.readCsr('vsstatus')]).toEqual(['VU', DATA, 0x22]);
  });

  test('MRET to M ignores MPV', () => {
    const host = new HartHost().csrs({ mstatus: 3 << 11, mstatush: MPV, mepc: DATA }).execute(asm.mret);
    expect([host.modeName, host.hart.virtual]).toEqual(['M', false]);
  });
});

describe('18.2.3, 18.4.3 interrupts', () => {
  const step = (host: HartHost) => {
    host.words(CODE, asm.addi(0, 0, 0));
    host.hart.run(1);
    return host.trap;
  };

  test('hvip makes VS interrupts, seen in hip, mip, and one bit lower in vsip when hideleg has them', () => {
    const host = new HartHost().csrs({ hvip: 0x444, hideleg: 0x404, hie: 0x1444 });
    expect(host.read('hip', 'mip', 'vsip', 'vsie', 'sip')).toEqual({
      hip: 0x444,
      mip: 0x444,
      vsip: 0x202,
      vsie: 0x202,
      sip: 0,
    });
    expect(host.read('mie')).toEqual({ mie: 0x1444 });
  });

  test('a delegated one is taken in VU always, in VS with vsstatus.SIE, in HS and M never; its cause is S’s', () => {
    const taken = (mode: ModeName, vsstatus: number) =>
      step(new HartHost().mode(mode).csrs({ hideleg: 0x444, hvip: 0x40, hie: 0x40, vsstatus, mstatus: 10 }));
    expect(taken('VU', 0)).toEqual({ to: 'VS', cause: 0x8000_0005, tval: 0, epc: CODE });
    expect(taken('VS', 0)).toBeNull();
    expect(taken('VS', 2)).toMatchObject({ to: 'VS', cause: 0x8000_0005 });
    expect(taken('HS', 2)).toBeNull();
    expect(taken('M', 2)).toBeNull();
  });

  test('one that is not delegated goes to HS with its own cause', () => {
    const host = new HartHost().mode('VS').csrs({ hvip: 0x40, hie: 0x40 });
    expect(step(host)).toMatchObject({ to: 'HS', cause: 0x8000_0006 });
  });

  test('HS’s interrupts interrupt a guest whatever SIE is, before the guest’s own', () => {
    const host = new HartHost()
      .mode('VS')
      .csrs({ hideleg: 0x444, mideleg: 0x222, hvip: 0x400, mip: 2, mie: 0x402, vsstatus: 2 });
    expect(step(host)).toMatchObject({ to: 'HS', cause: 0x8000_0001 });
  });

  test('among VS’s: external, software, timer', () => {
    const host = new HartHost().csrs({ hideleg: 0x444, hvip: 0x444, hie: 0x444 });
    const order = [0x400, 4, 0x40].map((bit) => {
      host.mode('VU');
      host.hart.pc = CODE;
      const cause = step(host)!.cause & 31;
      host.csrs({ hvip: host.hart.readCsr('hvip') & ~bit });
      return cause;
    });
    expect(order).toEqual([9, 1, 5]);
  });

  test('vsip.SSIP is hvip’s bit for the guest to write; the others it only reads', () => {
    const host = new HartHost()
      .mode('VS')
      .csrs({ hideleg: 0x444 })
      .registers({ 6: -1 })
      .execute(asm.csrrw(0, 0x144, 6));
    expect(host.read('hvip', 'vsip')).toEqual({ hvip: 4, vsip: 2 });
  });

  test('18.2.4: hgeip raises VSEIP for the guest that VGEIN names, and SGEIP for those of hgeie', () => {
    const host = new HartHost().csrs({ hstatus: 3 << 12, hgeie: 1 << 5 });
    host.hart.setGuestInterrupt(3, true);
    expect(host.read('hgeip', 'hip')).toEqual({ hgeip: 8, hip: 0x400 });
    host.hart.setGuestInterrupt(5, true);
    expect(host.hart.readCsr('hip')).toBe(0x1400);
    host.hart.setGuestInterrupt(3, false);
    host.csrs({ hie: 0x1000 }).mode('VS');
    expect(step(host)).toMatchObject({ to: 'HS', cause: 0x8000_000c });
  });
});

const STAGE2 = 0x8010_0000;
const STAGE2_LEAVES = 0x8010_4000;
const STAGE1 = 0x8010_8000;
const STAGE1_LEAVES = 0x8010_9000;
const { V, R, W, X, U, A, D } = PTE;
const ALL = V | R | W | X | U | A | D;
const GVA_PAGE = 0x4000_0000;

/**
 * A guest whose code is where it is, whose gva 0x4000_0000 is gpa `gpa` by stage 1 (with `bits1`), which stage 2 maps to DATA
 * (with `bits2`). Tables of stage 1 lie at gpa = hpa.
 */
function guest(mode: ModeName, { bits1 = V | R | W | A | D, bits2 = ALL, gpa = 0x5000_0000 } = {}): HartHost {
  const host = delegating();
  const user = mode === 'VU' || mode === 'U' ? U : 0;
  // Stage 2: RAM as it is in one superpage, and the page in question.
  host.words(STAGE2 + (0x8000_0000 / 2 ** 22) * 4, pte(0x8000_0000, ALL));
  host.words(STAGE2 + Math.floor(gpa / 2 ** 22) * 4, pte(STAGE2_LEAVES, V));
  host.words(STAGE2_LEAVES + (Math.floor(gpa / 4096) % 1024) * 4, pte(DATA, bits2));
  host.words(STAGE1 + 0x800, pte(0x8000_0000, V | R | W | X | A | D | user));
  host.words(STAGE1 + 0x400, pte(STAGE1_LEAVES, V)).words(STAGE1_LEAVES, pte(gpa, bits1));
  host.csrs({ hgatp: 0x8000_0000 + STAGE2 / 4096, vsatp: 0x8000_0000 + STAGE1 / 4096 });
  return host.words(DATA, 77, 78).registers({ 6: GVA_PAGE, 7: 5 }).mode(mode);
}

describe('18.5 two-stage translation', () => {
  test('a guest reads and writes through both stages', () => {
    const host = guest('VS').execute(asm.lw(5, 0, 6), asm.sw(7, 4, 6));
    expect([host.hart.readRegister(5), host.memory.read32(DATA + 4)]).toEqual([77, 5]);
  });

  test('Sv32x4: guest physical addresses have 34 bits', () => {
    const host = guest('VS', { gpa: 0x3_4567_8000 }).execute(asm.lw(5, 4, 6));
    expect(host.hart.readRegister(5)).toBe(78);
  });

  test.each<[string, Parameters<typeof guest>[1], number | null, number | null]>([
    ['stage 2 needs U', { bits2: ALL & ~U }, 21, 23],
    ['stage 2 without W', { bits2: ALL & ~W & ~D }, null, 23],
    ['stage 2 not valid', { bits2: 0 }, 21, 23],
    ['stage 2 without A', { bits2: ALL & ~A }, 21, 23],
    ['stage 2 without D', { bits2: ALL & ~D }, null, 23],
    ['stage 2 execute-only', { bits2: V | X | U | A }, 21, 23],
    ['stage 1 faults first', { bits1: 0, bits2: 0 }, 13, 15],
    ['stage 1 without W', { bits1: V | R | A }, null, 15],
  ])('%s', (_, options, load, store) => {
    expect(guest('VS', options).execute(asm.lw(5, 0, 6)).trap?.cause ?? null).toBe(load);
    expect(guest('VS', options).execute(asm.sw(5, 0, 6)).trap?.cause ?? null).toBe(store);
  });

  test('18.5.2: a guest-page fault has the gva in stval, the gpa shifted by 2 in htval, GVA set', () => {
    const host = guest('VS', { bits2: 0, gpa: 0x3_4567_8000 })
      .registers({ 6: GVA_PAGE + 0x123 })
      .execute(asm.lh(5, 1, 6));
    expect(host.trap).toEqual({ to: 'HS', cause: 21, tval: GVA_PAGE + 0x124, epc: CODE });
    expect(host.read('htval', 'hstatus')).toEqual({ htval: 0x3_4567_8124 / 4, hstatus: GVA | SPV | SPVP });
  });

  test('the same to M is in mtval2 and mtinst, with GVA and MPV', () => {
    const host = guest('VS', { bits2: 0 })
      .csrs({ medeleg: 0 })
      .execute(asm.sw(7, 8, 6));
    expect(host.trap).toMatchObject({ to: 'M', cause: 23, tval: GVA_PAGE + 8 });
    expect(host.read('mtval2', 'mtinst', 'mstatush')).toEqual({
      mtval2: 0x5000_0008 / 4,
      mtinst: asm.sw(7, 0, 0),
      mstatush: GVA | MPV,
    });
  });

  test('fetching through a stage-2 page without X is a fetch guest-page fault', () => {
    const host = guest('VS', { bits1: V | R | X | A, bits2: ALL & ~X });
    host.hart.pc = GVA_PAGE;
    host.hart.run(1);
    expect(host.trap).toEqual({ to: 'HS', cause: 20, tval: GVA_PAGE, epc: GVA_PAGE });
    expect(host.read('htval', 'htinst')).toEqual({ htval: 0x5000_0000 / 4, htinst: 0 });
  });

  test('vsstatus.SUM and MXR rule stage 1; MXR of HS rules both stages', () => {
    const userPage = { bits1: V | R | U | A | D };
    expect(guest('VS', userPage).execute(asm.lw(5, 0, 6)).trap).toMatchObject({ cause: 13 });
    expect(
      guest('VS', userPage)
        .csrs({ vsstatus: SUM })
        .execute(asm.lw(5, 0, 6)).trap,
    ).toBeNull();
    expect(
      guest('VS', userPage)
        .csrs({ mstatus: SUM })
        .execute(asm.lw(5, 0, 6)).trap,
    ).toMatchObject({ cause: 13 });
    const executeOnly = { bits1: V | X | A, bits2: V | X | U | A };
    const cause = (csrs: Record<string, number>) =>
      guest('VS', executeOnly)
        .csrs(csrs)
        .execute(asm.lw(5, 0, 6)).trap?.cause;
    expect([cause({}), cause({ vsstatus: MXR }), cause({ mstatus: MXR })]).toEqual([13, 21, undefined]);
  });

  test('with vsatp Bare the gva is the gpa; with hgatp Bare the gpa is the hpa', () => {
    const bare1 = guest('VS')
      .csrs({ vsatp: 0 })
      .registers({ 6: 0x5000_0000 })
      .execute(asm.lw(5, 0, 6));
    expect(bare1.hart.readRegister(5)).toBe(77);
    const bare2 = guest('VS', { gpa: DATA })
      .csrs({ hgatp: 0 })
      .execute(asm.lw(5, 0, 6));
    expect(bare2.hart.readRegister(5)).toBe(77);
  });

  test('hfence.gvma makes a change of stage 2 seen, hfence.vvma one of stage 1', () => {
    for (const [table, fence, cause] of [
      [STAGE2_LEAVES, asm.hfenceGvma, 21],
      [STAGE1_LEAVES, asm.hfenceVvma, 13],
    ] as const) {
      const host = guest('VS')
        .execute(asm.lw(5, 0, 6))
        .mode('HS');
      host.words(table, 0);
      host.hart.pc = CODE;
      host.execute(fence).mode('VS');
      host.hart.pc = CODE;
      expect(host.execute(asm.lw(5, 0, 6)).trap).toMatchObject({ cause });
    }
  });

  test('18.5.1: with ADUE of henvcfg and menvcfg the hardware sets A and D in stage 1 and stage 2', () => {
    const options = { bits1: V | R | W, bits2: V | R | W | U };
    const host = guest('VS', options)
      .csrs({ menvcfgh: 1 << 29, henvcfgh: 1 << 29 })
      .execute(asm.sw(7, 0, 6));
    expect([host.trap, host.memory.read32(DATA)]).toEqual([null, 5]);
    expect([STAGE1_LEAVES, STAGE2_LEAVES].map((at) => host.memory.read32(at) & (A | D))).toEqual([
      A | D,
      A | D,
    ]);
    const alone = guest('VS', options)
      .csrs({ menvcfgh: 1 << 29 })
      .execute(asm.sw(7, 0, 6));
    expect(alone.trap).toMatchObject({ cause: 15 });
  });
});

describe('18.6.3 transformed instructions', () => {
  const htinst = (instruction: number, base = GVA_PAGE) =>
    guest('VS', { bits2: 0 }).registers({ 6: base }).execute(instruction).hart.readCsr('htinst');

  test('a load keeps rd, width and opcode; a store rs2; an atomic all but rs1', () => {
    expect(htinst(asm.lh(9, 0x7f0, 6))).toBe(asm.lh(9, 0, 0));
    expect(htinst(asm.sw(7, -4, 6), GVA_PAGE + 64)).toBe(asm.sw(7, 0, 0));
    expect(htinst(asm.amoadd(9, 7, 6))).toBe(asm.amoadd(9, 7, 0));
    expect(htinst(asm.lr(9, 6))).toBe(asm.lr(9, 0));
    expect(htinst(asm.sc(9, 7, 6))).toBe(asm.sc(9, 7, 0));
  });

  test('a compressed one is expanded and has bit 1 clear', () => {
    // C.LW x8, 4(x9): 0x40c0; C.SW x8, 4(x9): 0xc0c0.
    const run = (word: number) =>
      guest('VS', { bits2: 0 }).registers({ 9: GVA_PAGE }).execute(word).hart.readCsr('htinst');
    expect([run(0x40c0), run(0xc0c0)]).toEqual([asm.lw(8, 0, 0) - 2, asm.sw(8, 0, 0) - 2]);
  });

  test('a misaligned access that faults in its second page has the distance in rs1’s place', () => {
    const host = guest('VS').registers({ 6: GVA_PAGE + 0xffd });
    host.words(STAGE1_LEAVES + 4, pte(0x5000_1000, V | R | W | A | D));
    host.execute(asm.lw(9, 0, 6));
    expect(host.trap).toMatchObject({ cause: 21, tval: GVA_PAGE + 0x1000 });
    expect(host.hart.readCsr('htinst')).toBe(asm.lw(9, 0, 3));
  });

  test('a fault on a table of stage 1 has a pseudoinstruction, and the table’s gpa', () => {
    const host = guest('VS')
      .words(STAGE1 + 0x400, pte(0x6000_0000, V))
      .execute(asm.sw(7, 0, 6));
    expect(host.trap).toMatchObject({ to: 'HS', cause: 23, tval: GVA_PAGE });
    expect(host.read('htinst', 'htval')).toEqual({ htinst: 0x2000, htval: 0x6000_0000 / 4 });
  });

  test('an update of A that stage 2 forbids is a write of a table', () => {
    const host = guest('VS', { bits1: V | R }).csrs({ menvcfgh: 1 << 29, henvcfgh: 1 << 29 });
    // The table’s page, readable and not writable, in a page of its own.
    const tables = 0x8010_c000;
    host.words(STAGE2 + (0x8000_0000 / 2 ** 22) * 4, pte(tables, V));
    for (const page of [CODE, DATA, STAGE1]) host.words(tables + ((page / 4096) % 1024) * 4, pte(page, ALL));
    host.words(tables + ((STAGE1_LEAVES / 4096) % 1024) * 4, pte(STAGE1_LEAVES, ALL & ~W));
    host.execute(asm.lw(5, 0, 6));
    expect([host.trap?.cause, host.read('htinst', 'htval')]).toEqual([
      21,
      { htinst: 0x2020, htval: STAGE1_LEAVES / 4 },
    ]);
  });
});

describe('18.3.1 accesses by HLV, HLVX and HSV', () => {
  test('they use the guest’s translation, SPVP the privilege', () => {
    const host = guest('HS').csrs({ hstatus: SPVP }).execute(asm.hlvW(5, 6), asm.hsvW(7, 6));
    expect([host.hart.readRegister(5), host.memory.read32(DATA)]).toEqual([77, 5]);
    const asUser = guest('HS').execute(asm.hlvW(5, 6));
    expect(asUser.trap).toEqual({ to: 'HS', cause: 13, tval: GVA_PAGE, epc: CODE });
    expect(asUser.hart.readCsr('hstatus')).toBe(GVA);
  });

  test('HLVX needs X where HLV needs R, in both stages', () => {
    const executable = { bits1: V | X | A, bits2: V | X | U | A };
    expect(
      guest('HS', executable).csrs({ hstatus: SPVP }).execute(asm.hlvxWu(5, 6)).hart.readRegister(5),
    ).toBe(77);
    expect(guest('HS', executable).csrs({ hstatus: SPVP }).execute(asm.hlvW(5, 6)).trap).toMatchObject({
      cause: 13,
    });
    expect(guest('HS').csrs({ hstatus: SPVP }).execute(asm.hlvxWu(5, 6)).trap).toMatchObject({ cause: 13 });
  });

  test('a guest-page fault by HSV has it transformed, all but rs1', () => {
    const host = guest('HS', { bits2: 0 }).csrs({ hstatus: SPVP }).execute(asm.hsvW(7, 6));
    expect([host.trap?.cause, host.read('htinst', 'htval', 'hstatus')]).toEqual([
      23,
      { htinst: asm.hsvW(7, 0), htval: 0x5000_0000 / 4, hstatus: GVA | SPVP },
    ]);
  });

  test('18.4.1: MPRV with MPV translates M’s accesses as the guest’s', () => {
    const host = guest('M')
      .csrs({ mstatus: (1 << 17) | (1 << 11), mstatush: MPV })
      .execute(asm.lw(5, 0, 6));
    expect(host.hart.readRegister(5)).toBe(77);
  });
});

describe('the hook of a hypervisor outside of the machine', () => {
  test('sees all exit information before any state changes, and may go on as if nothing had been', () => {
    const host = guest('VS', { bits2: 0 });
    const exits: unknown[] = [];
    host.hart.hookTraps((exit) => {
      exits.push(exit);
      host.words(STAGE2_LEAVES, pte(DATA, ALL));
      return 'resume';
    });
    host.execute(asm.lw(5, 4, 6), asm.lw(5, 4, 6)).hart.pc = CODE;
    expect(exits).toEqual([
      {
        target: 'HS',
        virtual: true,
        privilege: 1,
        pc: CODE,
        interrupt: false,
        cause: 21,
        tval: GVA_PAGE + 4,
        gva: true,
        gpa: 0x5000_0004,
        tinst: asm.lw(5, 0, 0),
      },
    ]);
    expect([host.modeName, host.hart.readRegister(5), host.hart.readCsr('scause')]).toEqual(['VS', 78, 0]);
  });

  test('deliver leaves the trap to the machine, stop makes run return, and traps to VS do not leave', () => {
    const host = delegating()
      .csrs({ hedeleg: 1 << 8 })
      .mode('VU')
      .words(CODE, asm.ecall);
    let answer: 'deliver' | 'stop' = 'stop';
    let exits = 0;
    host.hart.hookTraps(() => {
      exits++;
      return answer;
    });
    host.hart.run(1);
    expect([host.trap?.to, exits]).toEqual(['VS', 0]);
    host.csrs({ hedeleg: 0 }).mode('VU').hart.pc = CODE;
    expect([host.hart.run(100), host.hart.pc, host.modeName, exits]).toEqual([1, CODE, 'VU', 1]);
    answer = 'deliver';
    host.hart.run(1);
    expect([host.trap?.to, exits]).toEqual(['HS', 2]);
    host.hart.hookTraps(null);
    host.mode('VU').hart.pc = CODE;
    host.hart.run(1);
    expect(exits).toBe(2);
  });
});
