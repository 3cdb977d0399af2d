/** What runs in the worker: an exercise and its session, as the host sees them. */
import type { Nanos } from '../../base/index.ts';
import type {
  Diagnostics,
  GoalStatus,
  LabExercise,
  Prediction,
  Report,
  Submission,
  TerminalSize,
  Transcript,
} from './protocol.ts';

/** What the host asks of a session. The exercise room's `Session` has this shape; so has a test's. */
export interface HostedSession {
  advance(by: Nanos): void;
  openTerminal(host: string, size: TerminalSize): number;
  input(terminal: number, data: string): void;
  resize(terminal: number, size: TerminalSize): void;
  closeTerminal(terminal: number): void;
  saveFile(name: string, content: string): Promise<readonly Diagnostics[]>;
  predict(answer: Prediction): void;
  openHint(index: number): string;
  openAnswer(): void;
  check(): Promise<Report>;
  reset(): Promise<void>;
  /** Whether the learner asked for a reset in the terminal since the last call. */
  takeResetRequest(): boolean;
  transcript(): Transcript;
  submission(): Promise<Submission>;
  goals(): readonly GoalStatus[];
  terminals(): readonly { readonly id: number; readonly host: string }[];
  hints(): readonly string[];
  files(): Readonly<Record<string, string>>;
  diagnostics(): readonly Diagnostics[];
  readonly answerOpened: boolean;
  readonly prediction: Prediction | null;
}

export interface SessionStart {
  readonly seed: string;
  /** To be replayed; an error says why it does not lead where it led. */
  readonly transcript?: Transcript;
  readonly onOutput: (terminal: number, bytes: Uint8Array) => void;
  /** Told before each part of a check: how many are done. */
  readonly onProgress: (done: number, total: number) => void;
  /** To be awaited where what the session does takes long, so that the worker answers meanwhile. */
  readonly breathe?: () => Promise<void>;
}

/** An exercise, loaded and ready to be started. */
export interface LoadedExercise {
  description(seed: string): LabExercise;
  start(options: SessionStart): Promise<HostedSession>;
}
