/**
 * A bare-metal program for a differential test of physical memory protection: each trial sets four entries (and perhaps a fifth for all
 * memory), then loads or stores with the rights of user mode (MPRV), and records the trap, or that there was none.
 */
import { Random } from '../../src/base/index.ts';
import { asm } from './hartHost.ts';

const BASE = 0x8000_0000;
const HANDLER = BASE + 0x400;
const TRIALS = BASE + 0x1000;
const DATA = BASE + 0x4_0000;
const TRACE = BASE + 0x5_0000;
/** pmpaddr0 … 3, pmpcfg0, pmpcfg1, then the address and which access. */
const TRIAL_WORDS = 8;
const SET = [0x3b0, 0x3b1, 0x3b2, 0x3b3, 0x3a0, 0x3a1];
const MPRV = 1 << 17;
const [A, B, ADDRESS, TRIAL, TRACE_POINTER, LEFT] = [5, 6, 7, 8, 9, 18] as const;

/** The image, to be loaded at 0x8000_0000, and the bytes of one record: cause or 0, and mtval. */
export function randomProtection(seed: string, trials = 400): { image: Uint8Array; recordBytes: number } {
  const random = Random.fromSeed(seed);
  const image = new Uint8Array(0x5_0000);
  const view = new DataView(image.buffer);
  let at = BASE;
  const word = (...words: number[]) => {
    for (const each of words) {
      view.setUint32(at - BASE, each >>> 0, true);
      at += 4;
    }
  };
  const load = (register: number, value: number) =>
    word(
      asm.lui(register, ((value + 0x800) >>> 12) & 0xf_ffff),
      asm.addi(register, register, (value << 20) >> 20),
    );
  const csr = (number: number, value: number) => {
    load(A, value);
    word(asm.csrrw(0, number, A));
  };
  csr(0x305, HANDLER);
  csr(0x3b4, 0xffff_ffff);
  load(TRIAL, TRIALS);
  load(TRACE_POINTER, TRACE);
  load(LEFT, trials);
  const next = at;
  for (const [i, number] of SET.entries()) word(asm.lw(A, i * 4, TRIAL), asm.csrrw(0, number, A));
  word(asm.sfenceVma, asm.lw(ADDRESS, 24, TRIAL), asm.lw(B, 28, TRIAL));
  load(A, MPRV);
  // Which access: 0 a word is loaded, else one is stored.
  word(asm.beq(B, 0, 16), asm.csrrw(0, 0x300, A), asm.sw(0, 0, ADDRESS), asm.beq(0, 0, 12));
  word(asm.csrrw(0, 0x300, A), asm.lw(B, 0, ADDRESS));
  word(asm.csrrw(0, 0x300, 0), asm.sw(0, 0, TRACE_POINTER), asm.sw(0, 4, TRACE_POINTER));
  const record = at;
  word(asm.addi(TRACE_POINTER, TRACE_POINTER, 8), asm.addi(TRIAL, TRIAL, TRIAL_WORDS * 4));
  word(asm.addi(LEFT, LEFT, -1), asm.beq(LEFT, 0, 4 + 3 * 4));
  load(A, next);
  word(asm.jalr(0, 0, A));
  load(1, TRACE);
  load(A, 0x1000_0000);
  word(asm.lb(B, 0, 1), asm.sb(B, 0, A), asm.addi(1, 1, 1), asm.bne(1, TRACE_POINTER, -12));
  load(A, 0x10_0000);
  load(B, 0x5555);
  word(asm.sw(B, 0, A), asm.beq(0, 0, 0));

  at = HANDLER;
  word(asm.csrrw(0, 0x300, 0), asm.csrrs(A, 0x342, 0), asm.sw(A, 0, TRACE_POINTER));
  word(asm.csrrs(A, 0x343, 0), asm.sw(A, 4, TRACE_POINTER));
  load(A, record);
  word(asm.jalr(0, 0, A));

  at = TRIALS;
  for (let i = 0; i < trials; i++) word(...trial(random));
  return { image, recordBytes: 8 };
}

/** Regions near the place that is accessed, of all kinds and sizes. */
function trial(random: Random): number[] {
  const place = () => DATA + random.below(64) * 4;
  const address = () => {
    const size = random.pick([0, 1, 2, 3, 5, 8, 10, 12]);
    // The low bits make a NAPOT region of 2^(size + 3) bytes.
    return random.chance(1, 2) ? place() / 4 : ((place() / 4) & ~(2 ** size - 1)) | (2 ** size - 1);
  };
  const config = () => (random.below(4) << 3) | random.pick([0, 1, 3, 4, 5, 7, 7]);
  const configs = config() | (config() << 8) | (config() << 16) | (config() << 24);
  const all = random.chance(1, 2) ? 0x1f : 0;
  return [address(), address(), address(), address(), configs, all, place(), random.below(2)];
}
