/** `virtbook exercise play ID`: the same session in one's own terminal; the learner's files are edited in a folder beside it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MILLISECOND } from '../base/index.ts';
import { Session } from '../exercise/index.ts';
import { CommandError } from './commandError.ts';
import { loadExercise, sandbox } from './exercises.ts';
import { reportText } from './replayCommand.ts';

/** Real milliseconds between two looks at the world. */
const FRAME = 10;
/** Leaves the session: Ctrl-]. */
const LEAVE = '\u001d';

export interface PlayOptions {
  readonly seed: string;
  /** Where the learner's files are, and the starter's put where one is missing; a new folder when absent. */
  readonly folder?: string;
}

function windowSize(): { rows: number; cols: number } {
  return { rows: process.stdout.rows ?? 24, cols: process.stdout.columns ?? 80 };
}

/** Runs until Ctrl-] or the end of the shell; then checks and writes the submission. */
export async function playExercise(id: string, options: PlayOptions): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandError('exercise play needs a terminal: standard input is none.');
  const { exercise } = await loadExercise(id);
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), `virtbook-${id}-`));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(exercise.starter)) {
    const file = path.join(folder, name);
    if (!existsSync(file)) writeFileSync(file, text);
  }
  const session = await Session.start({
    exercise,
    seed: options.seed,
    sandbox,
    onOutput: (_, bytes) => void process.stdout.write(bytes),
    // Here the end of the shell leaves the exercise.
    onShellEnd: () => {},
    // The terminal tells it.
    onOops: () => {},
  });
  process.stdout.write(
    `${exercise.title}\nYour files are in ${folder}; saved, they are live. Ctrl-] checks and leaves.\n\n`,
  );
  const host = exercise.scenario(options.seed).hosts[0]!.name;
  const saves = new Set<string>(exercise.files);
  const watcher = watch(folder, (_, name) => {
    if (name !== null && exercise.files.includes(name)) saves.add(name);
  });
  await keyboard(session, host, folder, saves);
  watcher.close();
  const submission = await session.submission();
  const file = path.join(folder, `${id}-${options.seed}.virtbook.json`);
  writeFileSync(file, `${JSON.stringify(submission)}\n`);
  process.stdout.write(`\n${reportText(submission.report)}submission ${file}\n`);
}

/** Null while an editor has the file away: many save by renaming. */
function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Keys in, frames out, until the session is left. */
async function keyboard(session: Session, host: string, folder: string, saves: Set<string>): Promise<void> {
  const { stdin, stdout } = process;
  let terminal = session.openTerminal(host, windowSize());
  let leaving = false;
  const onKeys = (data: Buffer) => {
    const text = data.toString('utf8');
    if (text.includes(LEAVE)) leaving = true;
    else session.input(terminal, text);
  };
  const onResize = () => session.resize(terminal, windowSize());
  stdin.setRawMode(true);
  stdin.on('data', onKeys);
  stdout.on('resize', onResize);
  let last = performance.now();
  while (!leaving && !session.terminalClosed(terminal)) {
    await new Promise((resolve) => setTimeout(resolve, FRAME));
    for (const name of [...saves]) {
      const text = textOf(path.join(folder, name));
      if (text === null) continue;
      saves.delete(name);
      await session.saveFile(name, text);
      for (const { file, line, message } of session.diagnostics())
        stdout.write(`\r\n${file}:${line}: ${message}\r\n`);
    }
    const now = performance.now();
    session.advance(Math.round(Math.min(now - last, 50)) * MILLISECOND);
    last = now;
    if (!session.takeResetRequest()) continue;
    await session.reset();
    terminal = session.openTerminal(host, windowSize());
  }
  stdin.setRawMode(false);
  stdin.off('data', onKeys);
  stdout.off('resize', onResize);
  stdin.pause();
}
