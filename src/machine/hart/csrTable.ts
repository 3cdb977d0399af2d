/** Every CSR of the hart: number, name, how it reads, how it writes (WARL legalized). Access rules are in csr.ts. */
import {
  ENVCFG_FIOM,
  ENVCFGH_ADUE,
  HS_INTERRUPTS,
  HSTATUS_GVA,
  HSTATUS_HU,
  HSTATUS_SPV,
  HSTATUS_SPVP,
  HSTATUS_VGEIN,
  HSTATUS_VTSR,
  HSTATUS_VTVM,
  HSTATUS_VTW,
  M_INTERRUPTS,
  MISA,
  MPP_SHIFT,
  MSTATUS_MIE,
  MSTATUS_MPIE,
  MSTATUS_MPP,
  MSTATUS_MPRV,
  MSTATUS_MXR,
  MSTATUS_SIE,
  MSTATUS_SPIE,
  MSTATUS_SPP,
  MSTATUS_SUM,
  MSTATUS_TSR,
  MSTATUS_TVM,
  MSTATUS_TW,
  MSTATUSH_GVA,
  MSTATUSH_MPV,
  S_INTERRUPTS,
  SEI,
  SSI,
  STI,
  VS_INTERRUPTS,
  VSSI,
} from './bits.ts';
import type { CounterName, Counters } from './counters.ts';
import type { Pmp } from './pmp.ts';
import type { HartState } from './state.ts';
import type { Traps } from './traps.ts';

export interface CsrContext {
  readonly state: HartState;
  readonly traps: Traps;
  readonly pmp: Pmp;
  readonly counters: Counters;
}

export interface Csr {
  readonly name: string;
  read(c: CsrContext): number;
  /** Absent: the value cannot change (all fields read-only), and writes to it are ignored. */
  write?(c: CsrContext, value: number): void;
  /** What a read-modify-write starts from, where it is not what a read shows (mip, 3.1.9). */
  modify?(c: CsrContext): number;
}

const SSTATUS = MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SUM | MSTATUS_MXR;
const MSTATUS =
  SSTATUS | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR;
const HSTATUS =
  HSTATUS_GVA |
  HSTATUS_SPV |
  HSTATUS_SPVP |
  HSTATUS_HU |
  HSTATUS_VGEIN |
  HSTATUS_VTVM |
  HSTATUS_VTW |
  HSTATUS_VTSR;
/** Exceptions that can be delegated (3.1.8, 18.2.2): not calls from M; further on not those of HS itself. */
const MEDELEG = 0x00f0_b7ff;
const HEDELEG = 0x0000_b1ff;
const WRITABLE_MIP = (1 << SSI) | (1 << STI) | (1 << SEI);
/** CY, TM, IR: the counters that exist. */
const COUNTERS = 7;
const LOW = (value: bigint) => Number(BigInt.asIntN(32, value));
const HIGH = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));
const withLow = (value: bigint, low: number) => (value & ~0xffff_ffffn) | BigInt(low >>> 0);
const withHigh = (value: bigint, high: number) => (value & 0xffff_ffffn) | (BigInt(high >>> 0) << 32n);

/** A register of `bits` that any value of them may be written to. */
function plain(name: keyof HartState & string, bits = -1, after?: (state: HartState) => void): Csr {
  return {
    name,
    read: ({ state }) => state[name] as number,
    write({ state }, value) {
      (state as unknown as Record<string, number>)[name] = value & bits;
      after?.(state);
    },
  };
}

const constant = (name: string, value: number): Csr => ({ name, read: () => value });
const attend = (state: HartState) => {
  state.attention = true;
};
/** After what translations were made under changes. */
const retranslate = (state: HartState) => {
  state.attention = true;
  state.flushTlbs();
};

function counter(name: string, which: CounterName, half: 'low' | 'high', writable: boolean): Csr {
  const read = ({ counters }: CsrContext) => (half === 'low' ? LOW : HIGH)(counters.read(which));
  if (!writable) return { name, read };
  return {
    name,
    read,
    write: ({ counters }, value) =>
      counters.write(which, (half === 'low' ? withLow : withHigh)(counters.read(which), value)),
  };
}

function status(name: string, register: 'mstatus' | 'vsstatus', bits: number): Csr {
  return {
    name,
    read: ({ state }) => state[register] & bits,
    write({ state }, value) {
      const before = state[register];
      let next = (before & ~bits) | (value & bits);
      // MPP holds only modes that exist: 2 is none (3.1.6.1).
      if ((next & MSTATUS_MPP) >> MPP_SHIFT === 2) next = (next & ~MSTATUS_MPP) | (before & MSTATUS_MPP);
      state[register] = next;
      if ((before ^ next) & (MSTATUS_SUM | MSTATUS_MXR)) state.flushTlbs();
      state.attention = true;
    },
  };
}

