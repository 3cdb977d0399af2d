/** One line of assembly source as tokens. */
import type { Diagnostics, Place } from './diagnostics.ts';

export type TokenKind = 'word' | 'number' | 'local' | 'string' | 'modifier' | 'operator';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of a modifier the name without `%`. */
  readonly text: string;
  /** Of a number or character constant. */
  readonly value: bigint;
  /** Of a string: its characters, each a code point, or 0 … 255 for an escaped byte. */
  readonly characters: readonly (string | number)[];
  readonly place: Place;
  /** Where it stands in the text of its line, from 0. */
  readonly start: number;
  readonly end: number;
}

/** A line as the assembler sees it: block comments are blanks already, macro arguments are put in. */
export interface SourceLine {
  readonly text: string;
  readonly number: number;
  /** Set for a line that a macro or repetition made: where that was called. */
  readonly call?: Place;
}

/** The place of a stretch of `line`; inside an expansion, of its call. */
export function placeIn(line: SourceLine, start: number, end: number): Place {
  return line.call ?? { line: line.number, column: start + 1, length: Math.max(1, end - start) };
}

const escapes: Readonly<Record<string, number>> = {
  b: 8,
  t: 9,
  n: 10,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  '\\': 92,
};

/** Reads an escape after `\`: its byte and how many characters it took, or null. */
function readEscape(text: string, at: number): [value: number, length: number] | null {
  const octal = /^[0-7]{1,3}/.exec(text.slice(at, at + 3));
  if (octal !== null) return [Number.parseInt(octal[0], 8) & 0xff, octal[0].length];
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(text.slice(at, at + 3));
  if (hex !== null) return [Number.parseInt(hex[1]!, 16), hex[0].length];
  const plain = escapes[text[at] ?? ''];
  return plain === undefined ? null : [plain, 1];
}

const word = /[A-Za-z_.$][\w.$]*/y;
/** All of GNU as's, so that those that mean nothing without a linker can be refused by name. */
const modifier =
  /%(?:(?:pcrel_|tprel_)?(?:hi|lo)|tprel_add|got_pcrel_hi|tls_ie_pcrel_hi|tls_gd_pcrel_hi)(?=\s*\()/y;
const preprocessed = /#(?:define|undef|include|ifdef|ifndef|elif|endif|pragma)\b/y;
const number = /0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+/y;
const local = /[0-9]+[bf](?![\w.$])/y;
const operator = /<<|>>|<=|>=|==|!=|<>|&&|\|\||[-+*/%&|^~!<>(),:;=@]/y;

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** The value of digits as written, or null: a leading 0 means octal. */
function numberValue(text: string): bigint | null {
  if (/^0[0-9]+$/.test(text)) return /^[0-7]+$/.test(text) ? BigInt(`0o${text}`) : null;
  return BigInt(text);
}

/** Labels in front of a statement that cannot be read still count, so that their uses are no mistakes. */
function leadingLabels(tokens: readonly Token[]): Token[] {
  let end = 0;
  while (tokens[end + 1]?.text === ':') end += 2;
  return tokens.slice(0, end);
}

/** Splits `line` into tokens; of a line with something that cannot be one, which is reported, only the labels are left. */
export function tokenize(line: SourceLine, diagnostics: Diagnostics): Token[] {
  const { text } = line;
  const tokens: Token[] = [];
  let at = 0;
  const fail = (end: number, message: string, hint?: string, start = at) => {
    diagnostics.add(placeIn(line, start, end), message, hint);
    return leadingLabels(tokens);
  };
  const push = (kind: TokenKind, end: number, more: Partial<Token> = {}) => {
    const place = placeIn(line, at, end);
    tokens.push({
      kind,
      text: text.slice(at, end),
      value: 0n,
      characters: [],
      place,
      start: at,
      end,
      ...more,
    });
    at = end;
  };
  while (at < text.length) {
    const c = text[at]!;
    if (/\s/.test(c)) {
      at++;
      continue;
    }
    const preprocessor = c === '#' && text.slice(0, at).trim() === '' ? match(preprocessed, text, at) : null;
    if (preprocessor !== null)
      return fail(
        at + preprocessor.length,
        `there is no C preprocessor; \`${preprocessor}\` would be a comment`,
        '`.equ NAME, value` gives a name a value; `.if` chooses; a comment has a blank after #',
      );
    if (c === '#' || text.startsWith('//', at)) break;
    if (c === '"') {
      const characters: (string | number)[] = [];
      let end = at + 1;
      while (end < text.length && text[end] !== '"') {
        if (text[end] !== '\\') {
          const character = String.fromCodePoint(text.codePointAt(end)!);
          characters.push(character);
          end += character.length;
          continue;
        }
        const read = readEscape(text, end + 1);
        if (read === null)
          return fail(
            end + 2,
            `unknown escape \`\\${text[end + 1] ?? ''}\` in a string`,
            'a backslash is written `\\\\`',
            end,
          );
        characters.push(read[0]);
        end += 1 + read[1];
      }
      if (end >= text.length) return fail(text.length, 'this string has no closing quotation mark `"`');
      push('string', end + 1, { characters });
      continue;
    }
    if (c === "'") {
      const escaped = text[at + 1] === '\\' ? readEscape(text, at + 2) : null;
      const code = text.codePointAt(at + 1);
      const end =
        escaped === null ? at + 1 + (code !== undefined && code > 0xffff ? 2 : 1) : at + 2 + escaped[1];
      if (text[end] !== "'" || code === undefined)
        return fail(Math.min(end, text.length), "a character constant is written `'A'` or `'\\n'`");
      push('number', end + 1, { value: BigInt(escaped === null ? code : escaped[0]) });
      continue;
    }
    const reference = match(local, text, at);
    const digits = match(number, text, at);
    const name = match(word, text, at);
    const percent = match(modifier, text, at);
    if (reference !== null && (digits === null || digits.length < reference.length)) {
      push('local', at + reference.length);
    } else if (digits !== null) {
      const rest = /^[\w.$]*/.exec(text.slice(at + digits.length))![0];
      const value = numberValue(digits);
      if (rest !== '' || value === null)
        return fail(
          at + digits.length + rest.length,
          `\`${digits}${rest}\` is not a number`,
          'write 255, 0xff, 0b11111111 or 0377',
        );
      push('number', at + digits.length, { value });
    } else if (name !== null) {
      push('word', at + name.length);
    } else if (percent !== null) {
      push('modifier', at + percent.length, { text: percent.slice(1) });
    } else {
      const sign = match(operator, text, at);
      if (sign === null) {
        const stray = String.fromCodePoint(text.codePointAt(at)!);
        return fail(at + stray.length, `\`${stray}\` does not belong here`);
      }
      push('operator', at + sign.length);
    }
  }
  return tokens;
}
