/** The keys of less, less(1) section COMMANDS. `n` is the number typed before, or null. */
import { SECOND } from '../../../../base/index.ts';
import type { Sys } from '../../../../linux/index.ts';
import { runChild } from '../../processes/running.ts';
import { keyName } from './bottomLine.ts';
import { LESS_HELP } from './help.ts';
import { type Command, Leave, type Pager } from './pager.ts';
import { LONG_PROMPT, MEDIUM_PROMPT, SHORT_PROMPT, WAITING } from './prompt.ts';
import type { Direction } from './search.ts';
import { Source } from './source.ts';
import { View } from './view.ts';

const forward = (rows: (pager: Pager, n: number | null) => number, force = false): Command =>
  function* (pager, n) {
    yield* pager.wentForward(yield* pager.view.forward(rows(pager, n), force));
  };

const backward = (rows: (pager: Pager, n: number | null) => number): Command =>
  function* (pager, n) {
    if (!(yield* pager.view.backward(rows(pager, n)))) pager.bottom.bell();
  };

const lines = (_: Pager, n: number | null) => n ?? 1;
const windowRows = (pager: Pager, n: number | null) => n ?? pager.options.window ?? pager.view.height;
/** A number becomes the size of the window. */
function newWindow(pager: Pager, n: number | null): number {
  if (n !== null) pager.options.window = n;
  return windowRows(pager, null);
}
function half(pager: Pager, n: number | null): number {
  if (n !== null) pager.options.scroll = n;
  return pager.options.scroll ?? Math.floor(pager.view.height / 2) + (pager.view.height % 2);
}

/** To a line counted from 1. */
function* toLine(pager: Pager, number: number): Sys<void> {
  pager.lastTop = pager.view.top;
  if (yield* pager.view.source.has(number - 1)) yield* pager.view.jump(Math.max(0, number - 1));
  else if (number <= 1) return;
  else yield* pager.bottom.message(`Cannot seek to line number ${number}`);
}

const first: Command = (pager, n) => toLine(pager, n ?? 1);

const last: Command = function* (pager, n) {
  if (n !== null) return yield* toLine(pager, n);
  pager.lastTop = pager.view.top;
  yield* pager.view.end();
};

const percent: Command = function* (pager, n) {
  const { source } = pager.view;
  pager.lastTop = pager.view.top;
  yield* source.toEnd();
  yield* toLine(pager, source.lineAt(Math.floor((source.read * Math.min(100, n ?? 0)) / 100)) + 1);
};

function* find(pager: Pager, direction: Direction, count: number, again: boolean): Sys<void> {
  const { view, searching } = pager;
  const top = view.top?.line ?? 0;
  const bottom = view.bottom?.line ?? 0;
  // A new search looks at what is shown too; a repeated one leaves out the line at the top.
  const from = direction === 1 ? (again ? top + 1 : top) : again ? top - 1 : bottom;
  const found = yield* searching.find(view.source, from, direction, count);
  yield* pager.redraw();
  if (found === null) yield* pager.bottom.message('Pattern not found');
  else {
    pager.lastTop = view.top;
    yield* view.jump(found);
  }
}

const search = (direction: Direction): Command =>
  function* (pager, n) {
    const typed = yield* pager.bottom.line(direction === 1 ? '/' : '?');
    if (typed === null) return;
    pager.searching.direction = direction;
    const pattern = typed.replace(/^!/, '');
    if (pattern === '' && !pager.searching.hasPattern)
      return yield* pager.bottom.message('No previous regular expression');
    if (pattern !== '' && !pager.searching.set(pattern, typed.startsWith('!'))) {
      return yield* pager.bottom.message('Invalid pattern');
    }
    pager.searching.highlight = true;
    yield* find(pager, direction, n ?? 1, pattern === '');
  };

const searchAgain = (same: boolean): Command =>
  function* (pager, n) {
    if (!pager.searching.hasPattern) return yield* pager.bottom.message('No previous regular expression');
    const { direction } = pager.searching;
    yield* find(pager, same ? direction : direction === 1 ? -1 : 1, n ?? 1, true);
  };

const sideways = (sign: 1 | -1): Command =>
  function* (pager, n) {
    const { view } = pager;
    view.shift = Math.max(0, view.shift + sign * (n ?? Math.floor(pager.terminal.cols / 2)));
    yield* pager.redraw();
  };

