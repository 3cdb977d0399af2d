/** The person's side of a terminal: keys in, screen out, at the speed of a good terminal. */
import type { Kernel } from '../kernel.ts';
import type { Pid, WindowSize } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import type { Tty } from './tty.ts';

/** Bytes shown at once, and how long they take: 4 MB of text a second. */
const CHUNK = 4096;
const NANOS_PER_BYTE = 250;

export interface HostTerminalHooks {
  readonly onOutput: (bytes: Uint8Array) => void;
  /** The session leader has ended, and all that was printed until then was shown: nothing comes any more. */
  readonly onEnd?: () => void;
}

export class HostTerminal {
  readonly #kernel: Kernel;
  readonly #tty: Tty;
  readonly #leader: Task;
  readonly #hooks: HostTerminalHooks;
  readonly #shown = () => this.#show();
  readonly #left = () => this.#end();
  #showing = false;
  #ended = false;

  constructor(kernel: Kernel, tty: Tty, leader: Task, hooks: HostTerminalHooks) {
    this.#kernel = kernel;
    this.#tty = tty;
    this.#leader = leader;
    this.#hooks = hooks;
    tty.onOutput = this.#shown;
    leader.onExit = this.#left;
  }

  /** The session leader, as the host numbers it. */
  get pid(): Pid {
    return this.#kernel.rootPid(this.#leader);
  }

  /** The session has ended, or the terminal was closed. */
  get closed(): boolean {
    return this.#tty.hungUp || !this.#leader.alive;
  }

  /** The path of its device. */
  get device(): string {
    return this.#tty.path;
  }

  input(bytes: Uint8Array): void {
    if (!this.closed) this.#tty.line.input(bytes);
  }

  resize(size: WindowSize): void {
    this.#tty.resize(size);
  }

  /** Hangs up: SIGHUP to the session. */
  close(): void {
    this.#kernel.hangUp(this.#tty);
  }

  /** As terminals do it, the end of what they started hangs up: a background process cannot print on. */
  #end(): void {
    this.#ended = true;
    this.#kernel.hangUp(this.#tty);
    this.#show();
  }

  #show(): void {
    if (this.#showing) return;
    this.#showing = true;
    this.#kernel.events.after(0, () => this.#drain());
  }

  #drain(): void {
    const bytes = this.#tty.takeOutput(CHUNK);
    if (bytes.length === 0) {
      this.#showing = false;
      if (this.#ended) this.#hooks.onEnd?.();
      return;
    }
    this.#hooks.onOutput(bytes);
    this.#kernel.events.after(bytes.length * NANOS_PER_BYTE, () => this.#drain());
  }
}
