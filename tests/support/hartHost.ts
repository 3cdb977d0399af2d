/** A hart on a small memory, and instructions as words, so that a test reads: state, instruction, state. */
import { type BusDevice, Hart, PhysicalMemory, RAM_BASE } from '../../src/machine/index.ts';

/** Modes as the specification calls them. */
export type ModeName = 'M' | 'HS' | 'U' | 'VS' | 'VU';

/** Where tests put their code, and what they read and write. */
export const CODE = RAM_BASE + 0x1000;
export const DATA = RAM_BASE + 0x8000;

const r = (f7: number, rs2: number, rs1: number, f3: number, rd: number, op: number) =>
  ((f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op) >>> 0;
const i = (imm: number, rs1: number, f3: number, rd: number, op: number) =>
  ((imm << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op) >>> 0;

const branch = (f3: number, rs1: number, rs2: number, offset: number) =>
  r(
    ((offset >> 6) & 0x40) | ((offset >> 5) & 0x3f),
    rs2,
    rs1,
    f3,
    (offset & 0x1e) | ((offset >> 11) & 1),
    0x63,
  );

/** Encodings, operands in assembler order. */
export const asm = {
  addi: (rd: number, rs1: number, imm: number) => i(imm, rs1, 0, rd, 0x13),
  andi: (rd: number, rs1: number, imm: number) => i(imm, rs1, 7, rd, 0x13),
  lui: (rd: number, imm20: number) => ((imm20 << 12) | (rd << 7) | 0x37) >>> 0,
  lb: (rd: number, offset: number, rs1: number) => i(offset, rs1, 0, rd, 0x03),
  lh: (rd: number, offset: number, rs1: number) => i(offset, rs1, 1, rd, 0x03),
  lw: (rd: number, offset: number, rs1: number) => i(offset, rs1, 2, rd, 0x03),
  sw: (rs2: number, offset: number, rs1: number) => r(offset >> 5, rs2, rs1, 2, offset & 31, 0x23),
  sb: (rs2: number, offset: number, rs1: number) => r(offset >> 5, rs2, rs1, 0, offset & 31, 0x23),
  sh: (rs2: number, offset: number, rs1: number) => r(offset >> 5, rs2, rs1, 1, offset & 31, 0x23),
  beq: (rs1: number, rs2: number, offset: number) => branch(0, rs1, rs2, offset),
  bne: (rs1: number, rs2: number, offset: number) => branch(1, rs1, rs2, offset),
  jalr: (rd: number, offset: number, rs1: number) => i(offset, rs1, 0, rd, 0x67),
  csrrw: (rd: number, csr: number, rs1: number) => i(csr, rs1, 1, rd, 0x73),
  csrrs: (rd: number, csr: number, rs1: number) => i(csr, rs1, 2, rd, 0x73),
  csrrc: (rd: number, csr: number, rs1: number) => i(csr, rs1, 3, rd, 0x73),
  lr: (rd: number, rs1: number) => r(0x08, 0, rs1, 2, rd, 0x2f),
  sc: (rd: number, rs2: number, rs1: number) => r(0x0c, rs2, rs1, 2, rd, 0x2f),
  amoadd: (rd: number, rs2: number, rs1: number) => r(0, rs2, rs1, 2, rd, 0x2f),
  ecall: 0x73,
  ebreak: 0x10_0073,
  mret: 0x3020_0073,
  sret: 0x1020_0073,
  wfi: 0x1050_0073,
  fenceI: 0x100f,
  sfenceVma: r(0x09, 0, 0, 0, 0, 0x73),
  hfenceVvma: r(0x11, 0, 0, 0, 0, 0x73),
  hfenceGvma: r(0x31, 0, 0, 0, 0, 0x73),
  hlvB: (rd: number, rs1: number) => r(0x30, 0, rs1, 4, rd, 0x73),
  hlvBu: (rd: number, rs1: number) => r(0x30, 1, rs1, 4, rd, 0x73),
  hlvH: (rd: number, rs1: number) => r(0x32, 0, rs1, 4, rd, 0x73),
  hlvW: (rd: number, rs1: number) => r(0x34, 0, rs1, 4, rd, 0x73),
  hlvxHu: (rd: number, rs1: number) => r(0x32, 3, rs1, 4, rd, 0x73),
  hlvxWu: (rd: number, rs1: number) => r(0x34, 3, rs1, 4, rd, 0x73),
  hsvW: (rs2: number, rs1: number) => r(0x35, rs2, rs1, 4, 0, 0x73),
} as const;

export class HartHost {
  readonly memory: PhysicalMemory;
  readonly hart: Hart;
  now = 0n;

  /** Protection lets everything through, as firmware leaves it; traps to M go to 0x8000_0100, to HS to …200, to VS to …300. */
  constructor({ harts = 1, device }: { harts?: number; device?: BusDevice } = {}) {
    this.memory = new PhysicalMemory({ base: RAM_BASE, size: 0x40_0000, harts });
    this.hart = this.addHart(0, device);
  }

  addHart(hartId: number, device?: BusDevice): Hart {
    const inside = (address: number) =>
      device && address >= device.base && address < device.base + device.size;
    const hart = new Hart({
      memory: this.memory,
      hartId,
      time: () => this.now,
      bus: {
        load: (address, width) => (inside(address) ? device!.load(address - device!.base, width) : null),
        store: (address, width, value) =>
          inside(address) ? device!.store(address - device!.base, width, value) : false,
      },
    });
    hart.writeCsr('pmpaddr0', 0xffff_ffff);
    hart.writeCsr('pmpcfg0', 0x1f);
    hart.writeCsr('mtvec', RAM_BASE + 0x100);
    hart.writeCsr('stvec', RAM_BASE + 0x200);
    hart.writeCsr('vstvec', RAM_BASE + 0x300);
    hart.pc = CODE;
    return hart;
  }

  mode(name: ModeName): this {
    const privilege = name === 'M' ? 3 : name === 'HS' || name === 'VS' ? 1 : 0;
    this.hart.setMode(privilege, name === 'VS' || name === 'VU');
    return this;
  }

  get modeName(): ModeName {
    const { privilege, virtual } = this.hart;
    if (privilege === 3) return 'M';
    return virtual ? (privilege === 1 ? 'VS' : 'VU') : privilege === 1 ? 'HS' : 'U';
  }

  csrs(values: Readonly<Record<string, number>>): this {
    for (const [name, value] of Object.entries(values)) this.hart.writeCsr(name, value);
    return this;
  }

  registers(values: Readonly<Record<number, number>>): this {
    for (const [register, value] of Object.entries(values)) this.hart.writeRegister(Number(register), value);
    return this;
  }

  words(address: number, ...words: number[]): this {
    for (const [n, word] of words.entries()) this.memory.write32(address + 4 * n, word);
    return this;
  }

  /** Puts `instructions` at {@link CODE}, physical, and executes as many from the hart's pc. */
  execute(...instructions: number[]): this {
    this.words(CODE, ...instructions);
    for (const _ of instructions) this.hart.run(1);
    return this;
  }

  /** The named CSRs. */
  read(...names: string[]): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.hart.readCsr(name)]));
  }

  /** What the trap just taken recorded, by where it went; null when the pc is at none of the handlers. */
  get trap(): { to: 'M' | 'HS' | 'VS'; cause: number; tval: number; epc: number } | null {
    const to = { [RAM_BASE + 0x100]: 'M', [RAM_BASE + 0x200]: 'HS', [RAM_BASE + 0x300]: 'VS' } as const;
    const target = to[this.hart.pc];
    if (!target) return null;
    const prefix = { M: 'm', HS: 's', VS: 'vs' }[target];
    const [cause, tval, epc] = ['cause', 'tval', 'epc'].map((name) => this.hart.readCsr(prefix + name));
    return { to: target, cause: cause!, tval: tval!, epc: epc! };
  }
}

/** Bits of page-table entries. */
export const PTE = { V: 1, R: 2, W: 4, X: 8, U: 16, G: 32, A: 64, D: 128 } as const;
export const pte = (address: number, bits: number) => (Math.floor(address / 4096) * 1024 + bits) % 2 ** 32;
