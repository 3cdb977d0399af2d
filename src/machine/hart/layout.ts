/**
 * Where a hart's hot state lies in the memory's buffer: registers first, then the TLBs. All of it is plain 32-bit words, so that an
 * interpreter's typed arrays and code made at run time see the same.
 */
import { HART_STATE_BYTES } from '../memory.ts';

/** x0 … x31 are words 0 … 31. Instructions that write x0 write this word instead, and nobody reads it. */
export const X_SINK = 32;
/** Words of registers, the sink included. */
export const X_WORDS = 64;

/** Entries of one TLB; an entry is two words, tag and addend. */
const TLB_ENTRIES = 256;
/** Words of one TLB. */
const TLB_WORDS = TLB_ENTRIES * 2;
/** Index mask for `(address >>> 11) & TLB_MASK`: the word of the entry's tag. */
export const TLB_MASK = 0x1fe;

/**
 * Translation contexts: each privilege mode has TLBs of its own, so that changing modes costs nothing. M's holds physical pages.
 */
export const CONTEXT_M = 0;
export const CONTEXT_HS = 1;
export const CONTEXT_U = 2;
export const CONTEXT_VS = 3;
export const CONTEXT_VU = 4;
const CONTEXTS = 5;

/** What an entry allows; each kind has its own TLB, so that a hit needs one comparison. */
export const TLB_FETCH = 0;
export const TLB_LOAD = 1;
export const TLB_STORE = 2;

/** No address has these low bits after the alignment mask: the tag of an empty entry. */
export const TAG_EMPTY = 0x800;
/** In the tag of a store entry whose page holds decoded instructions: the fast path misses, the slow path need not walk. */
export const TAG_CODE = 0x400;

/** Word, counted from the hart's state, at which the TLB of `context` and `kind` starts. */
export function tlbStart(context: number, kind: number): number {
  return X_WORDS + (context * 3 + kind) * TLB_WORDS;
}

/** First word after the TLBs. */
export const TLB_END = tlbStart(CONTEXTS, 0);

if (TLB_END * 4 > HART_STATE_BYTES) throw new Error('Virtbook bug: a hart’s state does not fit its place');
