/** A migration as a daemon keeps it, at either side: at most one for each domain, and it belongs to the client that leads it. */
import type { Fd, Sys } from '../../../linux/index.ts';
import type { Machine } from '../../emulator/machine.ts';
import type { MigrationReport } from '../../emulator/migration/report.ts';
import { LibvirtError } from '../../errors.ts';
import type { Domain } from '../domain.ts';

export interface OutgoingJob {
  readonly kind: 'outgoing';
  /** The client that leads it. */
  readonly owner: Fd;
  /** Whether it was stopped for this: not `--live`, or by somebody who would have it get through. */
  stopped: boolean;
  /** `sending` until the emulator has told its end. */
  phase: 'begun' | 'sending' | 'sent';
  /** Once it has. */
  report: MigrationReport | null;
}

export interface IncomingJob {
  readonly kind: 'incoming';
  readonly owner: Fd;
  readonly port: number;
  /** Images that were made for it. */
  readonly made: readonly string[];
}

export type Job = OutgoingJob | IncomingJob;

/** What `virsh domjobinfo` tells. */
export interface JobInfo {
  readonly type: 'None' | 'Unbounded' | 'Completed' | 'Failed' | 'Cancelled';
  readonly operation: 'Outgoing migration' | 'Incoming migration';
  readonly report: MigrationReport | null;
  /** Nanoseconds that the guest did not run; null while that is not known. */
  readonly downtime: number | null;
}

export type CompletedJob = JobInfo;

/** An outgoing one's emulator has told its end. */
export function* heardOf(domain: Domain, machine: Machine): Sys<void> {
  const { job } = domain;
  if (job?.kind !== 'outgoing' || job.phase !== 'sending') return;
  job.report = yield* machine.execute('query-migrate', {});
  job.phase = 'sent';
}

/** Requests that have to wait for a migration's end. */
const WAITING: readonly string[] = [
  ...['shutdown', 'reboot', 'reset', 'resume', 'save', 'managedSave', 'setMemory', 'undefine', 'define'],
  ...['snapshotCreate', 'snapshotRevert', 'snapshotDelete', 'migrateBegin', 'migratePerform', 'start'],
];

/** Throws LibvirtError for what cannot be done during a migration. libvirt waits 30 s before it says so. */
export function requireNoJob(domain: Domain, request: string): void {
  const { job } = domain;
  if (job === null || !WAITING.includes(request)) return;
  if (request === 'migratePerform' && job.kind === 'outgoing' && job.phase === 'begun') return;
  const holder = job.kind === 'outgoing' ? 'Perform3Params' : 'Prepare3Params';
  throw new LibvirtError(
    'plain',
    `Timed out during operation: cannot acquire state change lock (held by remoteDispatchDomainMigrate${holder})`,
  );
}

export function* jobInfo(
  domain: Domain,
  { completed, keep }: { readonly completed: boolean; readonly keep: boolean },
): Sys<JobInfo> {
  const { job, machine, completed: last } = domain;
  if (completed && last !== null) {
    if (!keep) domain.completed = null;
    return last;
  }
  const operation = job?.kind === 'incoming' ? 'Incoming migration' : 'Outgoing migration';
  if (completed || job === null || machine === null || (job.kind === 'outgoing' && job.phase === 'begun'))
    return { type: 'None', operation, report: null, downtime: null };
  const report = yield* machine.execute('query-migrate', {});
  return { type: 'Unbounded', operation, report, downtime: null };
}
