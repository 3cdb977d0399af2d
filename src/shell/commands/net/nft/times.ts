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

/** Throws NftError. */
export function duration(token: Token): Nanos {
  const match = PATTERN.exec(token.text);
  if (match === null || token.text === '')
    throw new NftError('syntax error, unexpected number, expecting string', token);
  const all = UNITS.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0);
  if (!Number.isSafeInteger(all * MILLISECOND)) throw new NftError('value too large', token);
  return all * MILLISECOND;
}

export function durationText(time: Nanos): string {
  let rest = Math.floor(time / MILLISECOND);
  let text = '';
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${name}`;
  }
  return text === '' ? '0s' : text;
}
