/**
 * All domains of a host, and what can be done with one. Every operation is done wholly or not at all: what it opened, made or wrote
 * is taken back when a later step fails.
 */
import { decodeUtf8, isOsError, strerror } from '../../base/index.ts';
import { type Fd, O_RDONLY, readFile, type Sys, sys, writeAll } from '../../linux/index.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { parseDomain } from '../domain/parseDomain.ts';
import { BY_STATE_SOCKET } from '../emulator/commandLine.ts';
import { launchMachine, type Tap } from '../emulator/launch.ts';
import type { Machine } from '../emulator/machine.ts';
import { LibvirtError } from '../errors.ts';
import type { DiskSnapshotRequest } from '../kvm/diskSnapshots.ts';
import { type KvmStatus, snapshotVmDisks } from '../kvm/requests.ts';
import { CONFIG_PATH, complete, configPath, writeConfig } from './definitions.ts';
import {
  active,
  type Domain,
  type DomainState,
  type NamedConfig,
  runningPart,
  type StateReason,
} from './domain.ts';
import { removeIfThere, writeWhole } from './files.ts';
import { type OpenDisk, openDisk, requireBootFiles } from './images.ts';
import { locksOf, requireFree } from './locks.ts';
import { holdDisks } from './machines.ts';
import { heardOf } from './migration/job.ts';
import { monitorError } from './monitorError.ts';
import { knownAs } from './sameDomain.ts';
import { decodeSaved, encodeSaved, readSaved } from './savedState.ts';
import { openTap } from './taps.ts';

const notRunning = () => new LibvirtError('invalid', 'domain is not running');

/** Gets a machine going that stands at its beginning. */
type Begin = (machine: Machine) => Sys<void>;

/** Takes snapshots of all disks of a domain, or what else is asked. */
export type TakeDisks = (request: DiskSnapshotRequest) => Sys<void>;

function boot(paused: boolean): Begin {
  return function* (machine) {
    if (!paused) yield* machine.execute('cont', {});
  };
}

