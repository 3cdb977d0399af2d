/** The files of one log: FILE is written to, FILE.1 was before it, FILE.2 before that. */
import type { Path, Sys } from '../linux/index.ts';
import { list } from './files.ts';

export const numbered = (path: Path, number: number): Path => (number === 0 ? path : `${path}.${number}`);

/** The numbers from 1 to `most` of which there are files, the newest first: `most` may be far beyond what ever comes to be. */
export function* keptNumbers(path: Path, most: number): Sys<number[]> {
  const slash = path.lastIndexOf('/');
  const start = `${path.slice(slash + 1)}.`;
  return (yield* list(path.slice(0, slash)))
    .filter((name) => name.startsWith(start) && /^[1-9]\d*$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .filter((number) => number <= most)
    .sort((a, b) => a - b);
}
