/** What of the book this browser has stored (site/offline/worker.ts). Apart from the lab itself: a reading page tells it, too. */

/** Everything; only what was opened; not everything yet; nothing, where a browser or an address has no service workers, too. */
export const OFFLINE_STATES = {
  whole: 'In this browser the whole book is stored.',
  part: 'In this browser only what you have opened is stored.',
  storing: 'In this browser the book is being stored.',
  none: 'In this browser nothing of the book is stored.',
} as const;

export type OfflineState = keyof typeof OFFLINE_STATES;

/** A worker that does not answer for this long is not there, in milliseconds. */
const ANSWER_WITHIN = 1000;

/** Never rejects. */
export async function offlineState(): Promise<OfflineState> {
  // Browsers have it on secure addresses only.
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  const worker = registration?.active;
  if (worker) return stateOf(worker);
  return registration?.installing || registration?.waiting ? 'storing' : 'none';
}

function stateOf(worker: ServiceWorker): Promise<OfflineState> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<{ stored: number; of: number }>) =>
      resolve(data.stored === data.of ? 'whole' : 'part');
    setTimeout(() => resolve('none'), ANSWER_WITHIN);
    worker.postMessage('state', [port2]);
  });
}
