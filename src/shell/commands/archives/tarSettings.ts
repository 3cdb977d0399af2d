/** What a call of tar asks for, in one piece. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { readAll, readFile, type Sys, sys } from '../../../linux/index.ts';
import { changeMode } from '../modes.ts';
import type { Parsed } from '../options.ts';
import { accounts, groups } from '../support.ts';

/** Ends tar with status 2. */
export class TarEnd extends Error {
  /** What tar says after it: that it leaves, or where help is. */
  readonly note: 'unrecoverable' | 'hint';
  /** Lines that come first, from another program. */
  readonly before: string;
  constructor(message: string, note: TarEnd['note'] = 'unrecoverable', before = '') {
    super(message);
    this.note = note;
    this.before = before;
  }
}

export type Operation = 'create' | 'extract' | 'list' | 'append' | 'update' | 'diff';

/** Names and what stands between them, in the order of the command line. */
export interface Word {
  readonly key: 'file' | 'directory' | 'exclude';
  readonly value: string;
}

/** An owner that all entries get: by name, by number, or both. */
export interface Owner {
  readonly name: string;
  readonly id: number | null;
}

export interface TarSettings {
  readonly operation: Operation;
  /** Path; `-`: standard input or output. */
  readonly archive: string;
  readonly gzip: boolean;
  /** What is written: POSIX entries, or GNU's. */
  readonly format: 'pax' | 'gnu';
  /** Holes of files are not stored. */
  readonly sparse: boolean;
  readonly verbose: number;
  readonly words: readonly Word[];
  readonly wildcards: boolean | null;
  readonly recursive: boolean;
  readonly strip: number;
  readonly toStdout: boolean;
  readonly existing: 'replace' | 'refuse' | 'skip';
  /** Null: as root does, with all bits and owners; others without. */
  readonly permissions: boolean | null;
  readonly owners: boolean | null;
  readonly touch: boolean;
  readonly absolute: boolean;
  readonly dereference: boolean;
  readonly numeric: boolean;
  readonly fullTime: boolean;
  readonly owner: Owner | null;
  readonly group: Owner | null;
  readonly mode: string | null;
  /** Seconds since 1970. */
  readonly mtime: number | null;
}

const operations: readonly (readonly [string, Operation])[] = [
  ['create', 'create'],
  ['extract', 'extract'],
  ['get', 'extract'],
  ['list', 'list'],
  ['append', 'append'],
  ['update', 'update'],
  ['diff', 'diff'],
  ['compare', 'diff'],
];

function operationOf(parsed: Parsed): Operation {
  const given = operations.filter(([key]) => parsed.has(key));
  const [first] = given;
  if (first === undefined) {
    throw new TarEnd("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options", 'hint');
  }
  if (new Set(given.map(([, operation]) => operation)).size > 1) {
    throw new TarEnd(
      "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option",
      'hint',
    );
  }
  return first[1];
}

function* wordsOf(parsed: Parsed): Sys<Word[]> {
  const words: Word[] = [];
  const left = new Map<string, string[]>();
  const lines = function* (path: string, end: string): Sys<string[]> {
    const text = decodeUtf8(path === '-' ? yield* readAll(0) : yield* readFile(path));
    return text.split(end).filter((line) => line !== '');
  };
  for (const key of parsed.order) {
    if (!left.has(key)) left.set(key, [...parsed.values(key)]);
    const value = left.get(key)!.shift()!;
    if (key === 'add-file') words.push({ key: 'file', value });
    if (key === 'directory' || key === 'exclude') words.push({ key, value });
    if (key === 'files-from') {
      for (const file of yield* lines(value, parsed.has('null') ? '\0' : '\n'))
        words.push({ key: 'file', value: file });
    }
    if (key === 'exclude-from')
      for (const pattern of yield* lines(value, '\n')) words.push({ key: 'exclude', value: pattern });
  }
  return words;
}

/** `NAME`, `UID` or `NAME:UID`. */
function* ownerOf(text: string | null, known: () => Sys<Map<string, number>>): Sys<Owner | null> {
  if (text === null) return null;
  const [name = '', id] = text.split(':');
  const names = yield* known();
  const number = (digits: string) => (/^\d+$/.test(digits) ? Number(digits) : null);
  if (id !== undefined) return { name, id: number(id) };
  const alone = number(name.replace(/^\+/, ''));
  if (alone === null) return { name, id: names.get(name) ?? null };
  return { name: [...names].find(([, value]) => value === alone)?.[0] ?? '', id: alone };
}

