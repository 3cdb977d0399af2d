/** Keys with Ctrl for a terminal that is typed into line by line: a touch screen has none, and in a text box most of them mean something else. */
import { button, h } from '../dom.ts';

const KEYS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_';

/** What a terminal sends for Ctrl and `key`, one of `@` to `_`: its code less 64 (ECMA-48, the C0 set). */
export const controlOf = (key: string): string => String.fromCharCode(key.charCodeAt(0) - 64);

/** A choice of all such keys, and the button that sends the one that is chosen. */
export function controlChooser(send: (data: string) => void): HTMLElement {
  const options = [...KEYS].map((key) =>
    h('option', { value: key }, `Ctrl-${key}${key === '[' ? ' Esc' : ''}`),
  );
  const choice = h('select', { 'aria-label': 'Key with Ctrl' }, ...options);
  choice.value = 'X';
  return h(
    'span',
    { class: 'vb-row' },
    choice,
    button('Send key', () => send(controlOf(choice.value)), {
      class: 'vb-button vb-small',
    }),
  );
}

/** The one that no text box needs for itself: it leaves a VM's console. With Alt the bracket is a letter, made by the key AltGr. */
export function isCtrlBracket({ ctrlKey, altKey, key }: KeyboardEvent): boolean {
  return ctrlKey && !altKey && key === ']';
}
