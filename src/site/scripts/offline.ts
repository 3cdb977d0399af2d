/**
 * Has the book stored in the browser, on every page: when the page is there and its reader has begun to read, so that storing takes nothing
 * from what they wait for. The pages that tell about it (OfflineState.astro) are told.
 */
import { offlineState } from '../../lab/offline.ts';

/** After the page has loaded and is idle, in milliseconds. */
const AFTER = 2000;
/** A busy machine may never be idle: Chromium without a graphics card says so of many pages. */
const LONGEST_WAIT = 10_000;
/** The editor is there, and its largest part is still on its way, in milliseconds. */
const AFTER_EDITOR = 5000;
/** A lab that is not open by then has no editor, or failed, in milliseconds. */
const OPENING_LIMIT = 60_000;

/** A lab is being opened. */
let opening = false;

/** Storing waits while a lab opens, which tells of it by marks (lab/index.ts). */
function makeWayForLabs(workers: ServiceWorkerContainer): void {
  let ends: ReturnType<typeof setTimeout> | undefined;
  const set = async (now: boolean) => {
    opening = now;
    const registration = await workers.getRegistration();
    for (const worker of [registration?.installing, registration?.active])
      worker?.postMessage(now ? 'pause' : 'resume');
  };
  const endAfter = (milliseconds: number) => {
    clearTimeout(ends);
    ends = setTimeout(() => void set(false), milliseconds);
  };
  new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) {
      if (name === 'virtbook:click') void set(true);
      if (name === 'virtbook:click') endAfter(OPENING_LIMIT);
      if (name === 'virtbook:editor') endAfter(AFTER_EDITOR);
    }
  }).observe({ type: 'mark' });
}

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
  while (opening) await new Promise((resolve) => setTimeout(resolve, AFTER));
  const { installing } = await workers.register(`${import.meta.env.BASE_URL.replace(/\/?$/, '/')}sw.js`);
  // It may fail: too little room, or a file that is not there.
  installing?.addEventListener('statechange', () => void showState());
  await showState();
  const { active } = await workers.ready;
  // Stored in part: the reader saved data at first, or the browser has cleared up.
  if ((await offlineState()) === 'part') active?.postMessage('store');
  await showState();
}

function whenQuiet(task: () => void): void {
  const soon = () => setTimeout(task, AFTER);
  const idle = () =>
    'requestIdleCallback' in globalThis ? requestIdleCallback(soon, { timeout: LONGEST_WAIT }) : soon();
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}

// Browsers have it on secure addresses only; elsewhere the book needs the network, and says so.
const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
if (import.meta.env.DEV) {
  if (workers !== undefined) forget(workers).catch(() => {});
} else {
  void showState();
  // What could not be stored is tried again by the next page.
  if (workers !== undefined) {
    makeWayForLabs(workers);
    whenQuiet(() => void register(workers).catch(() => {}));
  }
}
