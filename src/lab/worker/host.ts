/** The worker's entry: a session host behind comlink. */
import { expose } from 'comlink';
import { loadExercise } from './catalogue.ts';
import { SessionHost } from './sessionHost.ts';

expose(
  new SessionHost({
    now: () => performance.now(),
    later: (task, milliseconds) => void setTimeout(task, milliseconds),
    loadExercise,
  }),
);
