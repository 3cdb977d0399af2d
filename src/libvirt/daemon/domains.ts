/**
 * All domains of a host, and what can be done with one. Every operation is done wholly or not at all: what it opened, made or wrote
 * is taken back when a later step fails.
 */
import { decodeUtf8, isOsError, strerror } from '../../base/index.ts';
import type { BootImage } from '../../hypervisor/index.ts';
import { type Fd, O_RDONLY, readFile, type Sys, sys, writeAll } from '../../linux/index.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { parseDomain } from '../domain/parseDomain.ts';
import { LibvirtError } from '../errors.ts';
import { bootVm, controlVm, type KvmStatus, restoreVm, saveVm, statusOf } from '../kvm/requests.ts';
import { CONFIG_PATH, configPath, newUuid, writeConfig } from './definitions.ts';
import { active, type Domain, type DomainState, type NamedConfig, type StateReason } from './domain.ts';
import { writeWhole } from './files.ts';
import { type OpenDisk, openDisk, readBootImage } from './images.ts';
import { makeMachine } from './machines.ts';
import { monitorError } from './monitorError.ts';
import { decodeSaved, encodeSaved, readSaved } from './savedState.ts';

const notRunning = () => new LibvirtError('invalid', 'domain is not running');

export class Domains {
  readonly #domains = new Map<string, Domain>();
  readonly #announce: (domain: Domain) => void;
  #nextId = 1;

  /** `announce` is told of every change of a state. */
  constructor(announce: (domain: Domain) => void) {
    this.#announce = announce;
  }

