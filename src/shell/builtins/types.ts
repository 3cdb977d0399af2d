/** What a builtin is. */
import type { Sys } from '../../linux/index.ts';
import type { ExpandedElement } from '../exec/assignment.ts';
import type { Shell } from '../state/shell.ts';

export interface ArrayArgument {
  readonly append: boolean;
  readonly elements: readonly ExpandedElement[];
}

export interface BuiltinCall {
  /** The name it was called by: `.` and `source` are one builtin. */
  readonly name?: string;
  /** Arguments of the form `name=( … )`, by their index among the arguments; there the argument is the name alone. */
  readonly arrays: ReadonlyMap<number, ArrayArgument>;
}

export interface Builtin {
  /** As `help` and usage errors show it. */
  readonly synopsis: string;
  /** One sentence for `help`. */
  readonly summary: string;
  run(shell: Shell, args: readonly string[], call: BuiltinCall): Sys<number>;
}

/** A table of builtins by name. */
export type BuiltinTable = Readonly<Record<string, Builtin>>;
