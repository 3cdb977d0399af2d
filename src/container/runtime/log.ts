/** What runc says on standard error, as logrus writes it: in short on a terminal. */
import { goQuote, isOsError } from '../../base/index.ts';
import { type Sys, sys, writeAll } from '../../linux/index.ts';
import { timestamp } from '../files.ts';

const LEVELS = { error: '\u001b[31mERRO', warning: '\u001b[33mWARN' } as const;

export function* log(level: keyof typeof LEVELS, message: string): Sys<void> {
  let terminal = true;
  try {
    yield* sys.tcgetattr(2);
  } catch (error) {
    if (!isOsError(error)) throw error;
    terminal = false;
  }
  const time = (yield* timestamp()).replace(/\.\d+Z$/, 'Z');
  const line = terminal
    ? `${LEVELS[level]}\u001b[0m[0000] ${message} \n`
    : `time="${time}" level=${level} msg=${goQuote(message)}\n`;
  yield* writeAll(2, line);
}
