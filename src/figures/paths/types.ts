/** The way of a request: stations, each in the layer that deals with it. */

export interface Station {
  /** Key of a {@link Layer}. */
  readonly layer: string;
  readonly title: string;
  /** What happens there, plain text. */
  readonly say: string;
  /** What was recorded: a line of the guest's trace, an event of the host's, a write to a file. */
  readonly recorded: readonly string[];
}

export interface Layer {
  readonly key: string;
  readonly name: string;
}

export interface Path {
  readonly layers: readonly Layer[];
  readonly stations: readonly Station[];
}
