/** Regular expressions, for match and what is made of it: JavaScript's, which for what people write is Oniguruma's. */
import { described, JqError, type Value } from './values.ts';

function compiled(pattern: Value, flags: Value): { expression: RegExp; noEmpty: boolean; all: boolean } {
  if (typeof pattern !== 'string')
    throw new JqError(`${described(pattern)} cannot be matched, as it is not a string`);
  if (flags !== null && typeof flags !== 'string') throw new JqError(`${described(flags)} is not a string`);
  let own = 'gu';
  const given = flags ?? '';
  for (const flag of given) {
    if (!'gixsnpl'.includes(flag)) throw new JqError(`${given} is not a valid modifier string`);
    if (flag === 'i') own += 'i';
    if (flag === 's' || flag === 'p') own += 's';
    if (flag === 'x' || flag === 'l')
      throw new JqError(`the modifier ${flag} of regular expressions is not simulated`);
  }
  try {
    return {
      expression: new RegExp(pattern, [...new Set(own)].join('')),
      noEmpty: given.includes('n'),
      all: given.includes('g'),
    };
  } catch {
    throw new JqError(`${pattern} (at offset 0) is not a valid regex`);
  }
}

const lengthIn = (text: string) => [...text].length;

/** What jq's `match` gives, as an array. */
export function matches(value: Value, pattern: Value, flags: Value, everywhere: boolean): Value {
  if (typeof value !== 'string')
    throw new JqError(`${described(value)} cannot be matched, as it is not a string`);
  const { expression, noEmpty, all } = compiled(pattern, flags);
  const found: Value[] = [];
  for (const match of value.matchAll(expression)) {
    if (noEmpty && match[0] === '') continue;
    const names = new Map(Object.entries(match.groups ?? {}).map(([name]) => [name, name]));
    const unnamed = match.slice(1);
    let from = 0;
    const groupNames = [...names.keys()];
    const captures = unnamed.map((text, i): Value => {
      const at = text === undefined ? -1 : match[0].indexOf(text, from);
      if (text !== undefined) from = Math.max(0, at);
      return new Map<string, Value>([
        ['offset', at < 0 ? -1 : lengthIn(value.slice(0, match.index + at))],
        ['length', text === undefined ? 0 : lengthIn(text)],
        ['string', text ?? null],
        ['name', groupNames.length === unnamed.length ? groupNames[i]! : null],
      ]);
    });
    found.push(
      new Map<string, Value>([
        ['offset', lengthIn(value.slice(0, match.index))],
        ['length', lengthIn(match[0])],
        ['string', match[0]],
        ['captures', captures],
      ]),
    );
    if (!all && !everywhere) break;
  }
  return found;
}
