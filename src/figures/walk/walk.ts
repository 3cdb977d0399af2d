/**
 * A translation in two stages, reference by reference, as the specification has it (RISC-V Privileged Architecture, "Two-Stage Address
 * Translation"): Sv32 over Sv32x4. It reads the same tables as the hart does and must come to the same end; a test holds that.
 */
import type { Access, Request, WalkWorld } from './world.ts';

const PAGE = 4096;
/** A table entry's bits by their letters in the specification. */
export const BITS = { V: 1, R: 2, W: 4, X: 8, U: 16, G: 32, A: 64, D: 128 } as const;
const { V, R, W, X, U, A, D } = BITS;

/** What a table entry means for this access. */
export type Verdict =
  | { readonly kind: 'table'; readonly next: number }
  /** It ends the stage at this address; `sets` are bits that the hart adds to the entry. */
  | { readonly kind: 'leaf'; readonly result: number; readonly large: boolean; readonly sets: string }
  | { readonly kind: 'fault'; readonly why: string };

/** One read of a page-table entry from the host's memory. */
export interface Reference {
  /** 1: the guest's own tables; 2: the hypervisor's. */
  readonly stage: 1 | 2;
  readonly level: 0 | 1;
  /** Which address stage 2 translates here: that of the guest's root table, of its second table, or the access's own. */
  readonly round: 0 | 1 | 2;
  /** Where the entry lies for the hypervisor (host physical), and for the guest if it is one of the guest's. */
  readonly host: number;
  readonly guest: number | null;
  readonly index: number;
  readonly entry: number;
  readonly verdict: Verdict;
}

export type Outcome =
  | { readonly kind: 'done'; readonly gpa: number; readonly hpa: number }
  /** The guest's own tables refuse: its kernel hears of it. */
  | { readonly kind: 'pageFault' }
  /** Stage 2 refuses: the hypervisor hears of it. `implicit`: the guest's table could not be read. */
  | { readonly kind: 'guestPageFault'; readonly gpa: number; readonly implicit: boolean };

export interface Walk {
  readonly request: Request;
  readonly references: readonly Reference[];
  readonly outcome: Outcome;
}

/** Walks the tables for `request`, without doing the access. */
export function walk(world: WalkWorld, request: Request): Walk {
  const references: Reference[] = [];
  const outcome = stages(world, request, references);
  return { request, references, outcome };
}

function stages(world: WalkWorld, request: Request, references: Reference[]): Outcome {
  const { address, access, by } = request;
  let table = world.guestRoot * PAGE;
  for (const [round, level] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const index = level === 1 ? address >>> 22 : (address >>> 12) & 0x3ff;
    const guest = table + index * 4;
    const host = stage2(world, guest, 'load', round, references);
    if (host === null) return { kind: 'guestPageFault', gpa: guest, implicit: true };
    const entry = world.memory.read32(host);
    const verdict = judge(entry, level, address, (pte) => guestRefusal(pte, access, by), access);
    references.push({ stage: 1, level, round, host, guest, index, entry, verdict });
    if (verdict.kind === 'fault') return { kind: 'pageFault' };
    if (verdict.kind === 'leaf') {
      const gpa = verdict.result;
      const hpa = stage2(world, gpa, access, 2, references);
      return hpa === null ? { kind: 'guestPageFault', gpa, implicit: false } : { kind: 'done', gpa, hpa };
    }
    table = verdict.next;
  }
  throw new Error('level 0 leads to a table');
}

/** The host physical address of `gpa`; null when stage 2 refuses. */
function stage2(
  world: WalkWorld,
  gpa: number,
  access: Access,
  round: 0 | 1 | 2,
  references: Reference[],
): number | null {
  let table = world.stage2.root * PAGE;
  for (const level of [1, 0] as const) {
    const index = level === 1 ? Math.floor(gpa / 2 ** 22) : Math.floor(gpa / PAGE) & 0x3ff;
    const host = table + index * 4;
    const entry = world.memory.read32(host);
    const verdict = judge(entry, level, gpa, (pte) => hypervisorRefusal(pte, access), access);
    references.push({ stage: 2, level, round, host, guest: null, index, entry, verdict });
    if (verdict.kind === 'fault') return null;
    if (verdict.kind === 'leaf') return verdict.result;
    table = verdict.next;
  }
  throw new Error('level 0 leads to a table');
}

/** Reads an entry; `refusal` says why a leaf does not permit the access, or null. */
function judge(
  entry: number,
  level: 0 | 1,
  address: number,
  refusal: (entry: number) => string | null,
  access: Access,
): Verdict {
  if ((entry & V) === 0) return { kind: 'fault', why: 'V is 0: the entry maps nothing' };
  const frame = entry >>> 10;
  if ((entry & (R | W | X)) === 0) {
    if (level === 1) return { kind: 'table', next: frame * PAGE };
    return { kind: 'fault', why: 'there is no table below the last level' };
  }
  const why = refusal(entry);
  if (why !== null) return { kind: 'fault', why };
  const large = level === 1;
  const size = large ? 2 ** 22 : PAGE;
  const missing = (access === 'store' ? A | D : A) & ~entry;
  return {
    kind: 'leaf',
    result: frame * PAGE + (address % size),
    large,
    sets: (missing & A ? 'A' : '') + (missing & D ? 'D' : ''),
  };
}

const RIGHTS = {
  load: [R, 'R', 'reading'],
  store: [W, 'W', 'writing'],
  fetch: [X, 'X', 'executing'],
} as const;

function rightMissing(entry: number, access: Access): string | null {
  const [bit, letter, deed] = RIGHTS[access];
  return (entry & bit) === 0 ? `${letter} is 0: ${deed} is not allowed` : null;
}

function guestRefusal(entry: number, access: Access, by: Request['by']): string | null {
  const user = (entry & U) !== 0;
  if (by === 'program' && !user) return 'U is 0: the page belongs to the guest’s kernel';
  if (by === 'kernel' && user) return 'U is 1: the guest’s kernel keeps its hands off pages of programs';
  return rightMissing(entry, access);
}

/** For stage 2 all accesses count as a user's. */
function hypervisorRefusal(entry: number, access: Access): string | null {
  return (entry & U) === 0 ? 'U is 0' : rightMissing(entry, access);
}
