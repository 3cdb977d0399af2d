/** The emacs keys: readline(3), "Default Key Bindings". */
import { historyWords } from './historyExpansion.ts';
import type { Action, EditState } from './lineEditor.ts';

/** Keeps what was typed, and shows the history line at `index`. */
function showHistory(state: EditState, index: number): void {
  const { entries } = state.history;
  if (index < 0 || index > entries.length || index === state.historyIndex) return;
  state.edited.set(state.historyIndex, state.buffer.text);
  state.historyIndex = index;
  state.buffer.set(state.edited.get(index) ?? entries[index]?.text ?? '');
}

const kills = new Set(['C-k', 'C-u', 'C-w', 'M-d', 'M-Backspace']);

function kill(state: EditState, from: number, to: number): void {
  const forward = to > state.buffer.cursor;
  const append = kills.has(state.lastAction) ? (forward ? 'after' : 'before') : null;
  state.kills.add(state.buffer.remove(from, to), append);
}

function times(state: EditState): number {
  return Math.min(Math.abs(state.argument ?? 1), 1000);
}

function move(step: (state: EditState) => number): Action {
  return (state) => {
    for (let i = times(state); i > 0; i--) state.buffer.cursor = step(state);
  };
}

const backwardCharacter = move(({ buffer }) => buffer.cursor - 1);
const forwardCharacter = move(({ buffer }) => buffer.cursor + 1);
const backwardWord = move(({ buffer }) => buffer.wordStart());
const forwardWord = move(({ buffer }) => buffer.wordEnd());
const lineStart: Action = ({ buffer }) => {
  buffer.cursor = 0;
};
const lineEnd: Action = ({ buffer }) => {
  buffer.cursor = buffer.length;
};
const previousLine: Action = (state) => showHistory(state, state.historyIndex - times(state));
const nextLine: Action = (state) => showHistory(state, state.historyIndex + times(state));
const deleteCharacter: Action = (state) => {
  state.buffer.remove(state.buffer.cursor, state.buffer.cursor + times(state));
};
const undo: Action = ({ buffer }) => {
  buffer.undo();
};

/** M-. : the last argument of the line before; again: of the line before that. */
const lastArgument: Action = (state) => {
  const { buffer, history } = state;
  const again = state.lastAction === 'M-.' || state.lastAction === 'M-_' ? state.lastArgument : null;
  const index = (again?.index ?? history.entries.length) - 1;
  const entry = history.entries[index];
  if (entry === undefined) return;
  if (again !== null) buffer.remove(buffer.cursor - again.length, buffer.cursor);
  const word = historyWords(entry.text).at(-1) ?? '';
  buffer.insert(word);
  state.lastArgument = { index, length: [...word].length };
};

export const bindings: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['C-a', lineStart],
  ['Home', lineStart],
  ['C-e', lineEnd],
  ['End', lineEnd],
  ['C-b', backwardCharacter],
  ['Left', backwardCharacter],
  ['C-f', forwardCharacter],
  ['Right', forwardCharacter],
  ['M-b', backwardWord],
  ['C-Left', backwardWord],
  ['M-Left', backwardWord],
  ['M-f', forwardWord],
  ['C-Right', forwardWord],
  ['M-Right', forwardWord],
  ['C-p', previousLine],
  ['Up', previousLine],
  ['C-n', nextLine],
  ['Down', nextLine],
  ['M-<', (state) => showHistory(state, 0)],
  ['M->', (state) => showHistory(state, state.history.entries.length)],
  ['C-d', deleteCharacter],
  ['Delete', deleteCharacter],
  ['Backspace', (state) => state.buffer.remove(state.buffer.cursor - times(state), state.buffer.cursor)],
  ['C-k', (state) => kill(state, state.buffer.cursor, state.buffer.length)],
  ['C-u', (state) => kill(state, 0, state.buffer.cursor)],
  ['C-w', (state) => kill(state, state.buffer.blankWordStart(), state.buffer.cursor)],
  ['M-d', (state) => kill(state, state.buffer.cursor, state.buffer.wordEnd())],
  ['C-Delete', (state) => kill(state, state.buffer.cursor, state.buffer.wordEnd())],
  ['M-Backspace', (state) => kill(state, state.buffer.wordStart(), state.buffer.cursor)],
  ['C-y', (state) => state.buffer.insert(state.kills.newest)],
  [
    'M-y',
    ({ buffer, kills: ring, lastAction }) => {
      if (lastAction !== 'C-y' && lastAction !== 'M-y') return;
      buffer.remove(buffer.cursor - [...ring.newest].length, buffer.cursor);
      buffer.insert(ring.rotate());
    },
  ],
  ['C-t', ({ buffer }) => buffer.transposeCharacters()],
  ['M-t', ({ buffer }) => buffer.transposeWords()],
  ['M-u', ({ buffer }) => buffer.changeWord((word) => word.toUpperCase())],
  ['M-l', ({ buffer }) => buffer.changeWord((word) => word.toLowerCase())],
  [
    'M-c',
    ({ buffer }) =>
      buffer.changeWord((word) => word.toLowerCase().replace(/[\p{L}\p{N}]/u, (char) => char.toUpperCase())),
  ],
  ['M-.', lastArgument],
  ['M-_', lastArgument],
  ['C-\x7f', undo],
  [
    'M-r',
    ({ buffer }) => {
      while (buffer.undo());
    },
  ],
  ['C-g', () => {}],
  ['Insert', () => {}],
]);
