/** A frame as HTML. The page at build time and the script in the browser both call this, so that they cannot disagree. */
import { imageLayers, linesOf } from './scenario.ts';
import type { Cell, Frame, Row } from './types.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text → HTML. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);

function cellText(cell: Cell): string {
  switch (cell.kind) {
    case 'absent':
      return '<span class="overlay-absent"><span aria-hidden="true">–</span><span class="sr-only">not there</span></span>';
    case 'file':
      return cell.content
        .trimEnd()
        .split('\n')
        .map((line) => `<span class="overlay-line">${escapeHtml(line)}</span>`)
        .join('');
    case 'directory':
      return 'directory';
    case 'opaque':
      return 'directory, opaque';
    case 'whiteout':
      return 'whiteout';
  }
}

const same = (a: Cell | undefined, b: Cell): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);

function cell(cellNow: Cell, before: Cell | undefined, standing: '' | 'shown' | 'hidden'): string {
  const changed = before !== undefined && !same(before, cellNow);
  const classes = [
    'overlay-cell',
    `is-${cellNow.kind}`,
    standing && `is-${standing}`,
    changed && 'is-changed',
  ];
  // Hatching and frame say it to the eye, these words to the ear.
  const notes = [standing === 'hidden' ? 'hidden' : '', changed ? 'new' : ''].filter((note) => note !== '');
  const note = notes.map((text) => `<span class="sr-only">, ${text}</span>`).join('');
  return `<td class="${classes.filter(Boolean).join(' ')}">${cellText(cellNow)}${note}</td>`;
}

/** The path, of which a narrow column shows the last name alone; a reader by ear gets all of it. */
function rowHead(path: string): string {
  const at = path.lastIndexOf('/') + 1;
  if (at === 1) return `<th scope="row"><code>${escapeHtml(path)}</code></th>`;
  return `<th scope="row" class="overlay-below"><code aria-hidden="true">${escapeHtml(path.slice(at))}</code><span class="sr-only">${escapeHtml(path)}</span></th>`;
}

function row(now: Row, before: Row | undefined): string {
  const layers = now.layers.map((layer, number) => {
    const exists = layer.kind === 'file' || layer.kind === 'directory' || layer.kind === 'opaque';
    const standing = exists ? (now.shownFrom.includes(number) ? 'shown' : 'hidden') : '';
    return cell(layer, before?.layers[number], standing);
  });
  const height = `overlay-lines-${linesOf(now.path)}`;
  return `<tr class="${height}">${rowHead(now.path)}${cell(now.merged, before?.merged, '')}${layers.join('')}</tr>`;
}

/** The table of all directories; `before` is the frame before this one, to mark what is new. */
export function renderTable(frame: Frame, before: Frame | null): string {
  const heads = ['In the container', 'Upper directory', ...imageLayers.map(({ name }) => `Layer ${name}`)];
  const rows = frame.rows.map((now, index) => row(now, before?.rows[index]));
  return `<table class="overlay-table"><caption class="sr-only">What is in the container's view and in each directory</caption><thead><tr><th scope="col">Path</th>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table><p class="overlay-bytes">Content of files in the upper directory: ${frame.upperBytes} bytes</p>`;
}

/** The command, its output, and the sentences. */
export function renderAccount(frame: Frame): string {
  const output = frame.output === '' ? '' : `\n${escapeHtml(frame.output.trimEnd())}`;
  const command =
    frame.command === null
      ? '<p>The container has just been started, and nothing has been done in it. Its upper directory is empty; what it shows comes from the layers below.</p><p class="figure-hint">Press <strong>Next step</strong>, or use the arrow keys <kbd>→</kbd> and <kbd>←</kbd> while one of the buttons has the focus. Each step runs one command in the container and shows here what the kernel did for it.</p>'
      : `<pre class="overlay-command" tabindex="0"><code># ${escapeHtml(frame.command)}${output}</code></pre>`;
  const remark = frame.remark === '' ? '' : `<p>${escapeHtml(frame.remark)}</p>`;
  const events = frame.events.map((event) => `<li>${escapeHtml(event)}</li>`).join('');
  return `${command}${remark}${events === '' ? '' : `<ol class="overlay-events">${events}</ol>`}`;
}

/** One line for the live region. */
export function summary(frame: Frame, index: number): string {
  if (frame.command === null) return 'Start: nothing has been done in the container yet.';
  const deeds = frame.events.filter((event) => !event.startsWith('Look-up'));
  return [`Step ${index}: ${frame.command}.`, frame.remark, ...deeds].filter((part) => part !== '').join(' ');
}
