/** Cases for the checks: layers and calls, worked examples first, then drawn by chance. */
import type { Random } from '../../../src/exercise/index.ts';
import type { Entry } from './api.d.ts';
import { childOf, MemoryLayer } from './layers.ts';
import type { Call, CallName } from './reference.ts';

/** Layers as lists, the upper one first, so that single entries can be left out when a counterexample is made smaller. */
export interface Case {
  readonly layers: readonly (readonly (readonly [string, Entry])[])[];
  readonly calls: readonly Call[];
}

export function layersOf({ layers }: Case): MemoryLayer[] {
  return layers.map((entries) => new MemoryLayer(entries));
}

const file = (content: string, mode = 0o644): Entry => ({ kind: 'file', content, mode });
const dir = (opaque = false): Entry => ({ kind: 'dir', mode: 0o755, ...(opaque && { opaque }) });
const whiteout: Entry = { kind: 'whiteout' };

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

const NAMES = ['a', 'b', 'c'];
const DEPTH = 3;

/** A random layer; deeper directories are rarer. */
function randomLayer(random: Random, tag: string): (readonly [string, Entry])[] {
  const entries: (readonly [string, Entry])[] = [];
  const fill = (path: string, depth: number) => {
    for (const name of NAMES) {
      const child = childOf(path, name);
      const roll = random.below(10);
      if (roll < 3) continue;
      if (roll < 5) entries.push([child, file(`${tag}:${child}\n`, random.pick([0o644, 0o600, 0o755]))]);
      else if (roll < 6) entries.push([child, whiteout]);
      else {
        entries.push([child, dir(random.chance(1, 5))]);
        if (depth < DEPTH) fill(child, depth + 1);
      }
    }
  };
  fill('/', 1);
  return entries;
}

function randomPath(random: Random): string {
  let path = '';
  for (let depth = random.between(1, DEPTH); depth > 0; depth--) path += `/${random.pick(NAMES)}`;
  return path;
}

function randomCall(random: Random, name: CallName): Call {
  const path = randomPath(random);
  if (name !== 'rename') return { name, path };
  // Into itself, or over a directory above itself, is no matter of layers.
  for (;;) {
    const to = randomPath(random);
    if (!to.startsWith(`${path}/`) && !path.startsWith(`${to}/`)) return { name, path, to };
  }
}

/** Up to five calls, each of one of `names`, on two or three lower layers and an upper one. */
export function randomCase(random: Random, names: readonly CallName[]): Case {
  const lowers = random.between(1, 3);
  const layers = Array.from({ length: lowers + 1 }, (_, i) =>
    randomLayer(random, i === 0 ? 'upper' : `lower ${i}`),
  );
  const calls = Array.from({ length: random.between(1, 5) }, () => randomCall(random, random.pick(names)));
  return { layers, calls };
}
