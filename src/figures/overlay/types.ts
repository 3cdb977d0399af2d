/** What the overlay explorer shows: plain data, made from a world by `player.ts`, turned into HTML by `render.ts`. */

/** One thing a reader, or the walk-through, does in the container. `path` is as seen in the container. */
export type Operation =
  | { readonly kind: 'read' | 'list' | 'remove' | 'removeTree' | 'makeDirectory'; readonly path: string }
  | { readonly kind: 'write' | 'append'; readonly path: string; readonly text: string }
  /** Removes the container and starts another one from the same image. */
  | { readonly kind: 'replaceContainer' };

/** What lies under a name in one directory. */
export type Cell =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly content: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'whiteout' };

/** One path across the merged view and the layers; `layers[0]` is the upper directory, then the image's layers from the top down. */
export interface Row {
  readonly path: string;
  readonly merged: Cell;
  readonly layers: readonly Cell[];
  /** The layers whose entry the merged view shows: one for a file, several for a merged directory, none for what is not there. */
  readonly shownFrom: readonly number[];
}

/** The state after one step. */
export interface Frame {
  /** What was typed; null before the first step. */
  readonly command: string | null;
  /** What the command printed. */
  readonly output: string;
  /** Why one would look at this step; empty for what a reader does freely. */
  readonly remark: string;
  /** What the kernel did, in sentences, in order. */
  readonly events: readonly string[];
  readonly rows: readonly Row[];
  /** Bytes of file content in the upper directory. */
  readonly upperBytes: number;
}

/** A step of the walk-through. */
export interface Step {
  readonly operation: Operation;
  readonly remark: string;
}
