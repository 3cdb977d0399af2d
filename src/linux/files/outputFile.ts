/** The outputs of a process that the host itself started: bytes go to a function. */
import { S_IFCHR, type Stat } from '../fs/index.ts';
import { O_RDWR } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { OpenFile } from './openFile.ts';

const EPOCH = { sec: 0, nsec: 0 };

export class OutputFile extends OpenFile {
  readonly name = '/dev/console';
  readonly #onOutput: (bytes: Uint8Array) => void;

  constructor(onOutput: (bytes: Uint8Array) => void) {
    super(O_RDWR);
    this.#onOutput = onOutput;
  }

  read(): Uint8Array {
    return new Uint8Array(0);
  }

  write(_task: Task, data: Uint8Array): number {
    this.#onOutput(data);
    return data.length;
  }

  stat(): Stat {
    return {
      dev: 5,
      ino: 1,
      mode: S_IFCHR | 0o600,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: { major: 5, minor: 1 },
      size: 0,
      blocks: 0,
      atime: EPOCH,
      mtime: EPOCH,
      ctime: EPOCH,
    };
  }
}
