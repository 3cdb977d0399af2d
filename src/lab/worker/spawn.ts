/** Starts the real worker. */
import { wrap } from 'comlink';
import type { WorkerHandle } from './client.ts';
import type { LabWorker } from './protocol.ts';

export function spawnWorker(): WorkerHandle {
  const worker = new Worker(new URL('./host.ts', import.meta.url), {
    type: 'module',
    name: 'virtbook-world',
  });
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
