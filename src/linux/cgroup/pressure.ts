/**
 * Pressure stall information (accounting/psi.rst): how much of the time those who want to work cannot, for want of a processor, of the disk
 * or of memory. It is counted here exactly, when somebody's state changes, by the formulas at the beginning of kernel/sched/psi.c:
 *
 *     threads = min(who is not idle, processors)
 *     some = min(who is delayed / threads, 1)
 *     full = (threads - min(who works, threads)) / threads
 *
 * Delayed are: who could run and has no processor, because of cpu.max too; who waits for the disk, or until io.max lets it; who is slowed
 * down above memory.high. Reclaiming memory takes no time here, and the processors of virtual machines are no tasks.
 */
import type { Nanos } from '../../base/index.ts';

/** What a process does, as far as this is concerned. */
export const Doing = { nothing: 0, waiting: 1, running: 2, disk: 3, memory: 4 } as const;
export type Doing = (typeof Doing)[keyof typeof Doing];

export const RESOURCES = ['cpu', 'io', 'memory'] as const;
export type Resource = (typeof RESOURCES)[number];

/** PSI_FREQ: 2 * HZ + 1 ticks of 4 ms. */
const PERIOD: Nanos = 2_004_000_000;
/** 1 in fixed point, and what is left of an average over 10, 60 and 300 s after 2 s. */
const ONE = 2048;
const DECAY = [1677, 1981, 2034] as const;

/** One line: the time so far, and the averages of it in hundredths. */
class Stall {
  total: Nanos = 0;
  #sampled: Nanos = 0;
  #averages = [0, 0, 0];

  get quiet(): boolean {
    return this.total === this.#sampled && this.#averages.every((average) => average === 0);
  }

  /** A period is over (calc_avgs). */
  sample(): void {
    const percent = Math.floor((Math.min(PERIOD, this.total - this.#sampled) * 100) / PERIOD);
    this.#sampled = this.total;
    this.#averages = this.#averages.map((average, i) => {
      const now = percent * ONE;
      const sum = average * DECAY[i]! + now * (ONE - DECAY[i]!) + (now >= average ? ONE - 1 : 0);
      return Math.floor(sum / ONE);
    });
  }

  text(name: string): string {
    const [ten, sixty, more] = this.#averages.map((average) => {
      const hundredths = Math.floor(((average % ONE) * 100) / ONE);
      return `${Math.floor(average / ONE)}.${String(hundredths).padStart(2, '0')}`;
    });
    return `${name} avg10=${ten} avg60=${sixty} avg300=${more} total=${Math.floor(this.total / 1000)}\n`;
  }
}

/** The two lines of one resource. */
interface Stalls {
  readonly some: Stall;
  readonly full: Stall;
}

const newStalls = (): Stalls => ({ some: new Stall(), full: new Stall() });
const allStalls = (): Record<Resource, Stalls> => ({
  cpu: newStalls(),
  io: newStalls(),
  memory: newStalls(),
});

function addSome({ some }: Stalls, time: Nanos, delayed: number): void {
  some.total += time * Math.min(1, delayed);
}

function addFull({ full }: Stalls, time: Nanos, working: number): void {
  full.total += time * (1 - Math.min(1, working));
}

/** Nothing when nobody is delayed. */
function addWhole(stalls: Stalls, time: Nanos, delayed: number, working: number): void {
  if (delayed === 0) return;
  addSome(stalls, time, delayed);
  addFull(stalls, time, working);
}

/** Of the processes of a group and those below it. */
export class Pressure {
  readonly #cpus: number;
  /** The whole host never lacks processors altogether. */
  readonly #host: boolean;
  /** Processes by what they do. */
  readonly #counts = [0, 0, 0, 0, 0];
  #delayed = 0;
  #since: Nanos;
  #next: Nanos;
  /** Null while nobody was ever delayed, as in most groups. */
  #stalls: Record<Resource, Stalls> | null = null;
  /** cgroup.pressure. */
  #enabled = true;

  constructor(cpus: number, host: boolean, now: Nanos) {
    this.#cpus = cpus;
    this.#host = host;
    this.#since = now;
    this.#next = now + PERIOD;
  }

  /** Somebody does something else from now on. */
  change(from: Doing, to: Doing, now: Nanos): void {
    if (this.#delayed > 0 && now > this.#since) this.#pass(now);
    this.#since = now;
    this.#counts[from]!--;
    this.#counts[to]!++;
    if (from !== Doing.running && from !== Doing.nothing) this.#delayed--;
    if (to !== Doing.running && to !== Doing.nothing) this.#delayed++;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  enable(enabled: boolean, now: Nanos): void {
    this.#pass(now);
    this.#enabled = enabled;
  }

  text(resource: Resource, now: Nanos): string {
    this.#pass(now);
    const { some, full } = this.#stalls?.[resource] ?? newStalls();
    return some.text('some') + full.text('full');
  }

  /** Until `now` everything was as it is. */
  #pass(now: Nanos): void {
    while (this.#next <= now) {
      if (this.#next > this.#since) {
        this.#add(this.#next - this.#since);
        this.#since = this.#next;
      }
      const all =
        this.#stalls === null ? [] : Object.values(this.#stalls).flatMap(({ some, full }) => [some, full]);
      if (this.#delayed === 0 && all.every(({ quiet }) => quiet))
        this.#next += Math.floor((now - this.#next) / PERIOD) * PERIOD;
      else for (const stall of all) stall.sample();
      this.#next += PERIOD;
    }
    this.#add(now - this.#since);
    this.#since = now;
  }

  #add(time: Nanos): void {
    if (this.#delayed === 0 || !this.#enabled) return;
    const counts = this.#counts;
    const waiting = counts[Doing.waiting]!;
    const running = counts[Doing.running]!;
    const disk = counts[Doing.disk]!;
    const memory = counts[Doing.memory]!;
    const threads = Math.min(this.#cpus, waiting + running + disk + memory);
    this.#stalls ??= allStalls();
    const { cpu, io, memory: ofMemory } = this.#stalls;
    if (waiting > 0) {
      addSome(cpu, time, waiting / threads);
      if (!this.#host) addFull(cpu, time, running / threads);
    }
    addWhole(io, time, disk / threads, (waiting + running) / threads);
    addWhole(ofMemory, time, memory / threads, (waiting + running) / threads);
  }
}
