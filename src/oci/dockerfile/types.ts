/** Instructions of a Dockerfile with their meaning, before variables are replaced (Dockerfile reference). */
import type { Healthcheck } from '../image.ts';
import type { HereDocument } from './heredoc.ts';
import type { RunMount } from './mounts.ts';

interface Written {
  /** On one line, as in the file: what a builder shows as the step. */
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
}

export interface Pair {
  readonly name: string;
  readonly value: string;
  /** Written `name value`, the old form. */
  readonly old: boolean;
}

/** A command: `shell` says that its one word goes to the shell, otherwise the words are the arguments. */
interface CommandLine {
  readonly argv: readonly string[];
  readonly shell: boolean;
}

export interface CopyInstruction extends Written {
  readonly kind: 'add' | 'copy';
  readonly sources: readonly string[];
  readonly documents: readonly HereDocument[];
  readonly target: string;
  /** Name or number of a stage, or an image; empty: the build's context. */
  readonly from: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  /** ADD only: the digest of what a URL gives. */
  readonly checksum: string;
  /** Archives are unpacked: by ADD, unless it is told not to. */
  readonly unpack: boolean;
}

export interface RunInstruction extends Written, CommandLine {
  readonly kind: 'run';
  readonly documents: readonly HereDocument[];
  /** Values of --mount; read by parseMount when variables are known. */
  readonly mounts: readonly string[];
  /** Stages and images that the mounts name. */
  readonly mountSources: readonly RunMount['from'][];
  readonly network: string;
  readonly security: string;
}

export interface ArgInstruction extends Written {
  readonly kind: 'arg';
  readonly args: readonly { readonly name: string; readonly value: string | null }[];
}

export type Instruction =
  | CopyInstruction
  | RunInstruction
  | ArgInstruction
  | (Written & CommandLine & { readonly kind: 'cmd' | 'entrypoint' })
  | (Written & { readonly kind: 'env' | 'label'; readonly pairs: readonly Pair[] })
  | (Written & { readonly kind: 'expose' | 'volume'; readonly words: readonly string[] })
  | (Written & { readonly kind: 'healthcheck'; readonly health: Healthcheck })
  | (Written & { readonly kind: 'maintainer' | 'stopsignal' | 'user'; readonly word: string })
  | (Written & { readonly kind: 'workdir'; readonly word: string })
  | (Written & { readonly kind: 'onbuild'; readonly expression: string })
  | (Written & { readonly kind: 'shell'; readonly argv: readonly string[] });

export interface Stage extends Written {
  /** The image or the stage that it begins with, variables not replaced. */
  readonly base: string;
  /** In small letters; null without AS. */
  readonly name: string | null;
  readonly platform: string;
  readonly instructions: readonly Instruction[];
}

export interface Warning {
  /** Name of BuildKit's rule: `MaintainerDeprecated`. */
  readonly rule: string;
  readonly message: string;
  readonly line: number;
}

export interface Dockerfile {
  /** The character that escapes. */
  readonly escapeToken: string;
  /** ARG before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  readonly warnings: readonly Warning[];
  /** Of the directive `check`. */
  readonly check: string;
  /** Of the directive `syntax`; empty without one. */
  readonly syntax: string;
}
