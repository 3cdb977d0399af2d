/** Whether the reader still waits for what they asked for: who has gone on to type or press something is not called away from it. */

const MODIFIERS: ReadonlySet<string> = new Set(['Control', 'Shift', 'Alt', 'AltGraph', 'Meta', 'CapsLock']);

/** Watches `page` from now on; the function that is returned ends that, and tells whether nothing was typed or pressed meanwhile. */
export function watchReader(page: EventTarget): () => boolean {
  let stayed = true;
  const stop = new AbortController();
  const listen = { capture: true, passive: true, signal: stop.signal };
  const left = () => {
    stayed = false;
  };
  page.addEventListener('pointerdown', left, listen);
  page.addEventListener('beforeinput', left, listen);
  page.addEventListener(
    'keydown',
    (event) => {
      if (!asksAgain(event as KeyboardEvent)) left();
    },
    listen,
  );
  return () => {
    stop.abort();
    return stayed;
  };
}

/** A key that is still down, and Ctrl+Enter pressed once more, are no new thing; nor is a modifier alone. */
function asksAgain({ key, ctrlKey, metaKey, repeat }: KeyboardEvent): boolean {
  return repeat || MODIFIERS.has(key) || (key === 'Enter' && (ctrlKey || metaKey));
}