  get all(): readonly Domain[] {
    return [...this.#domains.values()];
  }

  /** By id, UUID or name, in this order, as virsh looks it up; null when there is none. */
  find(key: string): Domain | null {
    const { all } = this;
    const byId = /^\d+$/.test(key) ? all.find(({ id }) => id === Number(key)) : undefined;
    return byId ?? all.find(({ config }) => config.uuid === key) ?? this.#domains.get(key) ?? null;
  }

  /** Reads what is kept; a file that cannot be read or understood is told and left alone. */
  *load(): Sys<void> {
    const folder = yield* sys.open(CONFIG_PATH, O_RDONLY);
    const names = (yield* sys.getdents(folder))
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.xml'));
    yield* sys.close(folder);
    for (const name of names.sort()) {
      try {
        const config = parseDomain(decodeUtf8(yield* readFile(`${CONFIG_PATH}/${name}`)));
        this.#add({ ...config, uuid: config.uuid ?? (yield* newUuid()) });
      } catch (error) {
        if (!(error instanceof LibvirtError) && !isOsError(error)) throw error;
        yield* writeAll(2, `libvirtd: ${CONFIG_PATH}/${name}: ${error.message}\n`);
      }
    }
  }

  /** Takes a definition: a new domain, or another configuration for one of the same name and UUID, from its next start on. */
  *define(xml: string): Sys<Domain> {
    const parsed = parseDomain(xml);
    const config: NamedConfig = { ...parsed, uuid: parsed.uuid ?? (yield* newUuid()) };
    const same = this.#knownAs(config);
    yield* writeConfig(config);
    if (same === undefined) return this.#add(config);
    same.persistent = true;
    if (active(same)) same.next = config;
    else same.config = config;
    return same;
  }

  /** Forgets the definition; a running domain goes on until it ends. */
  *undefine(domain: Domain): Sys<void> {
    if (!domain.persistent) throw new LibvirtError('invalid', 'cannot undefine transient domain');
    yield* sys.unlink(configPath(domain.config.name));
    domain.persistent = false;
    domain.next = null;
    if (!active(domain)) this.#domains.delete(domain.config.name);
  }

  /** Starts it, or has it ready to go with `paused`. */
  *start(domain: Domain, paused: boolean): Sys<void> {
    if (active(domain)) throw new LibvirtError('invalid', 'domain is already running');
    yield* this.#launch(domain, function* (vm, image) {
      yield* bootVm(vm, image);
      if (paused) yield* controlVm(vm, 'pause');
    });
    if (paused) this.#set(domain, 'paused', 'starting up');
    else this.#set(domain, 'running', 'booted');
  }

  /** Writes a running domain's state to a file, and ends it. */
  *save(domain: Domain, path: string): Sys<void> {
    const { vm } = domain;
    if (vm === null || domain.state === 'crashed') throw notRunning();
    const running = domain.state === 'running';
    try {
      const state = yield* saveVm(vm);
      const xml = formatDomain(domain.config, domain.id);
      yield* writeWhole(path, encodeSaved({ xml, running, state }));
    } catch (error) {
      // A guest that could not be saved goes on.
      if (running) yield* controlVm(vm, 'resume');
      if (!isOsError(error)) throw error;
      throw new LibvirtError(
        'plain',
        `saving domain '${domain.config.name}' to '${path}': open failed: ${strerror(error.code)}`,
      );
    }
    yield* this.#end(domain, 'saved');
  }

  /** Goes on where a saved domain stopped; one that is not defined is there until it ends. */
  *restore(path: string): Sys<Domain> {
    const saved = decodeSaved(yield* readSaved(path));
    const domain = yield* this.#launchNew(saved.xml, function* (vm, image) {
      yield* restoreVm(vm, saved.state, image);
      if (saved.running) yield* controlVm(vm, 'resume');
    });
    this.#set(domain, saved.running ? 'running' : 'paused', 'restored');
    return domain;
  }

  /** Starts a domain that is there until it ends, unless one of that name and UUID is defined. */
  *createTransient(xml: string, paused: boolean): Sys<Domain> {
    const domain = yield* this.#launchNew(xml, function* (vm, image) {
      yield* bootVm(vm, image);
      if (paused) yield* controlVm(vm, 'pause');
    });
    if (paused) this.#set(domain, 'paused', 'starting up');
    else this.#set(domain, 'running', 'booted');
    return domain;
  }

  /** Launches what `xml` says; the definition of a persistent domain stays what it is. On failure nothing is left of it. */
  *#launchNew(xml: string, begin: (vm: Fd, image: BootImage) => Sys<void>): Sys<Domain> {
    const parsed = parseDomain(xml);
    const config: NamedConfig = { ...parsed, uuid: parsed.uuid ?? (yield* newUuid()) };
    const known = this.#knownAs(config);
    if (known !== undefined && active(known))
      throw new LibvirtError('invalid', `domain is already active as '${config.name}'`);
    const domain = known ?? this.#add(config);
    const before = domain.config;
    if (known === undefined) domain.persistent = false;
    domain.config = config;
    try {
      yield* this.#launch(domain, begin);
    } catch (error) {
      domain.config = before;
      if (known === undefined) this.#domains.delete(config.name);
      throw error;
    }
    if (known !== undefined) domain.next = before;
    return domain;
  }

  /** Ends its machine, if there is one, and makes another by `begin`, with the configuration that `xml` says. */
  *replace(
    domain: Domain,
    xml: string,
    running: boolean,
    begin: (vm: Fd, image: BootImage) => Sys<void>,
  ): Sys<void> {
    const config: NamedConfig = { ...parseDomain(xml), uuid: domain.config.uuid };
    yield* this.stop(domain, 'from snapshot');
    const before = domain.config;
    domain.config = config;
    try {
      yield* this.#launch(domain, begin);
    } catch (error) {
      domain.config = before;
      throw error;
    }
    if (domain.persistent) domain.next = before;
    this.#set(domain, running ? 'running' : 'paused', 'from snapshot');
  }

  /** Shuts it off if it is not. */
  *stop(domain: Domain, reason: StateReason): Sys<void> {
    if (domain.vm !== null) yield* this.#end(domain, reason);
  }

  /** Has the disks of a domain that is shut off in a machine that does not start, for `work` on them. */
  *withDisks(domain: Domain, work: (vm: Fd) => Sys<void>): Sys<void> {
    const { config } = domain;
    const opened: Fd[] = [];
    try {
      const disks: OpenDisk[] = [];
      for (const disk of config.disks) disks.push(yield* openDisk(disk, opened));
      this.#lock(config, disks);
      const vm = yield* makeMachine(config, disks, opened);
      opened.push(vm);
      yield* work(vm);
    } finally {
      for (const fd of opened) yield* sys.close(fd);
    }
  }

  /** Makes the machine of a domain and gets it going by `begin`; on failure nothing is left of it. */
  *#launch(domain: Domain, begin: (vm: Fd, image: BootImage) => Sys<void>): Sys<void> {
    const { config } = domain;
    const image = yield* readBootImage(config);
    const opened: Fd[] = [];
    let vm: Fd | null = null;
    try {
      const disks: OpenDisk[] = [];
      for (const disk of config.disks) disks.push(yield* openDisk(disk, opened));
      this.#lock(config, disks);
      vm = yield* makeMachine(config, disks, opened);
      yield* begin(vm, image);
      domain.writes = disks.filter((_, i) => !config.disks[i]!.readOnly).map(({ identity }) => identity);
      domain.reads = disks.filter((_, i) => config.disks[i]!.readOnly).map(({ identity }) => identity);
    } catch (error) {
      if (vm !== null) yield* sys.close(vm);
      throw isOsError(error) ? monitorError(error.message) : error;
    } finally {
      // The machine holds the files open from here on.
      for (const fd of opened) yield* sys.close(fd);
    }
    domain.vm = vm;
    domain.id = this.#nextId++;
  }

  /** Takes its power away. */
  *destroy(domain: Domain): Sys<void> {
    if (domain.vm === null) throw notRunning();
    yield* this.#end(domain, 'destroyed');
  }

  *suspend(domain: Domain): Sys<void> {
    if (domain.vm === null || domain.state !== 'running')
      throw new LibvirtError('internal', `domain '${domain.config.name}' not running`);
    yield* controlVm(domain.vm, 'pause');
    this.#set(domain, 'paused', 'user');
  }

  *resume(domain: Domain): Sys<void> {
    if (domain.vm === null || domain.state !== 'paused')
      throw new LibvirtError('internal', `domain '${domain.config.name}' not paused`);
    yield* controlVm(domain.vm, 'resume');
    this.#set(domain, 'running', domain.reason === 'starting up' ? 'booted' : 'unpaused');
  }

  /** As by a reset button: the guest begins anew and is not asked. */
  *reset(domain: Domain): Sys<void> {
    if (domain.vm === null || domain.state === 'crashed') throw notRunning();
    yield* controlVm(domain.vm, 'reset');
    if (domain.state === 'paused') yield* controlVm(domain.vm, 'pause');
  }

  /** What the machine says of itself. Throws when there is none. */
  *status(domain: Domain): Sys<KvmStatus> {
    if (domain.vm === null) throw notRunning();
    return yield* statusOf(domain.vm);
  }

  /** The machine ended by itself. */
  *ended(domain: Domain): Sys<void> {
    if (domain.vm === null || domain.state === 'crashed') return;
    const { stopped } = yield* statusOf(domain.vm);
    const failed = stopped === 'failure' || stopped === 'out of memory';
    if (failed && domain.config.onCrash === 'preserve') this.#set(domain, 'crashed', 'panicked');
    else yield* this.#end(domain, failed ? 'crashed' : 'shutdown');
  }

  /** The domain of the same name and UUID. Throws when another has one of them. */
  #knownAs(config: NamedConfig): Domain | undefined {
    const same = this.all.find((domain) => domain.config.uuid === config.uuid);
    if (same !== undefined && same.config.name !== config.name)
      throw new LibvirtError(
        'failed',
        `domain '${same.config.name}' is already defined with uuid ${config.uuid}`,
      );
    const named = this.#domains.get(config.name);
    if (named !== undefined && named !== same)
      throw new LibvirtError(
        'failed',
        `domain '${config.name}' already exists with uuid ${named.config.uuid}`,
      );
    return same;
  }

  #add(config: NamedConfig): Domain {
    const domain: Domain = {
      config,
      next: null,
      persistent: true,
      state: 'shut off',
      reason: 'unknown',
      id: null,
      vm: null,
      writes: [],
      reads: [],
    };
    this.#domains.set(config.name, domain);
    return domain;
  }

  *#end(domain: Domain, reason: StateReason): Sys<void> {
    yield* sys.close(domain.vm!);
    domain.vm = null;
    domain.id = null;
    domain.writes = [];
    domain.reads = [];
    if (domain.next !== null) domain.config = domain.next;
    domain.next = null;
    this.#set(domain, 'shut off', reason);
    if (!domain.persistent) this.#domains.delete(domain.config.name);
  }

  #set(domain: Domain, state: DomainState, reason: StateReason): void {
    domain.state = state;
    domain.reason = reason;
    this.#announce(domain);
  }

  /** QEMU's locks on images: one writer, or any number of readers. */
  #lock(config: NamedConfig, disks: readonly OpenDisk[]): void {
    const others = this.all.filter(active);
    for (const [i, { identity }] of disks.entries()) {
      const { readOnly, source } = config.disks[i]!;
      const before = disks
        .slice(0, i)
        .some((other, j) => other.identity === identity && !(readOnly && config.disks[j]!.readOnly));
      const taken = others.some(
        ({ writes, reads }) => writes.includes(identity) || (!readOnly && reads.includes(identity)),
      );
      if (before || taken)
        throw monitorError(
          `Failed to get ${readOnly ? 'shared ' : ''}"write" lock\nIs another process using the image [${source}]?`,
        );
    }
  }
}
