/** Where a registry keeps things: files by path. A simulated host's, those of a real folder, or these in memory. */
import { concatBytes } from '../base/index.ts';

/** Paths have slashes between names and none in front. Folders come into being with what is put into them. */
export interface RegistryFiles {
  /** Bytes of the file, null when there is none. */
  size(path: string): number | null;
  /** The bytes from `from` up to `to`, all without them. Only for files that are there. */
  read(path: string, from?: number, to?: number): Uint8Array;
  /** In one step: a reader finds the old bytes or the new ones. */
  write(path: string, bytes: Uint8Array): void;
  append(path: string, bytes: Uint8Array): void;
  rename(from: string, to: string): void;
  /** A file, or a folder with all that is in it; nothing when there is neither. */
  remove(path: string): void;
  /** Names of what a folder has, sorted by code units; null when there is no such folder. */
  list(path: string): string[] | null;
}

interface Folder {
  readonly entries: Map<string, Folder | Content>;
}

/** Appended pieces are put together when they are read. */
interface Content {
  pieces: Uint8Array[];
  size: number;
}

const isFolder = (node: Folder | Content | undefined): node is Folder =>
  node !== undefined && 'entries' in node;

export class MemoryFiles implements RegistryFiles {
  readonly #root: Folder = { entries: new Map() };

  size(path: string): number | null {
    return this.#file(path)?.size ?? null;
  }

  read(path: string, from = 0, to = Number.POSITIVE_INFINITY): Uint8Array {
    const file = this.#file(path);
    if (file === null) throw new RangeError(`there is no file ${path}`);
    if (file.pieces.length !== 1) file.pieces = [concatBytes(file.pieces)];
    return file.pieces[0]!.subarray(from, Math.min(to, file.size));
  }

  write(path: string, bytes: Uint8Array): void {
    const { folder, name } = this.#place(path);
    folder.entries.set(name, { pieces: [bytes.slice()], size: bytes.length });
  }

  append(path: string, bytes: Uint8Array): void {
    const file = this.#file(path);
    if (file === null) this.write(path, bytes);
    else {
      file.pieces.push(bytes.slice());
      file.size += bytes.length;
    }
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    target.folder.entries.set(target.name, source.folder.entries.get(source.name)!);
    source.folder.entries.delete(source.name);
  }

  remove(path: string): void {
    const { folder, name } = this.#place(path);
    folder.entries.delete(name);
  }

  list(path: string): string[] | null {
    const node = this.#node(path);
    return isFolder(node) ? [...node.entries.keys()].sort() : null;
  }

  #node(path: string): Folder | Content | undefined {
    let node: Folder | Content | undefined = this.#root;
    for (const name of path.split('/')) node = isFolder(node) ? node.entries.get(name) : undefined;
    return node;
  }

  #file(path: string): Content | null {
    const node = this.#node(path);
    return node === undefined || isFolder(node) ? null : node;
  }

  /** The folder of a path, made when it is not there. */
  #place(path: string): { readonly folder: Folder; readonly name: string } {
    const names = path.split('/');
    const name = names.pop()!;
    let folder = this.#root;
    for (const each of names) {
      const next = folder.entries.get(each);
      const below = isFolder(next) ? next : { entries: new Map() };
      folder.entries.set(each, below);
      folder = below;
    }
    return { folder, name };
  }
}
