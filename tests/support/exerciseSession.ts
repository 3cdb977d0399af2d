/** A session of the first exercise, with what its terminals printed. */
import { decodeUtf8, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { restoreSession, Session, type Transcript } from '../../src/exercise/index.ts';

const loaded = loadExercise('container-disk-write');

export interface LiveSession {
  readonly session: Session;
  /** Types a line at the terminal and lets the world run; returns what was printed meanwhile. */
  type(line: string): string;
}

function withScreen(session: Session, printed: { text: string }): LiveSession {
  return {
    session,
    type(line) {
      const before = printed.text.length;
      session.input(session.terminals()[0]!.id, `${line}\r`);
      session.advance(3 * SECOND);
      return printed.text.slice(before).replaceAll('\r\n', '\n');
    },
  };
}

/** A new session with a terminal on the exercise's host. */
export async function newSession(seed: string): Promise<LiveSession> {
  const printed = { text: '' };
  const { exercise } = await loaded;
  const session = await Session.start({ ...(await options(printed)), exercise, seed });
  session.openTerminal(exercise.scenario(seed).hosts[0]!.name, { rows: 24, cols: 80 });
  session.advance(SECOND);
  return withScreen(session, printed);
}

/** The session that a record leads to. */
export async function restored(transcript: Transcript): Promise<LiveSession> {
  const printed = { text: '' };
  return withScreen(
    await restoreSession({ ...(await options(printed)), seed: transcript.seed }, transcript),
    printed,
  );
}

/** What a session and a replay need. */
export async function options(printed = { text: '' }) {
  const { exercise } = await loaded;
  const onOutput = (_: number, bytes: Uint8Array) => {
    printed.text += decodeUtf8(bytes);
  };
  return { exercise, sandbox, onOutput };
}

/** The text of a file in the exercise's folder, such as `solution/overlay.ts`. */
export async function exerciseFile(path: string): Promise<string> {
  const text = (await loaded).files[path];
  if (text === undefined) throw new Error(`the exercise has no file ${path}`);
  return text;
}
