/**
 * Tells to which part of the page a reader comes: it stands in the window or near it, for a moment, on a page that they have touched. Where
 * its heart is before their eyes when they touch the page first, they have come by a link to it, and may press it at once: no moment passes.
 * Before that a page fetches nothing but itself; nor does it ever where the reader asks to save data.
 */

/** What only a reader does. Scrolling alone is not among them: a browser that goes to an anchor scrolls, too. */
const TOUCHES = ['pointermove', 'pointerdown', 'wheel', 'touchstart', 'keydown'] as const;

/** Who scrolls past does not come to it, in milliseconds. */
const MOMENT = 300;

/** Half a window above and below the window is near. */
const NEAR = '50% 0px';

interface Part {
  readonly whole: Element;
  /** Where the reader decides: of parts that are near, those count first whose heart is in the window. */
  readonly heart: Element;
  readonly act: () => void;
}

let touched: Promise<void> | null = null;
const parts: Part[] = [];
/** Of the parts, what is near, and hearts in the window. */
const seen = new Set<Element>();
let timer: ReturnType<typeof setTimeout> | undefined;
/** Nobody has looked where the reader is since the page was touched. */
let first = true;

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

/** How far an element is from the middle of the window, in pixels. */
function distance(element: Element): number {
  const { top, bottom } = element.getBoundingClientRect();
  const middle = window.innerHeight / 2;
  return Math.max(0, top - middle, middle - bottom);
}

/** The part that the reader is at, if they are at one. */
function reached(): Part | undefined {
  const hearts = parts.filter(({ heart }) => seen.has(heart));
  const at = hearts.length > 0 ? ('heart' as const) : ('whole' as const);
  const candidates = hearts.length > 0 ? hearts : parts.filter(({ whole }) => seen.has(whole));
  return candidates.sort((a, b) => distance(a[at]) - distance(b[at]))[0];
}

function look(entries: readonly IntersectionObserverEntry[]): void {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) seen.add(target);
    else seen.delete(target);
  }
  clearTimeout(timer);
  // What else is seen at first is told within the same frame.
  timer = setTimeout(arrive, first ? 0 : MOMENT);
}

function arrive(): void {
  const atOnce = parts.some(({ heart }) => seen.has(heart));
  if (first && !atOnce) timer = setTimeout(arrive, MOMENT);
  else reached()?.act();
  first = false;
}

/** Calls `act` whenever the reader has come to `whole`, and not to another part; again when they come back to it. */
export function whenReached(whole: Element, heart: Element, act: () => void): void {
  void pageTouched().then(() => {
    if (savesData()) return;
    parts.push({ whole, heart, act });
    new IntersectionObserver(look, { rootMargin: NEAR }).observe(whole);
    new IntersectionObserver(look).observe(heart);
  });
}
