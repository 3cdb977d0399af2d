/** /proc/PID/io, proc_pid_io(5): what a process, with the children that it has waited for, has read and written. */
export class TaskIo {
  /** By read(2) and write(2), from and to anything. */
  rchar = 0;
  wchar = 0;
  syscr = 0;
  syscw = 0;
  /** From the disk, and to pages that go there. */
  readBytes = 0;
  writeBytes = 0;
  /** Bytes that it kept from being written, by truncating files. */
  cancelled = 0;

  add(other: TaskIo): void {
    this.rchar += other.rchar;
    this.wchar += other.wchar;
    this.syscr += other.syscr;
    this.syscw += other.syscw;
    this.readBytes += other.readBytes;
    this.writeBytes += other.writeBytes;
    this.cancelled += other.cancelled;
  }

  text(): string {
    return [
      `rchar: ${this.rchar}`,
      `wchar: ${this.wchar}`,
      `syscr: ${this.syscr}`,
      `syscw: ${this.syscw}`,
      `read_bytes: ${this.readBytes}`,
      `write_bytes: ${this.writeBytes}`,
      `cancelled_write_bytes: ${this.cancelled}`,
      '',
    ].join('\n');
  }
}
