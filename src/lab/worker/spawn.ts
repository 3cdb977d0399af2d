/** Starts the real worker, ahead of its use where it can be seen coming. */
import { wrap } from 'comlink';
import type { WorkerHandle } from './client.ts';
import type { LabWorker } from './protocol.ts';

/** How long the page waits for a worker's script before it goes on with its own work, in milliseconds. */
const PATIENCE = 60;

let ahead: { readonly exerciseId: string; readonly worker: Worker; readonly alive: Promise<void> } | null =
  null;

/**
 * Starts the worker that the next {@link spawnWorker} for this exercise will get. Resolves when its script runs, or after a moment: a
 * worker only starts while its page is idle, so whoever is about to lay out the page anew waits for this first.
 */
export function warmWorker(exerciseId: string): Promise<void> {
  if (ahead?.exerciseId === exerciseId) return ahead.alive;
  ahead?.worker.terminate();
  const worker = start(exerciseId);
  const alive = new Promise<void>((resolve) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE);
  });
  ahead = { exerciseId, worker, alive };
  // One that fails is of no use; the next one tells the reader.
  worker.addEventListener('error', () => {
    if (ahead?.worker === worker) ahead = null;
  });
  return alive;
}

export function spawnWorker(exerciseId: string): WorkerHandle {
  const worker = ahead?.exerciseId === exerciseId ? ahead.worker : start(exerciseId);
  ahead = null;
  const remote = wrap<LabWorker>(worker);
  return {
    remote,
    terminate: () => worker.terminate(),
    onError: (tell) =>
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        tell(event.message || 'the script of the world could not be loaded');
      }),
  };
}

function start(exerciseId: string): Worker {
  return new Worker(new URL('./host.ts', import.meta.url), {
    type: 'module',
    // What it will be asked for: read by host.ts.
    name: `virtbook-world:${exerciseId}`,
  });
}
