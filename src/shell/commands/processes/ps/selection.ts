/** Which processes ps(1) shows. */
import type { Sys } from '../../../../linux/index.ts';
import type { Parsed } from '../../options.ts';
import { accounts, groups } from '../../support.ts';
import type { ProcessRow } from '../rows.ts';
import { type Given, type ListKind, PsProblem } from './arguments.ts';

type Test = (row: ProcessRow) => boolean;

/** Numbers of what a list names; `what` is for the error. Throws PsProblem. */
function numbersOf(items: readonly string[], what: string, byName?: ReadonlyMap<string, number>): number[] {
  return items.map((item) => {
    const number = byName?.get(item) ?? (/^\d+$/.test(item) ? Number(item) : null);
    if (number === null)
      throw new PsProblem(byName === undefined ? `${what} list syntax error` : `${what} name does not exist`);
    return number;
  });
}

/** A terminal may be written pts/0 or /dev/pts/0, and - is none. */
const terminalOf = (item: string) => (item === '-' ? '?' : item.replace(/^\/dev\//, ''));

function* testOf(kind: ListKind, items: readonly string[]): Sys<Test> {
  const among = (wanted: readonly (number | string)[], field: (row: ProcessRow) => number | string): Test => {
    const set = new Set(wanted);
    return (row) => set.has(field(row));
  };
  switch (kind) {
    case 'pid':
      return among(numbersOf(items, 'process ID'), (row) => row.pid);
    case 'ppid':
      return among(numbersOf(items, 'process ID'), (row) => row.ppid);
    case 'sid':
      return among(numbersOf(items, 'session ID'), (row) => row.sid);
    case 'comm':
      // A name is kept up to 15 bytes.
      return among(
        items.map((item) => item.slice(0, 15)),
        (row) => row.comm,
      );
    case 'tty':
      return among(items.map(terminalOf), (row) => row.tty);
    case 'egid': {
      const byName = new Map((yield* groups()).map(({ name, gid }) => [name, gid]));
      return among(numbersOf(items, 'group', byName), (row) => row.gid);
    }
    case 'euid':
    case 'ruid': {
      const byName = new Map((yield* accounts()).map(({ name, uid }) => [name, uid]));
      const field = kind === 'euid' ? (row: ProcessRow) => row.uid : (row: ProcessRow) => row.realUid;
      return among(numbersOf(items, 'user', byName), field);
    }
  }
}

/** What the options without lists select; null when there are none. */
function simpleTest(parsed: Parsed, letters: string, me: ProcessRow): Test | null {
  const hasTerminal: Test = (row) => row.tty !== '?';
  const leads: Test = (row) => row.pid === row.sid;
  if (parsed.has('e') || parsed.has('A')) return () => true;
  if (parsed.has('d') && parsed.has('a')) return () => true;
  if (parsed.has('d')) return (row) => !leads(row);
  if (parsed.has('a')) return (row) => hasTerminal(row) && !leads(row);
  const own: Test = (row) => row.uid === me.uid;
  if (letters.includes('a')) return letters.includes('x') ? () => true : hasTerminal;
  return letters.includes('x') ? own : null;
}

/** Those that any of the options selects; with none of them the caller's on its terminal. Throws PsProblem. */
export function* selected(
  parsed: Parsed,
  { letters, lists }: Given,
  rows: readonly ProcessRow[],
  me: ProcessRow,
): Sys<ProcessRow[]> {
  const tests: Test[] = [];
  const simple = simpleTest(parsed, letters ?? '', me);
  if (simple !== null) tests.push(simple);
  for (const [kind, items] of lists) tests.push(yield* testOf(kind, items));
  if (tests.length === 0) tests.push((row) => row.uid === me.uid && row.tty === me.tty);
  const running = letters?.includes('r') ?? false;
  return rows.filter(
    (row) =>
      tests.some((one) => one(row)) !== parsed.has('deselect') &&
      (!running || row.state === 'R' || row.state === 'D'),
  );
}