export class Domains {
  readonly #domains = new Map<string, Domain>();
  readonly #announce: (domain: Domain) => void;
  #nextId = 1;
  #nextTap = 0;

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
        this.#add(yield* this.#read(decodeUtf8(yield* readFile(`${CONFIG_PATH}/${name}`))));
      } catch (error) {
        if (!(error instanceof LibvirtError) && !isOsError(error)) throw error;
        yield* writeAll(2, `libvirtd: ${CONFIG_PATH}/${name}: ${error.message}\n`);
      }
    }
  }

  /** Takes a definition: a new domain, or another configuration for one of the same name and UUID, from its next start on. */
  *define(xml: string): Sys<Domain> {
    const config = yield* this.#read(xml);
    const same = knownAs(this.all, config);
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
    yield* this.#launch(domain, null, boot(paused));
    if (paused) this.change(domain, 'paused', 'starting up');
    else this.change(domain, 'running', 'booted');
  }

  /** Writes a running domain's state to a file, and ends it. */
  *save(domain: Domain, path: string): Sys<void> {
    const { machine } = domain;
    if (machine === null || domain.state === 'crashed') throw notRunning();
    const running = domain.state === 'running';
    try {
      const state = yield* machine.saveState();
      const xml = formatDomain(domain.config, runningPart(domain));
      yield* writeWhole(path, encodeSaved({ xml, running, state }));
    } catch (error) {
      // A guest that could not be saved goes on.
      if (running) yield* machine.execute('cont', {});
      if (!isOsError(error)) throw error;
      throw new LibvirtError(
        'plain',
        `saving domain '${domain.config.name}' to '${path}': open failed: ${strerror(error.code)}`,
      );
    }
    yield* this.#end(domain, 'saved');
  }

  /** Goes on where a saved domain stopped; one that is not defined is there until it ends. */
  *restore(path: string, paused = false): Sys<Domain> {
    const saved = decodeSaved(yield* readSaved(path));
    const running = saved.running && !paused;
    const domain = yield* this.#launchNew(saved.xml, BY_STATE_SOCKET, function* (machine) {
      yield* machine.restoreState(saved.state);
      if (running) yield* machine.execute('cont', {});
    });
    this.change(domain, running ? 'running' : 'paused', 'restored');
    return domain;
  }

  /** Starts a domain that is there until it ends, unless one of that name and UUID is defined. */
  *createTransient(xml: string, paused: boolean): Sys<Domain> {
    const domain = yield* this.#launchNew(xml, null, boot(paused));
    if (paused) this.change(domain, 'paused', 'starting up');
    else this.change(domain, 'running', 'booted');
    return domain;
  }

  /** A machine that waits for its state, which comes over the network: `uri` is where its emulator listens. */
  *receive(xml: string, uri: string): Sys<Domain> {
    const domain = yield* this.#launchNew(xml, uri, boot(true));
    this.change(domain, 'paused', 'migrating');
    return domain;
  }

  /** Launches what `xml` says; the definition of a persistent domain stays what it is. On failure nothing is left of it. */
  *#launchNew(xml: string, incoming: string | null, begin: Begin): Sys<Domain> {
    const config = yield* this.#read(xml);
    const known = knownAs(this.all, config);
    if (known !== undefined && active(known))
      throw new LibvirtError('invalid', `domain is already active as '${config.name}'`);
    const domain = known ?? this.#add(config);
    const before = domain.config;
    if (known === undefined) domain.persistent = false;
    domain.config = config;
    try {
      yield* this.#launch(domain, incoming, begin);
    } catch (error) {
      domain.config = before;
      if (known === undefined) this.#domains.delete(config.name);
      throw error;
    }
    if (known !== undefined) domain.next = before;
    return domain;
  }

  /**
   * Ends its machine, if there is one, and makes another by `begin`, with the configuration that `xml` says. When that fails, the former one
   * goes on where it was: its state is kept until then.
   */
  *replace(domain: Domain, xml: string, running: boolean, begin: Begin): Sys<void> {
    const config: NamedConfig = { ...(yield* this.#read(xml)), uuid: domain.config.uuid };
    const { config: before, next, machine, id, state, reason } = domain;
    yield* requireBootFiles(config);
    const former = machine === null || state === 'crashed' ? null : yield* this.#keep(machine, state);
    if (machine !== null) yield* this.#release(domain);
    domain.config = config;
    try {
      yield* this.#launch(domain, BY_STATE_SOCKET, begin);
    } catch (error) {
      domain.config = before;
      if (machine !== null) this.change(domain, 'shut off', 'failed');
      if (former !== null) {
        yield* this.#launch(domain, BY_STATE_SOCKET, former);
        domain.id = id;
        this.change(domain, state, reason);
      }
      throw error;
    }
    if (domain.persistent) domain.next = next ?? before;
    this.change(domain, running ? 'running' : 'paused', 'from snapshot');
  }

  /** How to go on with what the machine is now; it stands from here on. */
  *#keep(machine: Machine, state: DomainState): Sys<Begin> {
    const kept = yield* machine.saveState();
    return function* (other) {
      yield* other.restoreState(kept);
      if (state === 'running') yield* other.execute('cont', {});
    };
  }

  /** Shuts it off if it is not. */
  *stop(domain: Domain, reason: StateReason): Sys<void> {
    if (domain.machine !== null) yield* this.#end(domain, reason);
  }

  /** Has the disks of a domain that is shut off in a machine that does not start, for `work` on them. */
  *withDisks(domain: Domain, work: (take: TakeDisks) => Sys<void>): Sys<void> {
    const { config } = domain;
    const opened: Fd[] = [];
    try {
      const disks: OpenDisk[] = [];
      for (const disk of config.disks) disks.push(yield* openDisk(disk, opened));
      requireFree(config, disks, this.all);
      const vm = yield* holdDisks(config, disks, opened);
      yield* work((request) => snapshotVmDisks(vm, request));
    } finally {
      for (const fd of opened) yield* sys.close(fd);
    }
  }

  /** Makes the machine of a domain and gets it going by `begin`; on failure nothing is left of it. */
  *#launch(domain: Domain, incoming: string | null, begin: Begin): Sys<void> {
    const { config } = domain;
    const opened: Fd[] = [];
    let machine: Machine | null = null;
    try {
      const disks: OpenDisk[] = [];
      for (const disk of config.disks) disks.push(yield* openDisk(disk, opened));
      requireFree(config, disks, this.all);
      const taps: Tap[] = [];
      for (const each of config.interfaces) {
        const name = each.target ?? `vnet${this.#nextTap++}`;
        taps.push({ name, mac: each.mac, fd: yield* openTap(each, name, opened) });
      }
      machine = yield* launchMachine(config, disks, taps, incoming, this.#nextId);
      const { memory, currentMemory } = config;
      if (incoming === null && currentMemory < memory)
        yield* machine.execute('balloon', { value: currentMemory * 1024 });
      yield* begin(machine);
      Object.assign(domain, locksOf(config, disks));
      domain.taps = taps.map(({ name }) => name);
    } catch (error) {
      if (machine !== null) yield* machine.kill();
      throw isOsError(error) ? monitorError(error.message) : error;
    } finally {
      // The emulator holds the files open from here on.
      for (const fd of opened) yield* sys.close(fd);
    }
    domain.machine = machine;
    domain.rebooting = false;
    domain.id = this.#nextId++;
  }

  /** Takes its power away. */
  *destroy(domain: Domain): Sys<void> {
    if (domain.machine === null) throw notRunning();
    yield* this.#end(domain, 'destroyed');
  }

  *suspend(domain: Domain): Sys<void> {
    if (domain.machine === null || domain.state !== 'running')
      throw new LibvirtError('internal', `domain '${domain.config.name}' not running`);
    yield* domain.machine.execute('stop', {});
    const { job } = domain;
    // During a migration it is for that: the guest goes on with its end, here or there.
    if (job?.kind === 'outgoing') job.stopped = true;
    this.change(domain, 'paused', job?.kind === 'outgoing' ? 'migrating' : 'user');
  }

  *resume(domain: Domain): Sys<void> {
    if (domain.machine === null || domain.state !== 'paused')
      throw new LibvirtError('internal', `domain '${domain.config.name}' not paused`);
    yield* domain.machine.execute('cont', {});
    this.change(domain, 'running', domain.reason === 'starting up' ? 'booted' : 'unpaused');
  }

  /** As by a reset button: the guest begins anew and is not asked. */
  *reset(domain: Domain): Sys<void> {
    if (domain.machine === null || domain.state === 'crashed') throw notRunning();
    yield* domain.machine.execute('system_reset', {});
  }

  /** Asks the guest to power off; whether and when it does is its own affair. With `reboot` it begins anew after that. */
  *askToEnd(domain: Domain, reboot: boolean): Sys<void> {
    if (domain.machine === null || domain.state === 'crashed')
      throw reboot
        ? notRunning()
        : new LibvirtError('internal', `domain '${domain.config.name}' not running`);
    yield* domain.machine.execute('system_powerdown', {});
    domain.rebooting = reboot;
  }

  /** What the machine says of itself. Throws when there is none. */
  *status(domain: Domain): Sys<KvmStatus> {
    if (domain.machine === null) throw notRunning();
    return yield* domain.machine.status();
  }

  /** The emulator tells something, or has ended. */
  *hear(domain: Domain): Sys<void> {
    const { machine } = domain;
    if (machine === null) return;
    const events = yield* machine.hear();
    if (events === null) return yield* this.#end(domain, 'crashed');
    for (const event of events) {
      if (domain.machine !== machine) return;
      if (event.event === 'SHUTDOWN') yield* this.#poweredOff(domain, event.data.guest);
      else if (event.event === 'MIGRATION') yield* heardOf(domain, machine);
      else if (domain.config.onCrash === 'preserve') this.change(domain, 'crashed', 'panicked');
      else yield* this.#end(domain, 'crashed');
    }
  }

  /** `guest`: by its own doing, and not by somebody's signal to the emulator. */
  *#poweredOff(domain: Domain, guest: boolean): Sys<void> {
    if (guest && domain.rebooting) {
      domain.rebooting = false;
      yield* domain.machine!.execute('system_reset', {});
      yield* domain.machine!.execute('cont', {});
      return;
    }
    this.change(domain, 'in shutdown', 'unknown');
    yield* this.#end(domain, 'shutdown');
  }

  *#read(xml: string): Sys<NamedConfig> {
    const others = this.all.flatMap(({ config, next }) => [config, ...(next === null ? [] : [next])]);
    return yield* complete(parseDomain(xml), others);
  }

  #add(config: NamedConfig): Domain {
    const domain: Domain = {
      config,
      next: null,
      persistent: true,
      state: 'shut off',
      reason: 'unknown',
      id: null,
      machine: null,
      rebooting: false,
      writes: [],
      reads: [],
      taps: [],
      job: null,
      completed: null,
    };
    this.#domains.set(config.name, domain);
    return domain;
  }

  /** Ends the emulator. */
  *#release(domain: Domain): Sys<void> {
    yield* domain.machine!.kill();
    // What was made for a guest that has not come.
    if (domain.job?.kind === 'incoming') for (const path of domain.job.made) yield* removeIfThere(path);
    domain.job = null;
    domain.machine = null;
    domain.id = null;
    domain.writes = [];
    domain.reads = [];
    domain.taps = [];
  }

  *#end(domain: Domain, reason: StateReason): Sys<void> {
    yield* this.#release(domain);
    if (domain.next !== null) domain.config = domain.next;
    domain.next = null;
    this.change(domain, 'shut off', reason);
    if (!domain.persistent) this.#domains.delete(domain.config.name);
  }

  change(domain: Domain, state: DomainState, reason: StateReason): void {
    domain.state = state;
    domain.reason = reason;
    this.#announce(domain);
  }
}
