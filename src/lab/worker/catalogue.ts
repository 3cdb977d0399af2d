/** The exercises of the book, found by their place on disk, and the binding of one to a session. */
import {
  assembleExercise,
  type ExerciseDefinition,
  restoreSession,
  Session,
  type SessionOptions,
  type Transcript,
} from '../../exercise/index.ts';
import { loadSandbox } from '../../sandbox/index.ts';
import type { LabExercise } from './protocol.ts';
import type { HostedSession, LoadedExercise, SessionStart } from './sessionHost.ts';

const ROOT = '/content/exercises/';
/** Declarations of what learner code is called with and may call; the only file of an exercise's own that the editor sees. */
const API_FILE = 'api.d.ts';

const definitions = import.meta.glob<{ default: ExerciseDefinition }>('/content/exercises/*/exercise.ts');
const texts = import.meta.glob<string>(['/content/exercises/*/*.ts', '/content/exercises/*/starter/**'], {
  query: '?raw',
  import: 'default',
});

/** Loads one exercise with the files of its folder. RangeError when the book has none of that id. */
export async function loadExercise(id: string): Promise<LoadedExercise> {
  const folder = `${ROOT}${id}/`;
  const load = definitions[`${folder}exercise.ts`];
  if (!load) throw new RangeError(`the book has no exercise ${id}`);
  const [{ default: definition }, files] = await Promise.all([load(), folderTexts(folder)]);
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
    const options: SessionOptions = { ...rest, exercise, sandbox: loadSandbox };
    // What is stored is not trusted: the replay says itself what is wrong with it.
    return transcript ? restoreSession(options, transcript as Transcript) : Session.start(options);
  };
  return { description, start };
}

async function folderTexts(folder: string): Promise<Record<string, string>> {
  const own = Object.entries(texts).filter(([path]) => path.startsWith(folder));
  const entries = own.map(async ([path, load]) => [path.slice(folder.length), await load()] as const);
  return Object.fromEntries(await Promise.all(entries));
}
