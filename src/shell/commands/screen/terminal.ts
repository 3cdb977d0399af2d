/** The terminal as a full-screen program has it: keys and signals in, escape sequences out, and everything as it was afterwards. */
import { isOsError, type Nanos } from '../../../base/index.ts';
import {
  type Fd,
  O_RDWR,
  type SignalName,
  type Sys,
  sys,
  type Termios,
  writeAll,
} from '../../../linux/index.ts';
import { type Key, KeyReader } from '../../editor/keys.ts';
import { bytesFromText } from '../../text.ts';

/** A key, or what else ends the waiting for one. After `resize` the size is the new one, and the screen is to be drawn again. */
export type Input =
  | Key
  | { readonly kind: 'resize' | 'interrupt' | 'timeout' }
  /** The terminal is gone, or a signal asks to end. */
  | { readonly kind: 'end'; readonly signal: SignalName };

export interface TerminalOptions {
  /** Modes while the program runs; the rest stays. */
  readonly modes: Partial<Termios>;
  /** How many bytes to read at once: 1 leaves what is typed ahead to the next program. */
  readonly readSize?: number;
}

const caught: readonly SignalName[] = ['WINCH', 'INT', 'TSTP', 'TERM', 'HUP', 'CONT'];
const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';

export class Terminal {
  rows = 24;
  cols = 80;
  readonly #keyboard: Fd;
  readonly #options: TerminalOptions;
  readonly #modes: Termios;
  readonly #keys = new KeyReader();
  readonly #dispositions = new Map<SignalName, Parameters<typeof sys.sigaction>[1]>();
  #signals: SignalName[] = [];
  #out = '';
  #alternate = false;

  private constructor(keyboard: Fd, modes: Termios, options: TerminalOptions) {
    this.#keyboard = keyboard;
    this.#modes = modes;
    this.#options = options;
  }

  /** The controlling terminal for keys, standard output for the screen. Null when there is no terminal to type at. */
  static *open(options: TerminalOptions): Sys<Terminal | null> {
    const keyboard = yield* Terminal.#keyboardOf();
    if (keyboard === null) return null;
    const terminal = new Terminal(keyboard, yield* sys.tcgetattr(keyboard), options);
    yield* terminal.enter();
    return terminal;
  }

  /** Standard input may be a pipe: then the keys come from /dev/tty, or else from standard error's terminal. */
  static *#keyboardOf(): Sys<Fd | null> {
    try {
      return yield* sys.open('/dev/tty', O_RDWR);
    } catch (error) {
      if (!isOsError(error)) throw error;
    }
    for (const fd of [2, 0]) {
      try {
        yield* sys.tcgetattr(fd);
        return fd;
      } catch (error) {
        if (!isOsError(error)) throw error;
      }
    }
    return null;
  }

  /** Takes the terminal (again). */
  *enter(): Sys<void> {
    for (const signal of caught) this.#dispositions.set(signal, yield* sys.sigaction(signal, 'catch'));
    yield* sys.tcsetattr(this.#keyboard, this.#options.modes);
    yield* this.#measure();
    if (this.#alternate) this.write(ENTER);
  }

  /** From here on on the alternate screen: what was shown before comes back at the end. */
  useAlternate(): void {
    if (this.#alternate) return;
    this.#alternate = true;
    this.write(ENTER);
  }

  /** Gives the terminal back: to the shell, or to a program that runs meanwhile. */
  *leave(): Sys<void> {
    if (this.#alternate) this.write(LEAVE);
    yield* this.flush();
    yield* sys.tcsetattr(this.#keyboard, this.#modes);
    for (const [signal, disposition] of this.#dispositions) yield* sys.sigaction(signal, disposition);
  }

  /** Keeps `text` until the next flush or key. */
  write(text: string): void {
    this.#out += text;
  }

  *flush(): Sys<void> {
    let rest = bytesFromText(this.#out);
    this.#out = '';
    while (rest.length > 0) {
      try {
        rest = rest.subarray(yield* sys.write(1, rest));
      } catch (error) {
        if (isOsError(error, 'EIO')) return;
        if (!isOsError(error, 'EINTR')) throw error;
      }
    }
  }

  /** The next key; waits for at most `timeout`. */
  *key(timeout: Nanos | null = null): Sys<Input> {
    for (;;) {
      const key = this.#keys.next();
      if (key !== null) return key;
      yield* this.flush();
      const news = yield* this.#news();
      if (news !== null) return news;
      try {
        if (timeout !== null) {
          const [ready] = yield* sys.poll([{ fd: this.#keyboard, events: 'in' }], timeout);
          if (ready === undefined || !(ready.in || ready.hup)) return { kind: 'timeout' };
        }
        const bytes = yield* sys.read(this.#keyboard, this.#options.readSize ?? 1);
        if (bytes.length === 0) return { kind: 'end', signal: 'HUP' };
        this.#keys.feed(bytes);
      } catch (error) {
        if (isOsError(error, 'EIO')) return { kind: 'end', signal: 'HUP' };
        if (!isOsError(error, 'EINTR')) throw error;
      }
    }
  }

  /** Whether Ctrl-C was pressed; other signals wait for the next `key`. */
  *interrupted(): Sys<boolean> {
    this.#signals.push(...(yield* sys.takeSignals()));
    const pressed = this.#signals.includes('INT');
    this.#signals = this.#signals.filter((signal) => signal !== 'INT');
    return pressed;
  }

  *#news(): Sys<Input | null> {
    this.#signals.push(...(yield* sys.takeSignals()));
    const signals = this.#signals;
    this.#signals = [];
    const end = signals.find((signal) => signal === 'HUP' || signal === 'TERM');
    if (end !== undefined) return { kind: 'end', signal: end };
    if (signals.includes('TSTP')) yield* this.suspend();
    if (signals.includes('TSTP') || signals.includes('WINCH') || signals.includes('CONT')) {
      yield* this.#measure();
      return { kind: 'resize' };
    }
    return signals.includes('INT') ? { kind: 'interrupt' } : null;
  }

  /** Ctrl-Z: the shell finds its terminal as it was; `fg` takes it again. */
  *suspend(): Sys<void> {
    yield* this.leave();
    yield* sys.kill(yield* sys.getpid(), 'STOP');
    yield* this.enter();
  }

  *#measure(): Sys<void> {
    const { rows, cols } = yield* sys.tcgetwinsize(this.#keyboard);
    this.rows = rows === 0 ? 24 : rows;
    this.cols = cols === 0 ? 80 : cols;
  }
}

/** Whether a descriptor is a terminal, isatty(3). */
export function* isTerminal(fd: Fd): Sys<boolean> {
  try {
    yield* sys.tcgetattr(fd);
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return false;
  }
}

/** A message where no screen is shown. */
export function* say(fd: Fd, text: string): Sys<void> {
  yield* writeAll(fd, `${text}\n`);
}
