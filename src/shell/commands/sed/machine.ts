/** Runs a script: one cycle for each line. After POSIX sed(1) and the GNU manual, "How sed works". */
import { decodeUtf8, MICROSECOND } from '../../../base/index.ts';
import { LineReader, O_RDONLY, readFile, type Sys, sys } from '../../../linux/index.ts';
import { chargeSteps, type Regex } from '../../regex/index.ts';
import { orNull } from '../support.ts';
import { type Place, Ranges } from './addresses.ts';
import { type Input, type Line, SedEnd } from './input.ts';
import { listing } from './listing.ts';
import type { Outputs } from './outputs.ts';
import type { Script } from './parser.ts';
import { substitute } from './substitute.ts';
import type { Action, Command, Substitution } from './syntax.ts';

export interface Settings {
  readonly quiet: boolean;
  /** Between the lines of a pattern space. */
  readonly end: string;
  /** Width of `l`; 0 and 1: no limit. */
  readonly width: number;
}

/** Where to go on after a command: the next one, one by index, the cycle's end, or a cycle without reading. */
type Next = null | number | 'end' | 'endSilently' | 'restart';

export class Machine implements Place {
  readonly #script: Script;
  readonly #input: Input;
  readonly #outputs: Outputs;
  readonly #settings: Settings;
  readonly #ranges: Ranges;
  #pattern: Line = { text: '', ended: true };
  #hold = '';
  #replaced = false;
  #lastPattern: Regex | null = null;
  /** What a, r and R put behind the line. */
  #appended: { readonly text?: string; readonly file?: string }[] = [];
  readonly #lineFiles = new Map<string, LineReader | null>();

  constructor(script: Script, input: Input, outputs: Outputs, settings: Settings) {
    this.#script = script;
    this.#input = input;
    this.#outputs = outputs;
    this.#settings = settings;
    this.#ranges = new Ranges(script.commands);
  }

  get line(): number {
    return this.#input.line;
  }

  isLast(): Sys<boolean> {
    return this.#input.isLast();
  }

