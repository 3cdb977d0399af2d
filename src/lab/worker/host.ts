/** The worker's entry: a session host behind comlink. */
import { expose } from 'comlink';
import { loadExercise } from './catalogue.ts';
import { SessionHost } from './sessionHost.ts';

/** The exercise and seed this worker was started for (see spawn.ts), loaded while the page still gets ready to ask for it. */
const [, named, seed] = /:([^:]+):(.*)$/.exec((globalThis as { readonly name?: string }).name ?? '') ?? [];
const ahead = named === undefined ? null : loadExercise(named);
// Whoever asks for it gets the error.
ahead?.catch(() => {});

/** Says that the script runs (see warmWorker). */
postMessage('alive');

const host = new SessionHost({
  now: () => performance.now(),
  later: (task, milliseconds) => void setTimeout(task, milliseconds),
  loadCommands: () => import('../../shell/commands/utilities.ts'),
  loadExercise: (id) => (ahead !== null && id === named ? ahead : loadExercise(id)),
});
if (named !== undefined && seed) host.prepare(named, seed);
expose(host);
