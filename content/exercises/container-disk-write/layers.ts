/** Layers as the learner's code meets them: in memory for checks, in a host's directories when mounted. */
import {
  decodeUtf8,
  encodeUtf8,
  type HostFunctions,
  type Inode,
  type Json,
  OsError,
} from '../../../src/exercise/index.ts';
import type { Entry } from './api.d.ts';

/** What `Layer` of the API is on our side. */
export interface HostLayer {
  get(path: string): Entry | null;
  list(path: string): readonly string[];
  put(path: string, entry: Entry): void;
  remove(path: string): void;
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function childOf(dir: string, name: string): string {
  return dir === '/' ? `/${name}` : `${dir}/${name}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Path → entry; the root directory is always there. */
export class MemoryLayer implements HostLayer {
  readonly entries: Map<string, Entry>;

  constructor(entries: Iterable<readonly [string, Entry]>) {
    this.entries = new Map([['/', { kind: 'dir', mode: 0o755 }], ...entries]);
  }

  get(path: string): Entry | null {
    return this.entries.get(path) ?? null;
  }

  list(path: string): readonly string[] {
    return [...this.entries.keys()].filter((key) => key !== '/' && parentOf(key) === path).map(nameOf);
  }

  put(path: string, entry: Entry): void {
    if (this.entries.get(parentOf(path))?.kind !== 'dir') throw noParent(path);
    const before = this.entries.get(path);
    if (before?.kind === 'dir' && entry.kind !== 'dir') this.remove(path);
    this.entries.set(path, entry);
  }

  remove(path: string): void {
    for (const key of [...this.entries.keys()]) {
      if (key !== '/' && (key === path || key.startsWith(`${path}/`))) this.entries.delete(key);
    }
  }
}

function noParent(path: string): OsError {
  return new OsError(
    'ENOENT',
    `put ${path}: this layer has no directory ${parentOf(path)}; copy it up first`,
  );
}

const OPAQUE = 'trusted.overlay.opaque';
/** Contents go through the learner's code as text; larger files belong elsewhere. */
const FILE_MAX = 1 << 20;

/** A directory of a host as a layer, with whiteouts and opaque directories as the kernel's overlayfs writes them. */
export class DirectoryLayer implements HostLayer {
  readonly #root: Inode;

  constructor(root: Inode) {
    this.#root = root;
  }

  get(path: string): Entry | null {
    const inode = this.#find(path);
    if (inode === null) return null;
    const { mode, size, rdev } = inode.stat();
    const permissions = mode & 0o7777;
    if (inode.type === 'dir') {
      const opaque = inode.listxattr().includes(OPAQUE) && decodeUtf8(inode.getxattr(OPAQUE)) === 'y';
      return { kind: 'dir', mode: permissions, ...(opaque && { opaque }) };
    }
    if (inode.type === 'chr' && rdev.major === 0 && rdev.minor === 0) return { kind: 'whiteout' };
    if (inode.type !== 'file') throw new OsError('EOPNOTSUPP');
    if (size > FILE_MAX) throw new OsError('EFBIG');
    return { kind: 'file', content: decodeUtf8(inode.read(0, size)), mode: permissions };
  }

  list(path: string): readonly string[] {
    const inode = this.#find(path);
    return inode === null || inode.type !== 'dir' ? [] : inode.readdir().map((entry) => entry.name);
  }

  put(path: string, entry: Entry): void {
    const dir = this.#find(parentOf(path));
    if (dir === null || dir.type !== 'dir') throw noParent(path);
    const name = nameOf(path);
    let inode = dir.lookup(name);
    if (inode !== null && (inode.type !== 'dir' || entry.kind !== 'dir')) {
      this.remove(path);
      inode = null;
    }
    if (entry.kind === 'whiteout') {
      dir.create(name, { type: 'chr', mode: 0, uid: 0, gid: 0, rdev: { major: 0, minor: 0 } });
      return;
    }
    inode ??= dir.create(name, { type: entry.kind, mode: entry.mode, uid: 1000, gid: 1000 });
    inode.setAttr({ mode: entry.mode });
    if (entry.kind === 'file') inode.write(0, encodeUtf8(entry.content));
    else if (entry.opaque) inode.setxattr(OPAQUE, encodeUtf8('y'));
    else if (inode.listxattr().includes(OPAQUE)) inode.removexattr(OPAQUE);
  }

  remove(path: string): void {
    const dir = this.#find(parentOf(path));
    const inode = dir?.type === 'dir' ? dir.lookup(nameOf(path)) : null;
    if (dir === null || inode === null) return;
    if (inode.type !== 'dir') {
      dir.unlink(nameOf(path));
      return;
    }
    for (const { name } of inode.readdir()) this.remove(childOf(path, name));
    dir.rmdir(nameOf(path));
  }

  #find(path: string): Inode | null {
    let at: Inode | null = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      if (at === null || at.type !== 'dir') return null;
      at = at.lookup(name);
    }
    return at;
  }
}

function pathOf(value: Json | undefined): string {
  if (typeof value === 'string' && value.startsWith('/') && (value === '/' || !value.endsWith('/')))
    return value;
  throw new OsError('EINVAL', `${JSON.stringify(value)} is no absolute path such as /etc/motd`);
}

/** The functions that the prelude's `Layer` objects call; layer 0 is the upper one. */
export function hostFunctions(layers: readonly HostLayer[]): HostFunctions {
  const layer = (index: Json | undefined) => layers[index as number]!;
  return {
    get: (index, path) => layer(index).get(pathOf(path)) as Json,
    list: (index, path) => layer(index).list(pathOf(path)),
    put: (index, path, entry) => {
      const checked = checkedEntry(entry);
      layer(index).put(pathOf(path), checked);
      return null;
    },
    remove: (index, path) => {
      layer(index).remove(pathOf(path));
      return null;
    },
  };
}

/** The same for layers that the sandbox has been told: it asks only for what cannot be done, to hear why. */
export const refusals: HostFunctions = {
  get: (_, path) => pathOf(path),
  list: (_, path) => pathOf(path),
  put: (_, path, entry) => {
    checkedEntry(entry);
    throw noParent(pathOf(path));
  },
  remove: (_, path) => pathOf(path),
};

/** An entry that a learner made, or EINVAL that says what is wrong with it. */
function checkedEntry(value: Json | undefined): Entry {
  const entry = (value ?? {}) as Record<string, Json>;
  const { kind, mode, content, opaque } = entry;
  if (kind === 'whiteout') return { kind };
  if (typeof mode !== 'number')
    throw new OsError('EINVAL', `an entry needs a mode, this is ${JSON.stringify(value)}`);
  if (kind === 'dir') return { kind, mode, ...(opaque === true && { opaque }) };
  if (kind === 'file' && typeof content === 'string') return { kind, content, mode };
  throw new OsError(
    'EINVAL',
    `${JSON.stringify(value)} is no entry: kind is 'file' (with content), 'dir' or 'whiteout'`,
  );
}
