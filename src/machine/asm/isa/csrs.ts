/**
 * Control and status registers by number (Privileged Architecture, "CSR Listing"; unprivileged counters; the hypervisor
 * extension's h* and vs*; Sscofpmf, Sstc, Smstateen, the advanced interrupt architecture, floating point and vectors, whose names tools know
 * too, whether or not a machine has them).
 */

/** Consecutive registers from `first` on. */
const run = (first: number, names: string): [number, string][] =>
  names.split(' ').map((name, index) => [first + index, name]);

/** `prefix``from``suffix` … `prefix``to``suffix`, consecutive from `first` on. */
function numbered(first: number, prefix: string, from: number, to: number, suffix = ''): [number, string][] {
  return Array.from({ length: to - from + 1 }, (_, i) => [first + i, `${prefix}${from + i}${suffix}`]);
}

const listing: readonly [number, string][] = [
  ...run(0x001, 'fflags frm fcsr'),
  ...run(0x008, 'vstart vxsat vxrm'),
  [0x00f, 'vcsr'],
  [0x015, 'seed'],
  ...run(0xc00, 'cycle time instret'),
  ...numbered(0xc03, 'hpmcounter', 3, 31),
  ...run(0xc80, 'cycleh timeh instreth'),
  ...numbered(0xc83, 'hpmcounter', 3, 31, 'h'),

  ...run(0xc20, 'vl vtype vlenb'),

  // Supervisor
  [0x100, 'sstatus'],
  ...run(0x104, 'sie stvec scounteren'),
  [0x10a, 'senvcfg'],
  ...numbered(0x10c, 'sstateen', 0, 3),
  [0x114, 'sieh'],
  ...run(0x140, 'sscratch sepc scause stval sip'),
  [0x14d, 'stimecmp'],
  ...run(0x150, 'siselect sireg'),
  [0x154, 'siph'],
  ...run(0x15c, 'stopei stimecmph'),
  [0x180, 'satp'],
  [0x5a8, 'scontext'],
  [0xda0, 'scountovf'],
  [0xdb0, 'stopi'],

  // Hypervisor
  [0x600, 'hstatus'],
  ...run(0x602, 'hedeleg hideleg hie htimedelta hcounteren hgeie hvien hvictl henvcfg'),
  ...numbered(0x60c, 'hstateen', 0, 3),
  [0x613, 'hidelegh'],
  ...run(0x615, 'htimedeltah'),
  ...run(0x618, 'hvienh'),
  ...run(0x61a, 'henvcfgh'),
  ...numbered(0x61c, 'hstateen', 0, 3, 'h'),
  ...run(0x643, 'htval hip hvip hviprio1 hviprio2'),
  [0x64a, 'htinst'],
  ...run(0x655, 'hviph hviprio1h hviprio2h'),
  [0x680, 'hgatp'],
  [0x6a8, 'hcontext'],
  [0xe12, 'hgeip'],

  // Virtual supervisor
  [0x200, 'vsstatus'],
  ...run(0x204, 'vsie vstvec'),
  [0x214, 'vsieh'],
  ...run(0x240, 'vsscratch vsepc vscause vstval vsip'),
  [0x24d, 'vstimecmp'],
  ...run(0x250, 'vsiselect vsireg'),
  [0x254, 'vsiph'],
  ...run(0x25c, 'vstopei vstimecmph'),
  [0x280, 'vsatp'],
  [0xeb0, 'vstopi'],

  // Machine
  ...run(0xf11, 'mvendorid marchid mimpid mhartid mconfigptr'),
  ...run(0x300, 'mstatus misa medeleg mideleg mie mtvec mcounteren'),
  ...run(0x308, 'mvien mvip menvcfg'),
  ...numbered(0x30c, 'mstateen', 0, 3),
  [0x310, 'mstatush'],
  ...run(0x313, 'midelegh mieh'),
  ...run(0x318, 'mvienh mviph menvcfgh'),
  ...numbered(0x31c, 'mstateen', 0, 3, 'h'),
  [0x320, 'mcountinhibit'],
  ...numbered(0x323, 'mhpmevent', 3, 31),
  ...run(0x340, 'mscratch mepc mcause mtval mip'),
  ...run(0x34a, 'mtinst mtval2'),
  ...run(0x350, 'miselect mireg'),
  [0x354, 'miph'],
  [0x35c, 'mtopei'],
  [0xfb0, 'mtopi'],
  ...numbered(0x3a0, 'pmpcfg', 0, 15),
  ...numbered(0x3b0, 'pmpaddr', 0, 63),
  ...numbered(0x723, 'mhpmevent', 3, 31, 'h'),
  [0x747, 'mseccfg'],
  [0x757, 'mseccfgh'],
  [0xb00, 'mcycle'],
  [0xb02, 'minstret'],
  ...numbered(0xb03, 'mhpmcounter', 3, 31),
  [0xb80, 'mcycleh'],
  [0xb82, 'minstreth'],
  ...numbered(0xb83, 'mhpmcounter', 3, 31, 'h'),

  // Debug and trace
  ...run(0x7a0, 'tselect tdata1 tdata2 tdata3 tinfo tcontrol'),
  [0x7a8, 'mcontext'],
  [0x7aa, 'mscontext'],
  ...run(0x7b0, 'dcsr dpc dscratch0 dscratch1'),
];

const names = new Map(listing);
const numbers = new Map(listing.map(([number, name]) => [name, number]));

/** The name of CSR `number`, or undefined where the listing has none. */
export const csrName = (number: number): string | undefined => names.get(number);

/** The number of the CSR called `name`, or undefined. */
export const csrNumber = (name: string): number | undefined => numbers.get(name);

/** Every name in the listing. */
export const allCsrNames = (): readonly string[] => [...numbers.keys()];
