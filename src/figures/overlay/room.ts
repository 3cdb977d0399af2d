/**
 * The room that the walk-through needs, as HTML that is laid out but not seen: a step changes what stands in the figure, and
 * nothing below it moves, whatever the reader's fonts.
 */
import { renderAccount, renderTable } from './render.ts';
import type { Cell, Frame } from './types.ts';

const lines = (cell: Cell): string[] => (cell.kind === 'file' ? cell.content.split('\n') : [cell.kind]);

/** The cell that needs the most lines; of two with as many, the one with the longest line. */
function tallest(cells: readonly Cell[]): Cell {
  const longest = (cell: Cell) => Math.max(...lines(cell).map((line) => line.length));
  return cells.reduce((best, cell) => {
    const more = lines(cell).length - lines(best).length || longest(cell) - longest(best);
    return more > 0 ? cell : best;
  });
}

/** A table in which every cell holds the most that it holds in any of `frames`. */
export function tableRoom(frames: readonly Frame[]): string {
  const [first] = frames;
  const rows = first!.rows.map((row, index) => ({
    ...row,
    merged: tallest(frames.map((frame) => frame.rows[index]!.merged)),
    layers: row.layers.map((_layer, number) =>
      tallest(frames.map((frame) => frame.rows[index]!.layers[number]!)),
    ),
  }));
  return renderTable({ ...first!, rows }, null);
}

/** All accounts, to be laid over each other. */
export function accountRoom(frames: readonly Frame[]): string {
  return frames.map((frame) => `<div>${renderAccount(frame)}</div>`).join('');
}
