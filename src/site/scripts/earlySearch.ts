/** Keys that are pressed in the open search before its field is there: they are kept, and typed into it when it comes. */

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
