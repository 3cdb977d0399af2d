/** What a build tells while it goes on, in the words of BuildKit's plain progress or of the builder before it; and its failures. */
import type { Sys } from '../../linux/index.ts';
import type { CheckResult } from '../builder.ts';
import type { Container } from '../model.ts';

/** A failure with where in the Dockerfile it is. */
export interface Failure {
  readonly message: string;
  /** As the builder before BuildKit said it. */
  readonly classic: string;
  readonly line: number;
  readonly endLine: number;
  /** Exit status of a command that failed; 0 when none did. */
  readonly code: number;
  /** The step it happened in. */
  readonly step: { readonly title: string } | null;
}

export interface BuildProgress {
  /** The Dockerfile was read. */
  readonly definition: (name: string, bytes: number) => Sys<void>;
  /** The base image of a stage is looked for; it was found. */
  readonly metadata: (name: string) => Sys<void>;
  readonly metadataDone: () => Sys<void>;
  /** What is told while an image comes from its registry. */
  readonly pulling: (report: { readonly id?: string; readonly status?: string }) => Sys<void>;
  /** Bytes of .dockerignore, and of the context when some step takes files from it. */
  readonly context: (ignoreBytes: number, bytes: number | null) => Sys<void>;
  /** An instruction begins, of `total` in all. */
  readonly instruction: (text: string, total: number) => Sys<void>;
  /** And ends; the id is that of an image that would be made of what there is now. */
  readonly instructionDone: (id: string) => Sys<void>;
  readonly step: (title: string) => Sys<void>;
  readonly cached: () => Sys<void>;
  /** The step was a base whose files are not needed. */
  readonly baseCached: () => Sys<void>;
  readonly running: (container: Container) => Sys<void>;
  readonly output: (stream: number, bytes: Uint8Array) => Sys<void>;
  readonly stepDone: (container: Container | null) => Sys<void>;
  /** Values that were given for arguments which no ARG declares. */
  readonly unused: (names: readonly string[]) => Sys<void>;
  readonly finished: (id: string, names: readonly string[]) => Sys<void>;
  /** The result's files have gone to the client, `bytes` of content. */
  readonly exported: (output: 'local' | 'tar', bytes: number) => Sys<void>;
  readonly failed: (failure: Failure, dockerfile: { name: string; text: string }) => Sys<void>;
  /** `--check`: what was found, instead of an image. */
  readonly checked: (result: CheckResult) => Sys<void>;
  /** Words about what was found strange. */
  readonly warn: (lines: readonly string[]) => Sys<void>;
}

/** Sends one piece of the stream: an object of Docker's JSON messages. */
export type Send = (message: Readonly<Record<string, unknown>>) => Sys<void>;

export const short = (id: string): string => id.replace('sha256:', '').slice(0, 12);
