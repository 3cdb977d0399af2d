/**
 * Snapshots of domains: their disks as internal snapshots of the images, their memory in a file, and a book of them for each domain. A
 * snapshot is made wholly or not at all.
 */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import { readFile, type Sys, sys } from '../../linux/index.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { LibvirtError } from '../errors.ts';
import { active, type Domain } from './domain.ts';
import type { Domains, TakeDisks } from './domains.ts';
import { removeIfThere, writeWhole } from './files.ts';
import { decodeSaved, encodeSaved } from './savedState.ts';

export const SNAPSHOT_PATH = '/var/lib/libvirt/qemu/snapshot';

export interface SnapshotRecord {
  readonly name: string;
  readonly description: string | null;
  readonly state: 'running' | 'paused' | 'shutoff';
  /** Seconds since 1970. */
  readonly created: number;
  /** The one that was current when it was made. */
  readonly parent: string | null;
  /** The domain's definition at that time. */
  readonly xml: string;
}

export interface SnapshotBook {
  readonly current: string | null;
  readonly snapshots: readonly SnapshotRecord[];
}

const bookPath = (domain: Domain) => `${SNAPSHOT_PATH}/${domain.config.name}.json`;
const statePath = (domain: Domain, name: string) => `${SNAPSHOT_PATH}/${domain.config.name}.${name}.save`;

export class Snapshots {
  readonly #domains: Domains;

  constructor(domains: Domains) {
    this.#domains = domains;
  }

  *book(domain: Domain): Sys<SnapshotBook> {
    try {
      return JSON.parse(decodeUtf8(yield* readFile(bookPath(domain)))) as SnapshotBook;
    } catch (error) {
      if (isOsError(error, 'ENOENT')) return { current: null, snapshots: [] };
      throw error;
    }
  }

  /** `name` null: the time is the name. */
  *create(domain: Domain, name: string | null, description: string | null): Sys<SnapshotRecord> {
    const book = yield* this.book(domain);
    const created = (yield* sys.clock_gettime('realtime')).sec;
    const record: SnapshotRecord = {
      name: name ?? `${created}`,
      description,
      state: active(domain) ? (domain.state === 'paused' ? 'paused' : 'running') : 'shutoff',
      created,
      parent: book.current,
      xml: formatDomain(domain.config, null),
    };
    this.#allow(domain, book, record.name);
    const next = { current: record.name, snapshots: [...book.snapshots, record] };
    if (domain.machine === null) yield* this.#createOffline(domain, record, next);
    else yield* this.#createLive(domain, record, next);
    return record;
  }

  /** Everything since is lost: disks and, when it ran then, memory are what they were. */
  *revert(domain: Domain, name: string): Sys<void> {
    const book = yield* this.book(domain);
    const record = required(book, name);
    const saved = record.state === 'shutoff' ? null : decodeSaved(yield* readFile(statePath(domain, name)));
    const find = { action: 'find', name, seconds: 0 } as const;
    // Before anything is given up: is it there to go back to?
    const { machine } = domain;
    if (machine === null) yield* this.#domains.withDisks(domain, (take) => take(find));
    else yield* machine.snapshotDisks(find);
    const apply = { ...find, action: 'apply' } as const;
    if (saved === null) {
      yield* this.#domains.stop(domain, 'from snapshot');
      yield* this.#domains.withDisks(domain, (take) => take(apply));
    } else {
      yield* this.#domains.replace(domain, record.xml, saved.running, function* (other) {
        yield* other.restoreState(saved.state);
        // The last step that can fail: until then the disks are as the domain knows them.
        yield* other.snapshotDisks(apply);
        if (saved.running) yield* other.execute('cont', {});
      });
    }
    yield* writeWhole(bookPath(domain), JSON.stringify({ ...book, current: name }));
  }

  /** Its children become its parent's. */
  *delete(domain: Domain, name: string): Sys<void> {
    const book = yield* this.book(domain);
    const { parent } = required(book, name);
    const request = { action: 'delete', name, seconds: 0 } as const;
    yield* this.#atRest(domain, (take) => take(request));
    const snapshots = book.snapshots
      .filter((each) => each.name !== name)
      .map((each) => (each.parent === name ? { ...each, parent } : each));
    const current = book.current === name ? parent : book.current;
    if (snapshots.length === 0) yield* sys.unlink(bookPath(domain));
    else yield* writeWhole(bookPath(domain), JSON.stringify({ current, snapshots }));
    yield* removeIfThere(statePath(domain, name));
  }

  #allow(domain: Domain, book: SnapshotBook, name: string): void {
    if (name === '' || name.includes('/')) throw new LibvirtError('xml', `name ${name} cannot contain '/'`);
    if (domain.state === 'crashed') throw new LibvirtError('invalid', 'domain is not running');
    if (book.snapshots.some((each) => each.name === name))
      throw new LibvirtError('failed', `domain moment ${name} already exists`);
    const raw = domain.config.disks.find(({ readOnly, format }) => !readOnly && format !== 'qcow2');
    if (raw !== undefined)
      throw new LibvirtError(
        'config',
        `internal snapshot for disk ${raw.target} unsupported for storage type ${raw.format}`,
      );
  }

  *#createOffline(domain: Domain, { name, created }: SnapshotRecord, book: SnapshotBook): Sys<void> {
    const take = (action: 'create' | 'delete') =>
      this.#domains.withDisks(domain, (onDisks) => onDisks({ action, name, seconds: created }));
    yield* take('create');
    try {
      yield* writeWhole(bookPath(domain), JSON.stringify(book));
    } catch (error) {
      yield* take('delete');
      throw error;
    }
  }

  *#createLive(domain: Domain, record: SnapshotRecord, book: SnapshotBook): Sys<void> {
    const { name, created, xml } = record;
    const running = record.state === 'running';
    yield* this.#atRest(domain, function* (take, state) {
      yield* take({ action: 'create', name, seconds: created });
      try {
        yield* writeWhole(statePath(domain, name), encodeSaved({ xml, running, state: state! }));
        yield* writeWhole(bookPath(domain), JSON.stringify(book));
      } catch (error) {
        yield* removeIfThere(statePath(domain, name));
        yield* take({ action: 'delete', name, seconds: 0 });
        throw error;
      }
    });
  }

  /** Does `work` with the domain's disks while nothing is under way on them: the guest stands still meanwhile, if there is one. */
  *#atRest(domain: Domain, work: (take: TakeDisks, state: Uint8Array | null) => Sys<void>): Sys<void> {
    const { machine } = domain;
    if (machine === null) return yield* this.#domains.withDisks(domain, (take) => work(take, null));
    const take: TakeDisks = (request) => machine.snapshotDisks(request);
    if (domain.state === 'crashed') return yield* work(take, null);
    try {
      yield* work(take, yield* machine.saveState());
    } finally {
      if (domain.state === 'running') yield* machine.execute('cont', {});
    }
  }
}

function required(book: SnapshotBook, name: string): SnapshotRecord {
  const found = book.snapshots.find((each) => each.name === name);
  if (found === undefined)
    throw new LibvirtError(
      'plain',
      `Domain snapshot not found: no domain snapshot with matching name '${name}'`,
    );
  return found;
}
