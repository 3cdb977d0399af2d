/**
 * Live migration by pre-copy (Clark et al., "Live Migration of Virtual Machines", NSDI 2005): all pages are sent while the VM runs, then
 * again those it wrote meanwhile, round by round; when what is left would take little time, or rounds bring nothing any more, the VM
 * stops, the rest and its state follow, and it goes on at the target. The disks are shared: both sides have the same back ends.
 */
import { assert, type Nanos, type Trace } from '../base/index.ts';
import './events.ts';
import type { Hypervisor } from './hypervisor.ts';
import { FRAME_BYTES } from './memory/frames.ts';
import type { Vm } from './vm/vm.ts';

export interface MigrationOptions {
  readonly vm: Vm;
  readonly source: Hypervisor;
  readonly target: Hypervisor;
  /** A VM of the same shape that is off, at the target. It is given back when the migration fails. */
  readonly incoming: Vm;
  /** What the link between the hosts carries. */
  readonly bitsPerSecond: number;
  /** Time of one way. */
  readonly latency?: Nanos;
  /** How long the VM may be stopped; 30 ms when left out. */
  readonly downtime?: Nanos;
  /** Rounds of copying before it is stopped in any case; 10 when left out. */
  readonly maxRounds?: number;
  readonly trace?: Trace | null;
  readonly done: (report: MigrationReport) => void;
}

export interface MigrationRound {
  readonly pages: number;
  readonly nanos: Nanos;
}

export interface MigrationReport {
  readonly outcome: 'completed' | 'failed';
  /** Why it failed; the VM goes on at the source then. */
  readonly reason: string | null;
  /** Rounds while the VM ran. */
  readonly rounds: readonly MigrationRound[];
  /** How long the VM did not run. */
  readonly downtime: Nanos;
  readonly total: Nanos;
  /** Bytes that crossed the link. */
  readonly bytes: number;
}

/** A page and where it belongs. */
const PAGE_MESSAGE_BYTES = FRAME_BYTES + 8;
/** Registers and devices: a few thousand bytes. */
const STATE_BYTES = 16 * 1024;

/** Starts a migration; `done` hears how it ended. Both hypervisors are on the same clock. */
export function migrate(options: MigrationOptions): void {
  const { vm, incoming, source, target } = options;
  assert(source.queue === target.queue, 'two hosts that migrate share a clock');
  assert(vm.stopped === null && incoming.stopped !== null, `${vm.name} runs, and not at the target`);
  new Migration(options).start();
}

class Migration {
  readonly #options: MigrationOptions;
  readonly #rounds: MigrationRound[] = [];
  readonly #started: Nanos;
  #stoppedAt: Nanos | null = null;
  #bytes = 0;

  constructor(options: MigrationOptions) {
    this.#options = options;
    this.#started = options.source.now;
  }

  start(): void {
    const { vm, source } = this.#options;
    source.quiesce();
    // What was written before belongs to the first round anyway.
    vm.memory.takeDirty();
    this.#round(vm.memory.backed());
  }

  #round(frames: readonly number[]): void {
    const { source, latency = 0 } = this.#options;
    if (!this.#send(frames)) return;
    const nanos = this.#time(frames.length * PAGE_MESSAGE_BYTES) + latency;
    source.after(nanos, () => this.#roundOver(frames.length, nanos));
  }

  #roundOver(pages: number, nanos: Nanos): void {
    const { vm, source, trace, downtime = 30_000_000, maxRounds = 10 } = this.#options;
    this.#rounds.push({ pages, nanos });
    trace?.emit('migration.round', vm.name, { round: this.#rounds.length, pages, nanos });
    if (vm.stopped !== null) {
      this.#fail(`${vm.name} is off: ${vm.stopped}`);
      return;
    }
    source.quiesce();
    const dirty = vm.memory.takeDirty();
    const short = this.#time(dirty.length * PAGE_MESSAGE_BYTES + STATE_BYTES) <= downtime;
    if (short || this.#rounds.length >= maxRounds) this.#stopAndCopy(dirty);
    else this.#round(dirty);
  }

  /** The end: the VM stops, its last pages and its state cross the link, and it goes on at the target. */
  #stopAndCopy(dirty: readonly number[]): void {
    const { vm, incoming, source, target, latency = 0 } = this.#options;
    this.#stoppedAt = source.now;
    source.bringToRest(vm, () => {
      // Requests that were under way have written since.
      const last = [...new Set([...dirty, ...vm.memory.takeDirty()])].sort((a, b) => a - b);
      if (!this.#send(last)) return;
      // What went into the balloon meanwhile is not to stay at the target.
      for (const frame of incoming.memory.backed())
        if (vm.memory.frameOf(frame) === null) incoming.memory.unback(frame);
      this.#bytes += STATE_BYTES;
      const nanos = this.#time(last.length * PAGE_MESSAGE_BYTES + STATE_BYTES) + latency;
      source.after(nanos, () => {
        incoming.restoreMachine(vm.saveMachine(), vm.image);
        source.destroyVm(vm);
        target.resume(incoming);
        this.#end('completed', null);
      });
    });
  }

  /** Copies pages as they are now; false when the target has no room for them, and then all is over. */
  #send(frames: readonly number[]): boolean {
    const { vm, incoming } = this.#options;
    for (const frame of frames) {
      const address = frame * FRAME_BYTES;
      if (!incoming.memory.fill(address, vm.memory.read(address, FRAME_BYTES))) {
        this.#fail('the target has no memory left');
        return false;
      }
    }
    this.#bytes += frames.length * PAGE_MESSAGE_BYTES;
    return true;
  }

  /** The source keeps the VM, the target keeps nothing of it. */
  #fail(reason: string): void {
    const { vm, incoming, source, target } = this.#options;
    incoming.memory.unbackAll();
    target.destroyVm(incoming);
    if (vm.stopped === null) source.resume(vm);
    this.#end('failed', reason);
  }

  #end(outcome: MigrationReport['outcome'], reason: string | null): void {
    const { vm, source, trace, done } = this.#options;
    const downtime = this.#stoppedAt === null ? 0 : source.now - this.#stoppedAt;
    const total = source.now - this.#started;
    trace?.emit('migration.end', vm.name, { outcome, downtime, total });
    done({ outcome, reason, rounds: this.#rounds, downtime, total, bytes: this.#bytes });
  }

  #time(bytes: number): Nanos {
    return Math.ceil((bytes * 8 * 1e9) / this.#options.bitsPerSecond);
  }
}
