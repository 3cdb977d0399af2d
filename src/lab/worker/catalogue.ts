/** The exercises of the book, and the binding of one to a session. */
import {
  assembleExercise,
  restoreSession,
  Session,
  type SessionOptions,
  type Transcript,
} from '../../exercise/index.ts';
import { loadSandbox } from '../../sandbox/index.ts';
import { type ExerciseFolder, loadFolder } from './folders.ts';
import type { HostedSession, LoadedExercise, SessionStart } from './hosted.ts';
import type { LabExercise } from './protocol.ts';

/** Declarations of what learner code is called with and may call; the only file of an exercise's own that the editor sees. */
const API_FILE = 'api.d.ts';

/**
 * Loads one exercise with the files of its folder, which may be on their way. RangeError when the book has none of that id. `engine` gives the
 * WebAssembly.Module of the engine for learner code, where the sandbox is not to find that itself.
 */
export async function loadExercise(
  id: string,
  folder: Promise<ExerciseFolder> = loadFolder(id),
  engine?: () => Promise<object>,
): Promise<LoadedExercise> {
  // The engine's WebAssembly is fetched and compiled beside the rest, once for all sessions of the exercise.
  const known = new Map<string, string>();
  const factory = loadSandbox({ stripped: known, ...(engine && { compiled: engine }) });
  const { definition, files, stripped } = await folder;
  for (const [text, code] of stripped) known.set(text, code);
  const exercise = assembleExercise(definition, files);
  const description = (seed: string): LabExercise => ({
    id,
    title: exercise.title,
    contentHash: exercise.contentHash,
    predict: exercise.predict,
    files: exercise.files.map((name) => ({ name, starter: exercise.starter[name]! })),
    api: files[API_FILE] === undefined ? [] : [{ path: API_FILE, text: files[API_FILE] }],
    hintCount: exercise.hints.length,
    hosts: exercise.scenario(seed).hosts.map(({ name }) => name),
  });
  const start = ({ transcript, ...rest }: SessionStart): Promise<HostedSession> => {
    // The terminal tells the learner; the stack is for whoever mends it.
    const onOops: SessionOptions['onOops'] = ({ error }) => console.error(error);
    const options: SessionOptions = { ...rest, exercise, sandbox: () => factory, onOops };
    // What is stored is not trusted: the replay says itself what is wrong with it.
    return transcript ? restoreSession(options, transcript as Transcript) : Session.start(options);
  };
  return { description, start };
}
