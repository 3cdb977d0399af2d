/**
 * Has the book stored in the browser, on every page: when the page is there and its reader has begun to read, so that storing takes nothing
 * from what they wait for. The pages that tell about it (OfflineState.astro) are told.
 */
import { offlineState } from '../../lab/offline.ts';

/** After the page has loaded and is idle, in milliseconds. */
const AFTER = 2000;

async function showState(): Promise<void> {
  const places = document.querySelectorAll<HTMLElement>('[data-offline]');
  if (places.length === 0) return;
  const state = await offlineState();
  for (const place of places) place.dataset['offline'] = state;
}

/** The development server changes under its pages: what an earlier `npm start` has stored at this address would stand in its way. */
async function forget(workers: ServiceWorkerContainer): Promise<void> {
  for (const registration of await workers.getRegistrations()) await registration.unregister();
  for (const name of await caches.keys()) if (name.startsWith('virtbook-offline')) await caches.delete(name);
}

async function register(workers: ServiceWorkerContainer): Promise<void> {
  await workers.register(`${import.meta.env.BASE_URL.replace(/\/?$/, '/')}sw.js`);
  await showState();
  const { active } = await workers.ready;
  // Stored in part: the reader saved data at first, or the browser has cleared up.
  if ((await offlineState()) === 'part') active?.postMessage('store');
  await showState();
}

function whenQuiet(task: () => void): void {
  const soon = () => setTimeout(task, AFTER);
  const idle = () => ('requestIdleCallback' in globalThis ? requestIdleCallback(soon) : soon());
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}

// Without service workers (an insecure address, some private windows) the book is what it was: it needs the network.
const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
if (workers !== undefined && import.meta.env.DEV) forget(workers).catch(() => {});
else if (workers !== undefined) {
  void showState();
  // What could not be stored is tried again by the next page.
  whenQuiet(() => void register(workers).catch(() => {}));
}
