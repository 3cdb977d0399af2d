/** A process's descriptors: the lowest free number is given out first. */
import { OsError } from '../../base/index.ts';
import type { Fd } from '../syscalls.ts';
import type { OpenFile } from './openFile.ts';

const CLOEXEC = 1;

const fdOf = (mark: number): Fd => mark >> 1;

export class FdTable {
  /** Of what is open, in the order of the numbers: twice the number, and one more when it closes on exec. */
  #marks: number[] = [];
  /** In the same order. Only what is open takes room and time, whatever its number. */
  #files: OpenFile[] = [];
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Throws EBADF. */
  get(fd: Fd): OpenFile {
    return this.#files[this.placeOf(fd)]!;
  }

  /** The lowest free descriptor from `min` on; EMFILE at the limit. */
  add(file: OpenFile, cloexec = false, min = 0): Fd {
    const from = this.firstFrom(min);
    const at = this.endOfRow(from, min);
    const fd = min + at - from;
    if (fd >= this.limit) throw new OsError('EMFILE');
    this.insert(at, fd, file, cloexec);
    return fd;
  }

  /** dup2(2): `to` becomes what `from` is, and stays open in a new program, unless they are the same. Throws EBADF. */
  set(from: Fd, to: Fd): void {
    const file = this.get(from);
    if (to < 0 || to >= this.limit) throw new OsError('EBADF');
    if (from === to) return;
    const at = this.firstFrom(to);
    if (!this.isAt(at, to)) {
      this.insert(at, to, file, false);
      return;
    }
    const before = this.#files[at]!;
    file.hold();
    this.#files[at] = file;
    this.#marks[at] = to << 1;
    before.letGo();
  }

  close(fd: Fd): void {
    this.remove(this.placeOf(fd), 1);
  }

  closesOnExec(fd: Fd): boolean {
    return (this.#marks[this.placeOf(fd)]! & CLOEXEC) !== 0;
  }

  setCloexec(fd: Fd, on: boolean): void {
    this.#marks[this.placeOf(fd)] = (fd << 1) | (on ? CLOEXEC : 0);
  }

  /** In numeric order. */
  entries(): [Fd, OpenFile][] {
    return this.#files.map((file, at) => [fdOf(this.#marks[at]!), file]);
  }

  files(): OpenFile[] {
    return this.#files.slice();
  }

  /** close_range(2). */
  closeRange(first: Fd, last: Fd): void {
    const at = this.firstFrom(first);
    this.remove(at, this.firstFrom(last + 1) - at);
  }

  /** The same with CLOSE_RANGE_CLOEXEC. */
  closeRangeOnExec(first: Fd, last: Fd): void {
    const end = this.firstFrom(last + 1);
    for (let at = this.firstFrom(first); at < end; at++) this.#marks[at]! |= CLOEXEC;
  }

  fork(): FdTable {
    const copy = new FdTable(this.limit);
    copy.#marks = this.#marks.slice();
    copy.#files = this.#files.slice();
    for (const file of this.#files) file.hold();
    return copy;
  }

  closeOnExec(): void {
    const marks = this.#marks;
    const files = this.#files;
    const stays = (_: unknown, at: number) => (marks[at]! & CLOEXEC) === 0;
    // Copies: the new program may stay for long with what it has now.
    this.#marks = marks.filter(stays).slice();
    this.#files = files.filter(stays).slice();
    for (let at = 0; at < files.length; at++) if (!stays(null, at)) files[at]!.letGo();
  }

  closeAll(): void {
    this.remove(0, this.#files.length);
  }

  // `private` and not `#private`, as in MemInode.

  /** The place of the first that is `fd` or later. */
  private firstFrom(fd: Fd): number {
    const marks = this.#marks;
    // Mostly all numbers below it are taken.
    if (fd <= 0) return 0;
    if (fd <= marks.length && fdOf(marks[fd - 1]!) === fd - 1) return fd;
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fdOf(marks[middle]!) < fd) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where the row of numbers without a gap ends that begins with `fd` at `from`: there, when `fd` is free. */
  private endOfRow(from: number, fd: Fd): number {
    const marks = this.#marks;
    let low = from;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fdOf(marks[middle]!) - middle === fd - from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isAt(at: number, fd: Fd): boolean {
    return at < this.#marks.length && fdOf(this.#marks[at]!) === fd;
  }

  /** Throws EBADF. */
  private placeOf(fd: Fd): number {
    const at = this.firstFrom(fd);
    if (!this.isAt(at, fd)) throw new OsError('EBADF');
    return at;
  }

  private insert(at: number, fd: Fd, file: OpenFile, cloexec: boolean): void {
    const mark = (fd << 1) | (cloexec ? CLOEXEC : 0);
    if (at === this.#files.length) {
      this.#marks.push(mark);
      this.#files.push(file);
    } else {
      this.#marks.splice(at, 0, mark);
      this.#files.splice(at, 0, file);
    }
    file.hold();
  }

  private remove(at: number, count: number): void {
    if (count <= 0) return;
    this.#marks.splice(at, count);
    for (const file of this.#files.splice(at, count)) file.letGo();
  }
}