/** satp and vsatp: MODE, ASID (9 bits), PPN. */
const atp = (name: 'satp' | 'vsatp'): Csr => plain(name, -1, retranslate);

/** Some bits of mie or of what is pending, moved and masked as `sie`, `vsip` and the like do. */
function interrupts(
  name: string,
  source: 'enable' | 'pending',
  visible: (state: HartState) => number,
  shift: number,
  writable: (state: HartState) => number,
): Csr {
  return {
    name,
    read: ({ state, traps }) =>
      ((source === 'enable' ? state.mie : traps.pendingBits()) & visible(state)) >> shift,
    write({ state }, value) {
      const bits = writable(state);
      const next = (value << shift) & bits;
      if (source === 'enable') state.mie = (state.mie & ~bits) | next;
      else {
        state.mip = (state.mip & ~(bits & WRITABLE_MIP)) | (next & WRITABLE_MIP);
        state.hvip = (state.hvip & ~(bits & VS_INTERRUPTS)) | (next & VS_INTERRUPTS);
      }
      state.attention = true;
    },
    ...(source === 'pending' && {
      modify: ({ state }: CsrContext) => ((state.mip | state.hvip) & visible(state)) >> shift,
    }),
  };
}

const sVisible = (state: HartState) => state.mideleg & S_INTERRUPTS;
const vsVisible = (state: HartState) => state.hideleg & VS_INTERRUPTS;
const all = (bits: number) => () => bits;