  *matches(pattern: Regex | null): Sys<boolean> {
    const used = this.#used(pattern);
    const matches = used.test(this.#pattern.text);
    yield* chargeSteps(used);
    return matches;
  }

  /** All lines; the exit status that `q` gave. */
  *run(): Sys<number> {
    let read = true;
    for (;;) {
      if (read) {
        if (!(yield* this.#read())) return 0;
        this.#replaced = false;
      }
      const how = yield* this.#cycle();
      if (typeof how === 'number') {
        yield* this.#input.close();
        return how;
      }
      read = how;
    }
  }

  /** One pass over the commands; true: read the next line, false: go on with the pattern space; a number: leave with that status. */
  *#cycle(): Sys<boolean | number> {
    const { commands } = this.#script;
    for (let at = 0; at < commands.length; ) {
      const command = commands[at]!;
      yield* sys.compute(MICROSECOND);
      if (!(yield* this.#ranges.selects(command, this))) {
        at = command.action.name === '{' ? command.action.end + 1 : at + 1;
        continue;
      }
      const { action } = command;
      if (action.name === 'Q') return action.status;
      if (action.name === 'q') {
        yield* this.#endCycle(true);
        return action.status;
      }
      const next = yield* this.#perform(action, command);
      if (next === 'restart' || next === 'endSilently') {
        yield* this.#endCycle(false);
        return next === 'endSilently';
      }
      if (next === 'end') break;
      at = next ?? at + 1;
    }
    yield* this.#endCycle(true);
    return true;
  }

  *#endCycle(print: boolean): Sys<void> {
    if (print && !this.#settings.quiet) yield* this.#outputs.main.line(this.#pattern);
    yield* this.#flush();
  }

  *#flush(): Sys<void> {
    const out = this.#outputs.main;
    for (const { text, file } of this.#appended.splice(0)) {
      if (text !== undefined) yield* out.write(text);
      const bytes = file === undefined ? null : yield* orNull(() => readFile(file));
      if (bytes !== null && bytes.length > 0) yield* out.write(decodeUtf8(bytes));
    }
  }

  *#read(): Sys<boolean> {
    yield* this.#flush();
    const line = yield* this.#input.next();
    if (this.#input.takeRestart()) this.#ranges.restart();
    if (line === null) return false;
    this.#pattern = line;
    return true;
  }

  *#perform(action: Action, command: Command): Sys<Next> {
    const out = this.#outputs.main;
    const { text, ended } = this.#pattern;
    const { end } = this.#settings;
    const newline = text.indexOf(end);
    switch (action.name) {
      case '{':
      case '}':
        return null;
      case '=':
        yield* out.write(`${this.line}\n`);
        return null;
      case 'F':
        yield* out.write(`${this.#input.file}\n`);
        return null;
      case 'a':
        this.#appended.push({ text: action.text });
        return null;
      case 'i':
        yield* out.write(action.text);
        return null;
      case 'c':
        if (command.negated || !this.#ranges.isOpen(command)) yield* out.write(action.text);
        return 'endSilently';
      case 'd':
        return 'endSilently';
      case 'D':
        if (newline < 0) return 'endSilently';
        this.#set(text.slice(newline + 1));
        return 'restart';
      case 'n':
        if (yield* this.isLast()) return 'end';
        if (!this.#settings.quiet) yield* out.line(this.#pattern);
        yield* this.#read();
        return null;
      case 'N':
        if (yield* this.isLast()) return 'end';
        yield* this.#read();
        this.#set(text + end + this.#pattern.text);
        return null;
      case 'p':
        yield* out.line(this.#pattern);
        return null;
      case 'P':
        yield* out.line(newline < 0 ? this.#pattern : { text: text.slice(0, newline), ended: true });
        return null;
      case 'l':
        yield* out.write(listing(text, action.width ?? this.#settings.width));
        return null;
      case 'w':
        yield* this.#outputs.file(action.file).line(this.#pattern);
        return null;
      case 'W':
        yield* this.#outputs
          .file(action.file)
          .line({ text: newline < 0 ? text : text.slice(0, newline), ended: newline >= 0 || ended });
        return null;
      case 'r':
        this.#appended.push({ file: action.file });
        return null;
      case 'R':
        yield* this.#appendLine(action.file);
        return null;
      case 's':
        return yield* this.#substitute(action.substitution);
      case 'y':
        this.#set([...text].map((char) => action.map.get(char) ?? char).join(''));
        return null;
      case 'b':
        return action.to;
      case 't':
      case 'T': {
        const jumps = this.#replaced === (action.name === 't');
        this.#replaced = false;
        return jumps ? action.to : null;
      }
      default:
        this.#useHold(action.name);
        return null;
    }
  }

  /** g G h H x z */
  #useHold(name: Action['name']): void {
    const { text } = this.#pattern;
    const { end } = this.#settings;
    if (name === 'g') this.#set(this.#hold);
    else if (name === 'G') this.#set(text + end + this.#hold);
    else if (name === 'h') this.#hold = text;
    else if (name === 'H') this.#hold += end + text;
    else if (name === 'z') this.#set('');
    else if (name === 'x') {
      this.#set(this.#hold);
      this.#hold = text;
    }
  }

  *#substitute(command: Substitution): Sys<Next> {
    const made = yield* substitute(this.#pattern.text, this.#used(command.pattern), command);
    if (made === null) return null;
    this.#replaced = true;
    this.#set(made);
    if (command.print) yield* this.#outputs.main.line(this.#pattern);
    if (command.file !== null) yield* this.#outputs.file(command.file).line(this.#pattern);
    return null;
  }

  /** The next line of a file that is read along. */
  *#appendLine(file: string): Sys<void> {
    let reader = this.#lineFiles.get(file);
    if (reader === undefined) {
      const fd = file === '/dev/stdin' ? 0 : yield* orNull(() => sys.open(file, O_RDONLY));
      reader = fd === null ? null : new LineReader(fd);
      this.#lineFiles.set(file, reader);
    }
    const line = reader === null ? null : yield* reader.nextText();
    if (line !== null) this.#appended.push({ text: `${line}\n` });
  }

  #used(pattern: Regex | null): Regex {
    const used = pattern ?? this.#lastPattern;
    if (used === null) throw new SedEnd(1, '-e expression #1, char 0: no previous regular expression');
    this.#lastPattern = used;
    return used;
  }

  #set(text: string): void {
    this.#pattern = { text, ended: this.#pattern.ended };
  }
}
