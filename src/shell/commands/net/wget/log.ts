/** What wget tells of its work, as -q and -nv leave of it. */
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { calendar, pad } from '../../support.ts';

export function* timeText(): Sys<string> {
  const { sec } = yield* sys.clock_gettime('realtime');
  const { year, month, day, hour, minute, second } = calendar(sec);
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

export class Log {
  readonly quiet: boolean;
  readonly verbose: boolean;

  constructor(quiet: boolean, verbose: boolean) {
    this.quiet = quiet;
    this.verbose = verbose;
  }

  /** What is told unless -q or -nv is given. */
  *say(text: string): Sys<void> {
    if (this.verbose) yield* writeAll(2, text);
  }

  /** What -nv tells too. */
  *tell(text: string): Sys<void> {
    if (!this.quiet) yield* writeAll(2, text);
  }
}
