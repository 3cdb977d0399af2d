/** Reads words: literals, quoting and expansions. `parameters.ts` has what stands in `${ }`. */
import { normalizeText } from '../text.ts';
import { readEscape } from './ansiC.ts';
import type { List, ParameterPart, Word, WordPart } from './ast.ts';
import { MAX_NESTING, ShellSyntaxError, Source } from './source.ts';

/** What reading a word needs besides the text. */
export interface WordReading {
  readonly source: Source;
  /** Parses a command list up to the closing `)` of a substitution, or to the end of the text. */
  substitution(source: Source, closer: ')' | null): List;
  extglob(): boolean;
  /** Reads `${ … }` from its brace: `parameters.ts`. */
  readonly parameter: (reading: WordReading, inDouble: boolean) => ParameterPart;
  /** How deep expansions are nested here. */
  depth: number;
}

const metacharacters = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')', '']);

export function isMetacharacter(char: string): boolean {
  return metacharacters.has(char);
}

/** Collects parts, joining neighbouring text of the same kind. */
export class PartList {
  readonly parts: WordPart[] = [];
  #text = '';
  #quoted = false;

  add(text: string, quoted: boolean): void {
    if (quoted !== this.#quoted) this.flush();
    this.#quoted = quoted;
    this.#text += text;
  }

  push(part: WordPart): void {
    this.flush();
    this.parts.push(part);
  }

  flush(): void {
    if (this.#text !== '') this.parts.push({ type: this.#quoted ? 'quoted' : 'literal', text: this.#text });
    this.#text = '';
  }

  finish(): WordPart[] {
    this.flush();
    return this.parts;
  }
}

function unterminated(line: number, closer: string): ShellSyntaxError {
  return new ShellSyntaxError(`unexpected EOF while looking for matching \`${closer}'`, line, {
    incomplete: true,
  });
}

/** The text up to `'`, which is eaten; the opening quote is behind. */
export function readSingleQuoted(reading: WordReading): string {
  const { source } = reading;
  const end = source.text.indexOf("'", source.pos);
  if (end < 0) throw unterminated(source.line, "'");
  const text = source.text.slice(source.pos, end);
  source.advance(end + 1 - source.pos);
  return text;
}

/** `$'…'` from after its opening quote. */
export function readAnsiC(reading: WordReading): string {
  const { source } = reading;
  const line = source.line;
  let out = '';
  for (;;) {
    const char = source.peek();
    if (char === '') throw unterminated(line, "'");
    source.advance();
    if (char === "'") return normalizeText(out);
    if (char !== '\\') {
      out += char;
      continue;
    }
    const found = readEscape(source.text, source.pos, 'quote');
    if (source.atEnd) throw unterminated(line, "'");
    out += found.text;
    source.advance(found.next - source.pos);
  }
}

/** `"…"` from after its opening quote. */
export function readDoubleQuoted(reading: WordReading): WordPart[] {
  const { source } = reading;
  const line = source.line;
  const list = new PartList();
  for (;;) {
    const char = source.peek();
    if (char === '') throw unterminated(line, '"');
    if (char === '"') {
      source.advance();
      return list.finish();
    }
    readQuotedCharacter(reading, list, '$`"\\');
  }
}

/** One character or expansion inside double quotes or a here-document; backslash quotes the characters `escapable`. */
export function readQuotedCharacter(reading: WordReading, list: PartList, escapable: string): void {
  const { source } = reading;
  const char = source.peek();
  if (char === '\\') {
    const next = source.peek(1);
    if (next === '\n') source.advance(2);
    else if (next !== '' && escapable.includes(next)) {
      list.add(next, true);
      source.advance(2);
    } else {
      list.add('\\', true);
      source.advance();
    }
  } else if (char === '$' || char === '`') {
    const part = readExpansion(reading, true);
    if (part === null) list.add('$', true);
    else list.push(part);
  } else {
    list.add(char, true);
    source.advance();
  }
}

const nameStart = /[A-Za-z_]/;
const nameCharacter = /[A-Za-z0-9_]/;

/** A name at the reading position, or ''; does not move. */
export function peekName(source: Source): string {
  if (!nameStart.test(source.peek())) return '';
  let end = source.pos + 1;
  while (end < source.text.length && nameCharacter.test(source.text[end]!)) end++;
  return source.text.slice(source.pos, end);
}

/** An expansion that starts with `$` or a backquote; null when the `$` stands for itself (it is eaten). */
export function readExpansion(reading: WordReading, inDouble: boolean): WordPart | null {
  const { source } = reading;
  if (++reading.depth > MAX_NESTING) throw new ShellSyntaxError('expansions nested too deeply', source.line);
  try {
    if (source.peek() === '`') return readBackquotes(reading, inDouble);
    source.advance();
    const next = source.peek();
    if (next === '{') return reading.parameter(reading, inDouble);
    if (next === '(') return readParenthesized(reading);
    const name = peekName(source) || (next !== '' && '0123456789@*#?-$!'.includes(next) ? next : '');
    if (name === '') return null;
    source.advance(name.length);
    return { type: 'parameter', name, index: null, indirect: false, operation: null, text: `$${name}` };
  } finally {
    reading.depth--;
  }
}

/** `$(( … ))` or `$( … )`; the `$` is behind. */
function readParenthesized(reading: WordReading): WordPart {
  const { source } = reading;
  if (source.peek(1) === '(' && closesAsArithmetic(source.text, source.pos + 2)) {
    source.advance(2);
    return { type: 'arithmetic', expression: readArithmetic(reading, '))') };
  }
  source.advance();
  return { type: 'command', body: reading.substitution(source, ')') };
}

/** True when the parenthesis that closes the one before `at` is followed by another one. */
export function closesAsArithmetic(text: string, at: number): boolean {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === "'" || char === '"') {
      const end = text.indexOf(char, i + 1);
      if (end < 0) return true;
      i = end;
    } else if (char === '(') depth++;
    else if (char === ')') {
      if (depth === 0) return text[i + 1] === ')';
      depth--;
    }
  }
  return true;
}

