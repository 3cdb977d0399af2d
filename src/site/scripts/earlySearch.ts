/**
 * The search before its code is there. Keys that are pressed in it meanwhile are kept, and typed into its field when that comes; and it comes,
 * however busy the machine is.
 */

/** ms. */
const LONGEST_WAIT = 1000;

// Starlight asks for the code in an idle moment, and says no longest time. Chromium has none where it draws without a graphics card on a machine
// that is busy with something else: the search stayed empty for as long as the page was open.
if ('requestIdleCallback' in globalThis) {
  const whenIdle = globalThis.requestIdleCallback.bind(globalThis);
  globalThis.requestIdleCallback = (task, options) => whenIdle(task, { timeout: LONGEST_WAIT, ...options });
}

const dialog = document.querySelector<HTMLDialogElement>('site-search dialog');
let kept = '';

const field = () => dialog!.querySelector('input');

function keep(event: KeyboardEvent): void {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || field() !== null) return;
  if (key === 'Backspace') kept = kept.slice(0, -1);
  else if (key.length === 1) kept += key;
  else return;
  // Space would press the button that has the focus.
  event.preventDefault();
}

/** Gives the field what was kept, as a reader would. */
function give(): void {
  const input = field();
  if (input === null) return;
  waiting.disconnect();
  dialog!.removeEventListener('keydown', keep);
  if (!dialog!.open) return;
  input.focus();
  input.value = kept;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

const waiting = new MutationObserver(give);
if (dialog) {
  waiting.observe(dialog, { childList: true, subtree: true });
  dialog.addEventListener('keydown', keep);
  dialog.addEventListener('close', () => {
    kept = '';
  });
}
