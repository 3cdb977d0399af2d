/** Modal questions and lists on the platform's own `dialog`, which keeps the focus and gives it back. */
import { button, type Child, h, uniqueId } from '../dom.ts';

/** Shows a dialog and resolves with the value of the button pressed, or '' when it was closed with Escape. */
export function openDialog(
  parent: HTMLElement,
  title: string,
  content: readonly Child[],
  choices: readonly { value: string; label: string }[],
): Promise<string> {
  const heading = uniqueId('dialog');
  const dialog = h('dialog', { class: 'vb-dialog', 'aria-labelledby': heading });
  const buttons = choices.map(({ value, label }) =>
    button(label, () => dialog.close(value), { 'data-choice': value }),
  );
  dialog.append(h('h2', { id: heading }, title), h('div', { class: 'vb-dialog-body' }));
  dialog.lastElementChild?.append(...content.filter((child): child is Node | string => Boolean(child)));
  dialog.append(h('div', { class: 'vb-row' }, ...buttons));
  parent.append(dialog);
  dialog.returnValue = '';
  dialog.showModal();
  // The focus is on its first button; reading begins at the top.
  dialog.scrollTop = 0;
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
