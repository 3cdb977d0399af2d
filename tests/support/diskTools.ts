/** The machine's own disk tools, to hold ours to: images go through files of a temporary directory, sparse both ways. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteStore, MemoryStore } from '../../src/disk/index.ts';

/** Whether a program is there; tests that need it skip by its name otherwise. */
export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `PATH=$PATH:/sbin:/usr/sbin command -v ${name}`]).status === 0;
}

/** In memory where the system has such a place: qemu-img waits for the disk at every step. */
export function fastDirectory(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** A directory that is gone after `body`; in it, files and runs of tools. */
export function withDiskTools<T>(body: (tools: DiskTools) => T): T {
  const dir = mkdtempSync(join(fastDirectory(), 'disk-'));
  try {
    return body(new DiskTools(dir));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export class DiskTools {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Runs a tool in the directory; standard output and error together, with the exit status. */
  run(command: string, ...args: string[]): { output: string; status: number } {
    const env = {
      PATH: `${process.env['PATH']}:/sbin:/usr/sbin`,
      LC_ALL: 'C',
      TZ: 'UTC',
      MTOOLS_SKIP_CHECK: '1',
    };
    const { stdout, stderr, status } = spawnSync(command, args, {
      cwd: this.#dir,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { output: `${stdout}${stderr}`, status: status ?? -1 };
  }

  /** As `run` for what must go well; its output. */
  must(command: string, ...args: string[]): string {
    const { output, status } = this.run(command, ...args);
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${output}`);
    return output;
  }

  /** Writes a store's data as a sparse file. */
  put(name: string, store: ByteStore): void {
    const fd = openSync(join(this.#dir, name), 'w');
    ftruncateSync(fd, store.size);
    for (let range = store.dataFrom(0); range !== null; range = store.dataFrom(range.end))
      writeSync(
        fd,
        store.read(range.start, range.end - range.start),
        0,
        range.end - range.start,
        range.start,
      );
    closeSync(fd);
  }

  /** A file as a store. */
  get(name: string): MemoryStore {
    return MemoryStore.of(readFileSync(join(this.#dir, name)));
  }

  /** SHA-256 of a file. */
  digest(name: string): string {
    return createHash('sha256')
      .update(readFileSync(join(this.#dir, name)))
      .digest('hex');
  }
}
