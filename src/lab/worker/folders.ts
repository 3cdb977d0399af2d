/** The folders of the book's exercises: definition and files of each are fetched when they are asked for. */
import type { ExerciseDefinition } from '../../exercise/index.ts';

const ROOT = '/content/exercises/';

/** Texts by path within the folder, from `./` on. */
interface FolderFiles {
  readonly texts: Readonly<Record<string, string>>;
  /** Starters without their types. */
  readonly stripped: Readonly<Record<string, string>>;
}

export interface ExerciseFolder {
  readonly definition: ExerciseDefinition;
  /** By path within the folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Of starters: their code without types, by the code with them. */
  readonly stripped: ReadonlyMap<string, string>;
}

const definitions = import.meta.glob<ExerciseDefinition>('/content/exercises/*/exercise.ts', {
  import: 'default',
});
const files = import.meta.glob<FolderFiles>('/content/exercises/*/exercise.ts', {
  query: '?files',
  import: 'default',
});

/** What the folder of one exercise has. RangeError when the book has none of that id, Error when it cannot be fetched. */
export async function loadFolder(id: string): Promise<ExerciseFolder> {
  const path = `${ROOT}${id}/exercise.ts`;
  const definition = definitions[path];
  const texts = files[path];
  if (!definition || !texts) throw new RangeError(`the book has no exercise ${id}`);
  const [loaded, given] = await Promise.all([definition(), texts()]).catch((cause) => {
    throw new Error('the exercise could not be fetched', { cause });
  });
  const named = Object.entries(given.texts).map(([name, text]) => [name.slice('./'.length), text] as const);
  const known = Object.entries(given.stripped).map(([name, code]) => [given.texts[name]!, code] as const);
  return { definition: loaded, files: Object.fromEntries(named), stripped: new Map(known) };
}
