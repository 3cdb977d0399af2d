/**
 * The world behind the figure: the kernel's file systems without processes. An image's layers and a container's upper directory lie
 * in one file system, an overlay mount puts them together, and operations go through the same calls as a program's would.
 */
import { decodeUtf8, EventQueue, encodeUtf8, isOsError, strerror, Trace } from '../../base/index.ts';
import {
  type FsClock,
  type Inode,
  MemFs,
  MountNamespace,
  type MountRequest,
  mount,
  mountOverlay,
  populate,
  ROOT_CREDENTIALS,
  umount,
  type VfsContext,
  vfs,
} from '../../linux/fs/index.ts';
import { MNT_DETACH, O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from '../../linux/syscalls.ts';
import { cellOf, find, remove, sizeBelow } from './inodes.ts';
import { narrate } from './narrate.ts';
import { imageLayers, paths } from './scenario.ts';
import type { Operation, Row } from './types.ts';

const EPOCH = { sec: 1_795_510_800, nsec: 0 };

/** What a command printed and what the kernel did for it. */
interface Outcome {
  readonly output: string;
  readonly events: readonly string[];
}

export class OverlayWorld {
  #trace: Trace;
  #disk: MemFs;
  #host: VfsContext;
  #container: VfsContext;
  #containers = 0;

  constructor() {
    const events = new EventQueue();
    this.#trace = new Trace(events);
    const clock: FsClock = { now: 0, realtime: () => EPOCH };
    this.#disk = new MemFs({ type: 'ext4', dev: 1, clock });
    for (const { name, files } of imageLayers) {
      populate(this.#disk.root, prefixed(`/image/${name}`, files));
    }
    const types = new Map([['overlay', (request: MountRequest) => mountOverlay(request, this.#trace, true)]]);
    const table = { types, nextMountId: 1, nextDev: 2, nextInode: () => 1 };
    const ns = MountNamespace.withRoot(this.#disk, '/dev/vda', table);
    this.#host = {
      ns,
      root: ns.root,
      cwd: ns.root,
      credentials: ROOT_CREDENTIALS,
      umask: 0o022,
      clock,
      host: 'figure',
    };
    this.#container = this.#startContainer();
  }

  /** Does one operation in the container, as the command named by `commandOf` would. */
  run(operation: Operation): Outcome {
    const from = this.#trace.length;
    if (operation.kind === 'replaceContainer') return { output: '', events: this.#replaceContainer() };
    const output = this.#execute(operation);
    const isDirectory = (path: string) => find(this.#container.root.dentry.inode, path)?.type === 'dir';
    return { output, events: narrate(this.#trace.since(from), operation.path, isDirectory) };
  }

  /** The figure's table: every path in the merged view and in each directory. */
  rows(): Row[] {
    return paths.map((path) => this.#row(path));
  }

  /** Bytes of file content in the container's upper directory. */
  upperBytes(): number {
    return sizeBelow(this.#at(this.#directory('upper')));
  }

  #row(path: string): Row {
    const from = this.#trace.length;
    const merged = cellOf(find(this.#container.root.dentry.inode, path));
    const lookup = this.#trace.since(from, 'fs.lookup').findLast((event) => event.detail.path === path);
    const directories = [this.#directory('upper'), ...imageLayers.map(({ name }) => `/image/${name}`)];
    return {
      path,
      merged,
      layers: directories.map((directory) => cellOf(find(this.#disk.root, directory + path))),
      shownFrom: (lookup?.detail.layers ?? [])
        .filter(({ found }) => found !== 'absent' && found !== 'whiteout')
        .map(({ layer }) => layer),
    };
  }

  #execute(operation: Exclude<Operation, { kind: 'replaceContainer' }>): string {
    switch (operation.kind) {
      case 'write':
      case 'append':
        return attempt(`bash: ${operation.path}`, () => this.#write(operation));
      case 'read':
        return attempt(`cat: ${operation.path}`, () => this.#read(operation.path));
      case 'list':
        return attempt(`ls: cannot access '${operation.path}'`, () => this.#list(operation.path));
      case 'remove':
        return attempt(`rm: cannot remove '${operation.path}'`, () =>
          vfs.unlink(this.#container, operation.path),
        );
      case 'removeTree':
        return attempt(`rm: cannot remove '${operation.path}'`, () => this.#removeTree(operation.path));
      case 'makeDirectory':
        return attempt(`mkdir: cannot create directory '${operation.path}'`, () =>
          vfs.mkdir(this.#container, operation.path, 0o777),
        );
    }
  }

  #read(path: string): string {
    const { inode } = vfs.open(this.#container, path, O_RDONLY).dentry;
    return decodeUtf8(inode.read(0, inode.stat().size));
  }

  #write({ kind, path, text }: Operation & { kind: 'write' | 'append' }): void {
    const how = kind === 'append' ? O_APPEND : O_TRUNC;
    const { inode } = vfs.open(this.#container, path, O_WRONLY | O_CREAT | how, 0o666).dentry;
    inode.write(inode.stat().size, encodeUtf8(text));
  }

  #list(path: string): string {
    const { inode } = vfs.open(this.#container, path, O_RDONLY).dentry;
    if (inode.type !== 'dir') return path;
    return inode
      .readdir()
      .map(({ name }) => name)
      .sort()
      .join('\n');
  }

  #removeTree(path: string): void {
    if (vfs.lstat(this.#container, path).mode >> 12 !== 0o04) {
      vfs.unlink(this.#container, path);
      return;
    }
    const { inode } = vfs.open(this.#container, path, O_RDONLY).dentry;
    for (const { name } of inode.readdir()) this.#removeTree(`${path}/${name}`);
    vfs.rmdir(this.#container, path);
  }

  #startContainer(): VfsContext {
    this.#containers++;
    for (const role of ['upper', 'work', 'merged'] as const) {
      populate(this.#disk.root, { [this.#directory(role)]: { type: 'dir' } });
    }
    const lower = imageLayers.map(({ name }) => `/image/${name}`).join(':');
    const data = `lowerdir=${lower},upperdir=${this.#directory('upper')},workdir=${this.#directory('work')}`;
    mount(this.#host, 'overlay', this.#directory('merged'), 'overlay', 0, data);
    const root = vfs.directory(this.#host, this.#directory('merged'));
    return { ...this.#host, root, cwd: root };
  }

  /** Says what was done: starting and removing containers is the engine's work and leaves no event of the file system. */
  #replaceContainer(): string[] {
    const bytes = this.upperBytes();
    umount(this.#host, vfs.directory(this.#host, this.#directory('merged')), MNT_DETACH);
    remove(this.#at('/containers'), String(this.#containers));
    this.#container = this.#startContainer();
    return [
      `The upper directory is deleted, with ${bytes} bytes of content in it.`,
      'A new, empty upper directory is mounted over the same two layers.',
    ];
  }

  #directory(role: 'upper' | 'work' | 'merged'): string {
    return `/containers/${this.#containers}/${role}`;
  }

  #at(path: string): Inode {
    return find(this.#disk.root, path)!;
  }
}

function prefixed(prefix: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [prefix + path, content]));
}

/** What `action` prints; when it fails, the error in the words of the tool. */
function attempt(blame: string, action: () => unknown): string {
  try {
    const output = action();
    return typeof output === 'string' ? output : '';
  } catch (error) {
    if (!isOsError(error)) throw error;
    return `${blame}: ${strerror(error.code)}`;
  }
}
