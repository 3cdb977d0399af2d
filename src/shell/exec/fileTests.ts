/** The primaries of `test`, `[` and `[[`: POSIX `test`, and bash's additions. */
import { isOsError } from '../../base/index.ts';
import { R_OK, type Stat, type Sys, sys, W_OK, X_OK } from '../../linux/index.ts';
import { readElement } from '../state/assign.ts';
import { type SetOption, setOptionNames } from '../state/options.ts';
import type { Shell } from '../state/shell.ts';

const typeBits: Readonly<Record<string, number>> = {
  b: 0o060000,
  c: 0o020000,
  d: 0o040000,
  f: 0o100000,
  p: 0o010000,
  S: 0o140000,
};

const permissions: Readonly<Record<string, number>> = { r: R_OK, w: W_OK, x: X_OK };
const modeBits: Readonly<Record<string, number>> = { g: 0o2000, u: 0o4000, k: 0o1000 };

function* statOrNull(path: string, follow = true): Sys<Stat | null> {
  try {
    return yield* follow ? sys.stat(path) : sys.lstat(path);
  } catch (error) {
    if (isOsError(error)) return null;
    throw error;
  }
}

/** `-f path`, `-n text` …; `op` is one of the unary operators. Without a shell there are no variables and options. */
export function* unaryTest(shell: Shell | null, op: string, operand: string): Sys<boolean> {
  const letter = op.slice(1);
  if (letter === 'z') return operand === '';
  if (letter === 'n') return operand !== '';
  if (letter === 't') return yield* isTerminal(Number(operand));
  if (letter === 'v') return shell !== null && isSet(shell, operand);
  if (letter === 'R') return shell?.variables.own(operand)?.nameref ?? false;
  if (letter === 'o') {
    if (shell === null) return false;
    return (setOptionNames as readonly string[]).includes(operand) && shell.options.has(operand as SetOption);
  }
  if (letter === 'h' || letter === 'L') {
    const stat = yield* statOrNull(operand, false);
    return stat !== null && (stat.mode & 0o170000) === 0o120000;
  }
  const permission = permissions[letter];
  if (permission !== undefined) return yield* mayAccess(operand, permission);
  const stat = yield* statOrNull(operand);
  return stat !== null && (yield* statTest(letter, stat));
}

function* statTest(letter: string, stat: Stat): Sys<boolean> {
  const type = typeBits[letter];
  if (type !== undefined) return (stat.mode & 0o170000) === type;
  const bit = modeBits[letter];
  if (bit !== undefined) return (stat.mode & bit) !== 0;
  switch (letter) {
    case 's':
      return stat.size > 0;
    case 'O':
      return stat.uid === (yield* sys.geteuid());
    case 'G':
      return stat.gid === (yield* sys.getegid());
    case 'N':
      return later(stat.mtime, stat.atime);
    default:
      return true;
  }
}

function later(a: Stat['mtime'], b: Stat['mtime']): boolean {
  return a.sec > b.sec || (a.sec === b.sec && a.nsec > b.nsec);
}

function* mayAccess(path: string, mode: number): Sys<boolean> {
  try {
    yield* sys.access(path, mode);
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

export function* isTerminal(fd: number): Sys<boolean> {
  try {
    yield* sys.tcgetattr(fd);
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

function isSet(shell: Shell, name: string): boolean {
  const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(name);
  if (element === null) return readElement(shell, name, null) !== undefined;
  const [, array, index] = element;
  if (index === '@' || index === '*') return shell.variables.lookup(array!)?.value != null;
  return readElement(shell, array!, index!) !== undefined;
}

/** `-nt`, `-ot`, `-ef`. */
export function* fileComparison(op: string, left: string, right: string): Sys<boolean> {
  const a = yield* statOrNull(left);
  const b = yield* statOrNull(right);
  if (op === '-ef') return a !== null && b !== null && a.dev === b.dev && a.ino === b.ino;
  const [newer, older] = op === '-nt' ? [a, b] : [b, a];
  return newer !== null && (older === null || later(newer.mtime, older.mtime));
}

/** `-eq` and its kin on numbers already read. */
export function integerComparison(op: string, left: bigint, right: bigint): boolean {
  switch (op) {
    case '-eq':
      return left === right;
    case '-ne':
      return left !== right;
    case '-lt':
      return left < right;
    case '-le':
      return left <= right;
    case '-gt':
      return left > right;
    default:
      return left >= right;
  }
}
