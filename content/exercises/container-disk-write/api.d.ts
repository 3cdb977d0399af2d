/** The API of `overlay.ts`: what your functions are given. */

/** What a layer holds at a path. `mode` is permission bits such as 0o644. */
export type Entry =
  | { readonly kind: 'file'; readonly content: string; readonly mode: number }
  | {
      readonly kind: 'dir';
      readonly mode: number;
      /** Opaque: nothing of the layers below shows through this directory. */
      readonly opaque?: boolean;
    }
  /** The name was removed: layers below must not show it. */
  | { readonly kind: 'whiteout' };

/** One directory tree. Paths are absolute, without a slash at the end: `/etc/motd`; the root is `/`. */
export interface Layer {
  /** What this layer alone has at `path`; null when nothing. */
  get(path: string): Entry | null;
  /** The names that this layer alone has in the directory `path`, whiteouts included; none when it has no such directory. */
  list(path: string): readonly string[];
  /** Puts an entry in place of what was there. The directory above must be in this layer. */
  put(path: string, entry: Entry): void;
  /** Takes an entry away; a directory with all below it. */
  remove(path: string): void;
}

/** The layers of one mounted overlay file system. */
export interface Stack {
  /** The container's own layer: the only one that may ever change. */
  readonly upper: Layer;
  /** The image's layers, the topmost first. Other containers use the same ones. */
  readonly lowers: readonly Layer[];
}

export type Errno = 'ENOENT' | 'EEXIST' | 'ENOTDIR' | 'EISDIR' | 'ENOTEMPTY' | 'EXDEV';

declare global {
  /** Ends the system call with an error number: `fail('ENOENT')`. */
  function fail(code: Errno): never;
}
