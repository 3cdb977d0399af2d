/** `virtbook replay FILE`: what a submission is worth. */
import { readFileSync } from 'node:fs';
import { parseSubmission, ReplayError, type Report, replay } from '../exercise/index.ts';
import { CommandError } from './commandError.ts';
import { loadExercise, sandbox } from './exercises.ts';
import { tellOops } from './oops.ts';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** One line for each check, then score and hash. */
export function reportText(report: Report): string {
  const lines = report.checks.map((check) => {
    const points = `${check.points}/${check.of}`.padStart(6);
    const why = check.feedback === undefined ? '' : `\n         ${check.feedback.summary}`;
    return `${points}  ${check.status.padEnd(6)}  ${check.title}${why}`;
  });
  const { points, of } = report.score;
  return `${lines.join('\n')}\nscore ${points} of ${of}\nworld ${report.worldHash}\n`;
}

/** Prints the report of the submission in `file`; throws CommandError, also when it does not replay. */
export async function replayFile(file: string, options: { json?: boolean }): Promise<void> {
  try {
    await printReplay(file, options);
  } catch (error) {
    throw error instanceof ReplayError ? new CommandError(error.message) : error;
  }
}

async function printReplay(file: string, options: { json?: boolean }): Promise<void> {
  const submission = parseSubmission(read(file));
  const { exercise } = await loadExercise(submission.transcript.exercise);
  const { report, asSubmitted } = await replay({ exercise, sandbox, onOops: tellOops }, submission);
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ exercise: exercise.id, seed: submission.transcript.seed, asSubmitted, report })}\n`,
    );
    return;
  }
  process.stdout.write(
    `${exercise.title} (${exercise.id}), seed ${submission.transcript.seed}\n${reportText(report)}`,
  );
  process.stdout.write(
    asSubmitted ? 'as submitted\n' : 'NOT as submitted: the report in the file says otherwise\n',
  );
}
