/** Commands of runc and their flags, as Go's flag package reads them: before the first operand, with one dash or two. */
import type { Path, Sys } from '../../linux/index.ts';

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** Absent for a switch. */
  readonly argument?: string;
  readonly help: string;
}

export interface Invocation {
  /** Where states are kept. */
  readonly root: Path;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

export interface RuncCommand {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  readonly flags: readonly Flag[];
  /** How many operands at least and at most. */
  readonly operands: readonly [number, number];
  /** Flags of the real one that are not simulated, with blanks between. */
  readonly refused?: string;
  /** What stands before the reason when it fails. */
  readonly failure?: string;
  readonly run: (invocation: Invocation) => Sys<number>;
}

export class UsageError extends Error {}

export function parseFlags(
  args: readonly string[],
  flags: readonly Flag[],
  refused = '',
): { values: Map<string, string[]>; rest: readonly string[] } {
  const values = new Map<string, string[]>();
  const rest = [...args];
  while (rest[0]?.startsWith('-') === true && rest[0] !== '-') {
    const arg = rest.shift()!;
    if (arg === '--') break;
    const [, name = '', value] = /^--?([^=]*)(?:=(.*))?$/s.exec(arg)!;
    const flag = flags.find((known) => known.name === name || known.short === name);
    if (flag === undefined && refused.split(' ').includes(name))
      throw new UsageError(`--${name} is not simulated on this host`);
    if (flag === undefined) throw new UsageError(`flag provided but not defined: -${name}`);
    const given = flag.argument === undefined ? (value ?? 'true') : (value ?? rest.shift());
    if (given === undefined) throw new UsageError(`flag needs an argument: -${name}`);
    if (flag.argument !== undefined || given !== 'false')
      values.set(flag.name, [...(values.get(flag.name) ?? []), given]);
  }
  return { values, rest };
}
