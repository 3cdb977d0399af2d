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
import type { HostedSession, LoadedExercise, SessionStart } from './hosted.ts';
import type { LabExercise } from './protocol.ts';

const ROOT = '/content/exercises/';
/** Declarations of what learner code is called with and may call; the only file of an exercise's own that the editor sees. */
const API_FILE = 'api.d.ts';

const definitions = import.meta.glob<{ default: ExerciseDefinition }>('/content/exercises/*/exercise.ts');
const texts = import.meta.glob<string>(['/content/exercises/*/*.ts', '/content/exercises/*/starter/**'], {
  query: '?raw',
  import: 'default',
});

/** The starters without their types, where the build made them (starters/vite.ts). */
const stripped = import.meta.glob<string | undefined>('/content/exercises/*/starter/**/*.ts', {
  query: '?stripped',
  import: 'default',
});

/** Loads one exercise with the files of its folder. RangeError when the book has none of that id. */
export async function loadExercise(id: string): Promise<LoadedExercise> {
  const folder = `${ROOT}${id}/`;
  const load = definitions[`${folder}exercise.ts`];
  if (!load) throw new RangeError(`the book has no exercise ${id}`);
  // The engine's WebAssembly is fetched and compiled beside the rest, once for all sessions of the exercise.
  const known = new Map<string, string>();
  const factory = loadSandbox({ stripped: known });
  const [{ default: definition }, files, codes] = await Promise.all([
    load(),
    folderTexts(texts, folder),
    folderTexts(stripped, folder),
  ]);
  for (const [name, code] of Object.entries(codes)) known.set(files[name]!, code);
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
    const options: SessionOptions = { ...rest, exercise, sandbox: () => factory };
    // What is stored is not trusted: the replay says itself what is wrong with it.
    return transcript ? restoreSession(options, transcript as Transcript) : Session.start(options);
  };
  return { description, start };
}

/** By path within the folder. */
async function folderTexts(
  all: Readonly<Record<string, () => Promise<string | undefined>>>,
  folder: string,
): Promise<Record<string, string>> {
  const own = Object.entries(all).filter(([path]) => path.startsWith(folder));
  const entries = await Promise.all(
    own.map(async ([path, load]) => [path.slice(folder.length), await load()] as const),
  );
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
