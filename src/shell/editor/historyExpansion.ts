/** History expansion: `!!`, `!n`, `!prefix`, `!?text?`, `^old^new`, word designators and the common modifiers. */
import type { History } from './history.ts';

export interface HistoryExpansion {
  readonly text: string;
  /** Something was expanded, so the line is shown before it runs. */
  readonly changed: boolean;
  /** `:p`: show it, do not run it. */
  readonly printOnly: boolean;
}

/** The event or word does not exist; the message is bash's. */
export class HistoryError extends Error {}

/** Expands `line`. Single quotes, and a `!` before a blank, `=` or `(`, are left alone. */
export function expandHistory(line: string, history: History): HistoryExpansion {
  if (line.startsWith('^')) return quickSubstitution(line, history);
  let out = '';
  let changed = false;
  let printOnly = false;
  let inDouble = false;
  for (let i = 0; i < line.length; ) {
    const char = line[i]!;
    if (char === '\\') {
      out += line.slice(i, i + 2);
      i += 2;
    } else if (char === "'" && !inDouble) {
      const end = line.indexOf("'", i + 1);
      const stop = end < 0 ? line.length : end + 1;
      out += line.slice(i, stop);
      i = stop;
    } else if (char === '!' && startsEvent(line, i, inDouble)) {
      const reference = new Reference(line, i, out, history);
      out += reference.text;
      printOnly ||= reference.printOnly;
      changed = true;
      i = reference.end;
    } else {
      if (char === '"') inDouble = !inDouble;
      out += char;
      i++;
    }
  }
  return { text: out, changed, printOnly };
}

function startsEvent(line: string, at: number, inDouble: boolean): boolean {
  const next = line[at + 1];
  if (next === undefined || /[\s=(]/.test(next)) return false;
  if (next === '"' && inDouble) return false;
  const before = line.slice(0, at);
  return !/\$\{?$/.test(before) && !/\[$/.test(before);
}

function quickSubstitution(line: string, history: History): HistoryExpansion {
  const [, from = '', to = ''] = line.split('^');
  const last = history.entries.at(-1)?.text;
  if (last === undefined || from === '' || !last.includes(from)) {
    throw new HistoryError(`:s${line}: substitution failed`);
  }
  const rest = line.split('^').slice(3).join('^');
  return { text: last.replace(from, () => to) + rest, changed: true, printOnly: false };
}

/** Words of a command line, quotes kept together. */
export function historyWords(line: string): string[] {
  return line.match(/(?:[^\s"'\\|&;<>()]|\\.|"(?:[^"\\]|\\.)*"?|'[^']*'?)+|[|&;<>()]+/g) ?? [];
}

/** One `!…` reference: event, word designator, modifiers. */
class Reference {
  text: string;
  end: number;
  printOnly = false;
  readonly #line: string;

  constructor(line: string, at: number, before: string, history: History) {
    this.#line = line;
    this.end = at + 1;
    this.text = this.#event(before, history, at);
    this.#words();
    this.#modifiers();
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const match = pattern.exec(this.#line.slice(this.end));
    if (match !== null) this.end += match[0].length;
    return match;
  }

  #event(before: string, history: History, at: number): string {
    const entries = history.entries;
    const fail = (): never => {
      throw new HistoryError(`${this.#line.slice(at, this.end)}: event not found`);
    };
    if (this.#take(/^!/)) return entries.at(-1)?.text ?? fail();
    if (this.#take(/^#/)) return before;
    const number = this.#take(/^-?\d+/);
    if (number !== null) {
      const value = Number(number[0]);
      const index = value < 0 ? entries.length + value : value - history.firstNumber;
      return entries[index]?.text ?? fail();
    }
    const search = this.#take(/^\?([^?]*)\??/);
    if (search !== null) return entries.findLast((entry) => entry.text.includes(search[1]!))?.text ?? fail();
    if (/^[$^*:]/.test(this.#line.slice(this.end))) return entries.at(-1)?.text ?? fail();
    const prefix = this.#take(/^[^\s:;&|"'()<>^$*]+/);
    if (prefix === null) return fail();
    return entries.findLast((entry) => entry.text.startsWith(prefix[0]))?.text ?? fail();
  }

  #words(): void {
    const match = this.#take(/^(?::(?=[\d^$*-])|(?=[\^$*]))(\d+-\d+|\d+-\$|\d+-|\d+\*|\d+|\^|\$|\*|-\d+)/);
    if (match === null) return;
    const words = historyWords(this.text);
    const last = words.length - 1;
    const designator = match[1]!;
    const range = /^(\d*)-(\d+|\$)?$/.exec(designator);
    let from = 0;
    let to = last;
    if (designator === '^') from = to = 1;
    else if (designator === '$') from = last;
    else if (designator === '*') from = 1;
    else if (range !== null) {
      from = Number(range[1] || 0);
      to = range[2] === undefined ? last - 1 : range[2] === '$' ? last : Number(range[2]);
    } else if (designator.endsWith('*')) from = Number(designator.slice(0, -1));
    else from = to = Number(designator);
    if (designator !== '*' && (from > last || to > last))
      throw new HistoryError(`${designator}: bad word specifier`);
    this.text = words.slice(from, to + 1).join(' ');
  }

  #modifiers(): void {
    for (;;) {
      const substitution = this.#take(/^:(g?)s(.)((?:(?!\2).)*)\2((?:(?!\2).)*)\2?/);
      if (substitution !== null) {
        const [, all, , from, to] = substitution;
        if (!this.text.includes(from!)) throw new HistoryError(`${substitution[0]}: substitution failed`);
        this.text =
          all === 'g' ? this.text.replaceAll(from!, () => to!) : this.text.replace(from!, () => to!);
        continue;
      }
      const simple = this.#take(/^:([phtre])/);
      if (simple === null) return;
      this.#modify(simple[1]!);
    }
  }

  #modify(letter: string): void {
    const slash = this.text.lastIndexOf('/');
    const dot = this.text.lastIndexOf('.');
    if (letter === 'p') this.printOnly = true;
    else if (letter === 'h' && slash >= 0) this.text = this.text.slice(0, slash);
    else if (letter === 't') this.text = this.text.slice(slash + 1);
    else if (letter === 'r' && dot > slash) this.text = this.text.slice(0, dot);
    else if (letter === 'e' && dot > slash) this.text = this.text.slice(dot);
  }
}
