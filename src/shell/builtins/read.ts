/** read and mapfile. */
import { isOsError, type Nanos, SECOND } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { isTerminal } from '../exec/fileTests.ts';
import { handleSignals } from '../exec/signals.ts';
import { assignVariable } from '../state/assign.ts';
import { printError, type Shell } from '../state/shell.ts';
import { textFromBytes } from '../text.ts';
import { isIdentifier, type ParsedOptions, readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';

interface ReadRequest {
  readonly fd: number;
  /** Byte that ends the input; null for `-N`. */
  readonly delimiter: number | null;
  readonly raw: boolean;
  /** Most characters to read. */
  readonly most: number;
  /** When to give up. */
  readonly deadline: Nanos | null;
}

interface ReadResult {
  /** The text; characters that a backslash quoted are listed in `quoted` by their index. */
  readonly text: string;
  readonly quoted: ReadonlySet<number>;
  readonly end: 'delimiter' | 'eof' | 'count' | 'timeout';
}

function* monotonic(): Sys<Nanos> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

/** One byte; null at end of file, 'timeout' when the deadline passed. */
function* readByte(shell: Shell, { fd, deadline }: ReadRequest): Sys<number | null | 'timeout'> {
  for (;;) {
    try {
      if (deadline !== null) {
        const left = Math.max(0, deadline - (yield* monotonic()));
        const [reply] = yield* sys.poll([{ fd, events: 'in' }], left);
        if (reply === undefined || (!reply.in && !reply.hup)) return 'timeout';
      }
      return (yield* sys.read(fd, 1))[0] ?? null;
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
      yield* handleSignals(shell);
    }
  }
}

function utf8Length(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function* readInput(shell: Shell, request: ReadRequest): Sys<ReadResult> {
  let text = '';
  const quoted = new Set<number>();
  let escaped = false;
  let count = 0;
  while (count < request.most) {
    const byte = yield* readByte(shell, request);
    if (byte === null) return { text, quoted, end: 'eof' };
    if (byte === 'timeout') return { text, quoted, end: 'timeout' };
    if (byte === request.delimiter && !escaped) return { text, quoted, end: 'delimiter' };
    if (!request.raw && !escaped && byte === 0x5c) {
      escaped = true;
      continue;
    }
    if (escaped && byte === 0x0a) {
      escaped = false;
      continue;
    }
    const bytes = [byte];
    while (bytes.length < utf8Length(byte)) {
      const next = yield* readByte(shell, request);
      if (typeof next !== 'number') break;
      bytes.push(next);
    }
    if (byte !== 0) {
      if (escaped) quoted.add(text.length);
      text += textFromBytes(Uint8Array.from(bytes));
    }
    escaped = false;
    count++;
  }
  return { text, quoted, end: 'count' };
}

/** Splits a line into `count` fields (the last takes the rest), or into all when `count` is null. */
export function splitLine(
  line: string,
  quoted: ReadonlySet<number>,
  ifs: string,
  count: number | null,
): string[] {
  const isSpace = (i: number) => !quoted.has(i) && ifs.includes(line[i]!) && ' \t\n'.includes(line[i]!);
  const isSeparator = (i: number) => !quoted.has(i) && ifs.includes(line[i]!);
  const fields: string[] = [];
  let i = 0;
  let end = line.length;
  while (i < end && isSpace(i)) i++;
  while (end > i && isSpace(end - 1)) end--;
  while (i < end) {
    const start = i;
    if (count !== null && fields.length === count - 1) {
      fields.push(lastField(line.slice(start, end), isSeparator, start));
      return fields;
    }
    while (i < end && !isSeparator(i)) i++;
    fields.push(line.slice(start, i));
    while (i < end && isSpace(i)) i++;
    if (i < end && isSeparator(i)) {
      i++;
      while (i < end && isSpace(i)) i++;
    }
  }
  return fields;
}

/** The last variable keeps separators, except a single one that only ends the line. */
function lastField(rest: string, isSeparator: (i: number) => boolean, start: number): string {
  const separators = [...rest].flatMap((_char, i) => (isSeparator(start + i) ? [i] : []));
  return separators.length === 1 && separators[0] === rest.length - 1 ? rest.slice(0, -1) : rest;
}

function* prompt(options: ParsedOptions, fd: number): Sys<void> {
  const text = options.value('p');
  if (text !== null && (yield* isTerminal(fd))) yield* printError(text);
}

/** Runs `body` with the terminal as `-s`, `-n` and `-N` need it. */
function* withTerminal<T>(options: ParsedOptions, fd: number, body: Sys<T>): Sys<T> {
  const silent = options.has('s');
  const single = options.has('n') || options.has('N') || (options.value('d') ?? '\n') !== '\n';
  if ((!silent && !single) || !(yield* isTerminal(fd))) return yield* body;
  const modes = yield* sys.tcgetattr(fd);
  yield* sys.tcsetattr(fd, { ...(silent ? { echo: false } : {}), ...(single ? { icanon: false } : {}) });
  try {
    return yield* body;
  } finally {
    yield* sys.tcsetattr(fd, modes);
  }
}

function* read(shell: Shell, args: readonly string[]): Sys<number> {
  const { synopsis } = readBuiltins.read!;
  const options = yield* readOptions(shell, 'read', synopsis, 'rsa:d:n:N:p:t:u:', args);
  if (options === null) return 2;
  for (const name of options.rest) {
    if (isIdentifier(name.replace(/\[.*\]$/, ''))) continue;
    yield* shell.complain(`read: \`${name}': not a valid identifier`);
    return 1;
  }
  const request = yield* readRequest(shell, options);
  if (request === null) return 1;
  yield* prompt(options, request.fd);
  if (options.value('t') === '0') {
    const [reply] = yield* sys.poll([{ fd: request.fd, events: 'in' }], 0);
    return reply?.in ? 0 : 1;
  }
  let result: ReadResult;
  try {
    result = yield* withTerminal(options, request.fd, readInput(shell, request));
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`read: read error: ${request.fd}: ${error.message}`);
    return 1;
  }
  store(shell, options, result);
  if (result.end === 'timeout') return 142;
  return result.end === 'eof' ? 1 : 0;
}

function* readRequest(shell: Shell, options: ParsedOptions): Sys<ReadRequest | null> {
  const numbers: Record<string, number> = {};
  for (const letter of ['n', 'N', 't', 'u']) {
    const text = options.value(letter);
    if (text === null) continue;
    const value = Number(text);
    if (text === '' || Number.isNaN(value) || value < 0) {
      const what =
        letter === 'u'
          ? 'invalid file descriptor specification'
          : letter === 't'
            ? 'invalid timeout specification'
            : 'invalid number';
      yield* shell.complain(`read: ${text}: ${what}`);
      return null;
    }
    numbers[letter] = value;
  }
  const delimiter = options.value('d');
  return {
    fd: numbers.u ?? 0,
    delimiter: options.has('N') ? null : delimiter === null ? 0x0a : delimiter.charCodeAt(0) || 0,
    raw: options.has('r'),
    most: numbers.N ?? numbers.n ?? Number.POSITIVE_INFINITY,
    deadline: numbers.t === undefined ? null : (yield* monotonic()) + Math.round(numbers.t * SECOND),
  };
}

function store(shell: Shell, options: ParsedOptions, { text, quoted }: ReadResult): void {
  const ifs = shell.variables.get('IFS') ?? ' \t\n';
  const array = options.value('a');
  if (array !== null) {
    shell.variables.setArray(array, splitLine(text, quoted, ifs, null));
    return;
  }
  if (options.rest.length === 0) {
    assignVariable(shell, 'REPLY', null, text);
    return;
  }
  const fields = options.has('N') ? [text] : splitLine(text, quoted, ifs, options.rest.length);
  for (const [i, target] of options.rest.entries()) {
    const [, name, index] = /^(\w+)(?:\[(.*)\])?$/s.exec(target)!;
    assignVariable(shell, name!, index ?? null, fields[i] ?? '');
  }
}

function* mapfile(shell: Shell, name: string, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, name, readBuiltins[name]!.synopsis, 'd:n:O:s:tu:', args);
  if (options === null) return 2;
  const [array = 'MAPFILE'] = options.rest;
  if (!isIdentifier(array)) {
    yield* shell.complain(`${name}: \`${array}': not a valid identifier`);
    return 1;
  }
  const delimiter = options.value('d');
  const byte = delimiter === null ? 0x0a : delimiter.charCodeAt(0) || 0;
  const most = Number(options.value('n') ?? 0) || Number.POSITIVE_INFINITY;
  const origin = options.value('O');
  let skip = Number(options.value('s') ?? 0);
  if (origin === null) shell.variables.setArray(array, []);
  let index = Number(origin ?? 0);
  const request: ReadRequest = {
    fd: Number(options.value('u') ?? 0),
    delimiter: byte,
    raw: true,
    most: Number.POSITIVE_INFINITY,
    deadline: null,
  };
  for (let count = 0; count < most; ) {
    const { text, end } = yield* readInput(shell, request);
    if (end === 'eof' && text === '') break;
    const line = end === 'delimiter' && !options.has('t') ? text + String.fromCharCode(byte) : text;
    if (skip > 0) skip--;
    else {
      assignVariable(shell, array, String(index++), line);
      count++;
    }
    if (end === 'eof') break;
  }
  return 0;
}

export const readBuiltins: BuiltinTable = {
  read: {
    synopsis:
      'read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]',
    summary: 'Reads a line from standard input and splits it into variables.',
    *run(shell, args) {
      return yield* read(shell, args);
    },
  },
  mapfile: {
    synopsis:
      'mapfile [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]',
    summary: 'Reads lines from standard input into an array.',
    *run(shell, args) {
      return yield* mapfile(shell, 'mapfile', args);
    },
  },
  readarray: {
    synopsis:
      'readarray [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]',
    summary: 'Reads lines from standard input into an array.',
    *run(shell, args) {
      return yield* mapfile(shell, 'readarray', args);
    },
  },
};
