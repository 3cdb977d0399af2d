/** A process's descriptors: the lowest free number is given out first. */
import { OsError } from '../../base/index.ts';
import type { Fd } from '../syscalls.ts';
import type { OpenFile } from './openFile.ts';

/** A small integer for V8 everywhere. */
const WORD = 30;

export class FdTable {
  /** By number; null where nothing is open, as in Linux' fd array. */
  #files: (OpenFile | null)[];
  /** FD_CLOEXEC of each, a bit for each (close_on_exec): those of {@link WORD} descriptors in a number. */
  #cloexec: number[];
  /** Below it all are open: who has thousands is not looked through for the next one (next_fd). */
  #firstFree: Fd = 0;
  limit: number;

  constructor(limit: number, files: (OpenFile | null)[] = [], cloexec: number[] = []) {
    this.limit = limit;
    this.#files = files;
    this.#cloexec = cloexec;
  }

  /** Throws EBADF. */
  get(fd: Fd): OpenFile {
    const file = this.#files[fd];
    if (file === undefined || file === null) throw new OsError('EBADF');
    return file;
  }

  /** The lowest free descriptor from `min` on; EMFILE at the limit. */
  add(file: OpenFile, cloexec = false, min = 0): Fd {
    let fd = Math.max(min, this.#firstFree);
    while (this.isOpen(fd)) fd++;
    if (fd >= this.limit) throw new OsError('EMFILE');
    if (min <= this.#firstFree) this.#firstFree = fd + 1;
    this.put(fd, file, cloexec);
    file.hold();
    return fd;
  }

  /** dup2(2): `to` becomes what `from` is, and stays open in a new program, unless they are the same. Throws EBADF. */
  set(from: Fd, to: Fd): void {
    const file = this.get(from);
    if (to < 0 || to >= this.limit) throw new OsError('EBADF');
    if (from === to) return;
    file.hold();
    if (this.isOpen(to)) this.close(to);
    this.put(to, file, false);
  }

  close(fd: Fd): void {
    const file = this.get(fd);
    this.#files[fd] = null;
    if (fd < this.#firstFree) this.#firstFree = fd;
    file.letGo();
  }

  closesOnExec(fd: Fd): boolean {
    this.get(fd);
    return this.isClosing(fd);
  }

  setCloexec(fd: Fd, on: boolean): void {
    this.get(fd);
    this.mark(fd, on);
  }

  /** In numeric order. */
  entries(): [Fd, OpenFile][] {
    const all: [Fd, OpenFile][] = [];
    this.#files.forEach((file, fd) => {
      if (file !== null) all.push([fd, file]);
    });
    return all;
  }

  files(): OpenFile[] {
    return this.#files.filter((file) => file !== null);
  }

  /** close_range(2). */
  closeRange(first: Fd, last: Fd): void {
    const end = Math.min(last, this.#files.length - 1);
    for (let fd = Math.max(first, 0); fd <= end; fd++) if (this.isOpen(fd)) this.close(fd);
  }

  /** The same with CLOSE_RANGE_CLOEXEC. */
  closeRangeOnExec(first: Fd, last: Fd): void {
    const end = Math.min(last, this.#files.length - 1);
    for (let fd = Math.max(first, 0); fd <= end; fd++) if (this.isOpen(fd)) this.mark(fd, true);
  }

  fork(): FdTable {
    const copy = new FdTable(this.limit, this.#files.slice(), this.#cloexec.slice());
    copy.#firstFree = this.#firstFree;
    for (const file of this.#files) file?.hold();
    return copy;
  }

  closeOnExec(): void {
    let end = 0;
    for (let fd = 0; fd < this.#files.length; fd++) {
      if (this.isClosing(fd) && this.isOpen(fd)) this.close(fd);
      if (this.isOpen(fd)) end = fd + 1;
    }
    // The new program may stay for long with what it has now.
    this.#files = this.#files.slice(0, end);
    this.#cloexec = this.#cloexec.slice(0, Math.ceil(end / WORD));
  }

  closeAll(): void {
    this.closeRange(0, this.#files.length);
  }

  // `private` and not `#private`, as in MemInode.
  private isOpen(fd: Fd): boolean {
    const file = this.#files[fd];
    return file !== undefined && file !== null;
  }

  private put(fd: Fd, file: OpenFile, cloexec: boolean): void {
    this.#files[fd] = file;
    this.mark(fd, cloexec);
  }

  private isClosing(fd: Fd): boolean {
    return ((this.#cloexec[Math.floor(fd / WORD)] ?? 0) & (1 << (fd % WORD))) !== 0;
  }

  private mark(fd: Fd, cloexec: boolean): void {
    const word = Math.floor(fd / WORD);
    const bits = this.#cloexec[word] ?? 0;
    const bit = 1 << (fd % WORD);
    this.#cloexec[word] = cloexec ? bits | bit : bits & ~bit;
  }
}
