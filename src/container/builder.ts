/** The builder's place in the daemon. Its code (build/) comes later than the daemon's own: importing build/index.ts provides it. */
import type { Sys } from '../linux/index.ts';
import type { RunConfig } from '../oci/index.ts';
import type { BuildProgress, Send } from './build/progress.ts';
import type { Engine } from './engine.ts';
import type { Exchange, Request } from './http.ts';

/** A header of our own client's: a session's channel is what BuildKit has for it. JSON: id → contents as hexadecimal digits. */
export const SECRETS_HEADER = 'x-build-secrets';

export interface Builder {
  /**
   * Answers POST /build by itself, in the words of `progressOf` if it is not one of Docker's clients that asks; throws EngineError for what is
   * refused before anything is built.
   */
  readonly build: (
    engine: Engine,
    request: Request,
    client: Exchange,
    progressOf?: (send: Send) => BuildProgress,
  ) => Sys<null>;
  /** A configuration changed by instructions (`CMD x`, `ENV a=b`). Throws EngineError 400. */
  readonly changed: (config: RunConfig, changes: readonly string[]) => RunConfig;
}

let provided: Builder | null = null;

export function provideBuilder(builder: Builder): void {
  provided = builder;
}

/** The builder. Without its code the world is not to be used any more: what happens in it must not depend on when code arrives. */
export function builder(): Builder {
  if (provided === null)
    throw new Error('the code of the builder is not loaded: import src/container/build/index.ts first');
  return provided;
}

/** What `docker build --check` is told. */
export interface CheckResult {
  readonly text: string;
  /** Exit status of the command. */
  readonly status: number;
  /** What cannot be built, and where; null when it can. */
  readonly error: string | null;
}