const where: Command = function* (pager) {
  yield* pager.bottom.message(yield* pager.status());
};

/** Goes to another file, over those that cannot be opened. */
function* toFile(pager: Pager, index: number, step: 1 | -1, missing: string): Sys<void> {
  let at = index;
  while (at >= 0 && at < pager.files.count) {
    const { count } = pager.files;
    if (yield* pager.show(at)) return;
    if (pager.files.count === count) at += step;
    else if (step === -1) at--;
  }
  yield* pager.bottom.message(missing);
}

const colon: Command = function* (pager, n) {
  const key = yield* pager.bottom.ask(':');
  const { files } = pager;
  if (key === 'n')
    yield* toFile(pager, files.index + (n ?? 1), 1, n === null ? 'No next file' : 'No (N-th) next file');
  else if (key === 'p')
    yield* toFile(
      pager,
      files.index - (n ?? 1),
      -1,
      n === null ? 'No previous file' : 'No (N-th) previous file',
    );
  else if (key === 'x') yield* toFile(pager, (n ?? 1) - 1, 1, 'No such file');
  else if (key === 'f') yield* where(pager, n);
  else if (key === 'q' || key === 'Q') throw new Leave(0);
  else if (key === 'd') {
    if (files.count === 1) return pager.bottom.bell();
    const gone = files.index;
    const to = gone + 1 < files.count ? gone + 1 : gone - 1;
    if (!(yield* pager.show(to))) return;
    files.remove(gone);
    files.index = to > gone ? to - 1 : to;
  } else if (key !== null && key !== 'Backspace') pager.bottom.bell();
};

const follow: Command = function* (pager) {
  yield* pager.view.end();
  for (;;) {
    pager.bottom.prompt(WAITING);
    const input = yield* pager.terminal.key(SECOND);
    if (input.kind === 'end') pager.bottom.pending = input;
    if (input.kind === 'end' || input.kind === 'interrupt') return;
    if (input.kind === 'resize') yield* pager.redraw();
    if (!(yield* pager.view.source.grown())) continue;
    pager.view.forget();
    yield* pager.view.fill();
    yield* pager.view.end();
  }
};

const toggles: Record<string, (pager: Pager) => string> = {
  N(pager) {
    pager.options.numbers = !pager.options.numbers;
    return pager.options.numbers ? 'Constantly display line numbers' : "Don't use line numbers";
  },
  S(pager) {
    pager.options.chop = !pager.options.chop;
    return pager.options.chop ? 'Chop long lines' : 'Fold long lines';
  },
  R(pager) {
    pager.options.colours = !pager.options.colours;
    return pager.options.colours
      ? 'Display ANSI sequences directly, process other control chars'
      : 'Display control characters as ^X';
  },
  i(pager) {
    pager.options.ignoreCase = pager.options.ignoreCase === 'smart' ? 'no' : 'smart';
    return pager.options.ignoreCase === 'smart'
      ? 'Ignore case in searches'
      : 'Case is significant in searches';
  },
  I(pager) {
    pager.options.ignoreCase = pager.options.ignoreCase === 'always' ? 'no' : 'always';
    return pager.options.ignoreCase === 'always'
      ? 'Ignore case in searches and in patterns'
      : 'Case is significant in searches';
  },
  m(pager) {
    pager.options.prompt = pager.options.prompt === MEDIUM_PROMPT ? SHORT_PROMPT : MEDIUM_PROMPT;
    return pager.options.prompt === MEDIUM_PROMPT ? 'Medium prompt' : 'Short prompt';
  },
  M(pager) {
    pager.options.prompt = pager.options.prompt === LONG_PROMPT ? SHORT_PROMPT : LONG_PROMPT;
    return pager.options.prompt === LONG_PROMPT ? 'Long prompt' : 'Short prompt';
  },
};

const toggle: Command = function* (pager) {
  const key = yield* pager.bottom.ask('-');
  if (key === null || key === 'Backspace') return;
  const change = Object.hasOwn(toggles, key) ? toggles[key] : undefined;
  if (change === undefined) return yield* pager.bottom.message(`There is no -${key} option`);
  const told = change(pager);
  pager.searching.refresh();
  yield* pager.bottom.message(told);
  yield* pager.redraw();
};

const repaint: Command = (pager) => pager.redraw();