/** Arithmetic text up to `closer` (which is eaten), expansions read, as inside double quotes. */
export function readArithmetic(reading: WordReading, closer: '))' | ']' | ';' | '}' | ':'): Word {
  const { source } = reading;
  const start = source.pos;
  const line = source.line;
  const list = new PartList();
  const open: string[] = [];
  let conditionals = 0;
  for (;;) {
    const char = source.peek();
    if (char === '') throw unterminated(line, closer === '))' ? ')' : closer);
    if (open.length === 0 && (closer !== ':' || conditionals === 0)) {
      const found = closer === ':' ? char === ':' || char === '}' : source.startsWith(closer);
      if (found) break;
    }
    if (closer === ';' && open.length === 0 && source.startsWith('))')) break;
    if (char === '(' || char === '[') open.push(char);
    else if (char === ')' || char === ']') open.pop();
    else if (char === '?') conditionals++;
    else if (char === ':' && conditionals > 0) conditionals--;
    if (char === '"') source.advance();
    else if (char === "'") {
      source.advance();
      list.add(readSingleQuoted(reading), true);
    } else readQuotedCharacter(reading, list, '$`"\\');
  }
  const text = source.text.slice(start, source.pos);
  if (closer !== ':' && source.startsWith(closer)) source.advance(closer.length);
  return { parts: list.finish(), text };
}

function readBackquotes(reading: WordReading, inDouble: boolean): WordPart {
  const { source } = reading;
  const line = source.line;
  source.advance();
  let script = '';
  for (;;) {
    const char = source.peek();
    if (char === '') throw unterminated(line, '`');
    source.advance();
    if (char === '`') break;
    const next = source.peek();
    if (char === '\\' && next !== '' && (inDouble ? '$`\\"' : '$`\\').includes(next)) {
      script += next;
      source.advance();
    } else script += char;
  }
  return { type: 'command', body: reading.substitution(new Source(script, line), null) };
}