export function* userIds(): Sys<Map<string, number>> {
  return new Map((yield* accounts()).map(({ name, uid }) => [name, uid]));
}

export function* groupIds(): Sys<Map<string, number>> {
  return new Map((yield* groups()).map(({ name, gid }) => [name, gid]));
}

/** Seconds since 1970 of a date in UTC, or of `@seconds`. */
function dateOf(text: string | null): number | null {
  if (text === null) return null;
  const seconds = /^@(-?\d+)$/.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds);
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?(?: ?(?:UTC|Z))?$/.exec(text);
  if (match === null) throw new TarEnd(`Invalid date '${text}': @SECONDS or YYYY-MM-DD[ HH:MM[:SS]]`, 'hint');
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

const lastOf = (parsed: Parsed, ...keys: string[]) => parsed.order.findLast((key) => keys.includes(key));

function switchOf(parsed: Parsed, on: readonly string[], off: readonly string[]): boolean | null {
  const last = lastOf(parsed, ...on, ...off);
  return last === undefined ? null : on.includes(last);
}

export function* settingsOf(parsed: Parsed): Sys<TarSettings> {
  const operation = operationOf(parsed);
  const archive = parsed.value('file') ?? '-';
  const strip = parsed.value('strip-components') ?? '0';
  if (!/^\d+$/.test(strip)) throw new TarEnd(`${strip}: Invalid number of elements`, 'hint');
  const sort = parsed.value('sort') ?? 'name';
  if (sort !== 'name' && sort !== 'none')
    throw new TarEnd(`--sort=${sort} is not simulated: only 'name'`, 'hint');
  const format = parsed.value('format') ?? 'pax';
  if (!['pax', 'posix', 'gnu', 'oldgnu'].includes(format))
    throw new TarEnd(`--format=${format} is not simulated: only 'pax', 'gnu' and 'oldgnu'`, 'hint');
  const gnu = format === 'gnu' || format === 'oldgnu';
  const sparse = parsed.has('sparse') && ['create', 'append', 'update'].includes(operation);
  if (sparse && !gnu)
    throw new TarEnd("--sparse is simulated with '--format=gnu' and '--format=oldgnu' only", 'hint');
  const mode = parsed.value('mode');
  if (mode !== null && changeMode(mode, 0, false, 0) === null)
    throw new TarEnd('Invalid mode given on option', 'hint');
  const makes = operation === 'create';
  return {
    operation,
    archive,
    gzip:
      ['gzip', 'gunzip', 'ungzip'].some((key) => parsed.has(key)) ||
      (makes && parsed.has('auto-compress') && /\.(gz|tgz|taz)$/.test(archive)),
    format: gnu ? 'gnu' : 'pax',
    sparse,
    verbose: parsed.values('verbose').length,
    words: yield* wordsOf(parsed),
    wildcards: switchOf(parsed, ['wildcards'], ['no-wildcards']),
    recursive: !parsed.has('no-recursion'),
    strip: Number(strip),
    toStdout: parsed.has('to-stdout'),
    existing: parsed.has('keep-old-files') ? 'refuse' : parsed.has('skip-old-files') ? 'skip' : 'replace',
    permissions: switchOf(parsed, ['preserve-permissions', 'same-permissions'], ['no-same-permissions']),
    owners: switchOf(parsed, ['same-owner'], ['no-same-owner', 'o']),
    touch: parsed.has('touch'),
    absolute: parsed.has('absolute-names'),
    dereference: parsed.has('dereference'),
    numeric: parsed.has('numeric-owner'),
    fullTime: parsed.has('full-time'),
    owner: yield* ownerOf(parsed.value('owner'), userIds),
    group: yield* ownerOf(parsed.value('group'), groupIds),
    mode,
    mtime: dateOf(parsed.value('mtime')),
  };
}

/** -C: chdir(2), or the end. */
export function* goTo(directory: string): Sys<void> {
  try {
    yield* sys.chdir(directory);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new TarEnd(`${directory}: Cannot open: ${strerror(error.code)}`);
  }
}
