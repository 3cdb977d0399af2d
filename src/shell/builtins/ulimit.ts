/** ulimit: the limits of the shell and of what it starts. */
import { isOsError } from '../../base/index.ts';
import { type Limit, type ResourceName, type Sys, sys } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';
import { readOptions } from './options.ts';

interface Row {
  /** None: the size of a pipe, which cannot be changed. */
  readonly resource: ResourceName | null;
  readonly label: string;
  readonly units?: string;
  /** Bytes, or what the resource is counted in, for 1. */
  readonly factor: number;
}

const kbytes = { units: 'kbytes', factor: 1024 };
const blocks = { units: 'blocks', factor: 1024 };

/** By option letter, in the order in which -a shows them. */
const rows: Readonly<Record<string, Row>> = {
  R: { resource: 'rttime', label: 'real-time non-blocking time', units: 'microseconds', factor: 1 },
  c: { resource: 'core', label: 'core file size', ...blocks },
  d: { resource: 'data', label: 'data seg size', ...kbytes },
  e: { resource: 'nice', label: 'scheduling priority', factor: 1 },
  f: { resource: 'fsize', label: 'file size', ...blocks },
  i: { resource: 'sigpending', label: 'pending signals', factor: 1 },
  l: { resource: 'memlock', label: 'max locked memory', ...kbytes },
  m: { resource: 'rss', label: 'max memory size', ...kbytes },
  n: { resource: 'nofile', label: 'open files', factor: 1 },
  p: { resource: null, label: 'pipe size', units: '512 bytes', factor: 512 },
  q: { resource: 'msgqueue', label: 'POSIX message queues', units: 'bytes', factor: 1 },
  r: { resource: 'rtprio', label: 'real-time priority', factor: 1 },
  s: { resource: 'stack', label: 'stack size', ...kbytes },
  t: { resource: 'cpu', label: 'cpu time', units: 'seconds', factor: 1 },
  u: { resource: 'nproc', label: 'max user processes', factor: 1 },
  v: { resource: 'as', label: 'virtual memory', ...kbytes },
  x: { resource: 'locks', label: 'file locks', factor: 1 },
};

/** PIPE_BUF. */
const PIPE: Limit = { soft: 4096, hard: 4096 };

function* limitOf({ resource }: Row): Sys<Limit> {
  return resource === null ? PIPE : yield* sys.getrlimit(resource);
}

const show = (value: number, factor: number) =>
  value === Number.POSITIVE_INFINITY ? 'unlimited' : String(Math.floor(value / factor));

/** Letters with the value that comes after each, if one does. */
function requests(args: readonly string[], letters: readonly string[]): [string, string | null][] {
  const found: [string, string | null][] = [];
  for (const arg of args) {
    if (/^-[a-zA-Z]/.test(arg)) {
      for (const letter of arg.slice(1)) if (letters.includes(letter)) found.push([letter, null]);
    } else if (found.length > 0) found[found.length - 1]![1] ??= arg;
    else found.push(['f', arg]);
  }
  return found.length === 0 ? [['f', null]] : found;
}

export function* ulimit(shell: Shell, synopsis: string, args: readonly string[]): Sys<number> {
  const dashed = args.filter((arg) => arg.startsWith('-'));
  const letters = Object.keys(rows);
  const options = yield* readOptions(shell, 'ulimit', synopsis, `SHa${letters.join('')}`, dashed);
  if (options === null) return 2;
  const kinds = { soft: options.has('S'), hard: options.has('H') };
  const wanted: [string, string | null][] = options.has('a')
    ? letters.map((letter) => [letter, null])
    : requests(args, letters);
  for (const [letter, value] of wanted) {
    const row = rows[letter]!;
    if (value === null) yield* print(shell, letter, row, kinds.hard && !kinds.soft, wanted.length > 1);
    else if (!(yield* change(shell, row, value, kinds))) return 1;
  }
  return 0;
}

function* print(shell: Shell, letter: string, row: Row, hard: boolean, labelled: boolean): Sys<void> {
  const limit = yield* limitOf(row);
  const value = show(hard ? limit.hard : limit.soft, row.factor);
  const unit = `(${row.units === undefined ? '' : `${row.units}, `}-${letter}) `;
  yield* shell.print(labelled ? `${row.label.padEnd(20)} ${unit.padStart(20)}${value}\n` : `${value}\n`);
}

function* change(
  shell: Shell,
  row: Row,
  text: string,
  kinds: { soft: boolean; hard: boolean },
): Sys<boolean> {
  const before = yield* limitOf(row);
  let value: number;
  if (text === 'unlimited') value = Number.POSITIVE_INFINITY;
  else if (text === 'hard') value = before.hard;
  else if (text === 'soft') value = before.soft;
  else if (/^\d+$/.test(text)) value = Number(text) * row.factor;
  else {
    yield* shell.complain(`ulimit: ${text}: invalid number`);
    return false;
  }
  const both = kinds.soft === kinds.hard;
  try {
    if (row.resource === null) {
      yield* shell.complain(`ulimit: ${row.label}: cannot modify limit: Invalid argument`);
      return false;
    }
    yield* sys.setrlimit(
      row.resource,
      both || kinds.soft ? value : before.soft,
      both || kinds.hard ? value : before.hard,
    );
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`ulimit: ${row.label}: cannot modify limit: ${error.message}`);
    return false;
  }
}
