/**
 * Tells when a reader comes to a part of the page: it has stood in the window for a moment, on a page that they have touched. Before that
 * a page fetches nothing but itself; nor does it ever where the reader asks to save data.
 */

/** What only a reader does. Scrolling alone is not among them: a browser that goes to an anchor scrolls, too. */
const TOUCHES = ['pointermove', 'pointerdown', 'wheel', 'touchstart', 'keydown'] as const;

/** Who scrolls past does not come to it, in milliseconds. */
const MOMENT = 300;

let touched: Promise<void> | null = null;

function pageTouched(): Promise<void> {
  touched ??= new Promise((resolve) => {
    const settle = new AbortController();
    for (const type of TOUCHES)
      window.addEventListener(
        type,
        () => {
          settle.abort();
          resolve();
        },
        { passive: true, signal: settle.signal },
      );
  });
  return touched;
}

const savesData = () =>
  (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true;

/** Calls `act` once, when the reader has come to `part`. */
export function whenReached(part: Element, act: () => void): void {
  void pageTouched().then(() => {
    if (savesData()) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(([entry]) => {
      clearTimeout(timer);
      if (!entry?.isIntersecting) return;
      timer = setTimeout(() => {
        observer.disconnect();
        act();
      }, MOMENT);
    });
    observer.observe(part);
  });
}
