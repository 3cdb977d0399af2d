/** A process's descriptors: the lowest free number is given out first. */
import { OsError } from '../../base/index.ts';
import type { Fd } from '../syscalls.ts';
import type { OpenFile } from './openFile.ts';

interface Slot {
  readonly file: OpenFile;
  cloexec: boolean;
}

export class FdTable {
  readonly #slots = new Map<Fd, Slot>();
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Throws EBADF. */
  get(fd: Fd): OpenFile {
    const slot = this.#slots.get(fd);
    if (slot === undefined) throw new OsError('EBADF');
    return slot.file;
  }

  /** The lowest free descriptor from `min` on; EMFILE at the limit. */
  add(file: OpenFile, cloexec = false, min = 0): Fd {
    let fd = min;
    while (this.#slots.has(fd)) fd++;
    if (fd >= this.limit) throw new OsError('EMFILE');
    this.#slots.set(fd, { file, cloexec });
    file.hold();
    return fd;
  }

  /** dup2(2): closes what `fd` was. */
  set(fd: Fd, file: OpenFile): void {
    if (fd < 0 || fd >= this.limit) throw new OsError('EBADF');
    if (this.#slots.get(fd)?.file === file) return;
    file.hold();
    if (this.#slots.has(fd)) this.close(fd);
    this.#slots.set(fd, { file, cloexec: false });
  }

  close(fd: Fd): void {
    const file = this.get(fd);
    this.#slots.delete(fd);
    file.letGo();
  }

  closesOnExec(fd: Fd): boolean {
    this.get(fd);
    return this.#slots.get(fd)!.cloexec;
  }

  setCloexec(fd: Fd, on: boolean): void {
    this.get(fd);
    this.#slots.get(fd)!.cloexec = on;
  }

  /** In numeric order. */
  entries(): [Fd, OpenFile][] {
    return [...this.#slots].map(([fd, slot]): [Fd, OpenFile] => [fd, slot.file]).sort(([a], [b]) => a - b);
  }

  /** In no order: for those who only look. */
  *files(): IterableIterator<OpenFile> {
    for (const { file } of this.#slots.values()) yield file;
  }

  /** close_range(2). */
  closeRange(first: Fd, last: Fd): void {
    for (const fd of this.#slots.keys()) if (fd >= first && fd <= last) this.close(fd);
  }

  /** The same with CLOSE_RANGE_CLOEXEC. */
  closeRangeOnExec(first: Fd, last: Fd): void {
    this.#slots.forEach((slot, fd) => {
      if (fd >= first && fd <= last) slot.cloexec = true;
    });
  }

  fork(): FdTable {
    const copy = new FdTable(this.limit);
    this.#slots.forEach(({ file, cloexec }, fd) => {
      file.hold();
      copy.#slots.set(fd, { file, cloexec });
    });
    return copy;
  }

  closeOnExec(): void {
    this.#slots.forEach(({ cloexec }, fd) => {
      if (cloexec) this.close(fd);
    });
  }

  closeAll(): void {
    for (const fd of this.#slots.keys()) this.close(fd);
  }
}
