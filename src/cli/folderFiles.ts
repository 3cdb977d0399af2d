/** A registry's files in a folder of the machine that this command runs on. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { RegistryFiles } from '../registry/index.ts';

export class FolderFiles implements RegistryFiles {
  readonly #root: string;

  /** Makes the folder. Throws as mkdir(2) does. */
  constructor(root: string) {
    this.#root = path.resolve(root);
    mkdirSync(this.#root, { recursive: true });
  }

  size(name: string): number | null {
    const status = statSync(this.#at(name), { throwIfNoEntry: false });
    return status?.isFile() ? status.size : null;
  }

  read(name: string, from = 0, to = Number.POSITIVE_INFINITY): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(to, this.size(name) ?? 0) - from));
    const fd = openSync(this.#at(name), 'r');
    try {
      for (let done = 0; done < bytes.length; ) {
        const count = readSync(fd, bytes, done, bytes.length - done, from + done);
        if (count === 0) break;
        done += count;
      }
    } finally {
      closeSync(fd);
    }
    return bytes;
  }

  write(name: string, bytes: Uint8Array): void {
    const file = this.#made(name);
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
  }

  append(name: string, bytes: Uint8Array): void {
    appendFileSync(this.#made(name), bytes);
  }

  rename(from: string, to: string): void {
    renameSync(this.#at(from), this.#made(to));
  }

  remove(name: string): void {
    rmSync(this.#at(name), { recursive: true, force: true });
  }

  /** readdir(3) has an order of its own. */
  list(name: string): string[] | null {
    const folder = this.#at(name);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return null;
    return readdirSync(folder).sort();
  }

  #at(name: string): string {
    return path.join(this.#root, name);
  }

  /** With its folder. */
  #made(name: string): string {
    const file = this.#at(name);
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  }
}
