/** What an emulator tells of a migration: the fields of QEMU's query-migrate that are here, by its names where it has them. */
import type { Nanos } from '../../../base/index.ts';
import { type Sys, sys } from '../../../linux/index.ts';

export type MigrationStatus = 'none' | 'setup' | 'active' | 'completed' | 'failed' | 'cancelled';

export interface MigrationReport {
  readonly status: MigrationStatus;
  /** Why it failed. */
  readonly desc: string;
  /** Whether the guest ran when it was stopped for the last part. */
  readonly running: boolean;
  /** Since it began, until its end. */
  readonly elapsed: Nanos;
  /** Until the other side was connected. */
  readonly setup: Nanos;
  /** Microseconds since 1970; null before. */
  readonly stoppedAt: number | null;
  /** Bytes, but for the counts of pages. */
  readonly ram: {
    readonly total: number;
    readonly transferred: number;
    readonly remaining: number;
    /** Pages sent in full, and those told to be zeros. */
    readonly normal: number;
    readonly duplicate: number;
    /** Rounds. */
    readonly dirtySyncCount: number;
    /** Pages a second that the guest wrote during the last round. */
    readonly dirtyPagesRate: number;
  };
  readonly disk: { readonly total: number; readonly transferred: number; readonly remaining: number };
}

export const NO_MIGRATION: MigrationReport = {
  status: 'none',
  desc: '',
  running: false,
  elapsed: 0,
  setup: 0,
  stoppedAt: null,
  ram: {
    total: 0,
    transferred: 0,
    remaining: 0,
    normal: 0,
    duplicate: 0,
    dirtySyncCount: 0,
    dirtyPagesRate: 0,
  },
  disk: { total: 0, transferred: 0, remaining: 0 },
};

export function* monotonic(): Sys<Nanos> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * 1e9 + nsec;
}

/** Microseconds since 1970: what two hosts can compare. */
export function* wallClock(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('realtime');
  return sec * 1e6 + Math.floor(nsec / 1e3);
}
