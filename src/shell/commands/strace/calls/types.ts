/** How the calls of this kernel become those of Linux, as strace(1) writes them. */
import type { SyscallName, Syscalls } from '../../../../linux/index.ts';
import { quoted } from '../values.ts';

/** A Linux call as it is shown. */
export interface Shown {
  readonly name: string;
  readonly args: readonly string[];
  /** So many arguments are known as the call is entered, the others when it is done; default: all. */
  readonly early?: number;
  /** What follows the equals sign of a call that went well; default: the value, where that is a number, and else 0. */
  readonly result?: string;
}

/** What the formats need of who traces whom. */
export class Show {
  /** Bytes of a string, -s. */
  readonly limit: number;
  /** Of the tracee: descriptor → what it stands for (-y), `cwd` its working directory. */
  readonly links = new Map<number | 'cwd', string>();
  /** Asked for, and not in `links`. */
  readonly wanted = new Set<number | 'cwd'>();
  readonly #paths: boolean;

  constructor(limit: number, paths: boolean) {
    this.limit = limit;
    this.#paths = paths;
  }

  /** A string that may be cut. */
  text(data: string | Uint8Array): string {
    return quoted(data, this.limit);
  }

  /** The name of a file, which is not cut. */
  path(path: string): string {
    return quoted(path);
  }

  fd(fd: number): string {
    return `${fd}${this.#link(fd)}`;
  }

  /** The directory that paths are relative to. */
  cwd(): string {
    return `AT_FDCWD${this.#link('cwd')}`;
  }

  #link(key: number | 'cwd'): string {
    if (!this.#paths) return '';
    const link = this.links.get(key);
    if (link === undefined) this.wanted.add(key);
    return link === undefined || link === '' ? '' : `<${link}>`;
  }
}

/** The answer of a call that went well; null while it is not there, and where it ended in an error. */
export type Done<T> = { readonly value: T } | null;

/** Null: this one is not seen. */
export type Format<K extends SyscallName> = (
  show: Show,
  done: Done<ReturnType<Syscalls[K]>>,
  ...args: Parameters<Syscalls[K]>
) => Shown | null;

/** A reason in words: why none of them is ever seen. */
export type Formats<K extends SyscallName> = { readonly [Name in K]: Format<Name> | string };

export const shown = (name: string, ...args: readonly (string | number)[]): Shown => ({
  name,
  args: args.map(String),
});

/** The last arguments, beyond the first `early`, are filled in by the kernel. */
export const filled = (early: number, call: Shown, result?: string): Shown => ({
  ...call,
  early,
  ...(result !== undefined && { result }),
});
