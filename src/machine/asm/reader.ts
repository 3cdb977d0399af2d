/**
 * Source text as statements: block comments become blanks, macros and repetitions are expanded, conditionals choose. What is left
 * goes to a {@link StatementSink} one statement at a time.
 */
import type { Diagnostics, Place } from './diagnostics.ts';
import { placeIn, type SourceLine, type Token, tokenize } from './lexer.ts';
import { type Macro, parseMacro, substitute } from './macros.ts';

/** Takes what the reader finds. */
export interface StatementSink {
  /** A label: `main:` or `1:`. */
  label(token: Token): void;
  /** A directive, instruction or assignment; `tokens` is not empty. */
  statement(tokens: readonly Token[]): void;
  /** The value of a condition or count, which must be known here; null, and reported, if it is not. */
  constant(tokens: readonly Token[], end: Place): bigint | null;
  /** Whether a symbol has been defined so far. */
  isDefined(name: string): boolean;
}

/** Text without block comments; line breaks stay, so that lines keep their numbers. */
export function blankComments(text: string, diagnostics: Diagnostics): string {
  const pattern = /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^\\\n])'|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
  return text.replace(pattern, (found, at: number) => {
    if (!found.startsWith('/*')) return found;
    if (found.length < 4 || !found.endsWith('*/')) {
      const before = text.slice(0, at).split('\n');
      diagnostics.add(
        { line: before.length, column: before.at(-1)!.length + 1, length: 2 },
        'this comment is never closed: `*/` is missing',
      );
    }
    return found.replace(/[^\n]/g, ' ');
  });
}

/** What closes each directive that takes the lines after it. */
const closedBy = new Map([
  ['.macro', '.endm'],
  ['.rept', '.endr'],
  ['.irp', '.endr'],
]);
const conditional = /^\.(if|ifdef|ifndef|elseif|else|endif)$/;

/** Lines and nesting that no honest source needs. */
const MOST_LINES = 200_000;
const DEEPEST = 50;

interface Condition {
  /** Whether lines count now, and whether some branch has counted. */
  active: boolean;
  taken: boolean;
  readonly place: Place;
}

const firstWord = (text: string) => /^\s*(?:[\w.$]+:\s*)*([.\w]+)/.exec(text)?.[1] ?? '';

/** Reads a source. One reader reads one source, once. */
export class Reader {
  readonly macros = new Map<string, Macro>();
  readonly #sink: StatementSink;
  readonly #diagnostics: Diagnostics;
  #lines = 0;
  #expansions = 0;
  #depth = 0;

  constructor(sink: StatementSink, diagnostics: Diagnostics) {
    this.#sink = sink;
    this.#diagnostics = diagnostics;
  }

