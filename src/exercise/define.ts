/** Exercises from their folders. */
import { assert, canonicalJson, sha256Hex } from '../base/index.ts';
import type { Exercise, ExerciseDefinition } from './types.ts';

/** Checks an author's definition and gives it back. */
export function defineExercise(definition: ExerciseDefinition): ExerciseDefinition {
  const ids = [...definition.checks, ...definition.goals].map(({ id }) => id);
  assert(new Set(ids).size === ids.length, `${definition.id}: two checks or goals have one id`);
  assert(
    definition.files.includes(definition.entry),
    `${definition.id}: the entry ${definition.entry} is none of its files`,
  );
  assert(definition.hints.length === 3, `${definition.id}: an exercise has three hints`);
  return definition;
}

/** Whether a file of an exercise's folder decides the result of a session: its own code and the starter, not texts or solutions. */
export function countsForContent(path: string): boolean {
  return /^[^/]+\.ts$/.test(path) || path.startsWith('starter/');
}

/** SHA-256 over the canonical JSON of [path, text] of the files that count, in the order of their paths. */
export function contentHash(files: Readonly<Record<string, string>>): string {
  const counted = Object.entries(files)
    .filter(([path]) => countsForContent(path))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(canonicalJson(counted));
}

/** Joins a definition with the files of its folder, by path within it. */
export function assembleExercise(
  definition: ExerciseDefinition,
  files: Readonly<Record<string, string>>,
): Exercise {
  const starter: Record<string, string> = {};
  for (const name of definition.files) {
    const text = files[`starter/${name}`];
    assert(text !== undefined, `${definition.id}: starter/${name} is missing`);
    starter[name] = text;
  }
  return { ...definition, starter, contentHash: contentHash(files) };
}
