/**
 * Bare-metal programs of random instructions for a differential test: whatever traps is recorded by a handler in M-mode and skipped;
 * at the end registers, records and data go out over the serial port, byte by byte, and the machine powers off. The same image runs
 * on our platform and on QEMU's `virt`.
 */
import { Random } from '../../src/base/index.ts';
import { asm, type ModeName, PTE, pte } from './hartHost.ts';

const BASE = 0x8000_0000;
const HANDLER = BASE + 0x400;
const DUMP = BASE + 0x500;
const BLOCK = BASE + 0x1000;
/** Data that programs in M-mode and Bare modes touch; in pages of virtual memory elsewhere. */
const DATA = BASE + 0x4_0000;
const DATA_PAGES = 16;
const TRACE = BASE + 0x8_0000;
const STAGE1 = BASE + 0x10_0000;
const STAGE2 = BASE + 0x11_0000;
const TABLES_END = STAGE2 + 0x6000;
/** Where the data pages are for a program with translation, and for its stage 2. */
const VIRTUAL_DATA = 0x4000_0000;
const GUEST_DATA = 0x5000_0000;

/** Registers that programs leave alone: bases of data, and what the handler uses. */
const SP = 2;
const S0 = 8;
const SCRATCH = [28, 29] as const;
const BASE_REGISTER = 30;
const TRACE_POINTER = 31;
const FREE = [1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];

/** Recorded at each trap. */
const RECORDED = [0x342, 0x341, 0x343, 0x34b, 0x300, 0x310];
/** Recorded at the end: of all modes but machine’s counters and identities. */
const FINAL = [
  ...[
    0x100, 0x104, 0x105, 0x140, 0x141, 0x142, 0x143, 0x144, 0x180, 0x200, 0x204, 0x205, 0x240, 0x241, 0x242,
  ],
  ...[0x243, 0x244, 0x280, 0x300, 0x302, 0x303, 0x304, 0x305, 0x340, 0x600, 0x602, 0x603, 0x604],
  ...[0x605, 0x643, 0x644, 0x645, 0x64a, 0x680],
];

export interface RandomProgram {
  /** Loaded at 0x8000_0000, where it starts. */
  readonly image: Uint8Array;
  /** For a message: which words of the output are what. */
  readonly recordBytes: number;
}

class Code {
  readonly image = new Uint8Array(0x12_0000);
  readonly #view = new DataView(this.image.buffer);
  at = BASE;
  /** Whether the program has HLV and HSV. */
  guestAccesses = true;

  word(word: number): void {
    this.#view.setUint32(this.at - BASE, word >>> 0, true);
    this.at += 4;
  }

  half(half: number): void {
    this.#view.setUint16(this.at - BASE, half, true);
    this.at += 2;
  }

  words(at: number, ...words: number[]): void {
    this.at = at;
    for (const word of words) this.word(word);
  }

  load(register: number, value: number): void {
    const high = ((value + 0x800) >>> 12) & 0xf_ffff;
    this.word(asm.lui(register, high));
    this.word(asm.addi(register, register, ((value << 20) >> 20) & 0xfff));
  }
}

/** Plain instructions in M-mode, or also privileged ones and translated accesses in `mode`; all of them `rounds` times. */
export function randomProgram(
  seed: string,
  mode: ModeName,
  { length = 600, rounds = 1 } = {},
): RandomProgram {
  const random = Random.fromSeed(`${seed} ${mode}`);
  const code = new Code();
  tables(code, random, mode);
  prologue(code, random, mode);
  handler(code);
  dump(code);
  code.at = DATA;
  for (let i = 0; i < DATA_PAGES * 1024; i++) code.word(random.uint32());
  code.at = BLOCK;
  for (let i = 0; i < length; i++) instruction(code, random, mode);
  // Room to land on for jumps near the end, then the call that ends the program.
  for (let i = 0; i < 8; i++) code.word(asm.addi(0, 0, 0));
  const end = code.at;
  code.word(asm.ecall);
  code.at = HANDLER + 0xf8;
  code.word(end);
  code.word(rounds);
  return { image: code.image, recordBytes: RECORDED.length * 4 };
}

