/** Cases for the checks: layers and calls. Here the worked examples; those drawn by chance are in randomCases.ts. */
import type { Entry } from './api.d.ts';
import { MemoryLayer } from './layers.ts';
import type { Call, CallName } from './reference.ts';

/** Layers as lists, the upper one first, so that single entries can be left out when a counterexample is made smaller. */
export interface Case {
  readonly layers: readonly (readonly (readonly [string, Entry])[])[];
  readonly calls: readonly Call[];
}

export function layersOf({ layers }: Case): MemoryLayer[] {
  return layers.map((entries) => new MemoryLayer(entries));
}

export const file = (content: string, mode = 0o644): Entry => ({ kind: 'file', content, mode });
export const dir = (opaque = false, mode = 0o755): Entry => ({
  kind: 'dir',
  mode,
  ...(opaque && { opaque }),
});
export const whiteout: Entry = { kind: 'whiteout' };

/** An image of two layers: what the worked examples start from. */
const image: readonly (readonly (readonly [string, Entry])[])[] = [
  [
    ['/etc', dir()],
    ['/etc/motd', file('welcome, version 2\n')],
    ['/srv', dir()],
    ['/srv/page', file('page\n', 0o600)],
  ],
  [
    ['/etc', dir()],
    ['/etc/motd', file('welcome\n')],
    ['/etc/hosts', file('127.0.0.1 localhost\n')],
    ['/srv', dir()],
    ['/srv/old', file('old\n')],
  ],
];

const on = (upper: readonly (readonly [string, Entry])[], ...calls: Call[]): Case => ({
  layers: [upper, ...image],
  calls,
});
const removedSrv: readonly (readonly [string, Entry])[] = [['/srv', whiteout]];

/** For each function the cases that its chapter explains. */
export const EXAMPLES: Readonly<Record<CallName, readonly Case[]>> = {
  lookup: [
    on([], { name: 'lookup', path: '/etc/hosts' }),
    on([], { name: 'lookup', path: '/etc/motd' }),
    on(
      [
        ['/etc', dir()],
        ['/etc/motd', whiteout],
      ],
      { name: 'lookup', path: '/etc/motd' },
    ),
    on([['/srv', dir(true)]], { name: 'lookup', path: '/srv/page' }),
  ],
  openForWrite: [
    on([], { name: 'openForWrite', path: '/srv/page' }),
    on([], { name: 'openForWrite', path: '/srv/new' }),
    on([], { name: 'openForWrite', path: '/srv' }),
  ],
  unlink: [
    on([], { name: 'unlink', path: '/etc/hosts' }),
    on([['/new', file('mine\n')]], { name: 'unlink', path: '/new' }),
    on([], { name: 'unlink', path: '/etc/none' }),
  ],
  readdir: [
    on([], { name: 'readdir', path: '/etc' }),
    on(
      [
        ['/etc', dir()],
        ['/etc/hosts', whiteout],
      ],
      { name: 'readdir', path: '/etc' },
    ),
    on(
      [
        ['/srv', dir(true)],
        ['/srv/only', file('')],
      ],
      { name: 'readdir', path: '/srv' },
    ),
  ],
  rename: [
    on([], { name: 'rename', path: '/etc/hosts', to: '/etc/hosts.bak' }),
    on([], { name: 'rename', path: '/srv', to: '/www' }),
    on(
      [
        ['/new', dir()],
        ['/new/a', file('a')],
      ],
      { name: 'rename', path: '/new', to: '/newer' },
    ),
  ],
  mkdir: [
    on([], { name: 'mkdir', path: '/srv/sub' }),
    on(removedSrv, { name: 'mkdir', path: '/srv' }),
    on([], { name: 'mkdir', path: '/etc' }),
  ],
};
