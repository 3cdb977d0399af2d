/**
 * A bare-metal program for a differential test of interrupts: for each trial it sets delegation, enables and pending bits, enters a mode,
 * and records where the first trap went. Handlers of HS and VS call up to M, which keeps the records.
 */
import { Random } from '../../src/base/index.ts';
import { asm } from './hartHost.ts';

const BASE = 0x8000_0000;
const M_HANDLER = BASE + 0x400;
const HS_HANDLER = BASE + 0x600;
const VS_HANDLER = BASE + 0x700;
const TARGET = BASE + 0x800;
const TRIALS = BASE + 0x1000;
const TRACE = BASE + 0x4_0000;
const CLINT_MSIP = 0x200_0000;
const CLINT_MTIMECMP = 0x200_4000;

/** CSRs of a trial, in the order in which they are written: the mode to return to last but one, its status last. */
const SET = [0x303, 0x603, 0x344, 0x645, 0x200, 0x600, 0x310, 0x304, 0x300];
/** What is recorded when M gets control; not vsip, of which this version of QEMU shows SSIP alone (18.2.11 has it otherwise). */
const RECORDED = [0x342, 0x341, 0x300, 0x142, 0x141, 0x242, 0x241, 0x600, 0x200, 0x344, 0x144, 0x644];
/** Words of a trial: the CSRs, then MSIP. */
const TRIAL_WORDS = SET.length + 1;

const [A, B, TRIAL, TRACE_POINTER, LEFT] = [5, 6, 8, 9, 18] as const;

const image = new Uint8Array(0x2_0000);

class Words {
  readonly bytes = image.slice();
  readonly #view = new DataView(this.bytes.buffer);
  at = BASE;

  word(...words: number[]): void {
    for (const each of words) {
      this.#view.setUint32(this.at - BASE, each >>> 0, true);
      this.at += 4;
    }
  }

  load(register: number, value: number): void {
    this.word(asm.lui(register, ((value + 0x800) >>> 12) & 0xf_ffff));
    this.word(asm.addi(register, register, (value << 20) >> 20));
  }

  /** A jump to `target`, which may be far, through `register`. */
  go(register: number, target: number): void {
    this.load(register, target);
    this.word(asm.jalr(0, 0, register));
  }
}

/** The image, to be loaded at 0x8000_0000, and the bytes of one record. */
export function randomInterrupts(seed: string, trials = 200): { image: Uint8Array; recordBytes: number } {
  const random = Random.fromSeed(seed);
  const code = new Words();
  const csr = (number: number, value: number) => {
    code.load(A, value);
    code.word(asm.csrrw(0, number, A));
  };
  // No timer interrupt: the comparison is with the latest time there is.
  code.load(A, CLINT_MTIMECMP);
  code.load(B, -1);
  code.word(asm.sw(B, 4, A), asm.sw(B, 0, A));
  csr(0x305, M_HANDLER);
  csr(0x105, HS_HANDLER);
  csr(0x205, VS_HANDLER);
  csr(0x3b0, 0xffff_ffff);
  csr(0x3a0, 0x1f);
  code.load(TRIAL, TRIALS);
  code.load(TRACE_POINTER, TRACE);
  code.load(LEFT, trials);
  const next = code.at;
  code.word(asm.lw(A, SET.length * 4, TRIAL));
  code.load(B, CLINT_MSIP);
  code.word(asm.sw(A, 0, B));
  code.load(A, TARGET);
  code.word(asm.csrrw(0, 0x341, A));
  for (const [i, number] of SET.entries()) code.word(asm.lw(A, i * 4, TRIAL), asm.csrrw(0, number, A));
  code.word(asm.mret);

  code.at = TARGET;
  code.word(asm.addi(0, 0, 0), asm.addi(0, 0, 0), asm.ecall);
  code.at = HS_HANDLER;
  code.word(asm.ecall);
  code.at = VS_HANDLER;
  code.word(asm.ecall);

  code.at = M_HANDLER;
  for (const [i, number] of RECORDED.entries()) {
    code.word(asm.csrrs(A, number, 0), asm.sw(A, i * 4, TRACE_POINTER));
  }
  code.word(asm.csrrw(0, 0x304, 0), asm.csrrw(0, 0x142, 0), asm.csrrw(0, 0x141, 0), asm.csrrw(0, 0x242, 0));
  code.word(asm.csrrw(0, 0x241, 0));
  code.word(
    asm.addi(TRACE_POINTER, TRACE_POINTER, RECORDED.length * 4),
    asm.addi(TRIAL, TRIAL, TRIAL_WORDS * 4),
  );
  code.word(asm.addi(LEFT, LEFT, -1), asm.beq(LEFT, 0, 4 + 3 * 4));
  code.go(A, next);
  code.load(1, TRACE);
  code.load(A, 0x1000_0000);
  code.word(asm.lb(B, 0, 1), asm.sb(B, 0, A), asm.addi(1, 1, 1), asm.bne(1, TRACE_POINTER, -12));
  code.load(A, 0x10_0000);
  code.load(B, 0x5555);
  code.word(asm.sw(B, 0, A), asm.beq(0, 0, 0));

  code.at = TRIALS;
  for (let i = 0; i < trials; i++) trial(code, random);
  return { image: code.bytes, recordBytes: RECORDED.length * 4 };
}

function trial(code: Words, random: Random): void {
  const bits = (mask: number) => random.uint32() & (random.chance(1, 2) ? mask : random.uint32() & mask);
  const privilege = random.pick([0, 1, 3]);
  const virtual = privilege !== 3 && random.chance(1, 2);
  const mideleg = bits(0x222);
  const hideleg = bits(0x444);
  const pending = random.chance(1, 4) ? 0 : bits(0x222);
  const virtualPending = bits(0x444);
  const msip = random.below(2);
  const status = (privilege << 11) | (random.below(2) << 7) | (random.below(2) << 1);
  // Of those that are ready, one for each mode: this version of QEMU takes the lowest number first, instead of the order of 3.1.9.
  const ready = bits(0x1eee) & (pending | virtualPending | (msip << 3));
  const byMode = [ready & ~(mideleg | 0x1444), ready & (mideleg | 0x1444) & ~hideleg, ready & hideleg];
  const enabled = byMode.reduce((all, of) => all | (of & -of), 0);
  code.word(mideleg, hideleg, pending, virtualPending, random.below(2) << 1, 0, virtual ? 0x80 : 0);
  code.word(enabled | (bits(0x1eee) & ~(pending | virtualPending | 8)), status, msip);
}
