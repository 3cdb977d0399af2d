/** `time pipeline`. */
import { type Nanos, SECOND } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { printError, type Shell } from '../state/shell.ts';

function* elapsed(): Sys<Nanos> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

export function* timed(shell: Shell, format: 'bash' | 'posix' | null, run: Sys<number>): Sys<number> {
  const start = yield* elapsed();
  const before = yield* sys.times();
  const status = yield* run;
  const after = yield* sys.times();
  const real = (yield* elapsed()) - start;
  const user = after.self + after.children - before.self - before.children;
  const lines = [
    ['real', real],
    ['user', user],
    ['sys', 0],
  ] as const;
  const posix = format === 'posix' || shell.variables.get('TIMEFORMAT') === 'posix';
  const text = lines
    .map(([name, nanos]) =>
      posix ? `${name} ${(nanos / SECOND).toFixed(2)}\n` : `${name}\t${minutes(nanos)}\n`,
    )
    .join('');
  yield* printError(posix ? text : `\n${text}`);
  return status;
}

function minutes(nanos: Nanos): string {
  const whole = Math.floor(nanos / (60 * SECOND));
  return `${whole}m${((nanos - whole * 60 * SECOND) / SECOND).toFixed(3)}s`;
}
