/** The keys of the lab, on `?`. */
import { h } from '../dom.ts';
import { openDialog } from '../layout/dialog.ts';
import { OFFLINE_STATES, type OfflineState, offlineState } from '../offline.ts';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['Ctrl + Enter', 'The one coloured button (record, check, submit), from anywhere in the lab'],
  ['F6, Shift + F6', 'Next or previous part of the lab; also the way out of terminal and editor'],
  ['F9', 'Full screen on and off'],
  ['?', 'This list (outside of terminal, editor and text boxes)'],
  ['Escape', 'Closes a list, a search or a question; in the terminal it goes to the program'],
  ['Ctrl + S', 'In the editor: let the code go live in the world now'],
  ['Ctrl + M', 'In the editor: let Tab move on, or insert again'],
  ['F1', 'In the editor: all its commands'],
  ['Tab', 'In the terminal: complete a command, an option or a path'],
  ['Ctrl + C', 'In the terminal: interrupt the program; it never copies'],
  ['Ctrl + Shift + C / V', 'In the terminal: copy, paste'],
  ['Ctrl + Shift + F', 'In the terminal: find'],
  ['Arrow keys, Home, End', 'On a divider: move it'],
  ['Delete', 'On a terminal’s tab: close it'],
];

/** What that means for an exercise. */
const WITHOUT_NETWORK: Readonly<Record<OfflineState, string>> = {
  whole: 'Everything of this exercise works without a network.',
  part: 'What this exercise opens for the first time needs the network.',
  storing: 'Until that is done, what this exercise opens for the first time needs the network.',
  none: 'What this exercise opens for the first time needs the network.',
};

export function showShortcuts(parent: HTMLElement): Promise<string> {
  const rows = KEYS.map(([keys, what]) =>
    h('tr', {}, h('th', { scope: 'row' }, h('kbd', {}, keys)), h('td', {}, what)),
  );
  const table = h('table', { class: 'vb-keys' }, h('tbody', {}, ...rows));
  const stored = h('p', {});
  void offlineState().then((state) => {
    stored.textContent = `${OFFLINE_STATES[state]} ${WITHOUT_NETWORK[state]}`;
  });
  return openDialog(parent, 'Keys of the lab', [table, stored], [{ value: 'close', label: 'Close' }]);
}
