/**
 * What the lab keeps on the learner's machine, and how it is read back. Nothing read from storage or from a file is trusted: it is
 * checked field by field, and what does not hold is reported with its reason, so that it can be set aside instead of lost.
 */
import type { TerminalInput } from '../worker/laterCode.ts';
import type { Report, Submission, Transcript } from '../worker/protocol.ts';

/** Version of the stored form. A record with another one is set aside, not guessed at. */
export const WORK_FORMAT = 1;

/** The work on one exercise, saved after every change. */
export interface Work {
  readonly format: typeof WORK_FORMAT;
  readonly exerciseId: string;
  readonly contentHash: string;
  readonly seed: string;
  /** The learner's files as they stand in the editor; may be newer than those in the transcript. */
  readonly files: Readonly<Record<string, string>>;
  readonly transcript: Transcript | null;
  /** The learner's own explanation, for nobody but them and whoever reads the attempt. */
  readonly explanation: string;
  /** The last result, and how far the work had come. */
  readonly report: Report | null;
  readonly reached: {
    readonly predicted: boolean;
    readonly usedTerminal: boolean;
    readonly submitted: boolean;
    /** Code or world changed after the result. */
    readonly stale: boolean;
  };
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** Typed in terminals since the transcript; only a page that is left with such has it, in its last copy. */
  readonly typed?: readonly TerminalInput[];
}

/** A submission that was made, with the name the learner gave it. */
export interface Attempt {
  readonly id: string;
  readonly exerciseId: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly points: number;
  readonly of: number;
  readonly explanation: string;
  readonly submission: Submission;
}

/** A record that could not be used, kept as it was found. */
export interface SetAside {
  readonly exerciseId: string;
  readonly at: number;
  readonly reason: string;
  readonly record: unknown;
}

/** All work on one exercise in one file, to carry to another machine. */
export interface ExportFile {
  readonly format: 'virtbook-work/1';
  readonly work: Work;
  readonly attempts: readonly Attempt[];
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

type Shape = Readonly<Record<string, unknown>>;
const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const bad = (reason: string) => ({ ok: false, reason }) as const;

/** Reads the stored work on `exerciseId`. */
export function parseWork(raw: unknown, exerciseId: string): Parsed<Work> {
  if (!isShape(raw)) return bad('it is not a record');
  if (raw.format !== WORK_FORMAT)
    return bad(`its format is ${JSON.stringify(raw.format)}, and this book reads format ${WORK_FORMAT}`);
  if (raw.exerciseId !== exerciseId)
    return bad(`it belongs to the exercise ${JSON.stringify(raw.exerciseId)}`);
  for (const field of ['contentHash', 'seed', 'explanation'])
    if (typeof raw[field] !== 'string') return bad(`its ${field} is missing`);
  if (typeof raw.savedAt !== 'number') return bad('its time is missing');
  if (!isShape(raw.files) || !Object.values(raw.files).every((text) => typeof text === 'string'))
    return bad('its files are not texts');
  if (raw.transcript !== null && !isShape(raw.transcript)) return bad('its session record is not a record');
  if (raw.report !== null && !isReport(raw.report)) return bad('its result is damaged');
  if (raw.typed !== undefined && !(Array.isArray(raw.typed) && raw.typed.every(isInput)))
    return bad('what was typed last is damaged');
  if (!isShape(raw.reached) || !Object.values(raw.reached).every((flag) => typeof flag === 'boolean'))
    return bad('its progress is damaged');
  return { ok: true, value: raw as unknown as Work };
}

/** The learner's files of a record that is otherwise of no use, as far as they can still be read. */
export function salvageFiles(raw: unknown): Record<string, string> {
  const files = isShape(raw) && isShape(raw.files) ? raw.files : {};
  return Object.fromEntries(
    Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Reads an export file's text. */
export function parseExport(text: string, exerciseId: string): Parsed<ExportFile> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return bad(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (isSubmission(raw))
    return bad(
      'it is a submission, which is for handing in; to go on with your work here, take the file that “Export all my work” has saved (its name ends in .virtbook-work.json)',
    );
  if (!isShape(raw) || raw.format !== 'virtbook-work/1') return bad('it is not a work file of this book');
  const work = parseWork(raw.work, exerciseId);
  if (!work.ok) return work;
  if (!Array.isArray(raw.attempts) || !raw.attempts.every((attempt) => isAttempt(attempt, exerciseId)))
    return bad('its list of attempts is damaged');
  return { ok: true, value: raw as unknown as ExportFile };
}

function isInput(raw: unknown): boolean {
  return isShape(raw) && typeof raw.terminal === 'number' && typeof raw.data === 'string';
}

function isSubmission(raw: unknown): boolean {
  return isShape(raw) && isShape(raw.transcript) && isShape(raw.report) && typeof raw.digest === 'string';
}

function isReport(raw: unknown): boolean {
  if (!isShape(raw) || !isShape(raw.score) || !Array.isArray(raw.checks)) return false;
  const { points, of } = raw.score;
  const checks = raw.checks.every((check) => isShape(check) && typeof check.title === 'string');
  return [points, of].every(Number.isFinite) && checks;
}

function isAttempt(raw: unknown, exerciseId: string): boolean {
  return (
    isShape(raw) &&
    raw.exerciseId === exerciseId &&
    typeof raw.id === 'string' &&
    typeof raw.name === 'string' &&
    [raw.at, raw.points, raw.of].every(Number.isFinite) &&
    isShape(raw.submission)
  );
}

/** The name an attempt gets before the learner gives it another: "Attempt 3: 8 of 12 points". */
export function attemptName(earlier: number, report: Pick<Report, 'score'>): string {
  return `Attempt ${earlier + 1}: ${report.score.points} of ${report.score.of} points`;
}
