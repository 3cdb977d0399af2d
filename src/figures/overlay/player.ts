/** The figure's way through time: forward runs an operation in the world; back builds the world anew and repeats all but the last. */
import { commandOf } from './command.ts';
import type { Frame, Operation, Step } from './types.ts';
import { OverlayWorld } from './world.ts';

export class Player {
  #world = new OverlayWorld();
  #history: Step[] = [];
  #frames: Frame[] = [startFrame(this.#world)];

  /** How many steps have been done. */
  get position(): number {
    return this.#history.length;
  }

  /** The state now. */
  get frame(): Frame {
    return this.#frames.at(-1)!;
  }

  /** The state before the last step; null at the start. */
  get before(): Frame | null {
    return this.#frames.at(-2) ?? null;
  }

  forward(step: Step): void {
    this.#history.push(step);
    this.#frames.push(stepFrame(this.#world, step));
  }

  /** Does an operation that is not part of the walk-through. */
  act(operation: Operation): void {
    this.forward({ operation, remark: '' });
  }

  back(): void {
    this.replay(this.#history.slice(0, -1));
  }

  /** Starts over and does `steps`. */
  replay(steps: readonly Step[]): void {
    this.#world = new OverlayWorld();
    this.#history = [];
    this.#frames = [startFrame(this.#world)];
    for (const step of steps) this.forward(step);
  }
}

function startFrame(world: OverlayWorld): Frame {
  return { command: null, output: '', remark: '', events: [], ...state(world) };
}

function stepFrame(world: OverlayWorld, { operation, remark }: Step): Frame {
  const { output, events } = world.run(operation);
  return { command: commandOf(operation), output, remark, events, ...state(world) };
}

const state = (world: OverlayWorld) => ({ rows: world.rows(), upperBytes: world.upperBytes() });