const reread: Command = function* (pager) {
  if (pager.path === '-') return yield* repaint(pager, null);
  pager.remember();
  const top = pager.view.top;
  yield* pager.files.close(pager.files.index);
  if ((yield* pager.show(pager.files.index)) && top !== null) yield* pager.view.jump(top.line);
};

const edit: Command = function* (pager) {
  if (pager.path === '-') return yield* pager.bottom.message('Cannot edit standard input');
  const editor = pager.env.get('VISUAL') || pager.env.get('EDITOR') || 'nano';
  const line = (pager.view.top?.line ?? 0) + 1;
  pager.terminal.write('\r\x1b[K');
  yield* pager.terminal.leave();
  yield* runChild('less', [...editor.split(' '), `+${line}`, pager.path], pager.env);
  yield* pager.terminal.enter();
  yield* reread(pager, null);
};

const mark: Command = function* (pager) {
  const letter = yield* pager.bottom.ask('mark: ');
  if (letter === null || !/^[A-Za-z]$/.test(letter)) return pager.bottom.bell();
  if (pager.view.top !== null) pager.marks.set(letter, { path: pager.path, top: pager.view.top });
};

const goMark: Command = function* (pager) {
  const letter = yield* pager.bottom.ask('goto mark: ');
  if (letter === null) return;
  const here = pager.view.top;
  if (letter === "'") {
    if (pager.lastTop !== null) yield* pager.view.jump(pager.lastTop.line);
  } else if (letter === '^') yield* pager.view.jump(0);
  else if (letter === '$') yield* pager.view.end();
  else {
    const place = pager.marks.get(letter);
    if (place === undefined) return yield* pager.bottom.message('Mark not set');
    for (let i = 0; place.path !== pager.path && i < pager.files.count; i++) {
      if (pager.files.path(i) === place.path && !(yield* pager.show(i))) return;
    }
    yield* pager.view.jump(place.top.line);
  }
  pager.lastTop = here;
};

const help: Command = function* (pager) {
  const { view } = pager;
  const source = Source.ofText(LESS_HELP, {
    *flush() {},
    *interrupted() {
      return false;
    },
  });
  pager.view = new View(source, pager.terminal, pager.options, pager.searching);
  yield* pager.view.start({ line: 0, row: 0 });
  yield* pager.run(function* () {
    return (yield* pager.view.atEnd())
      ? 'HELP -- END -- Press g to see it again, or q when done'
      : 'HELP -- Press RETURN for more, or q when done';
  });
  pager.view = view;
  yield* pager.redraw();
};

const quit: Command = function* () {
  throw new Leave(0);
};

const quitTwice: Command = function* (pager) {
  const input = yield* pager.terminal.key();
  if (keyName(input) === 'Z') throw new Leave(0);
  pager.bottom.bell();
};

const table: readonly (readonly [keys: string, command: Command])[] = [
  ['j e Enter Down C-n C-e', forward(lines)],
  ['J', forward(lines, true)],
  ['k y Up C-p C-y C-k', backward(lines)],
  ['K Y', backward(lines)],
  ['Space f PageDown C-f C-v', forward(windowRows)],
  ['b PageUp C-b M-v', backward(windowRows)],
  ['z', forward(newWindow)],
  ['w', backward(newWindow)],
  ['d C-d', forward(half)],
  ['u C-u', backward(half)],
  ['g < Home M-<', first],
  ['G > End M->', last],
  ['p %', percent],
  ['/', search(1)],
  ['?', search(-1)],
  ['n', searchAgain(true)],
  ['N', searchAgain(false)],
  ['Right M-)', sideways(1)],
  ['Left M-(', sideways(-1)],
  ['= C-g', where],
  [':', colon],
  ['F', follow],
  ['-', toggle],
  ['r C-l C-r', repaint],
  ['R', reread],
  ['v', edit],
  ['m', mark],
  ["'", goMark],
  ['h H', help],
  ['q Q', quit],
  ['Z', quitTwice],
  [
    'M-u',
    function* (pager) {
      pager.searching.highlight = !pager.searching.highlight;
      yield* pager.redraw();
    },
  ],
];

const byKey = new Map(
  table.flatMap(([keys, command]) =>
    keys.split(' ').map((key) => [key === 'Space' ? ' ' : key, command] as const),
  ),
);

/** What a key does. */
export function commandOf(key: string): Command | undefined {
  return byKey.get(key);
}
