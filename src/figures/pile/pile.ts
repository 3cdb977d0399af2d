/**
 * Two containers of one image, after the first one has changed what it could: the same file systems as in the overlay explorer, and each
 * cell is what really lies there.
 */
import { type Cell, layerNames, type Operation, Player } from '../overlay/index.ts';

/** What the first container did to each name. */
const DEEDS: readonly { readonly path: string; readonly deed: string; readonly operation: Operation }[] = [
  { path: '/srv/sale.html', deed: 'read', operation: { kind: 'read', path: '/srv/sale.html' } },
  {
    path: '/etc/motd',
    deed: 'line added',
    operation: { kind: 'append', path: '/etc/motd', text: 'Closed today\n' },
  },
  { path: '/etc/shop.conf', deed: 'deleted', operation: { kind: 'remove', path: '/etc/shop.conf' } },
  {
    path: '/srv/note.txt',
    deed: 'made new',
    operation: { kind: 'write', path: '/srv/note.txt', text: 'draft\n' },
  },
];

/** One name of the pile, from above: what the first container sees, its upper directory, the image's layers, and the second container. */
export interface Column {
  readonly path: string;
  readonly deed: string;
  readonly first: { readonly sees: Cell; readonly upper: Cell };
  /** Topmost first, each with whether the first and the second container see it. */
  readonly layers: readonly {
    readonly name: string;
    readonly cell: Cell;
    readonly shownIn: readonly boolean[];
  }[];
  readonly second: { readonly sees: Cell; readonly upper: Cell };
}

/** All columns, in the order of the deeds. */
export function pile(): Column[] {
  const changed = new Player();
  for (const { operation } of DEEDS) changed.act(operation);
  const untouched = new Player();
  return DEEDS.map(({ path, deed }) => {
    const [first, second] = [changed, untouched].map(
      ({ frame }) => frame.rows.find((row) => row.path === path)!,
    ) as [Row, Row];
    const [upper, ...layers] = first.layers;
    return {
      path,
      deed,
      first: { sees: first.merged, upper: upper! },
      layers: layers.map((cell, index) => ({
        name: layerNames[index + 1]!,
        cell,
        shownIn: [first, second].map(({ shownFrom }) => shownFrom.includes(index + 1)),
      })),
      second: { sees: second.merged, upper: second.layers[0]! },
    };
  });
}

type Row = Player['frame']['rows'][number];
