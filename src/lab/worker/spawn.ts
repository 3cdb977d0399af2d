/**
 * Starts the real worker, ahead of its use where it can be seen coming. A worker is started for an exercise and a seed, and builds that
 * world at once: when its page asks for it, it may be there already.
 */
import { type Remote, wrap } from 'comlink';
import type { WorkerHandle } from './client.ts';
import type { LabWorker, Transcript } from './protocol.ts';
import type { SessionHost } from './sessionHost.ts';

/** How long the page waits for a worker's script before it goes on with its own work, in milliseconds. */
const PATIENCE = 60;

interface Ahead {
  readonly exerciseId: string;
  readonly seed: string;
  readonly worker: Worker;
  /** The only one there is for this worker: comlink lets a worker go whose last one has been collected as garbage. */
  readonly remote: Remote<SessionHost>;
  readonly alive: Promise<void>;
  /** Somebody looks whether there is a record of the exercise. */
  recordSought: boolean;
}

let ahead: Ahead | null = null;

/** Sixteen hexadecimal digits of chance: every learner's world differs in its details. */
export function newSeed(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/**
 * Starts the worker that the next {@link spawnWorker} for this exercise will get. Resolves when its script runs, or after a moment: a
 * worker only starts while its page is idle, so whoever is about to lay out the page anew waits for this first. With a seed it builds that
 * world, too.
 */
export function warmWorker(exerciseId: string, seed: string): Promise<void> {
  if (ahead?.exerciseId === exerciseId) return ahead.alive;
  ahead?.worker.terminate();
  const worker = start(exerciseId, seed);
  const alive = new Promise<void>((resolve) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE);
  });
  ahead = { exerciseId, seed, worker, remote: wrap<SessionHost>(worker), alive, recordSought: false };
  // One that fails is of no use; the next one tells the reader.
  worker.addEventListener('error', () => {
    if (ahead?.worker === worker) ahead = null;
  });
  return alive;
}

/** Has the worker that was started ahead build the session whose record `read` finds, whatever else it builds. */
export async function prepareRecord(
  exerciseId: string,
  read: () => Promise<Transcript | null>,
): Promise<void> {
  const started = ahead;
  if (started?.exerciseId !== exerciseId || started.recordSought) return;
  started.recordSought = true;
  const transcript = await read();
  // Meanwhile somebody may have asked for the worker.
  if (transcript === null || ahead !== started) return;
  await started.remote.prepare(exerciseId, transcript.seed, transcript);
}

export function spawnWorker(exerciseId: string): WorkerHandle {
  const ready = ahead?.exerciseId === exerciseId ? ahead : null;
  const worker = ready?.worker ?? start(exerciseId, '');
  if (ready) ahead = null;
  return {
    remote: ready?.remote ?? wrap<LabWorker>(worker),
    preparedSeed: ready?.seed || null,
    terminate: () => worker.terminate(),
    onFetching: (tell) =>
      worker.addEventListener('message', ({ data }) => {
        if (data === 'fetching') tell();
      }),
    onError: (tell) =>
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        // A script that cannot be fetched fires an event that has no message.
        const { message = '' } = event as Partial<ErrorEvent>;
        tell(message.replace(/^(Uncaught )?(Error: )?/, '') || 'its script could not be fetched');
      }),
  };
}

/** Without a seed it builds nothing before it is asked to. */
function start(exerciseId: string, seed: string): Worker {
  return new Worker(new URL('./host.ts', import.meta.url), {
    type: 'module',
    // What it will be asked for: read by host.ts.
    name: `virtbook-world:${exerciseId}:${seed}`,
  });
}
