/** cat(1). */
import { concatBytes, encodeUtf8 } from '../../../base/index.ts';
import { LineReader, READ_SIZE, sys } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, writeOut } from '../options.ts';
import { eachInput } from '../support.ts';

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;

/** How -v, -T and -E show a byte, before `next`; null as it is. */
function visible(byte: number, next: number | undefined, marks: Marks): string | null {
  if (byte === RETURN && next === NEWLINE && marks.ends) return '^M';
  if (byte === NEWLINE) return marks.ends ? '$\n' : null;
  if (byte === TAB) return marks.tabs ? '^I' : null;
  if (!marks.nonprinting) return null;
  const low = byte & 0x7f;
  const shown =
    low < 32 ? `^${String.fromCharCode(low + 64)}` : low === 127 ? '^?' : String.fromCharCode(low);
  return byte < 128 ? (low >= 32 && low < 127 ? null : shown) : `M-${shown}`;
}

interface Marks {
  readonly ends: boolean;
  readonly tabs: boolean;
  readonly nonprinting: boolean;
}

function marksOf(parsed: Parsed): Marks {
  const any = (...keys: string[]) => keys.some((key) => parsed.has(key));
  return {
    ends: any('show-all', 'e', 'show-ends'),
    tabs: any('show-all', 't', 'show-tabs'),
    nonprinting: any('show-all', 'e', 't', 'show-nonprinting'),
  };
}

function shownLine(line: Uint8Array, marks: Marks): Uint8Array {
  const parts: Uint8Array[] = [];
  let plain = 0;
  for (const [at, byte] of line.entries()) {
    const text = visible(byte, line[at + 1], marks);
    if (text === null) continue;
    parts.push(line.subarray(plain, at), encodeUtf8(text));
    plain = at + 1;
  }
  return parts.length === 0 ? line : concatBytes([...parts, line.subarray(plain)]);
}

const isEmpty = (line: Uint8Array) => line.length === 1 && line[0] === NEWLINE;

export const cat: CommandSpec = {
  name: 'cat',
  usage: '[OPTION]... [FILE]...',
  summary: 'Print FILEs, or standard input, one after the other.',
  options: [
    { short: 'A', long: 'show-all', help: 'as -vET' },
    { short: 'b', long: 'number-nonblank', help: 'number the lines that have something in them' },
    { short: 'e', help: 'as -vE' },
    { short: 'E', long: 'show-ends', help: 'show line ends as $' },
    { short: 'n', long: 'number', help: 'number all lines' },
    { short: 's', long: 'squeeze-blank', help: 'of several empty lines together only one' },
    { short: 't', help: 'as -vT' },
    { short: 'T', long: 'show-tabs', help: 'show tabs as ^I' },
    { short: 'u', help: 'as without it: nothing is held back' },
    {
      short: 'v',
      long: 'show-nonprinting',
      help: 'show other control characters as ^X, bytes from 128 on as M-X',
    },
  ],
  *run(parsed) {
    const plain = parsed.order.every((key) => key === 'u');
    const marks = marksOf(parsed);
    const full = parsed.has('number-nonblank');
    let number = 1;
    let empty = false;
    // A line may begin in one file and end in the next.
    let begun = false;
    return yield* eachInput('cat', parsed.operands, function* (fd) {
      if (plain) {
        for (;;) {
          const bytes = yield* sys.read(fd, READ_SIZE);
          if (bytes.length === 0) return;
          yield* writeOut(bytes);
        }
      }
      const reader = new LineReader(fd);
      for (;;) {
        const line = yield* reader.next();
        if (line === null) return;
        const begins = !begun;
        const again = empty && isEmpty(line);
        empty = begins && isEmpty(line);
        begun = line.at(-1) !== NEWLINE;
        if (again && parsed.has('squeeze-blank')) continue;
        const numbered = begins && (full ? !empty : parsed.has('number'));
        if (numbered) yield* writeOut(`${String(number++).padStart(6)}\t`);
        yield* writeOut(shownLine(line, marks));
      }
    });
  },
};
