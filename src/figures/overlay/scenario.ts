/** The image of the figure, and the walk-through over it. The same files and commands appear in the text of the section. */
import type { Step } from './types.ts';

/** The image's layers, topmost first: name → path → content. */
export const imageLayers = [
  {
    name: 'app',
    files: {
      '/etc/shop.conf': 'port=8080\n',
      '/srv/index.html': 'Our shop\n',
      '/srv/sale.html': 'Summer sale\n',
    },
  },
  {
    name: 'base',
    files: {
      '/etc/motd': 'Welcome!\n',
      '/etc/shop.conf': 'port=80\n',
      '/srv/index.html': 'It works!\n',
    },
  },
] as const;

/** The paths that the figure follows, in the order of its rows. */
export const paths = [
  '/etc',
  '/etc/motd',
  '/etc/shop.conf',
  '/srv',
  '/srv/index.html',
  '/srv/sale.html',
  '/srv/note.txt',
] as const;

/** How sentences name a layer, by its number. */
export const layerNames = ['the upper directory', ...imageLayers.map((layer) => `layer ${layer.name}`)];

export const walkThrough: readonly Step[] = [
  {
    operation: { kind: 'read', path: '/etc/motd' },
    remark: 'Reading goes to wherever the file is found first, from the top down. Nothing is copied.',
  },
  {
    operation: { kind: 'read', path: '/etc/shop.conf' },
    remark: 'Two layers have this file. The upper one of them wins; the other is hidden, but still there.',
  },
  {
    operation: { kind: 'append', path: '/etc/motd', text: 'Closed today\n' },
    remark: 'Opening for writing copies the whole file up. Only then is the line added, to the copy.',
  },
  {
    operation: { kind: 'append', path: '/etc/motd', text: 'See you soon\n' },
    remark: 'The second write finds the copy in the upper directory. There is nothing left to copy.',
  },
  {
    operation: { kind: 'write', path: '/srv/note.txt', text: 'draft\n' },
    remark: 'A new file is made in the upper directory, and before it the directory it belongs to.',
  },
  {
    operation: { kind: 'remove', path: '/etc/shop.conf' },
    remark: 'The layers may not be touched, so a whiteout in the upper directory hides both of their files.',
  },
  {
    operation: { kind: 'list', path: '/etc' },
    remark:
      'A listing merges the names of all layers, the upper directory first, and leaves out what is hidden.',
  },
  {
    operation: { kind: 'removeTree', path: '/srv' },
    remark: 'Removing a directory ends in one whiteout for the directory itself.',
  },
  {
    operation: { kind: 'makeDirectory', path: '/srv' },
    remark: 'The new directory must not be merged with the old ones below, so it is marked as opaque.',
  },
  {
    operation: { kind: 'list', path: '/srv' },
    remark: 'Under an opaque directory the search goes no deeper: the listing is empty.',
  },
  {
    operation: { kind: 'replaceContainer' },
    remark:
      'The upper directory is deleted with its container. The next one starts with the image as it always was.',
  },
];

/** How many lines a file gets in the walk-through: its row keeps room for them from the start. */
export function linesOf(path: string): number {
  return (
    1 + walkThrough.filter(({ operation }) => operation.kind === 'append' && operation.path === path).length
  );
}