const SUPERPAGE = PTE.V | PTE.R | PTE.W | PTE.X | PTE.A | PTE.D;

function tables(code: Code, random: Random, mode: ModeName): void {
  const user = mode === 'U' || mode === 'VU' ? PTE.U : 0;
  code.words(STAGE1 + 0x800, pte(BASE, SUPERPAGE | user));
  code.words(STAGE1 + 0x400, pte(STAGE1 + 0x1000, PTE.V));
  code.words(STAGE2 + 0x800, pte(BASE, SUPERPAGE | PTE.U));
  code.words(STAGE2 + (GUEST_DATA / 2 ** 22) * 4, pte(STAGE2 + 0x4000, PTE.V));
  const virtual = mode === 'VS' || mode === 'VU';
  for (let page = 0; page < DATA_PAGES; page++) {
    const bits = () =>
      random.chance(1, 6)
        ? random.below(256)
        : 0xc1 | random.pick([2, 6, 8, 10, 14]) | (random.below(2) * 16);
    const first = page === 0 ? SUPERPAGE | user : bits();
    code.words(STAGE1 + 0x1000 + page * 4, pte((virtual ? GUEST_DATA : DATA) + page * 4096, first));
    code.words(
      STAGE2 + 0x4000 + page * 4,
      pte(DATA + page * 4096, page === 0 ? SUPERPAGE | PTE.U : bits() | (random.chance(5, 6) ? PTE.U : 0)),
    );
  }
}

function prologue(code: Code, random: Random, mode: ModeName): void {
  const csr = (number: number, value: number) => {
    code.load(5, value);
    code.word(asm.csrrw(0, number, 5));
  };
  code.at = BASE;
  csr(0x305, HANDLER);
  // QEMU shows the bits that the extension forces only after a write.
  csr(0x303, 0);
  csr(0x3b0, 0xffff_ffff);
  csr(0x3a0, 0x1f);
  // Hardware updates of A and D, as QEMU does them always.
  csr(0x31a, 1 << 29);
  csr(0x61a, 1 << 29);
  csr(0x306, random.pick([0, 7]));
  csr(0x606, random.pick([0, 7]));
  csr(0x106, random.pick([0, 7]));
  const privilege = mode === 'M' ? 3 : mode === 'HS' || mode === 'VS' ? 1 : 0;
  const virtual = mode === 'VS' || mode === 'VU';
  // SUM and MXR. This version of QEMU lets vsstatus.MXR rule both stages and mstatus.MXR none, and has SUM set for HLV always
  // (18.2.9 and 18.3.1 have it otherwise): both registers alike, and HLV with SUM only.
  const sumMxr = random.below(4);
  code.guestAccesses = (sumMxr & 1) === 1;
  // TVM, TW and TSR, which are for HS and U: this version of QEMU applies them in V=1 too (18.4.1 has it otherwise).
  const traps = mode === 'M' || virtual || random.chance(2, 3) ? 0 : random.below(8) << 20;
  const flags = mode === 'M' ? 0 : (sumMxr << 18) | traps;
  csr(0x300, (privilege << 11) | flags);
  csr(0x310, virtual ? 1 << 7 : 0);
  // HU, VTVM, VTW, VTSR, SPVP.
  csr(
    0x600,
    (random.below(2) << 8) | (random.below(2) << 9) | (random.chance(1, 3) ? random.below(8) << 20 : 0),
  );
  csr(0x200, sumMxr << 18);
  csr(0x280, 0x8000_0000 + STAGE1 / 4096);
  csr(0x680, 0x8000_0000 + STAGE2 / 4096);
  if (!virtual) csr(0x180, 0x8000_0000 + STAGE1 / 4096);
  csr(0x341, BLOCK);
  for (const register of FREE)
    code.load(register, random.chance(1, 4) ? random.below(64) - 32 : random.uint32());
  for (const register of [SP, S0, BASE_REGISTER]) code.load(register, dataBase(mode) + 0x800);
  code.load(TRACE_POINTER, TRACE);
  code.word(asm.mret);
}