  read(text: string): void {
    const lines = blankComments(text, this.#diagnostics).split(/\r\n|\n|\r/);
    this.#block(lines.map((line, index) => ({ text: line, number: index + 1 })));
  }

  /** Counts a line, or an expansion, which is work even without lines; reports when there are too many. */
  #tooMany(place: Place): boolean {
    this.#lines++;
    if (this.#lines === MOST_LINES + 1)
      this.#diagnostics.add(place, `the source expands to more than ${MOST_LINES} lines`);
    return this.#lines > MOST_LINES;
  }

  /** Reads lines that belong together: a file, or the body of an expansion. */
  #block(lines: readonly SourceLine[]): void {
    const conditions: Condition[] = [];
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index]!;
      if (this.#tooMany(placeIn(line, 0, 1))) return;
      const active = conditions.every((condition) => condition.active);
      if (!active && !conditional.test(firstWord(line.text))) continue;
      const statements = this.#statements(line);
      for (const tokens of statements) {
        const head = tokens[0];
        if (head === undefined) continue;
        if (conditional.test(head.text)) {
          this.#condition(conditions, tokens, placeIn(line, line.text.length, line.text.length));
          continue;
        }
        if (!conditions.every((condition) => condition.active)) continue;
        const end = closedBy.get(head.text);
        if (end === undefined) {
          this.#statement(tokens, line);
          continue;
        }
        if (tokens !== statements.at(-1))
          this.#diagnostics.add(
            head.place,
            `what \`${head.text}\` takes begins on the next line, not after \`;\``,
          );
        index = this.#collect(lines, index, head, tokens, end);
        break;
      }
    }
    for (const { place } of conditions)
      this.#diagnostics.add(place, 'this condition is never closed: `.endif` is missing');
  }

  /** The statements of a line; `;` stands between them. */
  #statements(line: SourceLine): Token[][] {
    const statements: Token[][] = [[]];
    for (const token of tokenize(line, this.#diagnostics)) {
      if (token.kind === 'operator' && token.text === ';') statements.push([]);
      else statements.at(-1)!.push(token);
    }
    return statements;
  }

  #statement(tokens: readonly Token[], line: SourceLine): void {
    let rest = tokens;
    while (rest.length > 0 && rest[1]?.kind === 'operator' && rest[1].text === ':') {
      this.#sink.label(rest[0]!);
      rest = rest.slice(2);
    }
    const head = rest[0];
    if (head === undefined) return;
    const macro = head.kind === 'word' ? this.macros.get(head.text) : undefined;
    if (macro !== undefined) {
      this.#expand(macro, rest, line);
      return;
    }
    if (closedBy.has(head.text) || conditional.test(head.text)) {
      this.#diagnostics.add(head.place, `\`${head.text}\` stands on a line of its own, without a label`);
      return;
    }
    this.#sink.statement(rest);
  }

  #condition(conditions: Condition[], tokens: readonly Token[], end: Place): void {
    const [head, ...rest] = tokens as [Token, ...Token[]];
    const current = conditions.at(-1);
    const outer = conditions.slice(0, -1).every((condition) => condition.active);
    const holds = (): boolean => {
      if (head.text === '.if' || head.text === '.elseif')
        return (this.#sink.constant(rest, end) ?? 0n) !== 0n;
      const name = rest[0];
      if (name?.kind !== 'word' || rest.length > 1) {
        this.#diagnostics.add(rest[0]?.place ?? end, `\`${head.text}\` takes the name of a symbol`);
        return false;
      }
      return this.#sink.isDefined(name.text) === (head.text === '.ifdef');
    };
    if (head.text.startsWith('.if')) {
      const around = conditions.every((condition) => condition.active);
      const active = around && holds();
      conditions.push({ active, taken: active, place: head.place });
      return;
    }
    if (current === undefined) {
      this.#diagnostics.add(head.place, `\`${head.text}\` without \`.if\` before it`);
    } else if (head.text === '.endif') {
      conditions.pop();
    } else {
      const active = outer && !current.taken && (head.text === '.else' || holds());
      current.active = active;
      current.taken ||= active;
    }
  }

  /** Takes the lines up to `end` and defines or repeats them; returns the index of the last line taken. */
  #collect(
    lines: readonly SourceLine[],
    from: number,
    head: Token,
    tokens: readonly Token[],
    end: string,
  ): number {
    let depth = 1;
    let index = from + 1;
    for (; index < lines.length; index++) {
      const word = firstWord(lines[index]!.text);
      if (closedBy.get(word) === end) depth++;
      else if (word === end && --depth === 0) break;
    }
    const line = lines[from]!;
    if (index >= lines.length)
      this.#diagnostics.add(head.place, `\`${head.text}\` is never closed: \`${end}\` is missing`);
    const body = lines.slice(from + 1, index);
    const endOfLine = placeIn(line, line.text.length, line.text.length);
    if (head.text === '.macro') {
      const macro = parseMacro(tokens.slice(1), line, body, this.#diagnostics, endOfLine);
      if (macro !== null) this.macros.set(macro.name, macro);
    } else if (head.text === '.rept') {
      const count = this.#sink.constant(tokens.slice(1), endOfLine) ?? 0n;
      if (count < 0n) this.#diagnostics.add(head.place, '`.rept` takes a count of 0 or more');
      for (let i = 0n; i < count && this.#lines <= MOST_LINES; i++)
        this.#run(body, head.place, '.rept', new Map());
    } else {
      const [name, ...rest] = tokens.slice(1);
      if (name?.kind !== 'word') {
        this.#diagnostics.add(name?.place ?? endOfLine, '`.irp` takes a name and then its values');
        return index;
      }
      const text = line.text.slice(name.end, rest.at(-1)?.end ?? name.end).replace(/^\s*,/, '');
      for (const argument of text.split(','))
        this.#run(body, head.place, '.irp', new Map([[name.text, argument.trim()]]));
    }
    return index;
  }

  #expand(macro: Macro, tokens: readonly Token[], line: SourceLine): void {
    const head = tokens[0]!;
    const text = line.text.slice(head.end, tokens.at(-1)!.end);
    const values = macro.bind(text, head.place, this.#diagnostics);
    if (values !== null) this.#run(macro.body, head.place, macro.name, values);
  }

  #run(body: readonly SourceLine[], place: Place, what: string, values: ReadonlyMap<string, string>): void {
    if (this.#depth >= DEEPEST) {
      this.#diagnostics.add(
        place,
        `\`${what}\` is nested more than ${DEEPEST} deep`,
        'a macro that uses itself needs an `.if` to stop',
      );
      return;
    }
    if (this.#tooMany(place)) return;
    this.#depth++;
    const count = String(this.#expansions++);
    this.#block(
      body.map(({ text, number }) => ({
        text: substitute(text, values, count),
        number,
        call: { ...place, within: place.within ?? `\`${what}\`, line ${number}` },
      })),
    );
    this.#depth--;
  }
}
