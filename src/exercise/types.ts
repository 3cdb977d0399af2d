/** What an exercise is, and what comes of working on it. Everything a page or a file sees is plain JSON. */
import type { Nanos, Random } from '../base/index.ts';
import type { BootPolicies, DiskServices, HostPolicies } from '../libvirt/index.ts';
import type { FilesystemTypes, LinuxHost, WindowSize } from '../linux/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { Scenario, World } from '../world/index.ts';

/** What an answer to a prediction can be: an option's id, several, or a number. */
export type Prediction = string | readonly string[] | number;

/** The question asked before anything runs. It is never graded. */
export type Predict = {
  readonly question: string;
  /** What turns out to be so. */
  readonly answer: Prediction;
  /** Why, shown beside the prediction after a check. */
  readonly explanation?: string;
} & (
  | {
      readonly kind: 'choice' | 'choices' | 'order';
      readonly options: readonly { readonly id: string; readonly text: string }[];
    }
  | { readonly kind: 'number'; readonly unit?: string }
);

/** A place in a file of the learner's; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Why a file of the learner's cannot run. */
export interface Diagnostics extends Place {
  readonly message: string;
}

/** A failed check in sentences: which case, what was expected, what happened, where, and what to look at next. */
export interface Feedback {
  readonly summary: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The smallest sequence found that shows the fault. */
  readonly counterexample?: {
    readonly steps: readonly string[];
    readonly before?: string;
    readonly after?: string;
    /** What `before` and `after` are called where those words do not fit. */
    readonly titles?: readonly [before: string, after: string];
  };
  readonly where?: Place;
  /** What the learner's code printed in the call that failed. */
  readonly printed?: readonly string[];
  readonly misconception?: string;
  readonly next?: string;
}

/** What a check says: nothing when it passes. */
export type Verdict = { readonly passed: true } | { readonly passed: false; readonly feedback: Feedback };

/** What checks and live code work with. */
export interface CheckContext {
  /** A fresh instance of the learner's code. */
  readonly code: Sandbox;
  /** Drawn from the submission's seed, and the check's own. */
  readonly random: Random;
}

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  run(context: CheckContext): Verdict;
}

/** Looked at on the state of the world, never on what was typed. */
export interface Goal {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  holds(world: World): boolean;
  /** Told when it does not hold at a check. */
  readonly feedback: string;
}

export interface ExerciseFile {
  readonly name: string;
  /** As shipped. */
  readonly starter: string;
}

/** What live code works with, on one host of the scenario. */
export interface LiveHost {
  /** Null while the learner's files do not run. */
  readonly code: () => Sandbox | null;
  readonly host: () => LinuxHost;
  /** Whether the scenario's own setup still runs: nobody has asked for the learner's code yet. */
  readonly settingUp: () => boolean;
  /** Told what a call of the learner's code ended in, for `dmesg`-like logs. */
  readonly report: (message: string) => void;
  /** Told each line that the learner's code printed in such a call. */
  readonly print: (line: string) => void;
  /** Calls `changed` whenever the learner's files have been saved. */
  readonly onChange: (changed: () => void) => void;
}

/** How learner code becomes part of the simulated system: what it is is for the scenario's hosts. */
export interface LiveCode {
  /** File-system types for mount(8). */
  filesystems?(live: LiveHost): FilesystemTypes;
  /** Back ends of VMs' disks; only for hosts with a hypervisor. */
  services?(live: LiveHost): DiskServices;
  /** What VMs without a kernel start from. */
  boots?(live: LiveHost): BootPolicies;
  /** Decisions of the hypervisor. */
  policies?(live: LiveHost): HostPolicies;
}

/** What the learner's functions take besides plain data: see SandboxProgram in the sandbox. */
export interface Binding {
  /** JavaScript of ours, `(host, globals) => (args) => args`. */
  readonly prelude: string;
  /** Names of the functions that `bindHost` gives before each call. */
  readonly host: readonly string[];
}

/** What an author writes in exercise.ts. */
export interface ExerciseDefinition {
  readonly id: string;
  readonly title: string;
  /** Number of the slide with the discussion question. */
  readonly slide: number;
  /** Upper estimate. */
  readonly minutes: number;
  readonly predict: Predict;
  scenario(seed: string): Scenario;
  /** Names of the learner's files, in the order of their tabs; texts are in starter/. */
  readonly files: readonly string[];
  /** The file whose exports are called. */
  readonly entry: string;
  readonly binding?: Binding;
  readonly live?: LiveCode;
  readonly goals: readonly Goal[];
  readonly checks: readonly Check[];
  /** Three, from a question to a near-answer. */
  readonly hints: readonly string[];
}

/** An exercise with the files of its folder: what a session runs. */
export interface Exercise extends ExerciseDefinition {
  /** SHA-256 of what decides its result: see `contentHash`. */
  readonly contentHash: string;
  readonly starter: Readonly<Record<string, string>>;
}

export interface GoalStatus {
  readonly id: string;
  readonly title: string;
  readonly holds: boolean;
}

export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly of: number;
  readonly status: 'passed' | 'failed' | 'error';
  readonly feedback?: Feedback;
}

export interface Report {
  readonly score: { readonly points: number; readonly of: number };
  /** Code checks, then the goals. */
  readonly checks: readonly CheckResult[];
  readonly goals: readonly GoalStatus[];
  /** SHA-256 of the world's whole state when the check was asked for. */
  readonly worldHash: string;
}

/** One thing a learner did; `at` is virtual time in nanoseconds. */
export type Input = { readonly at: Nanos } & (
  | { readonly kind: 'openTerminal'; readonly host: string; readonly size: WindowSize }
  | { readonly kind: 'type'; readonly terminal: number; readonly data: string }
  | { readonly kind: 'resize'; readonly terminal: number; readonly size: WindowSize }
  | { readonly kind: 'closeTerminal'; readonly terminal: number }
  | { readonly kind: 'saveFile'; readonly name: string; readonly content: string }
  | { readonly kind: 'predict'; readonly answer: Prediction }
  | { readonly kind: 'hint'; readonly index: number }
  | { readonly kind: 'answer' }
  | { readonly kind: 'check' }
  | { readonly kind: 'reset' }
);

/** The record of a session: what replays to the same world. */
export interface Transcript {
  readonly format: 1;
  readonly exercise: string;
  readonly contentHash: string;
  readonly seed: string;
  readonly inputs: readonly Input[];
  /** Virtual time of the session's end, since its last reset. */
  readonly end: Nanos;
}

/** What is handed in: the record, and what the learner saw at the end. The score that counts comes from replaying. */
export interface Submission {
  readonly transcript: Transcript;
  readonly report: Report;
  /** SHA-256 of the canonical transcript. */
  readonly digest: string;
}

/** A record that cannot be replayed, or leads elsewhere than it says; the message tells what to do. */
export class ReplayError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplayError';
  }
}
