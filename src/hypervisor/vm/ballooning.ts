/** A VM's memory balloon, as its host sees it, and its vCPUs that wait for a frame. */
import { assert, type ScheduledEvent, type Trace } from '../../base/index.ts';
import { type BalloonBackend, BalloonDevice } from '../../machine/index.ts';
import { FRAME_BYTES } from '../memory/frames.ts';
import type { GuestMemory } from '../memory/guestMemory.ts';
import type { Lender, MemoryPressure } from '../memory/pressure.ts';
import type { Vcpu } from '../vcpu/vcpu.ts';

export interface BallooningOptions {
  readonly name: string;
  /** Whether it has the device. */
  readonly present: boolean;
  readonly memory: GuestMemory;
  readonly pressure: MemoryPressure;
  readonly vcpus: readonly Vcpu[];
  /** Whether it runs and is not paused. */
  readonly running: () => boolean;
  /** No frame came in time. */
  readonly end: () => void;
  readonly trace: Trace | null;
}

export class Ballooning implements Lender, BalloonBackend {
  readonly memory: GuestMemory;
  readonly balloon: BalloonDevice | null;
  readonly #options: BallooningOptions;
  #wanted = 0;
  #patience: ScheduledEvent | null = null;

  constructor(options: BallooningOptions) {
    this.#options = options;
    this.memory = options.memory;
    this.balloon = options.present ? new BalloonDevice(`${options.name}/balloon`, this, options.trace) : null;
  }

  get wanted(): number {
    return this.#wanted;
  }

  get answering(): boolean {
    return this.#options.running() && !this.#options.vcpus.some(({ starved }) => starved);
  }

  /** Its guest is to do with `bytes` of its RAM, a multiple of 4096. */
  setMemory(bytes: number): void {
    const { memory, balloon } = this;
    assert(balloon !== null, `${this.#options.name} has no balloon`);
    assert(
      bytes % FRAME_BYTES === 0 && bytes > 0 && bytes <= memory.size,
      `${bytes} bytes of ${memory.size}`,
    );
    this.#wanted = (memory.size - bytes) / FRAME_BYTES;
    balloon.setTarget(this.#options.pressure.targetOf(this));
  }

  /** The frames go back to the host; what is no RAM, or has no frame, is nothing to gain. */
  inflate(pages: readonly number[]): void {
    for (const page of pages) this.memory.unback(page);
    this.#options.pressure.freed();
  }

  /** A page comes back at its next use, as at its first. */
  deflate(): void {}

  /** There is no frame for `vcpu`: it waits while others may still give some. False when there is nothing to wait for. */
  starve(vcpu: Vcpu): boolean {
    const { pressure, end, trace, name } = this.#options;
    vcpu.starved = true;
    if (!pressure.needed()) return false;
    this.#patience ??= pressure.patience(end);
    trace?.emit('vm.starve', name, { vcpu: vcpu.id });
    return true;
  }

  retry(): void {
    for (const vcpu of this.#options.vcpus) vcpu.starved = false;
  }

  /** A vCPU got its frame. */
  fed(): void {
    if (!this.#options.vcpus.some(({ starved }) => starved)) this.#calm();
  }

  /** Paused: nobody waits for anything. */
  rest(): void {
    this.retry();
    this.#calm();
  }

  /** Off: its frames have gone back, and what its management wanted is left. */
  reset(): void {
    const { pressure } = this.#options;
    this.rest();
    pressure.forget(this);
    this.balloon?.setTarget(this.#wanted);
    pressure.freed();
  }

  /** Its devices were restored: what was asked of the balloon then is wanted now. */
  restored(): void {
    this.#wanted = this.balloon?.target ?? 0;
  }

  #calm(): void {
    this.#patience?.cancel();
    this.#patience = null;
  }
}
