/** The files and commands a program reads and writes, by name, until it closes them (POSIX awk, "Output statements", "getline"). */
import { type Errno, isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Pid,
  type Sys,
  signalNumber,
  sys,
  type WaitStatus,
  writeAll,
} from '../../../linux/index.ts';
import { complain, orNull } from '../support.ts';
import { toBytes, toShell } from './bytes.ts';
import { RecordReader } from './input.ts';
import { AwkError } from './problems.ts';

/** What is written waits until there is so much of it, as in stdio(3). */
const BUFFER_SIZE = 4096;

/** An output; to a terminal and to standard error goes each piece at once. */
export class Output {
  readonly pid: Pid | null;
  readonly #fd: Fd;
  #waiting: string[] = [];
  #length = 0;
  #eager: boolean | null;

  constructor(fd: Fd, pid: Pid | null, eager: boolean) {
    this.#fd = fd;
    this.pid = pid;
    this.#eager = eager ? true : null;
  }

  *write(text: string): Sys<void> {
    this.#waiting.push(text);
    this.#length += text.length;
    this.#eager ??= (yield* orNull(() => sys.tcgetattr(this.#fd))) !== null;
    if (this.#eager || this.#length >= BUFFER_SIZE) yield* this.flush();
  }

  *flush(): Sys<void> {
    if (this.#length === 0) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    try {
      yield* writeAll(this.#fd, toBytes(text));
    } catch (error) {
      if (!isOsError(error) || error.code === 'EPIPE') throw error;
      throw new AwkError(`write failure (${strerror(error.code)})`);
    }
  }

  *close(): Sys<void> {
    yield* this.flush();
    yield* sys.close(this.#fd);
  }
}

interface Source {
  readonly reader: RecordReader;
  readonly pid: Pid | null;
}

/** A command's status as mawk gives it: what it left with, or 256 and the signal. */
function statusOf({ state }: WaitStatus): number {
  if (state.kind === 'exited') return state.code;
  return state.kind === 'signaled' ? 256 + signalNumber(state.signal) : 0;
}

export class Streams {
  readonly standardOutput: Output;
  /** Shared by all that read standard input. */
  readonly standardInput: RecordReader;
  readonly #env: ReadonlyMap<string, string>;
  readonly #eager: boolean;
  readonly #outputs = new Map<string, Output>();
  readonly #files = new Map<string, Source>();
  readonly #commands = new Map<string, Source>();

  /** `eager`: nothing waits in a buffer (-W interactive). */
  constructor(env: ReadonlyMap<string, string>, eager: boolean) {
    this.#env = env;
    this.#eager = eager;
    this.standardOutput = new Output(1, null, eager);
    this.standardInput = new RecordReader(0, eager);
    this.#outputs.set('/dev/stdout', this.standardOutput);
    this.#outputs.set('/dev/stderr', new Output(2, null, true));
  }

  /** Opens what print writes to. Throws AwkError. */
  *output(how: '>' | '>>' | '|', name: string): Sys<Output> {
    const known = this.#outputs.get(name);
    if (known !== undefined) return known;
    const output = how === '|' ? yield* this.#outputCommand(name) : yield* this.#outputFile(how, name);
    this.#outputs.set(name, output);
    return output;
  }

  *#outputFile(how: '>' | '>>', name: string): Sys<Output> {
    const path = toShell(name);
    try {
      const fd = yield* sys.open(path, O_WRONLY | O_CREAT | (how === '>' ? O_TRUNC : O_APPEND), 0o666);
      yield* sys.setcloexec(fd, true);
      return new Output(fd, null, this.#eager);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new AwkError(`cannot open "${path}" for output (${strerror(error.code)})`);
    }
  }

  *#outputCommand(name: string): Sys<Output> {
    const { pid, fd } = yield* this.#start(name, 0);
    return new Output(fd, pid, this.#eager);
  }

  /** Opens a file for getline; null when it cannot be. */
  *inputFile(name: string): Sys<RecordReader | null> {
    if (name === '-' || name === '/dev/stdin') return this.standardInput;
    const known = this.#files.get(name);
    if (known !== undefined) return known.reader;
    const reader = yield* orNull(() => this.open(name));
    if (reader !== null) this.#files.set(name, { reader, pid: null });
    return reader;
  }

  /** Throws OsError. */
  *open(name: string): Sys<RecordReader> {
    const fd = yield* sys.open(toShell(name), O_RDONLY);
    yield* sys.setcloexec(fd, true);
    return new RecordReader(fd, this.#eager);
  }

  *inputCommand(name: string): Sys<RecordReader> {
    const known = this.#commands.get(name);
    if (known !== undefined) return known.reader;
    const { pid, fd } = yield* this.#start(name, 1);
    const reader = new RecordReader(fd, this.#eager);
    this.#commands.set(name, { reader, pid });
    return reader;
  }

  /** Runs a command with a pipe from awk at its standard input (0) or to awk at its standard output (1). */
  *#start(command: string, end: 0 | 1): Sys<{ pid: Pid; fd: Fd }> {
    yield* this.flush();
    const ends = yield* sys.pipe();
    for (const fd of ends) yield* sys.setcloexec(fd, true);
    const theirs = ends[end];
    const ours = ends[1 - end]!;
    const pid = yield* this.#fork(command, theirs, end);
    yield* sys.close(theirs);
    return { pid, fd: ours };
  }

  *#fork(command: string, from: Fd, to: Fd): Sys<Pid> {
    const env = this.#env;
    return yield* sys.fork(function* () {
      if (from !== to) yield* sys.dup2(from, to);
      let problem: Errno = 'ENOENT';
      for (const shell of ['/bin/sh', '/usr/bin/sh']) {
        try {
          yield* sys.execve(shell, ['sh', '-c', toShell(command)], env);
        } catch (error) {
          if (!isOsError(error)) throw error;
          if (problem === 'ENOENT') problem = error.code;
        }
      }
      yield* complain('awk', `cannot run /bin/sh (${strerror(problem)})`);
      return 127;
    });
  }

  /** system(): the status of a command that shares awk's descriptors. */
  *run(command: string): Sys<number> {
    yield* this.flush();
    const pid = yield* this.#fork(command, 1, 1);
    return statusOf(yield* sys.wait4(pid));
  }

  /** All that waits is written. */
  *flush(): Sys<void> {
    for (const output of this.#outputs.values()) yield* output.flush();
  }

  /** fflush(name): -1 when there is no such output. */
  *flushNamed(name: string): Sys<number> {
    const output = this.#outputs.get(name);
    if (output === undefined) return -1;
    yield* output.flush();
    return 0;
  }

  /** close(name): a command's status, 0 for a file, -1 when nothing has this name. */
  *close(name: string): Sys<number> {
    let status = -1;
    const output = this.#outputs.get(name);
    if (output !== undefined) {
      this.#outputs.delete(name);
      yield* output.close();
      status = output.pid === null ? 0 : statusOf(yield* sys.wait4(output.pid));
    }
    for (const table of [this.#files, this.#commands]) {
      const source = table.get(name);
      if (source === undefined) continue;
      table.delete(name);
      yield* sys.close(source.reader.fd);
      status = source.pid === null ? 0 : statusOf(yield* sys.wait4(source.pid));
    }
    return status;
  }

  /** The end of awk: commands that were written to come to their end, then all else is written, as mawk does it. */
  *finish(): Sys<void> {
    for (const output of this.#outputs.values()) {
      if (output.pid === null) continue;
      yield* output.close();
      yield* sys.wait4(output.pid);
    }
    yield* this.flush();
  }
}
