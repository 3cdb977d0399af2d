/**
 * What page and worker say to each other: plain data only. The page knows an exercise by this description; the exercise itself, with
 * its functions, lives in the worker beside the session.
 */

import type {
  Diagnostics,
  GoalStatus,
  Predict,
  Prediction,
  Report,
  Submission,
  Transcript,
} from '../../exercise/index.ts';

export type { Diagnostics, GoalStatus, Predict, Prediction, Report, Submission, Transcript };

/** Columns and rows of a terminal. */
export interface TerminalSize {
  cols: number;
  rows: number;
}

/** One file of the learner's. */
export interface LabFile {
  readonly name: string;
  /** As shipped; "back to the starter" puts this text there again. */
  readonly starter: string;
}

/** An exercise as the page sees it. */
export interface LabExercise {
  readonly id: string;
  readonly title: string;
  readonly contentHash: string;
  readonly predict: Predict | null;
  readonly files: readonly LabFile[];
  /** Declarations of the exercise's API, for completion and hover. */
  readonly api: readonly { readonly path: string; readonly text: string }[];
  readonly hintCount: number;
  /** Names of the hosts a terminal can be opened on; the first is the usual one. */
  readonly hosts: readonly string[];
}

/** A terminal that exists in the world, with all it has printed so far. */
export interface TerminalState {
  readonly id: number;
  readonly host: string;
  readonly printed: Uint8Array;
}

/** Where a session stands: what the page needs to draw itself after opening, restoring or resetting. */
export interface SessionState {
  readonly terminals: readonly TerminalState[];
  readonly goals: readonly GoalStatus[];
  /** Texts of the hints opened so far, in order. */
  readonly hints: readonly string[];
  readonly answerOpened: boolean;
  /** The learner's files as the world runs them now, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly prediction: Prediction | null;
  /** Why the learner's files cannot run, if so. */
  readonly diagnostics: readonly Diagnostics[];
}

export interface OpenRequest {
  readonly exerciseId: string;
  readonly seed: string;
  /** To be replayed; without it a new session starts. */
  readonly transcript?: Transcript;
  /** The learner's files for a new session that continues old work; by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly size: TerminalSize;
}

/** Why a stored session could not be continued. */
export interface ReplayProblem {
  readonly message: string;
}

export interface OpenResult {
  readonly exercise: LabExercise;
  readonly state: SessionState;
  /** Set when the transcript could not be replayed and a new session was started in its place. */
  readonly problem: ReplayProblem | null;
}

/** What happened in the world during one frame. */
export interface Frame {
  readonly outputs: readonly { readonly terminal: number; readonly bytes: Uint8Array }[];
  /** Present when a goal has changed. */
  readonly goals?: readonly GoalStatus[];
}

/** The worker calls these on the page. */
export interface LabEvents {
  frame(frame: Frame): void;
  /** `lab reset` was typed in a terminal. */
  resetAsked(): void;
  /** The record of the session so far, sent a moment after something was recorded; it has the first `typed` calls of `input` since `open`. */
  transcript(transcript: Transcript, typed: number): void;
  /** What the worker is doing while it opens, as a sentence. */
  progress(text: string): void;
  /** What of the world has been on its way over the network for a while; null when it has come. */
  fetching(what: string | null): void;
  /** The session stopped by an error of ours; the worker is of no more use. */
  failed(message: string): void;
}

/** The page calls these on the worker. Every one is recorded where the session records it. */
export interface LabWorker {
  open(request: OpenRequest, events: LabEvents): Promise<OpenResult>;
  ping(): void;
  setPaused(paused: boolean): void;
  openTerminal(host: string, size: TerminalSize): TerminalState;
  input(terminal: number, data: string): void;
  resize(terminal: number, size: TerminalSize): void;
  closeTerminal(terminal: number): void;
  saveFile(name: string, content: string): Promise<readonly Diagnostics[]>;
  predict(answer: Prediction): void;
  openHint(index: number): string;
  openAnswer(): void;
  check(): Promise<Report>;
  reset(): Promise<SessionState>;
  transcript(): Transcript;
  submission(): Promise<Submission>;
}
