/** Gets an exercise ready before it is opened. Apart from the lab itself, so that the worker can start while that is fetched. */
import { newSeed, warmWorker } from './worker/spawn.ts';

/**
 * Starts the worker and fetches the terminal; the world is built, too, unless the reader has `begun` before: theirs has a seed of its own.
 * Resolves when the page may begin to lay itself out for the lab.
 */
export function prepareLab(exerciseId: string, begun: boolean): Promise<void> {
  // What cannot be fetched now is fetched, or complained of, when it is needed.
  import('./terminal/xtermView.ts').then(({ warmXterm }) => warmXterm()).catch(() => {});
  return warmWorker(exerciseId, begun ? '' : newSeed());
}
