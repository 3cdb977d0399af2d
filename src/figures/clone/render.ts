/** A state of the images as HTML. The page at build time and the script in the browser both call this. */
import { escapeHtml, grouped } from '../steps/html.ts';
import type { FigureStep } from '../steps/types.ts';
import { DISKS, type Disk, type Operation, type Step } from './scenario.ts';
import { type Cell, CloneWorld, type Frame, type Row } from './world.ts';

/** An operation in words. */
function deedOf(operation: Operation): string {
  switch (operation.kind) {
    case 'create':
      return `${operation.disk} is created.`;
    case 'read':
      return `${operation.disk} reads cluster ${operation.cluster}.`;
    case 'write':
      return operation.disk === 'base'
        ? `Somebody writes to cluster ${operation.cluster} of the base.`
        : `${operation.disk} writes to cluster ${operation.cluster}.`;
  }
}

/** The start and each step of `history`. */
export function renderHistory(history: readonly Step[]): FigureStep[] {
  const world = new CloneWorld();
  let before = world.frame;
  const start: FigureStep = {
    title: 'An image.',
    say: 'base.qcow2 is the disk of a machine that was prepared and switched off: six clusters of 64 KiB, four of which were ever written.',
    detail: renderTable(before, null),
  };
  const steps = history.map(({ operation, remark }) => {
    const events = world.run(operation);
    const after = world.frame;
    const step: FigureStep = {
      title: deedOf(operation),
      say: escapeHtml(remark),
      detail: `${commandOf(operation)}<ol class="clone-events">${events.map((event) => `<li>${grow(escapeHtml(event))}</li>`).join('')}</ol>${renderTable(after, before)}`,
    };
    before = after;
    return step;
  });
  return [start, ...steps];
}

/** Long numbers with their thousands told apart. */
const grow = (text: string) => text.replace(/\d{5,}/g, (digits) => grouped(Number(digits)));

function commandOf(operation: Operation): string {
  if (operation.kind !== 'create') return '';
  return `<p><code>qemu-img create -f qcow2 -b base.qcow2 -F qcow2 ${operation.disk}.qcow2</code></p>`;
}

const EMPTY = '<span aria-hidden="true">–</span><span class="sr-only">not there</span>';

function fileCell(cell: Cell | null, before: Cell | null | undefined): string {
  if (cell === null || cell.kind === 'absent') return `<td>${EMPTY}</td>`;
  const changed = before !== undefined && JSON.stringify(before) !== JSON.stringify(cell);
  const note = changed ? '<span class="sr-only">, new</span>' : '';
  return `<td class="${changed ? 'is-changed' : 'is-held'}">${escapeHtml(cell.text)}${note}</td>`;
}

function seenCell(seen: Row['seen']['web1'], before: Row['seen']['web1'] | undefined): string {
  const changed = before !== undefined && before !== null && before.text !== seen?.text;
  const text =
    seen === null
      ? EMPTY
      : seen.from === null
        ? 'zeros'
        : `${escapeHtml(seen.text)}<br><span class="clone-from">from ${seen.from}</span>`;
  return `<td${changed ? ' class="is-changed"' : ''}>${text}${changed ? '<span class="sr-only">, new</span>' : ''}</td>`;
}

/** Clusters from above; what the machines read, and what each file holds. `before` marks what is new. */
function renderTable(frame: Frame, before: Frame | null): string {
  const rows = frame.rows.map((row, index) => {
    const last = before?.rows[index];
    const files = DISKS.map((disk: Disk) => fileCell(row.files[disk], last?.files[disk]));
    return `<tr><th scope="row">${row.cluster}</th>${seenCell(row.seen.web1, last?.seen.web1)}${seenCell(row.seen.web2, last?.seen.web2)}${files.join('')}</tr>`;
  });
  const sizes = DISKS.map((disk) => {
    const size = frame.sizes[disk];
    return `<td>${size === null ? EMPTY : `${grouped(Math.round(size / 1024))} KiB`}</td>`;
  });
  return `<table class="clone-table"><caption class="sr-only">What each machine reads, and what each file holds, cluster by cluster</caption><thead><tr><th scope="col"><span class="sr-only">Cluster</span><span aria-hidden="true">#</span></th><th scope="col">web1 reads</th><th scope="col">web2 reads</th>${DISKS.map((disk) => `<th scope="col">in ${disk}<wbr>.qcow2</th>`).join('')}</tr></thead><tbody>${rows.join('')}<tr class="clone-sizes"><th scope="row" colspan="3">Size of the file</th>${sizes.join('')}</tr></tbody></table>`;
}
