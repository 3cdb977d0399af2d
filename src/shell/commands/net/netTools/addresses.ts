/** Addresses in the words of a command line, and what net-tools says of those that nobody knows. */
import type { Sys } from '../../../../linux/index.ts';
import { lookupHost } from '../../../../linux/net/names.ts';
import { networkOf, parseInetAton } from '../../../../network/index.ts';
import { Refused } from '../words.ts';

/** h_errno in the words of hstrerror(3). */
const ERRORS = { unknown: 'Unknown host', again: 'Host name lookup failure' } as const;

/** The address of a name or as text. Throws Refused with `status` and, if given, a line more. */
export function* addressOf(text: string, status: number, more = ''): Sys<number> {
  // Numbers that make no address are no name either, and nobody is asked.
  const found = /^[\d.]+$/.test(text) && parseInetAton(text) === null ? null : yield* lookupHost(text);
  if (found?.kind === 'found') return found.addresses[0]!;
  throw new Refused(`${text}: ${ERRORS[found?.kind ?? 'unknown']}${more}`, status);
}

/** How many ones a mask begins with; null when more follow a zero. */
export function maskLength(mask: number): number | null {
  const length = Math.clz32(~mask);
  return networkOf(0xffff_ffff, length) === mask ? length : null;
}
