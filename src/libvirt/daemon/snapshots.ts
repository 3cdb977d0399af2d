/**
 * Snapshots of domains: their disks as internal snapshots of the images, their memory in a file, and a book of them for each domain. A
 * snapshot is made wholly or not at all.
 */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import { readFile, type Sys, sys } from '../../linux/index.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { LibvirtError } from '../errors.ts';
import type { DiskSnapshotRequest } from '../kvm/diskSnapshots.ts';
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
  /** One that is being made: whoever finds it here later finds it half done. */
  readonly begun: string | null;
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
      const book = JSON.parse(decodeUtf8(yield* readFile(bookPath(domain)))) as Partial<SnapshotBook>;
      return { current: null, snapshots: [], begun: null, ...book };
    } catch (error) {
      if (isOsError(error, 'ENOENT')) return { current: null, snapshots: [], begun: null };
      throw error;
    }
  }

  /** `name` null: the time is the name. */
  *create(domain: Domain, name: string | null, description: string | null): Sys<SnapshotRecord> {
    yield* this.mend(domain);
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
    // Somebody else's of that name is not to be taken for a half one.
    yield* this.#ask(domain, { action: 'absent', name: record.name, seconds: 0 });
    yield* this.#write(domain, { ...book, begun: record.name });
    try {
      yield* this.#make(domain, record);
      yield* this.#write(domain, { ...book, current: record.name, snapshots: [...book.snapshots, record] });
    } catch (error) {
      yield* this.#mendOrLeave(domain);
      throw error;
    }
    return record;
  }

  /** Takes back a snapshot that was begun and not ended: its emulator was killed, or the daemon. Returns its name; null when there is none. */
  *mend(domain: Domain): Sys<string | null> {
    const book = yield* this.book(domain);
    const { begun } = book;
    if (begun === null) return null;
    yield* this.#atRest(domain, (take) => take({ action: 'delete', name: begun, seconds: 0 }));
    yield* removeIfThere(statePath(domain, begun));
    yield* this.#write(domain, { ...book, begun: null });
    return begun;
  }

  /** What cannot be taken back now, since its emulator has gone, is so at the next snapshot, or when the daemon starts. */
  *#mendOrLeave(domain: Domain): Sys<void> {
    try {
      yield* this.mend(domain);
    } catch (error) {
      if (!isOsError(error) && !(error instanceof LibvirtError)) throw error;
    }
  }

  /** The domain goes, and what is written here of it. */
  *forget(domain: Domain): Sys<void> {
    yield* this.#mendOrLeave(domain);
    yield* removeIfThere(bookPath(domain));
  }

  *#write(domain: Domain, book: SnapshotBook): Sys<void> {
    if (book.snapshots.length === 0 && book.begun === null) yield* removeIfThere(bookPath(domain));
    else yield* writeWhole(bookPath(domain), JSON.stringify(book));
  }

  /** Something that changes nothing, with the domain as it is. */
  *#ask(domain: Domain, request: DiskSnapshotRequest): Sys<void> {
    const { machine } = domain;
    if (machine === null) yield* this.#domains.withDisks(domain, (take) => take(request));
    else yield* machine.snapshotDisks(request);
  }

  /** Everything since is lost: disks and, when it ran then, memory are what they were. */
  *revert(domain: Domain, name: string): Sys<void> {
    const book = yield* this.book(domain);
    const record = required(book, name);
    const saved = record.state === 'shutoff' ? null : decodeSaved(yield* readFile(statePath(domain, name)));
    const find = { action: 'find', name, seconds: 0 } as const;
    // Before anything is given up: is it there to go back to?
    yield* this.#ask(domain, find);
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
    yield* this.#write(domain, { ...book, current: name });
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
    yield* this.#write(domain, { ...book, current, snapshots });
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

  *#make(domain: Domain, { name, created, xml, state: saved }: SnapshotRecord): Sys<void> {
    yield* this.#atRest(domain, function* (take, state) {
      yield* take({ action: 'create', name, seconds: created });
      if (state === null) return;
      yield* writeWhole(statePath(domain, name), encodeSaved({ xml, running: saved === 'running', state }));
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
