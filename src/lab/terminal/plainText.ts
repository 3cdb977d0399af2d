/**
 * Terminal output as plain text: what would stand on the screen, without colours and cursor games, for the plain-text mode. It follows one
 * line with a cursor (which is what line editing, progress lines and backspaces need); everything above is finished text.
 */

const CSI = /^\x1b\[([0-9;?]*)[ -/]*([@-~])/;
/** Operating-system commands (window titles, clipboard), up to their end. */
const OSC = /^\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/;
const TWO = /^\x1b[ -/]*[0-~]/;
const TAB_STOP = 8;

export class PlainText {
  #decoder = new TextDecoder();
  #rest = '';
  #line: string[] = [];
  #column = 0;

  /** The unfinished last line, usually the prompt and what is typed behind it. */
  get line(): string {
    return this.#line.join('').trimEnd();
  }

  /** Takes output; returns the lines that were finished by it. A clear-screen yields an empty line. */
  write(bytes: Uint8Array): string[] {
    let text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    this.#rest = '';
    const finished: string[] = [];
    while (text !== '') {
      if (text.startsWith('\x1b')) {
        const sequence = this.#sequence(text);
        if (sequence === null) {
          // Cut in the middle of a sequence: the rest comes with the next output.
          this.#rest = text;
          break;
        }
        text = text.slice(sequence);
      } else {
        const character = String.fromCodePoint(text.codePointAt(0)!);
        this.#put(character, finished);
        text = text.slice(character.length);
      }
    }
    return finished;
  }

  #put(character: string, finished: string[]): void {
    if (character === '\n') {
      finished.push(this.line);
      this.#line = [];
      this.#column = 0;
    } else if (character === '\r') this.#column = 0;
    else if (character === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (character === '\t') this.#moveTo((Math.floor(this.#column / TAB_STOP) + 1) * TAB_STOP);
    else if (character >= ' ' && character !== '\x7f') {
      this.#line[this.#column] = character;
      this.#moveTo(this.#column + 1);
    }
  }

  #moveTo(column: number): void {
    this.#column = Math.max(0, column);
    while (this.#line.length < this.#column) this.#line.push(' ');
  }

  /** Carries out the escape sequence at the start of `text` and returns its length, or null when it is not complete. */
  #sequence(text: string): number | null {
    const osc = OSC.exec(text);
    if (osc) return osc[0].length;
    const csi = CSI.exec(text);
    if (csi) {
      this.#control(csi[2]!, csi[1]!);
      return csi[0].length;
    }
    if (/^\x1b(?:\[[0-9;?]*|\][^\x07]*)?$/.test(text) && text.length < 4096) return null;
    return TWO.exec(text)?.[0].length ?? 1;
  }

  #control(final: string, parameters: string): void {
    const n = Number.parseInt(parameters, 10) || 1;
    if (final === 'C') this.#moveTo(this.#column + n);
    else if (final === 'D') this.#moveTo(this.#column - n);
    else if (final === 'G') this.#moveTo(n - 1);
    else if (final === 'P') this.#line.splice(this.#column, n);
    else if (final === '@') this.#line.splice(this.#column, 0, ...Array<string>(n).fill(' '));
    else if (final === 'K') this.#erase(parameters);
    else if (final === 'J' || final === 'H') {
      if (final === 'J' && parameters !== '' && parameters !== '0') this.#line = [];
      else if (final === 'J') this.#line.length = Math.min(this.#line.length, this.#column);
      if (final === 'H') this.#column = 0;
      this.#moveTo(this.#column);
    }
  }

  #erase(parameters: string): void {
    if (parameters === '2') this.#line = this.#line.map(() => ' ');
    else if (parameters === '1') this.#line.fill(' ', 0, this.#column + 1);
    else this.#line.length = Math.min(this.#line.length, this.#column);
  }
}
