/** Virtual time that runs along with real time: the one place where a world meets a clock. */
import type { World } from '../world/index.ts';

/** Virtual nanoseconds between two looks at the clock. */
const SLICE = 1_000_000;
/** Real milliseconds after which Node looks at its sockets. */
const TURN = 10;
/**
 * How many real milliseconds a world may be off. One that cannot keep up lets the rest be, as it does when this machine's clock was set or the machine
 * slept: then its hosts' clocks of the day are set, too.
 */
const LAG = 1000;

export class RealTime {
  readonly #world: World;
  /** The time of day when virtual time was 0, in milliseconds since 1970: clients compare times with their own. */
  #start: number;
  #timer: NodeJS.Timeout | null = null;
  #running = false;
  #closed = false;

  /** `epoch`: seconds since 1970 at virtual time 0. */
  constructor(world: World, epoch: number) {
    this.#world = world;
    this.#start = epoch * 1000;
  }

  /** Lets everything happen that is due by now, and comes back when the next thing is. To be called after every input, too. */
  readonly run = (): void => {
    // A hook of a connection calls this from within: it is being done.
    if (this.#running || this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#running = true;
    const world = this.#world;
    const begun = performance.now();
    let due = this.#due();
    while (world.now < due && performance.now() - begun < TURN) {
      const next = world.events.next();
      world.run(next === null || next > due ? due : Math.min(due, next + SLICE));
    }
    const late = (due - world.now) / 1e6;
    if (Math.abs(late) > LAG) {
      const step = late - Math.sign(late) * LAG;
      this.#start += step;
      for (const host of world.hosts) host.stepClock(Math.round(step * 1e6));
      due = this.#due();
    }
    this.#running = false;
    const next = world.events.next();
    this.#timer = next === null ? null : setTimeout(this.run, Math.max(0, (next - due) / 1e6));
  };

  /** Virtual time that should be now. */
  #due(): number {
    return Math.floor((Date.now() - this.#start) * 1e6);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
