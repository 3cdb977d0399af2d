/**
 * The registry's folder on a simulated host's disk. A registry asks for files and gets them at once; a program has to ask its kernel and wait.
 * So the names and sizes of all files are held in memory, small ones with their contents; what is changed is noted, and `flush` does it on the
 * disk. Contents of blobs are read from the disk for each request: who damages them there will see it.
 */
import { assert, concatBytes, isOsError } from '../../base/index.ts';
import { list, makeDirs, removeTree } from '../../container/index.ts';
import {
  fileTypeOf,
  O_APPEND,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import type { RegistryFiles } from '../files.ts';

/** Thrown by `read` for contents that are on the disk alone: get them, and ask again. */
export class ContentsNeeded extends Error {
  readonly path: string;
  constructor(path: string) {
    super(path);
    this.path = path;
  }
}

/** Bytes up to which a file is held in memory. */
const SMALL = 4096;

interface Content {
  size: number;
  /** Null: on the disk. */
  pieces: Uint8Array[] | null;
}

interface Folder {
  readonly entries: Map<string, Folder | Content>;
}

type Change =
  | { readonly do: 'write' | 'append'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string };

const isFolder = (node: Folder | Content | undefined): node is Folder =>
  node !== undefined && 'entries' in node;

export class MirrorFiles implements RegistryFiles {
  readonly #root: string;
  readonly #tree: Folder = { entries: new Map() };
  #changes: Change[] = [];
  /** What `fetch` brought, up to the next `flush`. */
  readonly #fetched = new Map<string, Uint8Array>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Reads what is there. */
  *load(): Sys<void> {
    yield* makeDirs(this.#root);
    yield* this.#loadFolder('', this.#tree);
  }

  *#loadFolder(path: string, folder: Folder): Sys<void> {
    for (const name of yield* list(`${this.#root}${path}`)) {
      const at = `${path}/${name}`;
      const stat = yield* sys.stat(`${this.#root}${at}`);
      if (fileTypeOf(stat.mode) === 'dir') {
        const below = { entries: new Map() };
        folder.entries.set(name, below);
        yield* this.#loadFolder(at, below);
      } else {
        // An upload that goes on is held as a whole, as it is while it goes on.
        const held = at.includes('/_uploads/') || (stat.size <= SMALL && !at.includes('/blobs/'));
        const pieces = held ? [yield* readFile(`${this.#root}${at}`)] : null;
        folder.entries.set(name, { size: stat.size, pieces });
      }
    }
  }

  /** Brings what `read` needed; a file that has gone is gone. */
  *fetch(path: string): Sys<void> {
    assert(this.#changes.length === 0, 'a request changes files before it has read all that it needs');
    try {
      const bytes = yield* readFile(`${this.#root}/${path}`);
      this.#file(path)!.size = bytes.length;
      this.#fetched.set(path, bytes);
    } catch (error) {
      if (!isOsError(error)) throw error;
      const { folder, name } = this.#place(path);
      folder.entries.delete(name);
    }
  }

  /** Does on the disk what was done in memory. */
  *flush(): Sys<void> {
    this.#fetched.clear();
    const changes = this.#changes;
    this.#changes = [];
    for (const change of changes) yield* this.#apply(change);
  }

  *#apply(change: Change): Sys<void> {
    const at = `${this.#root}/${change.path}`;
    if (change.do === 'remove') return yield* removeTree(at);
    const target = change.do === 'rename' ? `${this.#root}/${change.to}` : at;
    yield* makeDirs(target.slice(0, target.lastIndexOf('/')));
    if (change.do === 'rename') return yield* sys.rename(at, target);
    const isAppend = change.do === 'append';
    // A reader finds the old file or the new one.
    const file = isAppend ? at : `${at}.new`;
    const fd = yield* sys.open(file, O_WRONLY | O_CREAT | (isAppend ? O_APPEND : O_TRUNC), 0o644);
    yield* writeAll(fd, change.bytes);
    yield* sys.close(fd);
    if (!isAppend) yield* sys.rename(file, at);
  }

  size(path: string): number | null {
    return this.#file(path)?.size ?? null;
  }

  read(path: string, from = 0, to = Number.POSITIVE_INFINITY): Uint8Array {
    const file = this.#file(path);
    if (file === null) throw new RangeError(`there is no file ${path}`);
    const fetched = this.#fetched.get(path);
    if (fetched !== undefined) return fetched.subarray(from, to);
    if (file.pieces === null) throw new ContentsNeeded(path);
    if (file.pieces.length !== 1) file.pieces = [concatBytes(file.pieces)];
    return file.pieces[0]!.subarray(from, to);
  }

  write(path: string, bytes: Uint8Array): void {
    const { folder, name } = this.#place(path);
    // A blob's bytes are the disk's; those of an upload are needed once more, for the digest.
    const held = bytes.length <= SMALL && !path.includes('/blobs/');
    const pieces = bytes.length === 0 ? [] : [bytes.slice()];
    folder.entries.set(name, { size: bytes.length, pieces: held ? pieces : null });
    this.#changes.push({ do: 'write', path, bytes });
  }

  append(path: string, bytes: Uint8Array): void {
    const file = this.#file(path);
    if (file === null) this.write(path, bytes);
    else {
      file.size += bytes.length;
      if (bytes.length > 0) file.pieces?.push(bytes);
      this.#changes.push({ do: 'append', path, bytes });
    }
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    const node = source.folder.entries.get(source.name)!;
    if (!isFolder(node) && to.includes('/blobs/')) node.pieces = null;
    target.folder.entries.set(target.name, node);
    source.folder.entries.delete(source.name);
    this.#changes.push({ do: 'rename', path: from, to });
  }

  remove(path: string): void {
    const { folder, name } = this.#place(path);
    if (folder.entries.delete(name)) this.#changes.push({ do: 'remove', path });
  }

  list(path: string): string[] | null {
    const node = this.#node(path);
    return isFolder(node) ? [...node.entries.keys()].sort() : null;
  }

  #node(path: string): Folder | Content | undefined {
    let node: Folder | Content | undefined = this.#tree;
    for (const name of path.split('/')) node = isFolder(node) ? node.entries.get(name) : undefined;
    return node;
  }

  #file(path: string): Content | null {
    const node = this.#node(path);
    return node === undefined || isFolder(node) ? null : node;
  }

  #place(path: string): { readonly folder: Folder; readonly name: string } {
    const names = path.split('/');
    const name = names.pop()!;
    let folder = this.#tree;
    for (const each of names) {
      const next = folder.entries.get(each);
      const below = isFolder(next) ? next : { entries: new Map() };
      folder.entries.set(each, below);
      folder = below;
    }
    return { folder, name };
  }
}
