/** The phases of libvirt's migration protocol (version 3) at the source: begin, perform, confirm. */
import { type Fd, type Sys, sys } from '../../../linux/index.ts';
import { formatDomain } from '../../domain/formatDomain.ts';
import { LibvirtError } from '../../errors.ts';
import type { Domain } from '../domain.ts';
import type { Domains } from '../domains.ts';
import { forget } from '../keeping.ts';
import type { Snapshots } from '../snapshots.ts';
import type { JobInfo, OutgoingJob } from './job.ts';

/** What the target is told of a domain that is to come. */
export interface Offer {
  readonly xml: string;
  /** The source's host. */
  readonly host: string;
  /** Bytes of each disk that is copied, null for one that is not. */
  readonly copied: readonly (number | null)[];
}

export interface OfferOptions {
  readonly unsafe: boolean;
  readonly copyStorage: boolean;
}

/** Throws LibvirtError for a domain that cannot go. */
export function* begin(
  domain: Domain,
  { unsafe, copyStorage }: OfferOptions,
  snapshots: Snapshots,
  owner: Fd,
): Sys<Offer> {
  const { machine, config } = domain;
  if (machine === null || domain.state === 'crashed')
    throw new LibvirtError('invalid', 'domain is not running');
  const { length } = (yield* snapshots.book(domain)).snapshots;
  if (length > 0) throw new LibvirtError('invalid', `cannot migrate domain with ${length} snapshots`);
  const written = config.disks.filter(({ readOnly }) => !readOnly);
  // No file of a host is another's.
  if (written.length > 0 && !unsafe && !copyStorage)
    throw new LibvirtError('unsafe', 'Migration without shared storage is unsafe');
  const sliced = written.find(({ slice }) => slice !== null);
  if (copyStorage && sliced !== undefined)
    throw new LibvirtError('config', `disk ${sliced.target} is a slice of an image, which is not copied`);
  const { capacities } = yield* machine.status();
  domain.job = { kind: 'outgoing', owner, stopped: false, phase: 'begun', report: null };
  return {
    xml: formatDomain(config, null),
    host: (yield* sys.uname()).nodename,
    copied: config.disks.map(({ readOnly }, i) => (copyStorage && !readOnly ? capacities[i]! : null)),
  };
}

export interface PerformOptions {
  readonly uri: string;
  readonly live: boolean;
  readonly copyStorage: boolean;
}

/** Has the emulator send; its end is told by an event. Throws LibvirtError when it does not begin. */
export function* perform(
  domains: Domains,
  domain: Domain,
  { uri, live, copyStorage }: PerformOptions,
): Sys<void> {
  const job = jobOf(domain, 'begun');
  const machine = domain.machine!;
  if (!live && domain.state === 'running') {
    yield* machine.execute('stop', {});
    job.stopped = true;
    domains.change(domain, 'paused', 'migrating');
  }
  job.phase = 'sending';
  yield* machine.execute('migrate', { uri, blk: copyStorage });
}

/** What the client hears of a migration that it waits for: whether the guest is to run at the target; null while it goes on. */
export function outcome(domains: Domains, domain: Domain): { readonly running: boolean } | null {
  const { job } = domain;
  if (job === null) throw new LibvirtError('invalid', 'domain is not running');
  if (job.kind !== 'outgoing' || job.report === null) return null;
  const { status, desc, running } = job.report;
  if (status === 'completed') {
    if (domain.state === 'running') domains.change(domain, 'paused', 'migrating');
    return { running: running || job.stopped };
  }
  if (status === 'cancelled') throw new LibvirtError('aborted', 'migration out job: canceled by client');
  throw new LibvirtError('failed', `job 'migration out' failed: ${desc}`);
}

export interface ConfirmOptions {
  /** The guest stays here. */
  readonly cancelled: boolean;
  /** Microseconds since 1970: when it went on at the target; 0 when it did not. */
  readonly resumedAt: number;
  readonly undefine: boolean;
}

/** The end: the guest is at the target, or goes on here. */
export function* confirm(
  domains: Domains,
  domain: Domain,
  { cancelled, resumedAt, undefine }: ConfirmOptions,
): Sys<void> {
  const job = domain.job;
  if (job?.kind !== 'outgoing') return;
  if (cancelled) return yield* stay(domains, domain, job);
  if (job.report?.status !== 'completed')
    throw new LibvirtError('invalid', 'the guest has not been sent to the target');
  const { report } = job;
  const { stoppedAt } = report;
  const downtime = stoppedAt === null || resumedAt === 0 ? null : (resumedAt - stoppedAt) * 1000;
  domain.completed = { ...info(job, 'Completed'), downtime };
  yield* domains.stop(domain, 'migrated');
  if (!undefine || !domain.persistent) return;
  yield* forget(domain, true);
  yield* domains.undefine(domain);
}

function info(job: OutgoingJob, type: JobInfo['type']): JobInfo {
  return { type, operation: 'Outgoing migration', report: job.report, downtime: null };
}

/** The guest goes on as it was before. */
function* stay(domains: Domains, domain: Domain, job: OutgoingJob): Sys<void> {
  const machine = domain.machine!;
  if (job.phase === 'sending') {
    yield* machine.execute('migrate_cancel', {});
    job.report = yield* machine.execute('query-migrate', {});
  }
  const { report } = job;
  const ended = report?.status === 'cancelled' ? 'Cancelled' : 'Failed';
  if (report !== null) domain.completed = info(job, ended);
  domain.job = null;
  // After a stop for the last part the emulator has it go on by itself, unless all was sent.
  const waits = job.stopped || (report?.status === 'completed' && report.running);
  if (waits) yield* machine.execute('cont', {});
  if (domain.state === 'paused' && domain.reason === 'migrating')
    domains.change(domain, waits ? 'running' : 'paused', waits ? 'migration canceled' : 'user');
}

/** Somebody asks for it. */
export function* abort(domain: Domain): Sys<void> {
  const { job, machine } = domain;
  if (job?.kind === 'incoming')
    throw new LibvirtError('invalid', 'migration of a domain that comes in cannot be aborted here');
  if (job === null || machine === null) throw new LibvirtError('invalid', 'no job is active on the domain');
  if (job.phase === 'sending') yield* machine.execute('migrate_cancel', {});
}

/** The client that led it has gone. Where the target may run the guest already, it stays as it is. */
export function* abandoned(domains: Domains, domain: Domain, job: OutgoingJob): Sys<void> {
  if (job.phase === 'sent' && job.report?.status === 'completed') domain.job = null;
  else yield* stay(domains, domain, job);
}

function jobOf(domain: Domain, phase: OutgoingJob['phase']): OutgoingJob {
  const { job } = domain;
  if (job?.kind !== 'outgoing' || job.phase !== phase)
    throw new LibvirtError('invalid', 'the migration has not begun');
  return job;
}
