/** Regular expressions, for match and what is made of it: the shell's own, which no expression can make run for ever. */
import { Regex, RegexExhausted, type RegexMatch, RegexProblem } from '../../regex/index.ts';
import type { Meter } from './meter.ts';
import { translate, wrong } from './oniguruma.ts';
import { described, Exhausted, JqError, type Value } from './values.ts';

interface Expression {
  readonly regex: Regex;
  readonly groups: readonly (string | null | undefined)[];
  readonly noEmpty: boolean;
  readonly all: boolean;
}

/** What a run has compiled: a program asks for the same one for each of its values. */
const known = new WeakMap<Meter, Map<string, Expression>>();

const TOO_BIG = 'Regular expression too big';
/** What regcomp(3) says, in the words of Oniguruma. */
const PROBLEMS: Readonly<Record<string, string>> = {
  'Invalid preceding regular expression': 'target of repeat operator is not specified',
  'Invalid content of \\{\\}': 'upper is smaller than lower in repeat range',
  'Invalid range end': 'empty range in char class',
  'Invalid character class name': 'invalid POSIX bracket type',
};

function compiled(pattern: string, flags: string, meter: Meter): Expression {
  const wanted = [...flags].find((flag) => !'gixsnpl'.includes(flag));
  if (wanted !== undefined) throw new JqError(`${flags} is not a valid modifier string`);
  const { source, groups } = translate(pattern, flags.includes('x'), flags.includes('p'));
  try {
    const regex = new Regex([source], {
      extended: true,
      ignoreCase: flags.includes('i'),
      first: true,
    });
    meter.spend(regex.size);
    return { regex, groups, noEmpty: flags.includes('n'), all: flags.includes('g') };
  } catch (error) {
    if (!(error instanceof RegexProblem)) throw error;
    if (error.message === TOO_BIG) throw new Exhausted('the regular expression is too big');
    throw wrong(PROBLEMS[error.message] ?? error.message);
  }
}

function expression(pattern: Value, flags: Value, meter: Meter): Expression {
  if (typeof pattern !== 'string')
    throw new JqError(`${described(pattern)} cannot be matched, as it is not a string`);
  if (flags !== null && typeof flags !== 'string') throw new JqError(`${described(flags)} is not a string`);
  const own = known.get(meter) ?? new Map<string, Expression>();
  known.set(meter, own);
  const name = `${flags ?? ''}/${pattern}`;
  const found = own.get(name) ?? compiled(pattern, flags ?? '', meter);
  own.set(name, found);
  return found;
}

const lengthIn = (text: string) => [...text].length;

function captures({ groups }: Expression, match: RegexMatch, text: string, offset: number): Value[] {
  return groups.flatMap((name, i): Value[] => {
    if (name === undefined) return [];
    const start = match.starts[i + 1]!;
    const part = match.groups[i + 1];
    const place: [string, Value][] =
      part === undefined
        ? [
            ['offset', -1],
            ['string', null],
            ['length', 0],
          ]
        : [
            ['offset', offset + lengthIn(text.slice(match.index, start))],
            ['length', lengthIn(part)],
            ['string', part],
          ];
    return [new Map([...place, ['name', name]])];
  });
}

/** What jq's `match` gives, as an array; as in jq 1.6 none is looked for at the end of a text once something was found. */
export function matches(
  meter: Meter,
  value: Value,
  pattern: Value,
  flags: Value,
  everywhere: boolean,
): Value {
  if (typeof value !== 'string')
    throw new JqError(`${described(value)} cannot be matched, as it is not a string`);
  const sought = expression(pattern, flags, meter);
  const found: Value[] = [];
  let offset = 0;
  let last = 0;
  let from = 0;
  do {
    const match = search(sought.regex, value, from, meter);
    if (match === null) break;
    const { index, end } = match;
    const string = value.slice(index, end);
    offset += lengthIn(value.slice(last, index));
    last = index;
    from = index === end ? end + (value.codePointAt(end)! > 0xffff ? 2 : 1) : end;
    if (sought.noEmpty && string === '') continue;
    found.push(
      new Map<string, Value>([
        ['offset', offset],
        ['length', lengthIn(string)],
        ['string', string],
        ['captures', captures(sought, match, value, offset)],
      ]),
    );
  } while ((sought.all || everywhere) && from < value.length);
  return found;
}

function search(regex: Regex, text: string, from: number, meter: Meter): RegexMatch | null {
  try {
    const match = regex.exec(text, from);
    meter.spend(4 + regex.takeSteps() / 16);
    return match;
  } catch (error) {
    if (!(error instanceof RegexExhausted)) throw error;
    throw new Exhausted('the regular expression takes too many steps');
  }
}
