/** Script text to commands. Messages are GNU sed's. */
import { endOfCommand, fileArgument, substitution, textArgument, transliteration } from './arguments.ts';
import { sedPattern } from './regex.ts';
import { Scanner } from './scanner.ts';
import type { Action, Address, Command, Pattern, RangeEnd } from './syntax.ts';

const NO_ADDRESS = new Set([':', '#']);
const ONE_ADDRESS = new Set(['q', 'Q']);

export interface Script {
  readonly commands: readonly Command[];
  /** Files that `w` and `s///w` write: made at the start, whether written or not. */
  readonly outputs: readonly string[];
}

/** Throws ScriptError. `extended`: regular expressions of grep -E. */
export function parseScript(text: string, extended: boolean): Script {
  return new Parser(text, extended).script();
}

class Parser {
  readonly #scan: Scanner;
  readonly #extended: boolean;
  readonly #commands: Command[] = [];
  readonly #outputs = new Set<string>();
  readonly #labels = new Map<string, number>();
  readonly #jumps: { readonly index: number; readonly label: string }[] = [];
  /** Indices of the `{` that are not closed yet. */
  readonly #blocks: number[] = [];

  constructor(text: string, extended: boolean) {
    this.#scan = new Scanner(text);
    this.#extended = extended;
  }

  script(): Script {
    const scan: Scanner = this.#scan;
    for (;;) {
      scan.skip(/[\s;]/);
      if (scan.ended) break;
      this.#command();
    }
    if (this.#blocks.length > 0) {
      scan.at = 0;
      scan.fail("unmatched `{'");
    }
    for (const { index, label } of this.#jumps) {
      const to = label === '' ? this.#commands.length : this.#labels.get(label);
      if (to === undefined) throw new UnknownLabel(`can't find label for jump to \`${label}'`);
      this.#replace(index, to);
    }
    return { commands: this.#commands, outputs: [...this.#outputs] };
  }

  #replace(index: number, to: number): void {
    const command = this.#commands[index]!;
    const action = { ...command.action, [command.action.name === '{' ? 'end' : 'to']: to } as Action;
    this.#commands[index] = { ...command, action };
  }

  #command(): void {
    const scan: Scanner = this.#scan;
    const first = this.#address();
    let second: RangeEnd | null = null;
    scan.skip(/[ \t]/);
    if (scan.next === ',') {
      scan.at++;
      if (first === null) scan.fail("unknown command: `,'");
      scan.skip(/[ \t]/);
      second = this.#rangeEnd();
      if (second === null) {
        scan.at++;
        scan.fail("unexpected `,'");
      }
    }
    scan.skip(/[ \t]/);
    let negated = false;
    while (scan.next === '!') {
      scan.at++;
      if (negated) scan.fail("multiple `!'s");
      negated = true;
      scan.skip(/[ \t]/);
    }
    const name = scan.take();
    if (name === undefined || name === '\n' || name === ';') scan.fail('missing command');
    const zero = first?.kind === 'line' && first.line === 0;
    if (zero && second?.kind !== 'match') scan.fail('invalid usage of line address 0');
    if (first !== null && NO_ADDRESS.has(name)) {
      scan.fail(name === ':' ? ": doesn't want any addresses" : "comments don't accept any addresses");
    }
    if (second !== null && ONE_ADDRESS.has(name)) scan.fail('command only uses one address');
    if (name === '#') scan.restOfLine();
    else if (name === ':') this.#label();
    else {
      const action = this.#action(name);
      this.#commands.push({ first, zero, second, negated, action });
    }
  }

  #label(): void {
    const scan: Scanner = this.#scan;
    scan.skip(/[ \t]/);
    const label = this.#word();
    if (label === '') scan.fail('":" lacks a label');
    this.#labels.set(label, this.#commands.length);
  }

  /** Up to white space or `;`. */
  #word(): string {
    const from = this.#scan.at;
    this.#scan.skip(/[^\s;]/);
    return this.#scan.text.slice(from, this.#scan.at);
  }

  #address(): Address | null {
    const scan: Scanner = this.#scan;
    if (scan.next === '$') {
      scan.at++;
      return { kind: 'last' };
    }
    const line = scan.number();
    if (line !== null) {
      if (scan.next !== '~') return { kind: 'line', line };
      scan.at++;
      return { kind: 'step', first: line, step: scan.number() ?? 0 };
    }
    if (scan.next !== '/' && scan.next !== '\\') return null;
    if (scan.take() === '\\') scan.at++;
    const delimiter = scan.text[scan.at - 1]!;
    const text = scan.delimited(delimiter, true);
    if (text === null) scan.fail('unterminated address regex');
    const from = scan.at;
    scan.skip(/[IM]/);
    return { kind: 'match', pattern: this.#pattern(text, scan.text.slice(from, scan.at)) };
  }

  #pattern(text: string, flags: string): Pattern {
    if (text === '') return null;
    const pattern = sedPattern(text, this.#extended, flags);
    return typeof pattern === 'string' ? this.#scan.fail(pattern) : pattern;
  }

  #rangeEnd(): RangeEnd | null {
    const scan: Scanner = this.#scan;
    if (scan.next !== '+' && scan.next !== '~') return this.#address();
    const sign = scan.take();
    const n = scan.number();
    if (n === null) scan.fail("unexpected `,'");
    return sign === '+' ? { kind: 'plus', lines: n } : { kind: 'multiple', of: n };
  }

  #action(name: string): Action {
    const scan: Scanner = this.#scan;
    const index = this.#commands.length;
    switch (name) {
      case '{':
        this.#blocks.push(index);
        return { name, end: 0 };
      case '}': {
        const block = this.#blocks.pop();
        if (block === undefined) scan.fail("unexpected `}'");
        endOfCommand(scan);
        this.#replace(block, index);
        return { name };
      }
      case 'a':
      case 'i':
      case 'c':
        return { name, text: textArgument(scan) };
      case 'b':
      case 't':
      case 'T':
        scan.skip(/[ \t]/);
        this.#jumps.push({ index, label: this.#word() });
        endOfCommand(scan);
        return { name, to: 0 };
      case 'q':
      case 'Q':
      case 'l': {
        scan.skip(/[ \t]/);
        const number = scan.number();
        endOfCommand(scan);
        return name === 'l' ? { name, width: number } : { name, status: number ?? 0 };
      }
      case 'r':
      case 'R':
        return { name, file: fileArgument(scan) };
      case 'w':
      case 'W': {
        const file = fileArgument(scan);
        this.#outputs.add(file);
        return { name, file };
      }
      case 's': {
        const made = substitution(scan, this.#extended);
        if (made.file !== null) this.#outputs.add(made.file);
        return { name, substitution: made };
      }
      case 'y':
        return { name, map: transliteration(scan) };
      case 'e':
        return scan.fail('e/r/w commands disabled in sandbox mode');
      default:
        if (!/[=dDgGhHnNpPxzF]/.test(name)) scan.fail(`unknown command: \`${name}'`);
        endOfCommand(scan);
        return { name: name as '=' };
    }
  }
}

/** A jump to a label that is not there: has no place in the script. */
export class UnknownLabel extends Error {}
