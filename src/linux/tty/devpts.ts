/** devpts: the slave sides of pseudo-terminals as files. Each mount is an instance with terminals of its own (Documentation/filesystems/devpts.rst). */
import { FewMap, OsError } from '../../base/index.ts';
import { type FileSystem, type FsClock, type Inode, MemFs } from '../fs/index.ts';
import type { Tty } from './tty.ts';

interface Instance {
  /** Where its nodes are. */
  readonly directory: Inode;
  /** By the number that is a node's name. */
  readonly terminals: FewMap<number, Tty>;
  readonly mode: number;
  readonly gid: number;
}

export interface DevPtsRequest {
  readonly dev: number;
  readonly clock: FsClock;
  readonly options: ReadonlyMap<string, string>;
}

const octal = (bits: number): string => bits.toString(8).padStart(3, '0');

/** All instances of a kernel. The host's own is a directory of its devtmpfs. */
export class PseudoTerminals {
  readonly #own: Instance;
  readonly #instances = new WeakMap<FileSystem, Instance>();
  readonly #homes = new WeakMap<Tty, Instance>();
  /** A node made by mknod(2) elsewhere is none of these: its number alone leads to no terminal. */
  readonly #nodes = new WeakMap<Inode, Tty>();

  constructor(directory: Inode) {
    this.#own = { directory, terminals: new FewMap(), mode: 0o620, gid: 0 };
  }

  /** For mount(2); options `mode`, `gid` of new terminals and `ptmxmode`. */
  mount({ dev, clock, options }: DevPtsRequest): MemFs {
    const mode = Number.parseInt(options.get('mode') ?? '600', 8);
    const gid = Number.parseInt(options.get('gid') ?? '0', 10);
    const ptmxMode = Number.parseInt(options.get('ptmxmode') ?? '0', 8);
    const group = options.has('gid') ? `gid=${gid},` : '';
    const shown = `${group}mode=${octal(mode)},ptmxmode=${octal(ptmxMode)}`;
    const fs = new MemFs({ type: 'devpts', dev, clock, rootMode: 0o755, options: shown });
    fs.root.create('ptmx', { type: 'chr', mode: ptmxMode, uid: 0, gid: 0, rdev: { major: 5, minor: 2 } });
    this.#instances.set(fs, { directory: fs.root, terminals: new FewMap(), mode, gid });
    return fs;
  }

  /** A terminal with the lowest free number of the instance that `fs` is; of the host's own when that is null or none. */
  add(fs: FileSystem | null, make: (index: number) => Tty): Tty {
    const instance = (fs === null ? undefined : this.#instances.get(fs)) ?? this.#own;
    const { directory, terminals, mode, gid } = instance;
    let index = 0;
    while (terminals.has(index)) index++;
    const tty = make(index);
    terminals.set(index, tty);
    this.#homes.set(tty, instance);
    const rdev = { major: 136, minor: index };
    this.#nodes.set(directory.create(`${index}`, { type: 'chr', mode, uid: 0, gid, rdev }), tty);
    return tty;
  }

  remove(tty: Tty): void {
    const { directory, terminals } = this.#homes.get(tty)!;
    terminals.delete(tty.index);
    directory.unlink(`${tty.index}`);
  }

  /** The terminal that a node of one of the instances is. Throws EIO for other nodes of such a number. */
  at(node: Inode): Tty {
    const tty = this.#nodes.get(node);
    if (tty === undefined) throw new OsError('EIO');
    return tty;
  }

  /** Throws ENOENT when `fs` is no instance. */
  require(fs: FileSystem): void {
    if (!this.#instances.has(fs)) throw new OsError('ENOENT');
  }
}