const table = new Map<number, Csr>([
  // Unprivileged counters.
  [0xc00, counter('cycle', 'cycle', 'low', false)],
  [0xc01, { name: 'time', read: ({ counters }) => LOW(counters.time()) }],
  [0xc02, counter('instret', 'instret', 'low', false)],
  [0xc80, counter('cycleh', 'cycle', 'high', false)],
  [0xc81, { name: 'timeh', read: ({ counters }) => HIGH(counters.time()) }],
  [0xc82, counter('instreth', 'instret', 'high', false)],
  // Supervisor (chapter 10).
  [0x100, status('sstatus', 'mstatus', SSTATUS)],
  [0x104, interrupts('sie', 'enable', sVisible, 0, sVisible)],
  [0x105, plain('stvec', ~2)],
  [0x106, plain('scounteren', COUNTERS)],
  [0x10a, plain('senvcfg', ENVCFG_FIOM)],
  [0x140, plain('sscratch')],
  [0x141, plain('sepc', ~1)],
  [0x142, plain('scause')],
  [0x143, plain('stval')],
  [0x144, interrupts('sip', 'pending', sVisible, 0, (state) => state.mideleg & (1 << SSI))],
  [0x180, atp('satp')],
  // Hypervisor (18.2).
  [0x600, plain('hstatus', HSTATUS, attend)],
  [0x602, plain('hedeleg', HEDELEG)],
  [0x603, plain('hideleg', VS_INTERRUPTS, attend)],
  [0x604, interrupts('hie', 'enable', all(HS_INTERRUPTS), 0, all(HS_INTERRUPTS))],
  [
    0x605,
    {
      name: 'htimedelta',
      read: ({ state }) => LOW(state.htimedelta),
      write: ({ state }, value) => (state.htimedelta = withLow(state.htimedelta, value)),
    },
  ],
  [
    0x615,
    {
      name: 'htimedeltah',
      read: ({ state }) => HIGH(state.htimedelta),
      write: ({ state }, value) => (state.htimedelta = withHigh(state.htimedelta, value)),
    },
  ],
  [0x606, plain('hcounteren', COUNTERS)],
  [0x607, plain('hgeie', ~1, attend)],
  [0x60a, plain('henvcfg', ENVCFG_FIOM)],
  [
    0x61a,
    {
      name: 'henvcfgh',
      // ADUE reads zero while menvcfg's is zero (18.2.5).
      read: ({ state }) => state.henvcfgh & state.menvcfgh,
      write: ({ state }, value) => (state.henvcfgh = value & ENVCFGH_ADUE & state.menvcfgh),
    },
  ],
  [0x612, constant('hedelegh', 0)],
  [0x643, plain('htval')],
  [0x644, interrupts('hip', 'pending', all(HS_INTERRUPTS), 0, all(1 << VSSI))],
  [0x645, plain('hvip', VS_INTERRUPTS, attend)],
  [0x64a, plain('htinst')],
  [
    0x680,
    {
      name: 'hgatp',
      read: ({ state }) => state.hgatp,
      write: ({ state }, value) => writeHgatp(state, value),
    },
  ],
  [0xe12, plain('hgeip')],
  // Virtual supervisor (18.2.9 on).
  [0x200, status('vsstatus', 'vsstatus', SSTATUS)],
  [0x204, interrupts('vsie', 'enable', vsVisible, 1, vsVisible)],
  [0x205, plain('vstvec', ~2)],
  [0x240, plain('vsscratch')],
  [0x241, plain('vsepc', ~1)],
  [0x242, plain('vscause')],
  [0x243, plain('vstval')],
  [0x244, interrupts('vsip', 'pending', vsVisible, 1, (state) => state.hideleg & (1 << VSSI))],
  [0x280, atp('vsatp')],
  // Machine (3.1).
  [0xf11, constant('mvendorid', 0)],
  [0xf12, constant('marchid', 0)],
  [0xf13, constant('mimpid', 0)],
  [0xf14, { name: 'mhartid', read: ({ state }) => state.hartId }],
  [0xf15, constant('mconfigptr', 0)],
  [0x300, status('mstatus', 'mstatus', MSTATUS)],
  [0x301, constant('misa', MISA)],
  [0x302, plain('medeleg', MEDELEG)],
  // VS-level bits and SGEI are always delegated (18.4.2).
  [
    0x303,
    {
      name: 'mideleg',
      read: ({ state }) => state.mideleg | HS_INTERRUPTS,
      write({ state }, value) {
        state.mideleg = value & S_INTERRUPTS;
        state.attention = true;
      },
    },
  ],
  [0x304, plain('mie', S_INTERRUPTS | M_INTERRUPTS | HS_INTERRUPTS, attend)],
  [0x305, plain('mtvec', ~2)],
  [0x306, plain('mcounteren', COUNTERS)],
  [0x30a, plain('menvcfg', ENVCFG_FIOM)],
  [0x310, plain('mstatush', MSTATUSH_GVA | MSTATUSH_MPV, attend)],
  [0x312, constant('medelegh', 0)],
  [0x31a, plain('menvcfgh', ENVCFGH_ADUE)],
  [
    0x320,
    {
      name: 'mcountinhibit',
      read: ({ state }) => state.mcountinhibit,
      write: ({ counters }, value) => counters.inhibit(value),
    },
  ],
  [0x340, plain('mscratch')],
  [0x341, plain('mepc', ~1)],
  [0x342, plain('mcause')],
  [0x343, plain('mtval')],
  [
    0x344,
    interrupts(
      'mip',
      'pending',
      all(S_INTERRUPTS | M_INTERRUPTS | HS_INTERRUPTS),
      0,
      all(WRITABLE_MIP | (1 << VSSI)),
    ),
  ],
  [0x34a, plain('mtinst')],
  [0x34b, plain('mtval2')],
  // Sdtrig: there is no trigger to select.
  [0x7a0, constant('tselect', 0)],
  [0x7a1, constant('tdata1', 0)],
  [0x7a2, constant('tdata2', 0)],
  [0xb00, counter('mcycle', 'cycle', 'low', true)],
  [0xb02, counter('minstret', 'instret', 'low', true)],
  [0xb80, counter('mcycleh', 'cycle', 'high', true)],
  [0xb82, counter('minstreth', 'instret', 'high', true)],
]);
// Counters 3 … 31 exist and count nothing (3.1.11).
for (let i = 3; i < 32; i++) {
  table.set(0xb00 + i, constant(`mhpmcounter${i}`, 0));
  table.set(0xb80 + i, constant(`mhpmcounter${i}h`, 0));
  table.set(0x320 + i, constant(`mhpmevent${i}`, 0));
  table.set(0xc00 + i, constant(`hpmcounter${i}`, 0));
  table.set(0xc80 + i, constant(`hpmcounter${i}h`, 0));
}
for (let i = 0; i < 4; i++) {
  table.set(0x3a0 + i, {
    name: `pmpcfg${i}`,
    read: ({ state: { pmpcfg } }) =>
      pmpcfg[i * 4]! | (pmpcfg[i * 4 + 1]! << 8) | (pmpcfg[i * 4 + 2]! << 16) | (pmpcfg[i * 4 + 3]! << 24),
    write({ pmp, state }, value) {
      pmp.writeConfig(i, value);
      state.attention = true;
    },
  });
}
for (let i = 0; i < 16; i++) {
  table.set(0x3b0 + i, {
    name: `pmpaddr${i}`,
    read: ({ state }) => state.pmpaddr[i]! | 0,
    write({ pmp, state }, value) {
      pmp.writeAddress(i, value >>> 0);
      state.attention = true;
    },
  });
}

/** MODE is Bare or Sv32x4, VMID 7 bits, the root table is aligned to 16 KiB; Bare needs the rest zero (18.2.10). */
function writeHgatp(state: HartState, value: number): void {
  state.hgatp = value & 0x9fff_fffc;
  retranslate(state);
}

/** By number. */
export const csrs: ReadonlyMap<number, Csr> = table;
