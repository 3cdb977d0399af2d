/** The phases of libvirt's migration protocol (version 3) at the target: prepare, finish. */
import { isOsError, strerror } from '../../../base/index.ts';
import { createQcow2, MemoryStore } from '../../../disk/index.ts';
import { type Fd, O_CREAT, O_EXCL, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { DiskConfig } from '../../domain/config.ts';
import { parseDomain } from '../../domain/parseDomain.ts';
import { wallClock } from '../../emulator/migration/report.ts';
import { LibvirtError } from '../../errors.ts';
import { writeConfig } from '../definitions.ts';
import { type Domain, type DomainSummary, summary } from '../domain.ts';
import type { Domains } from '../domains.ts';
import { removeIfThere } from '../files.ts';
import type { Offer } from './source.ts';

/** libvirt's migration_port_min and migration_port_max. */
const PORTS = { first: 49_152, last: 49_215 } as const;
/** The storage pool `default`: here images are made for guests that come. */
const POOL = '/var/lib/libvirt/images';

/** A machine that waits for the guest; the result is the port it listens at. On failure nothing is left. Throws LibvirtError. */
export function* prepare(domains: Domains, { xml, host, copied }: Offer, owner: Fd): Sys<number> {
  const { nodename } = yield* sys.uname();
  if (host === nodename)
    throw new LibvirtError('internal', `Attempt to migrate guest to the same host ${host}`);
  const port = freePort(domains);
  const made: string[] = [];
  try {
    for (const [i, disk] of parseDomain(xml).disks.entries()) {
      const size = copied[i] ?? null;
      if (size !== null) yield* makeImage(disk, size, made);
    }
    const domain = yield* domains.receive(xml, `tcp:0:${port}`);
    domain.job = { kind: 'incoming', owner, port, made };
  } catch (error) {
    for (const path of made) yield* removeIfThere(path);
    throw error;
  }
  return port;
}

/** From JSON. Throws LibvirtError. */
export function readOffer(text: string): Offer {
  try {
    const { xml, host, copied } = JSON.parse(text) as Partial<Offer>;
    if (typeof xml === 'string' && typeof host === 'string' && Array.isArray(copied))
      return { xml, host, copied };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new LibvirtError('internal', 'malformed offer of a migration');
}

function freePort(domains: Domains): number {
  const taken = domains.all.flatMap(({ job }) => (job?.kind === 'incoming' ? [job.port] : []));
  for (let port: number = PORTS.first; port <= PORTS.last; port++) if (!taken.includes(port)) return port;
  throw new LibvirtError(
    'internal',
    `Unable to find an unused port in range 'migration' (${PORTS.first}-${PORTS.last})`,
  );
}

/** An empty image of `size` bytes, unless a file is there: what it is like the emulator finds out. */
function* makeImage({ source, format }: DiskConfig, size: number, made: string[]): Sys<void> {
  const contents = format === 'qcow2' ? emptyQcow2(size) : new Uint8Array(0);
  const folder = source.slice(0, source.lastIndexOf('/'));
  let fd: Fd;
  try {
    yield* sys.access(source, 0);
    return;
  } catch (error) {
    if (!isOsError(error, 'ENOENT')) throw error;
  }
  if (folder !== POOL)
    throw new LibvirtError(
      'plain',
      `Storage pool not found: no storage pool with matching target path '${folder}'`,
    );
  try {
    fd = yield* sys.open(source, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    made.push(source);
    try {
      yield* writeAll(fd, contents);
      if (format === 'raw') yield* sys.ftruncate(fd, size);
    } finally {
      yield* sys.close(fd);
    }
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new LibvirtError('plain', `cannot create path '${source}': ${strerror(error.code)}`);
  }
}

function emptyQcow2(size: number): Uint8Array {
  const store = new MemoryStore();
  createQcow2(store, { size });
  return store.read(0, store.size);
}

export interface FinishOptions {
  /** The guest has stayed at the source. */
  readonly cancelled: boolean;
  /** Whether it is to run. */
  readonly running: boolean;
  /** It is defined here from now on. */
  readonly persistent: boolean;
}

export interface Arrival {
  readonly domain: DomainSummary;
  /** Microseconds since 1970: when it went on. */
  readonly resumedAt: number;
}

/** The guest goes on here; null when it was cancelled. When it cannot, nothing is left, and the source keeps it. Throws LibvirtError. */
export function* finish(domains: Domains, domain: Domain, options: FinishOptions): Sys<Arrival | null> {
  const { job, machine } = domain;
  if (job?.kind !== 'incoming' || machine === null)
    throw new LibvirtError('invalid', 'no migration of the domain has been prepared');
  if (options.cancelled) {
    yield* domains.stop(domain, 'failed');
    return null;
  }
  const before = domain.persistent;
  try {
    const { status, desc } = yield* machine.execute('query-migrate', {});
    if (status !== 'completed')
      throw new LibvirtError('failed', `the guest has not come${desc === '' ? '' : `: ${desc}`}`);
    if (options.persistent && !before) yield* writeConfig(domain.config);
    if (options.running) yield* machine.execute('cont', {});
  } catch (error) {
    yield* domains.stop(domain, 'failed');
    throw error;
  }
  if (options.persistent) domain.persistent = true;
  domain.job = null;
  if (options.running) domains.change(domain, 'running', 'migrated');
  else domains.change(domain, 'paused', 'user');
  return { domain: summary(domain), resumedAt: yield* wallClock() };
}
