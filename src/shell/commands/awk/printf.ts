/** Puts values into a printf format. */
import { type Conversion, formatInteger, formatReal, formatText, parseFormat } from './format.ts';
import { AwkError, bounded, RunTimeError } from './problems.ts';
import { InputText, toNumber, toText, type Value } from './values.ts';

type Parts = ReturnType<typeof parseFormat>;
const parsed = new Map<string, Parts>();
const MOST_KEPT = 200;

/** No conversion may be wider or more precise than this. */
const WIDEST = 1 << 20;

function partsOf(format: string): Parts {
  const known = parsed.get(format);
  if (known !== undefined) return known;
  if (parsed.size >= MOST_KEPT) parsed.clear();
  const parts = parseFormat(format);
  parsed.set(format, parts);
  return parts;
}

/** What could be formatted, and what went wrong then; null when nothing did. */
export interface Formatted {
  readonly text: string;
  readonly problem: RunTimeError | null;
}

/** `name` is printf or sprintf, for the messages. */
export function formatValues(
  name: string,
  format: string,
  values: readonly Value[],
  convfmt: string,
): Formatted {
  let text = '';
  let next = 0;
  let conversions = 0;
  const take = (): Value => {
    if (next >= values.length) throw new RunTimeError(`not enough arguments passed to ${name}("${format}")`);
    return values[next++]!;
  };
  try {
    // To mawk a format ends in its first NUL, as any text of C.
    for (const part of partsOf(format.split('\0')[0]!)) {
      if (typeof part === 'string') text += part;
      else {
        conversions++;
        if ('bad' in part) {
          // mawk takes the argument first.
          take();
          throw new RunTimeError(`improper conversion(number ${conversions}) in ${name}("${format}")`);
        }
        text = bounded(text + converted(part, take, convfmt));
      }
    }
  } catch (error) {
    if (!(error instanceof RunTimeError)) throw error;
    return { text, problem: error };
  }
  return { text, problem: null };
}

function converted(
  { flags, width, precision, letter }: Conversion,
  take: () => Value,
  convfmt: string,
): string {
  let allFlags = flags;
  let wide = width ?? Math.trunc(toNumber(take()));
  if (wide < 0) {
    allFlags += '-';
    wide = -wide;
  }
  let precise = precision === null ? Math.trunc(toNumber(take())) : precision;
  if (precise !== undefined && precise < 0) precise = undefined;
  // Not made first and then refused: the largest would not fit into the real memory.
  if (Math.max(wide, precise ?? 0) > WIDEST) throw new AwkError('out of memory');
  const value = take();
  switch (letter) {
    case 's':
      return formatText(toText(value, convfmt), allFlags, wide, precise);
    case 'c':
      return formatText(character(value), allFlags, wide, undefined);
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return formatInteger(letter, toNumber(value), allFlags, wide, precise);
    default:
      return formatReal(letter, toNumber(value), allFlags, wide, precise);
  }
}

/** %c: a number is a character's code, of a text the first byte counts. */
function character(value: Value): string {
  const number = value instanceof InputText ? value.number : value;
  if (typeof number === 'number') return String.fromCharCode(Math.trunc(number) & 255);
  const text = value instanceof InputText ? value.text : value;
  return typeof text === 'string' && text !== '' ? text[0]! : '\0';
}