/** Where a word ends besides at metacharacters, and what is special in it. */
export interface WordEnd {
  /** Characters that end the word where they stand unquoted. */
  readonly stops: string;
  /** Metacharacters end the word. */
  readonly metacharacters: boolean;
}

const ordinary: WordEnd = { stops: '', metacharacters: true };

/** Reads one word; the parts are empty when none starts here. */
export function readWord(reading: WordReading, end: WordEnd = ordinary): Word {
  const { source } = reading;
  const start = source.pos;
  const list = new PartList();
  for (;;) {
    const char = source.peek();
    if (char === '' || end.stops.includes(char)) break;
    if ((char === '<' || char === '>') && source.peek(1) === '(' && end.metacharacters) {
      if (source.pos !== start) break;
      source.advance(2);
      list.push({ type: 'process', direction: char, body: reading.substitution(source, ')') });
      continue;
    }
    if (end.metacharacters && isMetacharacter(char)) break;
    readUnquoted(reading, list);
  }
  return { parts: list.finish(), text: source.text.slice(start, source.pos) };
}

/** One character, quotation or expansion outside double quotes. */
export function readUnquoted(reading: WordReading, list: PartList): void {
  const { source } = reading;
  const char = source.peek();
  switch (char) {
    case '\\':
      if (source.peek(1) === '\n') {
        source.advance(2);
        if (source.atEnd)
          throw new ShellSyntaxError('unexpected end of file', source.line, { incomplete: true });
      } else if (source.peek(1) === '') {
        list.add('\\', true);
        source.advance();
      } else {
        list.add(source.peek(1), true);
        source.advance(2);
      }
      return;
    case "'":
      source.advance();
      list.push({ type: 'quoted', text: readSingleQuoted(reading) });
      return;
    case '"':
      source.advance();
      list.push({ type: 'double', parts: readDoubleQuoted(reading) });
      return;
    case '`':
      list.push(readExpansion(reading, false)!);
      return;
    case '$': {
      if (source.peek(1) === "'") {
        source.advance(2);
        list.push({ type: 'quoted', text: readAnsiC(reading) });
        return;
      }
      if (source.peek(1) === '"') {
        source.advance(2);
        list.push({ type: 'double', parts: readDoubleQuoted(reading) });
        return;
      }
      const part = readExpansion(reading, false);
      if (part === null) list.add('$', false);
      else list.push(part);
      return;
    }
    default:
      if ('?*+@!'.includes(char) && source.peek(1) === '(' && reading.extglob()) {
        readExtendedPattern(reading, list);
        return;
      }
      list.add(char, false);
      source.advance();
  }
}

/** `@( … )` and its kin: the parentheses and bars belong to the word. */
function readExtendedPattern(reading: WordReading, list: PartList): void {
  const { source } = reading;
  const line = source.line;
  list.add(source.text.slice(source.pos, source.pos + 2), false);
  source.advance(2);
  for (let depth = 1; depth > 0; ) {
    const char = source.peek();
    if (char === '') throw unterminated(line, ')');
    if (char === '(' || char === ')' || isMetacharacter(char)) {
      depth += char === '(' ? 1 : char === ')' ? -1 : 0;
      list.add(char, false);
      source.advance();
    } else readUnquoted(reading, list);
  }
}

/** The right side of `=~`: parentheses and bars belong to the word, white space outside parentheses ends it. */
export function readRegexWord(reading: WordReading): Word {
  const { source } = reading;
  const start = source.pos;
  const list = new PartList();
  let depth = 0;
  for (;;) {
    const char = source.peek();
    if (char === '' || char === '\n') break;
    if (depth === 0 && (char === ' ' || char === '\t')) break;
    if (depth === 0 && (char === ')' || char === '&')) break;
    if (char === '(' || char === ')' || isMetacharacter(char)) {
      depth += char === '(' ? 1 : char === ')' ? -1 : 0;
      list.add(char, false);
      source.advance();
    } else readUnquoted(reading, list);
  }
  return { parts: list.finish(), text: source.text.slice(start, source.pos) };
}
