/** A terminal: the slave side of a pseudo-terminal, pty(7), with its foreground process group, tty_ioctl(4). */
import { concatBytes } from '../../base/index.ts';
import type { WindowSize } from '../syscalls.ts';
import type { ProcessGroup, Session } from '../tasks/groups.ts';
import { WaitQueue } from '../tasks/waitQueue.ts';
import { LineDiscipline } from './lineDiscipline.ts';

/** Bytes that wait for the screen; a program that prints more has to wait. */
const OUTPUT_MAX = 8192;

export interface TtyHooks {
  signalGroup(group: ProcessGroup, signal: 'INT' | 'QUIT' | 'TSTP' | 'WINCH'): void;
}

export class Tty {
  /** N of /dev/pts/N. */
  readonly index: number;
  readonly line: LineDiscipline;
  /** Woken when there may be input, room for output, or a hang-up. */
  readonly changed = new WaitQueue();
  session: Session | null = null;
  foreground: ProcessGroup | null = null;
  /** The master was closed. */
  hungUp = false;
  /** Open descriptors of the slave side; the master reads end of file (EIO) once they are gone. */
  slaves = 0;
  everOpened = false;
  #size: WindowSize;
  #output: Uint8Array[] = [];
  #outputSize = 0;
  readonly #hooks: TtyHooks;
  /** Told when there is output where there was none. */
  onOutput: () => void = () => {};

  constructor(index: number, size: WindowSize, hooks: TtyHooks) {
    this.index = index;
    this.#size = size;
    this.#hooks = hooks;
    this.line = new LineDiscipline({
      signal: (name) => {
        if (this.foreground !== null) hooks.signalGroup(this.foreground, name);
      },
      echo: (bytes) => this.print(bytes, true),
      ready: () => this.changed.wake(),
    });
  }

  get path(): string {
    return `/dev/pts/${this.index}`;
  }

  get size(): WindowSize {
    return this.#size;
  }

  resize(size: WindowSize): void {
    if (size.rows === this.#size.rows && size.cols === this.#size.cols) return;
    this.#size = size;
    if (this.foreground !== null) this.#hooks.signalGroup(this.foreground, 'WINCH');
  }

  get outputSpace(): number {
    return Math.max(0, OUTPUT_MAX - this.#outputSize);
  }

  /** How many of `bytes` were taken for the screen; an echo always fits. */
  print(bytes: Uint8Array, echo = false): number {
    const part = echo ? bytes : bytes.slice(0, this.outputSpace);
    if (part.length === 0 || this.hungUp) return part.length;
    const shown = this.line.output(part);
    const wasEmpty = this.#outputSize === 0;
    this.#output.push(shown);
    this.#outputSize += shown.length;
    if (wasEmpty) this.onOutput();
    this.changed.wake();
    return part.length;
  }

  /** For the master: what was printed, at most `count` bytes; empty when there is nothing. */
  takeOutput(count: number): Uint8Array {
    const all = concatBytes(this.#output);
    this.#output = all.length > count ? [all.subarray(count)] : [];
    this.#outputSize = Math.max(0, all.length - count);
    if (all.length > 0) this.changed.wake();
    return all.subarray(0, count);
  }

  get hasOutput(): boolean {
    return this.#outputSize > 0;
  }
}
