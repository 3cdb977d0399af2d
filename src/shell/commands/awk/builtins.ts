/** The functions of awk that take plain values; those that change a variable, an array or the record are compiled in compile.ts. */
import { type Sys, sys } from '../../../linux/index.ts';
import { formatTime } from '../../expand/strftime.ts';
import { fromShell, toShell } from './bytes.ts';
import type { Machine } from './machine.ts';
import { formatValues } from './printf.ts';
import { AwkError, RunTimeError } from './problems.ts';
import { toNumber, type Value } from './values.ts';

/** mawk's buffer for sprintf. */
const SPRINTF_LIMIT = 8192;

const number =
  (apply: (x: number) => number) =>
  (_machine: Machine, [value]: readonly Value[]): Value =>
    apply(toNumber(value!));

/** As mawk 1.3.4: both numbers are cut to whole ones, and what lies before the text lengthens the part instead of shortening it. */
function substr(machine: Machine, [text, from, length]: readonly Value[]): Value {
  const whole = machine.text(text!);
  let begin = Math.trunc(toNumber(from!));
  if (length === undefined) return whole.slice(Math.max(begin, 1) - 1);
  let size = Math.trunc(toNumber(length));
  if (begin < 1) {
    size -= begin;
    begin = 1;
  }
  return size > 0 ? whole.slice(begin - 1, begin - 1 + size) : '';
}

function sprintf(machine: Machine, [format, ...values]: readonly Value[]): Value {
  const { text, problem } = formatValues('sprintf', machine.text(format!), values, machine.convfmt);
  if (problem !== null) throw problem;
  if (text.length >= SPRINTF_LIMIT)
    throw new AwkError(`program limit exceeded: sprintf buffer size=${SPRINTF_LIMIT}`);
  return text;
}

/** Only the letters of ASCII have a case in a text of bytes. */
const changeCase =
  (letters: RegExp, change: (text: string) => string) => (machine: Machine, args: readonly Value[]) =>
    machine.text(args[0]!).replace(letters, change);

/** "YYYY MM DD HH MM SS" in UTC, as seconds since 1970; -1 for anything else. */
function mktime(machine: Machine, [text]: readonly Value[]): Value {
  const parts = machine.text(text!).trim().split(/\s+/).map(Number);
  if (parts.length < 6 || parts.some((part) => !Number.isInteger(part))) return -1;
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

/** Functions that make no system call. */
export const plainBuiltins: Readonly<Record<string, (machine: Machine, args: readonly Value[]) => Value>> = {
  substr,
  sprintf,
  mktime,
  index: (machine, [text, part]) => machine.text(text!).indexOf(machine.text(part!)) + 1,
  tolower: changeCase(/[A-Z]+/g, (text) => text.toLowerCase()),
  toupper: changeCase(/[a-z]+/g, (text) => text.toUpperCase()),
  sin: number(Math.sin),
  cos: number(Math.cos),
  exp: number(Math.exp),
  log: number(Math.log),
  sqrt: number(Math.sqrt),
  int: number(Math.trunc),
  atan2: (_machine, [y, x]) => Math.atan2(toNumber(y!), toNumber(x!)),
  rand: (machine) => machine.rand(),
};

function* now(): Sys<number> {
  return (yield* sys.clock_gettime('realtime')).sec;
}

/** Functions that make system calls. */
export const actingBuiltins: Readonly<
  Record<string, (machine: Machine, args: readonly Value[]) => Sys<Value>>
> = {
  *system(machine, [command]) {
    return yield* machine.streams.run(machine.text(command!));
  },
  *close(machine, [name]) {
    return yield* machine.streams.close(machine.text(name!));
  },
  *fflush(machine, [name]) {
    if (name === undefined || machine.text(name) === '') {
      yield* machine.streams.flush();
      return 0;
    }
    return yield* machine.streams.flushNamed(machine.text(name));
  },
  *srand(machine, [seed]) {
    return machine.seed(seed === undefined ? yield* now() : seed);
  },
  *systime() {
    return yield* now();
  },
  /** All hosts are in UTC, so the third argument changes nothing. */
  *strftime(machine, [format, seconds]) {
    const time = seconds === undefined ? yield* now() : Math.trunc(toNumber(seconds));
    if (!Number.isFinite(time)) throw new RunTimeError('strftime: time out of range');
    return fromShell(formatTime(format === undefined ? '%c' : toShell(machine.text(format)), time));
  },
};
