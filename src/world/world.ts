/** A world: hosts on one virtual clock, moved by nothing but `run` and the inputs given to its terminals. */
import { canonicalJson, EventQueue, isEngineLimit, type Nanos, sha256Hex, Trace } from '../base/index.ts';
import type { LinuxHost, MemFs, Oops } from '../linux/index.ts';

/** Who is told of an error of the simulation's own, which then ends one process alone, or loses one event. */
export type OnOops = (oops: Oops) => void;

/** What a learner or an instructor is told of it, without the error's own words. */
export function oopsText({ comm }: Oops): string {
  const did = comm === null ? ', in no program, was passed over' : ` ended ${comm}`;
  return `a fault of the simulation${did}; the rest goes on`;
}

/** So many events may be lost by errors of ours; one more is thrown. As kernel.oops_limit, but that this has to end soon. */
const MOST_LOST = 100;

export class World {
  readonly trace: Trace;
  readonly seed: string;
  readonly events = new EventQueue();
  readonly #hosts = new Map<string, LinuxHost>();
  readonly #rebuild = new Map<string, (disk: MemFs) => LinuxHost>();

  readonly #onOops: OnOops | undefined;
  #lost = 0;

  /** Without `onOops` an error of the simulation's own is thrown, wherever it is. */
  constructor(seed: string, onOops?: OnOops) {
    this.seed = seed;
    this.#onOops = onOops;
    this.trace = new Trace(this.events);
  }

  /** Virtual nanoseconds since the world's start. */
  get now(): Nanos {
    return this.events.now;
  }

  get hosts(): readonly LinuxHost[] {
    return [...this.#hosts.values()];
  }

  /** Throws when the scenario has no host of that name. */
  host(name: string): LinuxHost {
    const host = this.#hosts.get(name);
    if (host === undefined) {
      throw new RangeError(`no host ${name}; there are ${[...this.#hosts.keys()].join(', ')}`);
    }
    return host;
  }

  /** `rebuild` makes the host anew from its disk, for {@link powerCycle}. */
  addHost(host: LinuxHost, rebuild: (disk: MemFs) => LinuxHost): void {
    this.#hosts.set(host.name, host);
    this.#rebuild.set(host.name, rebuild);
  }

  /**
   * Cuts a host's power, and boots it again from what its disk has: another LinuxHost of the same name. Not to be called from within a
   * system call of that host.
   */
  powerCycle(name: string): void {
    const disk = this.host(name).cutPower();
    this.trace.emit('host.powerCycle', name, {});
    const host = this.#rebuild.get(name)!(disk);
    this.#hosts.set(name, host);
    host.boot();
  }

  /** Lets everything happen that is due up to `until`, and moves the clock there. */
  run(until: Nanos): void {
    while (this.#step(until));
    this.events.advanceTo(until);
  }

  /**
   * Runs until `done` holds, looking after each event; gives up at virtual time `limit` or when nothing is left to happen.
   * Returns whether `done` holds.
   */
  runUntil(done: () => boolean, limit: Nanos): boolean {
    while (!done()) if (!this.#step(limit)) return false;
    return true;
  }

  /**
   * The next event. Linux panics at a fault in an interrupt, as nobody's process can be ended for it; here the rest of that event is lost,
   * as a packet may be or a timer, at the same place in every replay, and a learner keeps the world. All hosts have it in their
   * logs: which of them an event belongs to is not known.
   */
  #step(until: Nanos): boolean {
    try {
      return this.events.step(until);
    } catch (error) {
      if (this.#onOops === undefined || isEngineLimit(error) || this.#lost === MOST_LOST) throw error;
      this.#lost++;
      for (const host of this.hosts) host.logLostEvent(error as Error);
      this.#onOops({ comm: null, error: error as Error });
      return true;
    }
  }

  /** SHA-256 of the canonical form of all state: equal for worlds that nobody can tell apart. */
  hash(): string {
    return sha256Hex(
      canonicalJson({
        now: this.now,
        scheduled: this.events.scheduled,
        traced: this.trace.length,
        hosts: this.hosts.map((host) => host.dump()),
      }),
    );
  }
}

declare module '../base/trace.ts' {
  interface TraceEvents {
    /** The power of a host was cut; it boots again. */
    'host.powerCycle': Record<string, never>;
  }
}
