/** N_TTY: what a terminal does with the bytes typed and the bytes printed. termios(3). */
import { concatBytes } from '../../base/index.ts';
import type { Termios } from '../syscalls.ts';

const [ETX, EOT, BS, LF, CR, NAK, ETB, SUB, FS, DEL] = [3, 4, 8, 10, 13, 21, 23, 26, 28, 127];
/** N_TTY_BUF_SIZE: what is typed beyond this is lost, as it is in Linux. */
const LINE_MAX = 4095;
const INPUT_MAX = 65_536;

export const SANE: Termios = {
  icanon: true,
  echo: true,
  isig: true,
  iexten: true,
  tostop: false,
  icrnl: true,
  opost: true,
};

export interface LineDisciplineHooks {
  /** Sends to the foreground process group. */
  signal(name: 'INT' | 'QUIT' | 'TSTP'): void;
  echo(bytes: Uint8Array): void;
  /** There is something to read. */
  ready(): void;
}

export class LineDiscipline {
  termios: Termios = SANE;
  readonly #hooks: LineDisciplineHooks;
  /** The line being typed. */
  #line: number[] = [];
  /** Lines (canonical) or pieces (raw) to read; an empty one is end of file. */
  #ready: Uint8Array[] = [];

  constructor(hooks: LineDisciplineHooks) {
    this.#hooks = hooks;
  }

  get readable(): boolean {
    return this.#ready.length > 0;
  }

  /** Changing to raw mode makes the unfinished line readable. */
  set(change: Partial<Termios>): void {
    const wasCanonical = this.termios.icanon;
    this.termios = { ...this.termios, ...change };
    if (wasCanonical && !this.termios.icanon && this.#line.length > 0) this.#finish();
  }

  /** At most `count` bytes: of one line in canonical mode; null when there is nothing. */
  take(count: number): Uint8Array | null {
    const first = this.#ready[0];
    if (first === undefined) return null;
    if (this.termios.icanon || first.length >= count) {
      if (first.length <= count) this.#ready.shift();
      else this.#ready[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const all = concatBytes(this.#ready);
    this.#ready = all.length > count ? [all.subarray(count)] : [];
    return all.subarray(0, count);
  }

  /** Bytes from the keyboard. */
  input(bytes: Uint8Array): void {
    const before = this.#ready.length;
    let raw: number[] = [];
    const pass = () => {
      if (raw.length > 0) this.#pass(raw);
      raw = [];
    };
    for (const byte of bytes) {
      const { isig, icrnl, icanon } = this.termios;
      if (isig && (byte === ETX || byte === FS || byte === SUB)) {
        pass();
        this.#interrupt(byte);
        continue;
      }
      const received = icrnl && byte === CR ? LF : byte;
      if (icanon) this.#edit(received);
      else raw.push(received);
    }
    pass();
    if (this.#ready.length !== before) this.#hooks.ready();
  }

  #interrupt(byte: number): void {
    this.#line = [];
    this.#ready = [];
    this.#echo(byte);
    this.#hooks.signal(byte === ETX ? 'INT' : byte === FS ? 'QUIT' : 'TSTP');
  }

  #edit(byte: number): void {
    if (byte === DEL || byte === BS) this.#erase(1);
    else if (byte === NAK) this.#erase(this.#line.length);
    else if (byte === ETB && this.termios.iexten) this.#erase(this.#wordLength());
    else if (byte === EOT) this.#finish();
    else if (byte === LF) {
      this.#line.push(LF);
      this.#echo(LF);
      this.#finish();
    } else if (this.#line.length < LINE_MAX) {
      this.#line.push(byte);
      this.#echo(byte);
    }
  }

  #finish(): void {
    this.#ready.push(Uint8Array.from(this.#line));
    this.#line = [];
  }

  #pass(bytes: number[]): void {
    for (const byte of bytes) this.#echo(byte);
    const last = this.#ready.at(-1);
    if (last !== undefined && last.length > 0 && last.length < INPUT_MAX) {
      this.#ready[this.#ready.length - 1] = concatBytes([last, Uint8Array.from(bytes)]);
    } else {
      this.#ready.push(Uint8Array.from(bytes));
    }
  }

  /** Takes away the last `count` bytes and, so that no character is cut, the rest of a UTF-8 sequence. */
  #erase(count: number): void {
    for (let i = 0; i < count && this.#line.length > 0; i++) {
      let byte = this.#line.pop()!;
      while ((byte & 0xc0) === 0x80 && this.#line.length > 0) byte = this.#line.pop()!;
      if (!this.termios.echo) continue;
      const width = byte < 32 ? 2 : 1;
      for (let column = 0; column < width; column++) this.#hooks.echo(Uint8Array.of(BS, 32, BS));
    }
  }

  #wordLength(): number {
    let at = this.#line.length;
    while (at > 0 && this.#line[at - 1] === 32) at--;
    while (at > 0 && this.#line[at - 1] !== 32) at--;
    return this.#line.length - at;
  }

  #echo(byte: number): void {
    if (!this.termios.echo) return;
    const visible = byte >= 32 || byte === LF || byte === 9;
    this.#hooks.echo(visible && byte !== DEL ? Uint8Array.of(byte) : Uint8Array.of(94, byte ^ 64));
  }

  /** Bytes to the screen: a newline also returns the carriage. */
  output(bytes: Uint8Array): Uint8Array {
    if (!this.termios.opost || !bytes.includes(LF)) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === LF) out.push(CR);
      out.push(byte);
    }
    return Uint8Array.from(out);
  }
}
