/**
 * The worker's entry: small, so that it runs at once and asks for the exercise beside the code that runs it. What the page says meanwhile
 * is kept for the session host (serve.ts).
 */
import { loadFolder } from './folders.ts';

/** While the code is on its way the page is told this often, in milliseconds, that the network is waited for, and nothing is stuck. */
const SIGN_EVERY = 1000;

const scope = globalThis as { readonly name?: string; virtbookBegun?: boolean };

function begin(): void {
  /** The exercise and seed this worker was started for (see spawn.ts). */
  const [, named = '', seed = ''] = /:([^:]+):(.*)$/.exec(scope.name ?? '') ?? [];
  const folder = loadFolder(named);
  // Whoever asks for it gets the error.
  folder.catch(() => {});

  // Says that the script runs (see warmWorker).
  postMessage('alive');

  const early: MessageEvent[] = [];
  const keep = (event: MessageEvent) => void early.push(event);
  addEventListener('message', keep);
  const signs = setInterval(() => postMessage('fetching'), SIGN_EVERY);
  import('./serve.ts')
    .catch((cause) => Promise.reject(new Error('the code that runs it could not be fetched', { cause })))
    .then(({ serve }) => {
      removeEventListener('message', keep);
      serve({ named, seed, folder });
      for (const { data } of early) dispatchEvent(new MessageEvent('message', { data }));
    })
    // The page hears of it as it hears of a script that could not be fetched.
    .catch(reportError)
    .finally(() => clearInterval(signs));
}

// WebKit runs a worker's own script once more where code that comes later imports from it, as bundles do: two worlds would answer the page.
if (scope.virtbookBegun !== true) {
  scope.virtbookBegun = true;
  begin();
}
