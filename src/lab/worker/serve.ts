/** A session host behind comlink, in its worker. */
import { expose } from 'comlink';
import { loadExercise } from './catalogue.ts';
import { fetchEngine } from './engineCode.ts';
import type { ExerciseFolder } from './folders.ts';
import { inTurn } from './inTurn.ts';
import { SessionHost } from './sessionHost.ts';

export interface Beginning {
  /** The exercise that the worker was started for, and the seed of a world that it is to build at once; empty where it is not to. */
  readonly named: string;
  readonly seed: string;
  /** Of that exercise, on its way. */
  readonly folder: Promise<ExerciseFolder>;
}

/** Answers what comes to this worker from now on. */
export function serve({ named, seed, folder }: Beginning): void {
  const ahead = loadExercise(named, folder, fetchEngine);
  // Whoever asks for it gets the error.
  ahead.catch(() => {});
  const host = new SessionHost({
    now: () => performance.now(),
    later: (task, milliseconds) => void setTimeout(task, milliseconds),
    loadCommands: () => import('../../shell/commands/utilities.ts'),
    loadExercise: (id) => (id === named ? ahead : loadExercise(id, undefined, fetchEngine)),
  });
  if (seed !== '') host.prepare(named, seed);
  expose(inTurn(host));
}
