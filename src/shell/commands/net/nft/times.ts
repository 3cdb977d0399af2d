/** Spans of time in nft's language: `1m30s`, `1d2h`, `500ms`. */
import { MILLISECOND, type Nanos } from '../../../../base/index.ts';
import { NftError, type Token } from './tokens.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;
const PATTERN = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** No number in it has more digits (`time_parse` of src/datatype.c). */
const MOST_DIGITS = 8;

/** Throws NftError. */
export function duration(token: Token): Nanos {
  const match = PATTERN.exec(token.text);
  if (match === null || token.text === '')
    throw new NftError('syntax error, unexpected number, expecting string', token);
  if (match.slice(1).some((digits) => (digits ?? '').length > MOST_DIGITS))
    throw new NftError('value too large', token);
  const all = UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
  return all * MILLISECOND;
}

export function durationText(time: Nanos): string {
  // Long times are not held to the nanosecond, and must not lose a millisecond by that.
  let rest = Math.floor((time + 1000) / MILLISECOND);
  let text = '';
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${name}`;
  }
  return text === '' ? '0s' : text;
}
