/** Intervals that clash with others, which a set of them may not hold. */
import { keyText, type SetKey } from '../../../../network/index.ts';
import { Refused } from '../words.ts';
import { NftError, type Token } from './tokens.ts';

/** An element of a command. */
export interface ReadElement {
  readonly key: SetKey;
  readonly token: Token;
}

/** What all names begin with that an element is about. */
const stem = (name: string) => name.replace(/\*$/, '');

/** What begins first, and of several the longest. */
function comesBefore(a: SetKey, b: SetKey): boolean {
  if (typeof a === 'string' || typeof b === 'string') {
    const [left, right] = [stem(`${a}`), stem(`${b}`)];
    return left < right || (left === right && a !== left);
  }
  return a[0] < b[0] || (a[0] === b[0] && a[1] > b[1]);
}

/** Whether `a` and what comes behind it, or is as it, have something in common without being the same. */
function reaches(a: SetKey, b: SetKey): boolean {
  if (typeof a !== 'string' && typeof b !== 'string') return b[0] <= a[1] && keyText(a) !== keyText(b);
  return `${a}`.endsWith('*') && a !== b && stem(`${b}`).startsWith(stem(`${a}`));
}

/**
 * Throws NftError, Refused, when an interval overlaps with others, be they there or of the same command. They are looked through in their
 * order, as the real one does (`setelem_overlap` of src/intervals.c): two that clash have nothing between them that does not.
 */
export function refuseOverlaps(known: readonly SetKey[], read: readonly ReadElement[]): void {
  const all: { readonly key: SetKey; readonly token: Token | null }[] = [
    ...known.map((key) => ({ key, token: null })),
    ...read,
  ];
  all.sort((a, b) => (comesBefore(a.key, b.key) ? -1 : comesBefore(b.key, a.key) ? 1 : 0));
  for (const [i, { key, token }] of all.entries()) {
    const before = all[i - 1];
    if (before === undefined || !reaches(before.key, key)) continue;
    if (before.token !== null && token !== null)
      throw new NftError('conflicting intervals specified', token, token, [before.token, before.token]);
    // Of names it is the kernel that says so, and no place.
    if (typeof key === 'string')
      throw new Refused('netlink: Error: interval overlaps with an existing one', 1);
    throw new NftError('interval overlaps with an existing one', token ?? before.token);
  }
}
