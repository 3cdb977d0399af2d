/** What goes into the sandbox and comes out. */

/** Plain data: all that crosses the border. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Why a file cannot run; line and column count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A place in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A loop, a function or a call, and where it lies; the end is behind it. */
export interface Span {
  readonly kind: 'loop' | 'function' | 'call';
  readonly from: Place;
  readonly to: Place;
}

/** Name of a file → its loops, functions and calls, each before those within it. */
export type Spans = ReadonlyMap<string, readonly Span[]>;

/** The files without their types; where their loops are, is known of those whose types were taken away here. */
export interface PreparedFiles {
  readonly code: ReadonlyMap<string, string>;
  readonly spans: Spans;
}

export interface SandboxLimits {
  /** Bytes that the learner's program may hold. */
  readonly memory: number;
  /** How often the engine may ask whether to go on, per call: about every 10,000 steps. Counted, never timed. */
  readonly budget: number;
  /** Lines and bytes of console output per call. */
  readonly outputLines: number;
  readonly outputBytes: number;
}

export const DEFAULT_LIMITS: SandboxLimits = {
  memory: 32 * 2 ** 20,
  budget: 300,
  outputLines: 10_000,
  outputBytes: 256 * 1024,
};

export type SandboxErrorKind = 'thrown' | 'budget' | 'memory' | 'stack' | 'output' | 'result' | 'missing';

export interface SandboxError {
  readonly kind: SandboxErrorKind;
  /** A sentence for the learner. */
  readonly message: string;
  /** Where in the learner's files, as far as known. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The `code` property of a thrown error: an error number's name, for exercises that use them. */
  readonly code?: string;
}

/** A call of an export of the entry. */
export interface Call {
  readonly name: string;
  readonly args: readonly Json[];
}

export type CallResult = {
  readonly output: readonly string[];
  /** What the prelude's `aside` said after the call; missing where a limit was met. */
  readonly aside?: Json;
} & ({ readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: SandboxError });

/** Functions of ours that the prelude may call; arguments and results are data. What they throw becomes an error with its `code`. */
export type HostFunctions = Readonly<Record<string, (...args: readonly Json[]) => Json>>;

export interface SandboxProgram {
  /** Name → TypeScript text. */
  readonly files: Readonly<Record<string, string>>;
  /** The file whose exports are called. */
  readonly entry: string;
  readonly limits?: Partial<SandboxLimits>;
  readonly host?: HostFunctions;
  /**
   * JavaScript of ours, `(host, globals) => (args) => args`: may put globals there for the learner, and turns the data of a call's
   * arguments into what the learner's functions take. Or `(host, globals) => ({ bind: (args) => args, aside: () => text })`, where `aside`
   * is asked after each call what else there is to say of it, as JSON text without line ends:
   * such a prelude is given data of its own, which nobody has frozen.
   */
  readonly prelude?: string;
}

/** A learner's program, loaded. Calls are synchronous and change nothing outside but through `host`. */
export interface Sandbox {
  call(name: string, args: readonly Json[]): CallResult;
  /**
   * Calls one after the other, which costs less than as many single ones. Null when one of them met a limit, printed something or left
   * promises behind: which of them it was is known where they are called singly.
   */
  callAll(calls: readonly Call[]): readonly CallResult[] | null;
  /** Replaces what the host functions do, for the calls to come. */
  bindHost(host: HostFunctions): void;
  dispose(): void;
}

export type SandboxResult =
  | { readonly ok: true; readonly sandbox: Sandbox }
  | { readonly ok: false; readonly diagnostics: readonly Problem[] };

export interface SandboxFactory {
  /** Every program gets a runtime and globals of its own; making one needs the event loop once. */
  create(program: SandboxProgram): Promise<SandboxResult>;
}
