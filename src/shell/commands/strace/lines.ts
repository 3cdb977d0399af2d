/** The lines that strace(1) writes: of one process at a time, and a call that another comes between is `<unfinished ...>`. */
import { type Sys, sys, type Timespec, writeAll } from '../../../linux/index.ts';
import { calendar, pad } from '../support.ts';
import type { Settings } from './settings.ts';

const micros = ({ nsec }: Timespec) => pad(Math.floor(nsec / 1000), 6);

export class Lines {
  readonly #settings: Settings;
  readonly #fd: number;
  /** Whose line has not ended; null: nobody's. */
  #open: number | null = null;
  #column = 0;
  #last: Timespec | null = null;
  #text = '';
  /** Processes that are traced. */
  processes = 0;

  constructor(settings: Settings, fd: number) {
    this.#settings = settings;
    this.#fd = fd;
  }

  isOpen(pid: number): boolean {
    return this.#open === pid;
  }

  /** Begins a line of the process: its number, where there are several, and the time. Both count for the column of results. */
  *begin(pid: number): Sys<void> {
    if (this.#open !== null) this.#text += ' <unfinished ...>\n';
    this.#open = pid;
    this.#column = 0;
    const { file, follow, pids } = this.#settings;
    if (file !== null && (follow || pids.length > 1)) this.add(`${String(pid).padEnd(5)} `);
    else if (file === null && this.processes > 1) this.add(`[pid ${String(pid).padStart(5)}] `);
    yield* this.#stamp();
  }

  *#stamp(): Sys<void> {
    const { stamp, relative } = this.#settings;
    if (stamp === 'none' && !relative) return;
    const now = yield* sys.clock_gettime('realtime');
    if (stamp === 'unix') this.add(`${now.sec}.${micros(now)} `);
    else if (stamp !== 'none') {
      const { hour, minute, second } = calendar(now.sec);
      const fraction = stamp === 'micros' ? `.${micros(now)}` : '';
      this.add(`${pad(hour)}:${pad(minute)}:${pad(second)}${fraction} `);
    }
    if (!relative) return;
    const before = this.#last ?? now;
    this.#last = now;
    const passed = (now.sec - before.sec) * 1e9 + now.nsec - before.nsec;
    const text = `${String(Math.floor(passed / 1e9)).padStart(6)}.${pad(Math.floor((passed % 1e9) / 1000), 6)}`;
    this.add(stamp === 'none' ? `${text} ` : `(+${text}) `);
  }

  add(text: string): void {
    this.#text += text;
    this.#column += text.length;
  }

  /** The call's parenthesis, and its result at the column for results. */
  result(text: string): void {
    this.add(') ');
    this.add(' '.repeat(Math.max(0, this.#settings.column - this.#column)));
    this.end(`= ${text}`);
  }

  end(text: string): void {
    this.#text += `${text}\n`;
    this.#open = null;
  }

  /** Writes what has come together, in one call. */
  *flush(): Sys<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '') yield* writeAll(this.#fd, text);
  }
}