const dataBase = (mode: ModeName) => (mode === 'M' ? DATA : VIRTUAL_DATA);

function handler(code: Code): void {
  const [a, b] = SCRATCH;
  code.at = HANDLER;
  for (const [i, number] of RECORDED.entries()) {
    code.word(asm.csrrs(a, number, 0));
    code.word(asm.sw(a, i * 4, TRACE_POINTER));
  }
  code.word(asm.addi(TRACE_POINTER, TRACE_POINTER, RECORDED.length * 4));
  code.word(asm.csrrs(a, 0x341, 0));
  code.load(b, HANDLER + 0xf8);
  code.word(asm.lw(b, 0, b));
  code.word(asm.bne(a, b, 12 * 4));
  // The end: another round, or out with what there is. Records are kept of the last round alone.
  code.load(b, HANDLER + 0xf8);
  code.word(asm.lw(a, 4, b));
  code.word(asm.addi(a, a, -1));
  code.word(asm.sw(a, 4, b));
  code.word(asm.beq(a, 0, DUMP - code.at));
  code.load(TRACE_POINTER, TRACE);
  code.load(a, BLOCK);
  code.word(asm.beq(0, 0, 8 * 4));
  // The instruction's length is in its two lowest bits; the code lies where it is in every mode.
  code.word(asm.lh(b, 0, a));
  code.word(asm.andi(b, b, 3));
  code.word(asm.addi(b, b, -3));
  code.word(asm.addi(a, a, 2));
  const over = code.at;
  code.word(asm.beq(b, 0, 8));
  code.word(asm.beq(0, 0, 8));
  if (code.at !== over + 8) throw new Error('the handler’s branches do not fit');
  code.word(asm.addi(a, a, 2));
  code.word(asm.csrrw(0, 0x341, a));
  code.word(asm.mret);
  if (code.at > HANDLER + 0xf8) throw new Error('the handler is too long');
}

function dump(code: Code): void {
  const [a, b] = SCRATCH;
  code.at = DUMP;
  for (let register = 1; register < 31; register++) code.word(asm.sw(register, register * 4, TRACE_POINTER));
  code.word(asm.addi(TRACE_POINTER, TRACE_POINTER, 128));
  for (const [i, number] of FINAL.entries()) {
    code.word(asm.csrrs(a, number, 0));
    code.word(asm.sw(a, i * 4, TRACE_POINTER));
  }
  code.word(asm.addi(TRACE_POINTER, TRACE_POINTER, FINAL.length * 4));
  const send = (from: number, to: number | null) => {
    code.load(1, from);
    if (to === null) code.word(asm.addi(3, TRACE_POINTER, 0));
    else code.load(3, to);
    code.load(a, 0x1000_0000);
    const loop = code.at;
    code.word(asm.lb(b, 0, 1));
    code.word(asm.sb(b, 0, a));
    code.word(asm.addi(1, 1, 1));
    code.word(asm.bne(1, 3, loop - code.at));
  };
  send(TRACE, null);
  send(DATA, DATA + DATA_PAGES * 4096);
  send(STAGE1, TABLES_END);
  code.load(a, 0x10_0000);
  code.load(b, 0x5555);
  code.word(asm.sw(b, 0, a));
  code.word(asm.beq(0, 0, 0));
}

const field = (random: Random) => (random.chance(1, 8) ? 0 : random.pick(FREE));

