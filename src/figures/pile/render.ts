/** The pile as a table: the image's layers in the middle, one container above them and the other below. */
import { escapeHtml } from '../steps/html.ts';
import type { Column } from './pile.ts';

type Cell = Column['first']['sees'];

function cellText(cell: Cell): string {
  if (cell.kind === 'absent')
    return '<span aria-hidden="true">–</span><span class="sr-only">not there</span>';
  if (cell.kind !== 'file') return cell.kind;
  const lines = cell.content.trimEnd().split('\n');
  return lines.map((line) => `<code>${escapeHtml(line)}</code>`).join('<br>');
}

function row(head: string, cells: readonly string[]): string {
  return `<tr><th scope="row">${head}</th>${cells.join('')}</tr>`;
}

const plain = (cell: Cell, kind = '') =>
  `<td class="${cell.kind === 'whiteout' ? 'pile-whiteout' : kind}">${cellText(cell)}</td>`;

/** What the containers make of a layer's entry: nothing is said of one that is not there. */
function layerCell({ cell, shownIn: [first, second] }: Column['layers'][number]): string {
  if (cell.kind === 'absent') return plain(cell);
  const who = first && second ? 'seen by both' : second ? 'seen by 2' : first ? 'seen by 1' : 'hidden';
  return `<td class="${first || second ? 'pile-seen' : 'pile-hidden'}">${cellText(cell)}<span class="pile-note">${who}</span></td>`;
}

function group(name: string, rows: readonly string[], columns: number): string {
  const head = `<tr><th scope="rowgroup" colspan="${columns + 1}" class="pile-group">${name}</th></tr>`;
  return `<tbody>${head}${rows.join('')}</tbody>`;
}

export function renderPile(columns: readonly Column[]): string {
  const heads = columns.map(
    ({ path, deed }) =>
      `<th scope="col"><code>${escapeHtml(path.slice(0, path.lastIndexOf('/') + 1))}<wbr>${escapeHtml(path.slice(path.lastIndexOf('/') + 1))}</code><span class="pile-note">${escapeHtml(deed)}</span></th>`,
  );
  const layers = columns[0]!.layers.map(({ name }, index) =>
    row(
      name,
      columns.map((column) => layerCell(column.layers[index]!)),
    ),
  );
  const container = ({ sees, upper }: Column['first' | 'second']) => ({
    sees: plain(sees),
    upper: plain(upper, 'pile-upper'),
  });
  const first = columns.map((column) => container(column.first));
  const second = columns.map((column) => container(column.second));
  const count = columns.length;
  return `<table class="pile-table"><caption class="sr-only">What each container sees, and what lies in each directory</caption><thead><tr><th scope="col">Name</th>${heads.join('')}</tr></thead>${group(
    'Container 1',
    [
      row(
        'sees',
        first.map(({ sees }) => sees),
      ),
      row(
        'upper directory',
        first.map(({ upper }) => upper),
      ),
    ],
    count,
  )}${group('The image, for both', layers, count)}${group(
    'Container 2, from the same image',
    [
      row(
        'upper directory',
        second.map(({ upper }) => upper),
      ),
      row(
        'sees',
        second.map(({ sees }) => sees),
      ),
    ],
    count,
  )}</table>`;
}
