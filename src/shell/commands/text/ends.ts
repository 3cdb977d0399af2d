/** What head(1) and tail(1) share: how much is asked for, and the line before each file. */
import type { Sys } from '../../../linux/index.ts';
import { UsageError, writeOut } from '../options.ts';

/** `-5` as `-n 5`, which head and tail still understand. */
export function oldCount(argv: readonly string[]): string[] {
  return argv.map((arg, index) => (index > 0 && /^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
}

export function* header(parsedCount: number, file: string, first: boolean): Sys<void> {
  if (parsedCount < 2) return;
  yield* writeOut(`${first ? '' : '\n'}==> ${file === '-' ? 'standard input' : file} <==\n`);
}

export function count(text: string, what: string): number {
  const match = /^([-+]?)(\d+)([bkKmM]?)$/.exec(text);
  if (match === null) throw new UsageError(`invalid number of ${what}: '${text}'`);
  const unit = { '': 1, b: 512, k: 1024, K: 1024, m: 1048576, M: 1048576 }[match[3] as '' | 'b'];
  return Number(match[2]) * unit;
}

export const countOptions = [
  { short: 'n', long: 'lines', argument: 'N', help: 'this many lines (default 10)' },
  { short: 'c', long: 'bytes', argument: 'N', help: 'this many bytes' },
  { short: 'q', long: 'quiet', help: 'never print file names' },
];
