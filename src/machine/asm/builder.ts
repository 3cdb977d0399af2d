/** Builds a draft from statements: labels, directives, instructions, in the section that is current. */
import type { Diagnostics, Place } from './diagnostics.ts';
import { runDirective } from './directives.ts';
import { Evaluator } from './evaluate.ts';
import { Cursor, type Scope, SyntaxProblem } from './expression.ts';
import { registerNumber } from './isa/registers.ts';
import type { Token } from './lexer.ts';
import { type Assignment, Draft, type Item, type Mark, Section } from './program.ts';
import { Reader, type StatementSink } from './reader.ts';
import { parseInstruction } from './statement.ts';

/** Flags that a section has by its name, as GNU as gives them. */
function flagsByName(name: string): { executable: boolean; writable: boolean; nobits: boolean } {
  const is = (prefix: string) => name === prefix || name.startsWith(`${prefix}.`);
  if (is('.text')) return { executable: true, writable: false, nobits: false };
  if (is('.bss') || is('.sbss')) return { executable: false, writable: true, nobits: true };
  return { executable: false, writable: is('.data') || is('.sdata'), nobits: false };
}

/** Items that no honest program has more of. */
const MOST_ITEMS = 2_000_000;

export class Builder implements StatementSink, Scope {
  readonly draft = new Draft();
  readonly diagnostics: Diagnostics;
  readonly reader: Reader;
  /** Whether instructions are compressed where they can be; `.option rvc` and `norvc`. */
  compress: boolean;
  readonly optionStack: boolean[] = [];
  readonly sectionStack: { current: Section; previous: Section }[] = [];
  section: Section;
  previous: Section;
  readonly #counts = new Map<string, number>();
  #items = 0;

  constructor(diagnostics: Diagnostics, compress: boolean) {
    this.diagnostics = diagnostics;
    this.compress = compress;
    this.reader = new Reader(this, diagnostics);
    this.section = this.sectionNamed('.text');
    this.previous = this.section;
  }

  /** The section called `name`, made with `flags`, or those its name implies, if it is new. */
  sectionNamed(name: string, flags = flagsByName(name)): Section {
    const found = this.draft.sections.get(name);
    if (found !== undefined) return found;
    const made = new Section(name, flags);
    this.draft.sections.set(name, made);
    return made;
  }

  switchTo(section: Section): void {
    this.previous = this.section;
    this.section = section;
  }

  here(): Mark {
    return { section: this.section, index: this.section.items.length };
  }

  /** Appends to the current section. */
  add(item: Item): void {
    if (this.section.nobits && (item.kind === 'instruction' || item.kind === 'data' || item.kind === 'bytes'))
      throw new SyntaxProblem(
        item.place,
        `\`${this.section.name}\` holds only zeros, which take no space in the file`,
        'reserve bytes with `.zero`, or use `.data` for values and `.text` for instructions',
      );
    if (++this.#items > MOST_ITEMS)
      throw new SyntaxProblem(item.place, `a program of more than ${MOST_ITEMS} items is not assembled`);
    this.section.items.push(item);
  }

  localLabel(reference: string): string | null {
    const digits = reference.slice(0, -1);
    const count = this.#counts.get(digits) ?? 0;
    if (reference.endsWith('f')) return `${digits}\0${count + 1}`;
    return count === 0 ? null : `${digits}\0${count}`;
  }

  assignment(name: string): Assignment | undefined {
    return this.draft.symbols.get(name)?.assignment;
  }

  isDefined(name: string): boolean {
    const entry = this.draft.symbols.get(name);
    return entry?.mark !== undefined || entry?.assignment !== undefined;
  }

  label(token: Token): void {
    if (token.kind === 'number' && /^[0-9]+$/.test(token.text)) {
      const count = (this.#counts.get(token.text) ?? 0) + 1;
      this.#counts.set(token.text, count);
      this.draft.symbol(`${token.text}\0${count}`, token.place, true).mark = this.here();
      return;
    }
    if (token.kind !== 'word' || token.text === '.') {
      this.diagnostics.add(
        token.place,
        `\`${token.text}\` cannot be a label`,
        'a label is a name or a number, then `:`',
      );
      return;
    }
    this.define(token, (entry) => {
      entry.mark = this.here();
    });
  }

  /** Gives a name its meaning, if it has none yet and may have one. */
  define(token: Token, give: (entry: ReturnType<Draft['symbol']>) => void): void {
    const { text: name, place } = token;
    if (registerNumber(name) !== undefined) {
      this.diagnostics.add(place, `\`${name}\` is a register and cannot name anything else`);
      return;
    }
    const entry = this.draft.symbol(name, place);
    if (this.isDefined(name)) {
      this.diagnostics.add(place, `\`${name}\` is defined already, in line ${entry.place.line}`);
      return;
    }
    entry.place = place;
    give(entry);
  }

  /** `.set`, `.equ` and `=`: may be done again, and what follows sees the latest. */
  assign(token: Token, cursor: Cursor): void {
    const { text: name, place } = token;
    const value = cursor.expression();
    this.finish(cursor);
    const isRegister = registerNumber(name) !== undefined;
    if (isRegister || name === '.' || this.draft.symbols.get(name)?.mark !== undefined) {
      const what =
        name === '.'
          ? '`.` moves with `.org`'
          : `\`${name}\` is a ${isRegister ? 'register' : 'label'} already`;
      throw new SyntaxProblem(place, `${what} and cannot be given a value`);
    }
    const entry = this.draft.symbol(name, place);
    entry.assignment = { value, place };
    entry.place = place;
  }

  /** The statement must be over. */
  finish(cursor: Cursor): void {
    if (!cursor.done)
      throw new SyntaxProblem(
        cursor.place,
        `expected the end of the statement, found ${cursor.found()}`,
        'a comment begins with #; a new statement with ;',
      );
  }

  statement(tokens: readonly Token[]): void {
    const head = tokens[0]!;
    const last = tokens.at(-1)!.place;
    const end = { ...last, column: last.column + last.length, length: 1 };
    try {
      if (head.kind !== 'word')
        throw new SyntaxProblem(
          head.place,
          `expected an instruction, label or directive, found \`${head.text}\``,
        );
      if (tokens[1]?.kind === 'operator' && tokens[1].text === '=') {
        this.assign(head, new Cursor(tokens.slice(2), end, this));
        return;
      }
      const cursor = new Cursor(tokens.slice(1), end, this);
      if (head.text.startsWith('.')) {
        runDirective(this, head, cursor);
        return;
      }
      this.add(parseInstruction(head.text, cursor, head.place, this.compress, this.reader.macros.keys()));
      this.section.align = Math.max(this.section.align, 4);
    } catch (problem) {
      this.#note(problem);
    }
  }

  constant(tokens: readonly Token[], end: Place): bigint | null {
    try {
      const cursor = new Cursor(tokens, end, this);
      const expression = cursor.expression();
      this.finish(cursor);
      const value = new Evaluator(this.draft, this.diagnostics).value(expression, 0);
      if (value === null) return null;
      if (value.address)
        throw new SyntaxProblem(
          expression.place,
          'expected a constant that is known here; addresses are not yet',
        );
      return value.number;
    } catch (problem) {
      this.#note(problem);
      return null;
    }
  }

  #note(problem: unknown): void {
    if (!(problem instanceof SyntaxProblem)) throw problem;
    this.diagnostics.add(problem.place, problem.message, problem.hint);
  }
}
