/** What Tab knows about a command: the types of the tables that src/shell/commands exports. */

export interface CompletionOption {
  /** As typed: `-l`, `--all`. */
  readonly name: string;
  /** One line, as --help shows it. */
  readonly help?: string;
  /** The option takes an argument in the next word. */
  readonly argument?: boolean;
}

export interface CompletionSpec {
  readonly options?: readonly CompletionOption[];
  /** By name; one line of help may be given in the sub-specification. */
  readonly subcommands?: ReadonlyMap<string, CompletionSpec>;
  /** What the other words are; `path` when absent. */
  readonly operands?: 'path' | 'directory' | 'command' | 'user' | 'signal' | 'none';
  readonly help?: string;
}

/** By the name of a command. */
export type CompletionSpecs = Pick<ReadonlyMap<string, CompletionSpec>, 'get'>;