function instruction(code: Code, random: Random, mode: ModeName): void {
  const rd = () => field(random);
  const rs = () => field(random);
  // Where they would not trap, WFI waits and SRET goes somewhere.
  const user = mode === 'U' || mode === 'VU';
  const choice = random.below(mode === 'M' ? 100 : 130);
  if (choice < 30) code.word(withRegisters(random, random.pick([0x33, 0x13]), rd(), rs(), rs()));
  else if (choice < 36) code.word(asm.lui(rd(), random.below(2 ** 20)) ^ (random.below(2) * 0x20));
  else if (choice < 56) memoryAccess(code, random, mode);
  else if (choice < 64) atomic(code, random);
  else if (choice < 72) jump(code, random);
  else if (choice < 92) code.half(compressedWord(random));
  else if (choice < 95)
    code.word(
      random.pick([
        asm.ecall,
        mode === 'M' ? asm.ecall : asm.ebreak,
        asm.fenceI,
        0x0ff0_000f,
        0,
        0xffff_ffff,
      ]),
    );
  else if (choice < 100) code.word(csrAccess(random, mode));
  else if (choice < 112) code.word(csrAccess(random, mode));
  else if (choice < 122) guestAccess(code, random, mode);
  else
    code.word(
      random.pick([
        // This version of QEMU has fences in VU-mode illegal instead of virtual (18.6.1).
        ...(mode === 'VU' ? [] : [asm.sfenceVma, asm.hfenceVvma, asm.hfenceGvma]),
        asm.mret,
        ...(mode === 'U' ? [asm.sret] : []),
        ...(user ? [asm.wfi] : []),
      ]),
    );
}

