/** What the lab knows of the work at hand, and what follows from it. Plain data; the panels are drawn from it. */
import type { Progress } from './panels/flow.ts';
import { isFull } from './panels/results.ts';
import type { Attempt, Work } from './storage/records.ts';
import type {
  Diagnostics,
  GoalStatus,
  LabExercise,
  Prediction,
  Report,
  SessionState,
  Transcript,
} from './worker/protocol.ts';

export interface LabState {
  exercise: LabExercise | null;
  seed: string;
  goals: readonly GoalStatus[];
  hints: readonly string[];
  prediction: Prediction | null;
  /** Predicted or passed over. */
  predicted: boolean;
  answerOpened: boolean;
  explanation: string;
  /** The learner's files as the world runs them. */
  live: Readonly<Record<string, string>>;
  diagnostics: readonly Diagnostics[];
  report: Report | null;
  /** Code or world changed after the report. */
  stale: boolean;
  /** What failed in the report before, and how: see failureOf. */
  failedBefore: ReadonlySet<string>;
  checking: boolean;
  /** What failed last and is told in a notice. */
  failed: string | null;
  submitted: boolean;
  usedTerminal: boolean;
  attempts: readonly Attempt[];
  /** What a reset or an import threw away, while it can be taken back. */
  undo: Former | null;
}

/** Work as it stood before it was replaced. */
interface Former extends Pick<Work, 'files' | 'report' | 'reached'> {
  readonly seed: string;
  readonly transcript: Transcript;
  /** Null where it was not replaced. */
  readonly explanation: string | null;
}

export function initialState(): LabState {
  return {
    exercise: null,
    seed: '',
    goals: [],
    hints: [],
    prediction: null,
    predicted: false,
    answerOpened: false,
    explanation: '',
    live: {},
    diagnostics: [],
    report: null,
    stale: false,
    failedBefore: new Set(),
    checking: false,
    failed: null,
    submitted: false,
    usedTerminal: false,
    attempts: [],
    undo: null,
  };
}

/** Takes over what the worker says of a session that was opened, restored or reset. */
export function takeSession(state: LabState, session: SessionState): void {
  state.goals = session.goals;
  state.hints = session.hints;
  state.answerOpened = session.answerOpened;
  state.prediction = session.prediction;
  state.predicted ||= session.prediction !== null;
  state.live = session.files;
  state.diagnostics = session.diagnostics;
}

/** The session began anew: what the work had reached in the old one does not hold for it. */
export function forgetReached(state: LabState): void {
  Object.assign(state, {
    predicted: state.prediction !== null,
    report: null,
    stale: false,
    submitted: false,
  });
}

/** How far the work has come, as it is stored. */
export function reachedOf({ predicted, usedTerminal, submitted, stale }: LabState): Work['reached'] {
  return { predicted, usedTerminal, submitted, stale };
}

/** The work as it stands: the session's record, the files of the editor, and what came of them. */
export function formerOf(
  state: LabState,
  transcript: Transcript,
  files: Readonly<Record<string, string>>,
): Former {
  const { seed, report } = state;
  return { seed, transcript, files, report, explanation: null, reached: reachedOf(state) };
}

/** Takes a report over from a check. */
export function takeReport(state: LabState, report: Report): void {
  const failed = state.report?.checks.filter(({ status }) => status !== 'passed') ?? [];
  state.failedBefore = new Set(failed.map(failureOf));
  state.report = report;
  state.stale = false;
}

/** A check that could not look at the code at all, for a slip in it perhaps, has not failed in what it looks at. */
const failureOf = ({ id, status }: Report['checks'][number]) => `${status} ${id}`;

/** Checks that failed twice running, while there is a hint left to open. */
export function repeatedFailures(state: LabState): ReadonlySet<string> {
  const total = state.exercise?.hintCount ?? 0;
  if (!state.report || state.hints.length >= total) return new Set();
  const failed = state.report.checks.filter(({ status }) => status !== 'passed');
  return new Set(failed.filter((check) => state.failedBefore.has(failureOf(check))).map(({ id }) => id));
}

/** Names of files whose text in the editor is not what the world runs. */
export function editedFiles(state: LabState, files: Readonly<Record<string, string>>): string[] {
  return Object.keys(files).filter((name) => files[name] !== state.live[name]);
}

export function progressOf(state: LabState, files: Readonly<Record<string, string>>): Progress {
  const starters = new Map(state.exercise?.files.map(({ name, starter }) => [name, starter]));
  const editedCode = Object.entries(files).some(([name, text]) => starters.get(name) !== text);
  const { report, stale } = state;
  return {
    predicted: state.predicted || !state.exercise?.predict,
    goalsHold: state.goals.length > 0 ? state.goals.every(({ holds }) => holds) : state.usedTerminal,
    editedCode,
    checking: state.checking,
    result: !report ? 'none' : stale ? 'stale' : isFull(report) ? 'passed' : 'failed',
    submitted: state.submitted,
    answerOpened: state.answerOpened,
  };
}
