/** What a build will do: the stages that the target needs, each with its steps and the configuration that its instructions make. */

import type { HereDocument, RunMount } from '../../oci/dockerfile/index.ts';
import type { ImageConfig, RunConfig } from '../../oci/index.ts';
import type { StoredImage } from '../model.ts';

/** Where files come from: the context, an image, or another stage. */
export type Source =
  | { readonly kind: 'context' }
  | { readonly kind: 'scratch' }
  | { readonly kind: 'image'; readonly image: StoredImage; readonly name: string }
  | { readonly kind: 'stage'; readonly stage: PlannedStage };

interface Titled {
  /** As progress shows it: `[build 2/4] COPY . .`. */
  readonly title: string;
  /** Lines in the Dockerfile. */
  readonly line: number;
  readonly endLine: number;
}

export interface FromStep extends Titled {
  readonly kind: 'from';
}

export interface CopyStep extends Titled {
  readonly kind: 'copy';
  readonly source: Source;
  readonly paths: readonly string[];
  /** Of ADD; what comes from them must have the digest `checksum`, unless that is empty. */
  readonly urls: readonly string[];
  readonly checksum: string;
  readonly documents: readonly HereDocument[];
  /** Absolute; with a slash at its end it is a directory. */
  readonly target: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  readonly unpack: boolean;
}

export interface MkdirStep extends Titled {
  readonly kind: 'mkdir';
  readonly path: string;
  /** Whose the directories are that have to be made. */
  readonly user: string;
}

export interface PlannedMount extends RunMount {
  readonly where: Source;
}

export interface RunStep extends Titled {
  readonly kind: 'run';
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Variables that are set and change nothing in what is cached: those of proxies. */
  readonly quietEnv: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly network: string;
  readonly mounts: readonly PlannedMount[];
  /** A script with an interpreter of its own, which lies in /dev/pipes while it runs. */
  readonly script: HereDocument | null;
}

export type Step = FromStep | CopyStep | MkdirStep | RunStep;

/** What an image's configuration has besides its layers. */
export interface Draft {
  readonly config: RunConfig;
  readonly author: string;
  readonly history: ImageConfig['history'];
}

/** An instruction with what it does, if anything, and what the configuration is after it. */
export interface PlannedInstruction {
  readonly text: string;
  readonly step: Step | null;
  readonly draft: Draft;
}

export interface PlannedStage {
  readonly index: number;
  /** `stage-1` without AS. */
  readonly name: string;
  readonly base: Source;
  readonly from: FromStep | null;
  /** FROM as it is written. */
  readonly text: string;
  readonly instructions: PlannedInstruction[];
  draft: Draft;
}

export interface Plan {
  /** ARG before the first FROM, as they are written. */
  readonly globals: readonly string[];
  /** In the order of the file; the last is the target. */
  readonly stages: readonly PlannedStage[];
}
