/** A disk image's bytes in a file of the machine that this command runs on. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { ByteStore } from '../disk/index.ts';

export class FileStore implements ByteStore {
  readonly #fd: number;

  /** Throws as open(2) does. */
  constructor(file: string, { readOnly = false } = {}) {
    this.#fd = openSync(file, readOnly ? 'r' : 'r+');
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#fd, bytes, done, length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return bytes;
  }

  write(offset: number, data: Uint8Array): void {
    for (let done = 0; done < data.length; )
      done += writeSync(this.#fd, data, done, data.length - done, offset + done);
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  flush(): void {
    fsyncSync(this.#fd);
  }

  /** Node cannot ask for holes (lseek's SEEK_DATA): all of the file counts as data. */
  dataFrom(offset: number): { start: number; end: number } | null {
    return offset < this.size ? { start: offset, end: this.size } : null;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
