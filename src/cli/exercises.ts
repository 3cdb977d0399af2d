/** Exercises from content/exercises on disk. */
import '../shell/commands/utilities.ts';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assembleExercise, type Exercise, type ExerciseDefinition } from '../exercise/index.ts';
import { loadSandbox, type SandboxFactory } from '../sandbox/index.ts';
import { CommandError } from './commandError.ts';

export const EXERCISES = fileURLToPath(new URL('../../content/exercises', import.meta.url));

/** Ids of all exercises, in order. */
export function exerciseIds(root = EXERCISES): string[] {
  return readdirSync(root).filter((name) => existsSync(path.join(root, name, 'exercise.ts')));
}

/** All files below `folder`, by path within it, with slashes. */
export function filesBelow(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(folder, entry);
    if (statSync(file).isFile()) files[entry.split(path.sep).join('/')] = readFileSync(file, 'utf8');
  }
  return files;
}

/** Throws CommandError when there is no such exercise in the folder `root`. */
export async function loadExercise(
  id: string,
  root = EXERCISES,
): Promise<{ exercise: Exercise; files: Record<string, string> }> {
  const ids = exerciseIds(root);
  if (!ids.includes(id)) {
    throw new CommandError(`There is no exercise ${id}. There are: ${ids.join(', ')}.`);
  }
  const folder = path.join(root, id);
  const files = filesBelow(folder);
  const module = (await import(pathToFileURL(path.join(folder, 'exercise.ts')).href)) as {
    default: ExerciseDefinition;
  };
  return { exercise: assembleExercise(module.default, files), files };
}

/** The learner's files as `folder` of an exercise has them, the starter's where it has none. */
export function codeIn(
  exercise: Exercise,
  files: Readonly<Record<string, string>>,
  folder: string,
): Record<string, string> {
  return Object.fromEntries(
    exercise.files.map((name) => [name, files[`${folder}/${name}`] ?? exercise.starter[name]!]),
  );
}

let factory: Promise<SandboxFactory> | null = null;

/** The sandbox, its WebAssembly compiled once. */
export function sandbox(): Promise<SandboxFactory> {
  const file = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  factory ??= loadSandbox({ compiled: () => WebAssembly.compile(readFileSync(file)) });
  return factory;
}
