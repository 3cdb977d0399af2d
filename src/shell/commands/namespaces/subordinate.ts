/** /etc/subuid and /etc/subgid: which ids of the host a user may map in namespaces of its own, subuid(5). */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, sys } from '../../../linux/index.ts';
import { accounts, linesOf, orNull } from '../support.ts';
import { Failed } from './starting.ts';

export interface SubordinateRange {
  readonly first: number;
  readonly count: number;
}

/** All ranges of the user with this number, by name or by number. */
export function* rangesOf(kind: 'user' | 'group', uid: number): Sys<SubordinateRange[]> {
  const path = kind === 'user' ? '/etc/subuid' : '/etc/subgid';
  const bytes = yield* orNull(() => readFile(path));
  if (bytes === null) return [];
  const name = (yield* accounts()).find((account) => account.uid === uid)?.name;
  return linesOf(decodeUtf8(bytes))
    .map((line) => line.split(':'))
    .filter(([owner]) => owner === name || owner === `${uid}`)
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }));
}

/** The caller's own first one, from 0 on inside. Throws Failed. */
export function* subordinateRange(kind: 'user' | 'group'): Sys<readonly [number, number, number]> {
  const uid = yield* sys.getuid();
  const [first] = yield* rangesOf(kind, uid);
  const path = kind === 'user' ? '/etc/subuid' : '/etc/subgid';
  const name = (yield* accounts()).find((account) => account.uid === uid)?.name ?? `${uid}`;
  if (first === undefined) throw new Failed(`no line matching user "${name}" in ${path}`);
  return [0, first.first, first.count];
}
