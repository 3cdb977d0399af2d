/** Replay: the same inputs at the same virtual times through the same session code. */
import { Session, type SessionOptions } from './session.ts';
import { FORMAT, transcriptDigest } from './transcript.ts';
import {
  type Exercise,
  type Input,
  ReplayError,
  type Report,
  type Submission,
  type Transcript,
} from './types.ts';

/** Rebuilds the session that a transcript records. Throws ReplayError when exercise or format differ, or an input does not fit. */
export async function restoreSession(options: SessionOptions, transcript: Transcript): Promise<Session> {
  requireMatch(options.exercise, transcript);
  const session = await Session.start({ ...options, seed: transcript.seed, files: {} });
  for (const input of transcript.inputs) {
    await options.breathe?.();
    await apply(session, input);
  }
  if (transcript.end < session.now)
    throw new ReplayError(`The record ends at ${transcript.end} ns, before its last input.`);
  session.advanceTo(transcript.end);
  // Where `lab reset` was followed, the record says so; where not, it is not made up for now.
  session.takeResetRequest();
  return session;
}

function requireMatch(exercise: Exercise, transcript: Transcript): void {
  if (transcript.format !== FORMAT) {
    throw new ReplayError(
      `The record has format ${transcript.format}; this build reads format ${FORMAT}. Use the build that made it.`,
    );
  }
  if (transcript.exercise !== exercise.id) {
    throw new ReplayError(`The record is of the exercise ${transcript.exercise}, not of ${exercise.id}.`);
  }
  if (transcript.contentHash !== exercise.contentHash) {
    throw new ReplayError(
      `The record was made with another version of ${exercise.id} (${transcript.contentHash.slice(0, 12)}; this build has ` +
        `${exercise.contentHash.slice(0, 12)}). Use the build that made it, or start the exercise anew.`,
    );
  }
}

async function apply(session: Session, input: Input): Promise<void> {
  if (input.at < session.now)
    throw new ReplayError(`An input at ${input.at} ns comes after one at ${session.now} ns.`);
  session.advanceTo(input.at);
  switch (input.kind) {
    case 'openTerminal':
      session.openTerminal(input.host, input.size);
      break;
    case 'type':
      session.input(input.terminal, input.data);
      break;
    case 'resize':
      session.resize(input.terminal, input.size);
      break;
    case 'closeTerminal':
      session.closeTerminal(input.terminal);
      break;
    case 'saveFile':
      await session.saveFile(input.name, input.content);
      break;
    case 'predict':
      session.predict(input.answer);
      break;
    case 'hint':
      session.openHint(input.index);
      break;
    case 'answer':
      session.openAnswer();
      break;
    case 'check':
      session.recordCheck();
      break;
    case 'reset':
      await session.reset();
      break;
    default:
      throw new ReplayError(`The record has an input of an unknown kind: ${JSON.stringify(input)}`);
  }
}

export interface ReplayResult {
  readonly report: Report;
  /** Whether the report in the submission says the same. */
  readonly asSubmitted: boolean;
}

/** The score of a submission, from what the learner did. */
export async function replay(
  options: Omit<SessionOptions, 'seed'>,
  submission: Submission,
): Promise<ReplayResult> {
  const { transcript } = submission;
  if (transcriptDigest(transcript) !== submission.digest) {
    throw new ReplayError(
      'The record does not have the digest that the submission says: the file was changed or cut off.',
    );
  }
  const session = await restoreSession({ ...options, seed: transcript.seed }, transcript);
  const report = await session.judge();
  session.dispose();
  return { report, asSubmitted: JSON.stringify(report) === JSON.stringify(submission.report) };
}

/** A submission from a file's text. Throws ReplayError that says what is wrong with it. */
export function parseSubmission(text: string): Submission {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ReplayError('This is no submission: the file is not JSON. Export it again from the exercise.');
  }
  const submission = value as Partial<Submission> | null;
  const transcript = submission?.transcript as Partial<Transcript> | undefined;
  const complete =
    typeof submission?.digest === 'string' &&
    typeof transcript?.exercise === 'string' &&
    typeof transcript.seed === 'string' &&
    typeof transcript.contentHash === 'string' &&
    typeof transcript.end === 'number' &&
    Array.isArray(transcript.inputs);
  if (!complete)
    throw new ReplayError('This is no submission: parts are missing. Export it again from the exercise.');
  return value as Submission;
}