/** An OP or OP-IMM; one in sixteen has a random funct7, which is mostly reserved. */
function withRegisters(random: Random, opcode: number, rd: number, rs1: number, rs2: number): number {
  const f3 = random.below(8);
  if (opcode === 0x13 && f3 !== 1 && f3 !== 5) {
    return (random.below(4096) << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode;
  }
  const usual = opcode === 0x13 ? [0, 0x20] : [0, 0, 1, 1, 0x20];
  const f7 = random.chance(1, 16) ? random.below(128) : random.pick(usual);
  return (f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode;
}

function memoryAccess(code: Code, random: Random, mode: ModeName): void {
  const offset = random.chance(1, 4) ? random.between(-2048, 2047) : random.between(-512, 511) * 4;
  let base = BASE_REGISTER;
  if (mode !== 'M' && random.chance(3, 4)) {
    base = random.pick(FREE);
    code.load(base, VIRTUAL_DATA + random.below(DATA_PAGES + 2) * 4096 + random.below(16) * 256);
  }
  if (random.chance(1, 2)) {
    const width = random.pick([0, 1, 2, 4, 5]);
    code.word((offset << 20) | (base << 15) | (width << 12) | (field(random) << 7) | 0x03);
  } else {
    const word = asm.sw(field(random), offset, base) & ~0x7000;
    code.word(word | (random.below(3) << 12));
  }
}

function atomic(code: Code, random: Random): void {
  const address = random.pick(FREE);
  const other = () => random.pick(FREE.filter((register) => register !== address));
  code.word(asm.addi(address, BASE_REGISTER, random.between(-500, 500) * 4));
  if (random.chance(1, 3)) {
    code.word(asm.lr(other(), address));
    code.word(asm.sc(field(random), other(), address));
  } else {
    const f5 = random.pick([0, 1, 4, 8, 12, 16, 20, 24, 28]);
    code.word(asm.amoadd(field(random), other(), address) | (f5 << 27) | (random.below(4) << 25));
  }
}

/** Forward only, over a few instructions that may be of two or four bytes: those jumped over are of four. */
function jump(code: Code, random: Random): void {
  const over = random.between(0, 3);
  const kind = random.below(3);
  if (kind === 0)
    code.word(asm.beq(field(random), field(random), 4 + over * 4) | (random.pick([0, 1, 4, 5, 6, 7]) << 12));
  else if (kind === 1) code.word(((4 + over * 4) << 20) | (field(random) << 7) | 0x6f);
  else {
    const base = random.pick(FREE);
    code.word((base << 7) | 0x17);
    code.word(asm.jalr(field(random), 8 + over * 4, base));
  }
  for (let i = 0; i < over; i++) code.word(asm.addi(random.pick(FREE), field(random), random.below(4096)));
}

/** Any 16 bits that neither jump nor write a reserved register; loads and stores have a known base. */
function compressedWord(random: Random): number {
  for (;;) {
    const c = random.below(0x1_0000);
    const kind = (c & 3) * 8 + (c >> 13);
    const rd = (c >> 7) & 31;
    const rdLow = 8 + ((c >> 7) & 7);
    const reserved = (register: number) =>
      [SP, S0, ...SCRATCH, BASE_REGISTER, TRACE_POINTER].includes(register);
    const toLow = 8 + ((c >> 2) & 7);
    if ((c & 3) === 3) continue;
    if (c >> 13 === 0 && (c & 3) === 0 && reserved(toLow)) continue;
    if ((kind === 2 || kind === 6) && (rdLow !== S0 || (kind === 2 && reserved(toLow)))) continue;
    if ([8 + 1, 8 + 5, 8 + 6, 8 + 7].includes(kind)) continue;
    if ((kind === 8 || kind === 8 + 2 || kind === 8 + 3) && reserved(rd)) continue;
    if (kind === 8 + 4 && reserved(rdLow)) continue;
    if ([16, 18, 20].includes(kind) && reserved(rd)) continue;
    // C.JR, C.JALR and C.EBREAK.
    if (kind === 20 && ((c >> 2) & 31) === 0) continue;
    return c;
  }
}

/** CSRs whose values do not depend on the implementation. */
const SUPERVISOR = [0x180, 0x100, 0x104, 0x140, 0x141, 0x142, 0x143, 0x144];
const OTHERS = [
  0x200, 0x204, 0x205, 0x240, 0x241, 0x242, 0x243, 0x244, 0x280, 0x600, 0x602, 0x603, 0x604, 0x643, 0x645,
  0x64a,
];
const MACHINE = [0x300, 0x302, 0x303, 0x304, 0x340, 0x341, 0x342];

function csrAccess(random: Random, mode: ModeName): number {
  // Counters differ by design: only whether they may be read is compared.
  if (random.chance(1, 5)) return asm.csrrs(0, random.pick([0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82]), 0);
  // This version of QEMU has supervisor CSRs in VU-mode illegal instead of virtual (18.6.1).
  const supervisor =
    mode === 'VU' ? [] : mode === 'VS' ? SUPERVISOR.filter((csr) => csr !== 0x180) : SUPERVISOR;
  // Nor does it apply TVM to hgatp and VTVM to satp.
  const others = mode === 'HS' ? OTHERS : [...OTHERS, 0x680];
  const number = random.pick([...supervisor, ...others, ...MACHINE, 0xe12, 0x5c1]);
  const scratch = mode === 'VS' || mode === 'HS' ? [0x140, 0x142, 0x143] : [];
  if (scratch.includes(number))
    return asm.csrrw(field(random), number, field(random)) | (random.between(0, 2) << 12);
  return asm.csrrs(field(random), number, 0);
}

function guestAccess(code: Code, random: Random, mode: ModeName): void {
  if (mode === 'M' || !code.guestAccesses) return;
  const base = random.pick(FREE);
  code.load(base, VIRTUAL_DATA + random.below(DATA_PAGES + 1) * 4096 + random.below(64) * 4);
  // Not HLVX: this version of QEMU wants R for it instead of X.
  const load = [asm.hlvB, asm.hlvBu, asm.hlvH, asm.hlvW];
  code.word(random.chance(1, 3) ? asm.hsvW(field(random), base) : random.pick(load)(field(random), base));
}
