/** What the options of strace(1) ask for. */
import { Failed } from '../namespaces/starting.ts';
import { type Parsed, UsageError } from '../options.ts';
import { everything, type Selection, select } from './selection.ts';

export const sortKeys = ['time', 'avg-time', 'calls', 'errors', 'name', 'none'] as const;
export type SortKey = (typeof sortKeys)[number];

/** Other names that -S knows. */
const sortNames: Readonly<Record<string, SortKey>> = {
  'time-percent': 'time',
  time_percent: 'time',
  time_total: 'time',
  'total-time': 'time',
  total_time: 'time',
  'time-total': 'time',
  avg_time: 'avg-time',
  count: 'calls',
  error: 'errors',
  syscall: 'name',
  nothing: 'none',
};

export interface Settings {
  readonly command: readonly string[];
  readonly pids: readonly number[];
  readonly user: string | null;
  readonly environment: ReadonlyMap<string, string>;
  /** Where to; null: standard error. */
  readonly file: string | null;
  readonly append: boolean;
  readonly follow: boolean;
  readonly selection: Selection;
  /** Bytes of a string. */
  readonly limit: number;
  /** Paths of descriptors. */
  readonly paths: boolean;
  /** Results begin at this column. */
  readonly column: number;
  readonly stamp: 'none' | 'seconds' | 'micros' | 'unix';
  readonly relative: boolean;
  /** Time in each call. */
  readonly spent: boolean;
  readonly summary: 'none' | 'only' | 'also';
  /** The summary counts the time from a call's begin to its end, not the kernel's. */
  readonly wall: boolean;
  readonly sort: SortKey;
}

function count(parsed: Parsed, key: string): number {
  return parsed.order.filter((each) => each === key).length;
}

function number(parsed: Parsed, key: string, letter: string, otherwise: number): number {
  const text = parsed.value(key);
  if (text === null) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`invalid -${letter} argument: '${text}'`);
  return Number(text);
}

function pidsOf(texts: readonly string[]): number[] {
  const words = texts.flatMap((text) =>
    text.split(/[,\s]+/).filter((word, _, all) => word !== '' || all.length === 1),
  );
  return words.map((word) => {
    if (!/^\d{1,9}$/.test(word) || Number(word) === 0) throw new Failed(`Invalid process id: '${word}'`);
    return Number(word);
  });
}

function changed(env: ReadonlyMap<string, string>, changes: readonly string[]): Map<string, string> {
  const result = new Map(env);
  for (const change of changes) {
    const at = change.indexOf('=');
    if (at < 0) result.delete(change);
    else result.set(change.slice(0, at), change.slice(at + 1));
  }
  return result;
}

function selectionOf(parsed: Parsed): Selection {
  const selection = everything();
  for (const [key, qualifier] of [
    ['trace', 'trace'],
    ['signal', 'signal'],
    ['status', 'status'],
  ] as const)
    for (const text of parsed.values(key)) select(selection, `${qualifier}=${text}`);
  for (const text of parsed.values('e')) select(selection, text);
  if (parsed.has('successful-only')) select(selection, 'status=successful');
  if (parsed.has('failed-only')) select(selection, 'status=failed');
  const level = count(parsed, 'q');
  if (level > 0)
    select(
      selection,
      `quiet=${['attach,personality', 'attach,personality,exit', 'all'][Math.min(level, 3) - 1]}`,
    );
  return selection;
}

/** Throws UsageError, and Failed for what is not a matter of usage. */
export function settingsOf(parsed: Parsed, env: ReadonlyMap<string, string>): Settings {
  for (const [key, text] of [
    ['follow-forks', '-ff (--output-separately)'],
    ['decode-fds', '-yy (--decode-fds=all)'],
  ] as const)
    if (count(parsed, key) > 1) throw new UsageError(`the option ${text} is not simulated`);
  const sortText = parsed.value('summary-sort-by') ?? 'time';
  const sort =
    sortKeys.find((key) => key === sortText) ??
    (Object.hasOwn(sortNames, sortText) ? sortNames[sortText] : undefined);
  if (sort === undefined) throw new UsageError(`invalid sortby: '${sortText}'`);
  const limit = number(parsed, 'string-limit', 's', 32);
  const column = number(parsed, 'columns', 'a', 40);
  const selection = selectionOf(parsed);
  const pids = pidsOf(parsed.values('attach'));
  const command = parsed.operands;
  if (command.length === 0 && pids.length === 0) throw new UsageError('must have PROG [ARGS] or -p PID');
  if (parsed.has('summary-only') && parsed.has('summary'))
    throw new UsageError('-c/--summary-only and -C/--summary are mutually exclusive');
  const file = parsed.value('output');
  // Who gives a file and a command does not want to hear of processes.
  if (file !== null && command.length > 0 && selection.quiet.size === 0)
    selection.quiet = new Set(['attach', 'personality']);
  const only = parsed.has('summary-only');
  return {
    ...{ command, pids, file, selection, limit, column, sort },
    user: parsed.value('user'),
    environment: changed(env, parsed.values('env')),
    append: parsed.has('output-append-mode'),
    follow: parsed.has('follow-forks'),
    paths: parsed.has('decode-fds'),
    stamp: (['none', 'seconds', 'micros', 'unix'] as const)[Math.min(count(parsed, 't'), 3)]!,
    relative: parsed.has('r'),
    spent: parsed.has('T'),
    summary: only ? 'only' : parsed.has('summary') ? 'also' : 'none',
    wall: parsed.has('summary-wall-clock'),
  };
}
