/** shuf(1), as of coreutils 9.1: lines in random order, or some of them. */
import { O_CREAT, O_TRUNC, O_WRONLY, readAll, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { attempt, isRegular } from '../support.ts';
import { openInput, PieceWriter, Refusal, refusing } from './lineTools.ts';
import { RandomNumbers } from './randomNumbers.ts';

/** 64 bits, as numbers of lines have. */
const LIMIT = 2n ** 64n;
/** Larger inputs, and those of which the size is not known, are sampled as they come: in bytes. */
const KNOWN_SIZE = 8 * 2 ** 20;
/** More lines than this in memory are too many. */
const MOST_LINES = 2 ** 24;

/** Lines by their number. */
interface Input {
  readonly count: bigint;
  readonly line: (index: bigint) => string;
}

const numberIn = (text: string) => (/^\+?\d+$/.test(text) && BigInt(text) < LIMIT ? BigInt(text) : null);

function rangeOf(text: string): Input {
  const dash = text.indexOf('-');
  if (dash < 0) throw new Refusal(`invalid input range: ‘${text}’`);
  const [low, high] = [text.slice(0, dash), text.slice(dash + 1)].map((part) => {
    const number = numberIn(part);
    if (number === null) throw new Refusal(`invalid input range: ‘${part}’`);
    return number;
  });
  const count = BigInt.asUintN(64, high! - low! + 1n);
  if (low! <= high! === (count === 0n)) throw new Refusal(`invalid input range: ‘${text}’`);
  return { count, line: (index) => `${low! + index}` };
}

const linesInput = (lines: readonly string[]): Input => ({
  count: BigInt(lines.length),
  line: (index) => lines[Number(index)]!,
});

/** The least that was asked for; null: all. */
function headCount(parsed: Parsed): bigint | null {
  let least: bigint | null = null;
  for (const text of parsed.values('head-count')) {
    if (!/^\+?\d+$/.test(text)) throw new Refusal(`invalid line count: ‘${text}’`);
    const count = BigInt(text);
    if (least === null || count < least) least = count;
  }
  return least;
}

/** Some of the lines, each as likely as any other, while they come: a number is drawn for each after the first ones, and one at the end. */
function* sample(lines: readonly string[], count: number, random: RandomNumbers): Sys<string[]> {
  const kept = lines.slice(0, count);
  if (lines.length < count || count === 0) return kept;
  for (let seen = count; ; seen++) {
    const place = yield* random.below(BigInt(seen + 1));
    if (seen === lines.length) return kept;
    if (place < count) kept[Number(place)] = lines[seen]!;
  }
}

/** The first `count` of a random order of `total` numbers (randperm.c): what was never exchanged is where it was. */
function* permuted(
  total: bigint,
  count: bigint,
  random: RandomNumbers,
  use: (index: bigint) => Sys<void>,
): Sys<void> {
  if (count > MOST_LINES) throw new Refusal('memory exhausted');
  const moved = new Map<bigint, bigint>();
  for (let i = 0n; i < count; i++) {
    const chosen = i + (yield* random.below(total - i));
    const index = moved.get(chosen) ?? chosen;
    moved.set(chosen, moved.get(i) ?? i);
    moved.delete(i);
    yield* use(index);
  }
}

/** Whether an input is sampled, and what is in it. */
function* readInput(file: string, delimiter: string): Sys<{ lines: string[]; unknown: boolean } | null> {
  let fd = 0;
  const opened = yield* attempt('shuf', file, function* (): Sys<void> {
    fd = yield* openInput(file);
  });
  if (!opened) return null;
  const stat = yield* sys.fstat(fd);
  const regular = isRegular(stat);
  let text = '';
  const good = yield* attempt('shuf', 'read error', function* (): Sys<void> {
    text = textFromBytes(yield* readAll(fd));
  });
  if (!good) return null;
  const lines = text.split(delimiter);
  if (lines.at(-1) === '') lines.pop();
  return { lines, unknown: !regular || stat.size > KNOWN_SIZE };
}

function* shuffle(parsed: Parsed): Sys<number> {
  const ranges = parsed.values('input-range');
  const [echo, repeat] = [parsed.has('echo'), parsed.has('repeat')];
  if (ranges.length > 1) throw new Refusal('multiple -i options specified');
  const range = ranges.length === 0 ? null : rangeOf(ranges[0]!);
  const wanted = headCount(parsed);
  if (echo && range !== null) throw new UsageError('cannot combine -e and -i options');
  const extra = range !== null ? parsed.operands[0] : echo ? undefined : parsed.operands[1];
  if (extra !== undefined) throw new UsageError(`extra operand ‘${extra}’`);
  const delimiter = parsed.has('zero-terminated') ? '\0' : '\n';
  const source = parsed.value('random-source');
  const random = new RandomNumbers(source);
  let input = range ?? linesInput(parsed.operands);
  if (!(yield* attempt('shuf', source ?? '', () => random.open()))) return 1;
  if (range === null && !echo) {
    const read = yield* readInput(parsed.operands[0] ?? '-', delimiter);
    if (read === null) return 1;
    const sampled = wanted !== null && !repeat && read.unknown && wanted <= MOST_LINES;
    input = linesInput(sampled ? yield* sample(read.lines, Number(wanted), random) : read.lines);
  }
  const write = yield* outputOf(parsed.value('output'));
  if (write === null) return 1;
  const out = (index: bigint) => write.line(input.line(index) + delimiter);
  if (!repeat)
    yield* permuted(input.count, wanted === null || wanted > input.count ? input.count : wanted, random, out);
  else {
    if (input.count === 0n && wanted !== 0n) throw new Refusal('no lines to repeat');
    for (let i = 0n; wanted === null || i < wanted; i++) yield* out(yield* random.below(input.count));
  }
  yield* write.end();
  return 0;
}

interface Output {
  line(text: string): Sys<void>;
  end(): Sys<void>;
}

/** Null when the file cannot be written. */
function* outputOf(file: string | null): Sys<Output | null> {
  if (file === null) {
    const out = new PieceWriter();
    return { line: (text) => out.write(text), end: () => out.flush() };
  }
  let fd = 0;
  const good = yield* attempt('shuf', file, function* (): Sys<void> {
    fd = yield* sys.open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
  });
  if (!good) return null;
  return { line: (text) => writeAll(fd, bytesFromText(text)), end: () => sys.close(fd) };
}

export const shuf: CommandSpec = {
  name: 'shuf',
  usage: '[OPTION]... [FILE], -e [OPTION]... [ARG]..., or -i LO-HI [OPTION]...',
  summary: 'Write a random permutation of the input lines to standard output.',
  options: [
    { short: 'e', long: 'echo', help: 'treat each ARG as an input line' },
    {
      short: 'i',
      long: 'input-range',
      argument: 'LO-HI',
      help: 'treat each number LO through HI as an input line',
    },
    { short: 'n', long: 'head-count', argument: 'COUNT', help: 'output at most COUNT lines' },
    { short: 'o', long: 'output', argument: 'FILE', help: 'write result to FILE' },
    { long: 'random-source', argument: 'FILE', help: 'get random bytes from FILE' },
    { short: 'r', long: 'repeat', help: 'output lines can be repeated' },
    { short: 'z', long: 'zero-terminated', help: 'lines end with NUL, not with newline' },
  ],
  run: (parsed) => refusing('shuf', () => shuffle(parsed)),
};
