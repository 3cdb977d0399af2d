/**
 * The shim: one process for each container that was started or attached to. It is the container's parent, holds its standard streams, keeps
 * its log, serves attached clients, and tells the end. Its socket is abstract; a client's first line is `start`, `attach`, `wait` or
 * `resize ROWS COLS`. What becomes of the container it reports to the daemon (reports.ts).
 */
import { decodeUtf8, encodeUtf8, isOsError, SECOND } from '../base/index.ts';
import {
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  type Fd,
  O_NOCTTY,
  O_RDONLY,
  O_RDWR,
  type PollReply,
  type Program,
  type Sys,
  signalNumber,
  sys,
  writeAll,
} from '../linux/index.ts';
import { readText, timestamp, writeText } from './files.ts';
import { frame, type Stream } from './frames.ts';
import {
  CONTAINERD_SOCKET,
  type Container,
  containerPath,
  logPath,
  overlayPath,
  SHIM_PATH,
  shimAddress,
} from './model.ts';
import { report } from './reports.ts';
import { enterRoot, runInit } from './rootfs.ts';

const RESTART_DELAY = SECOND / 10;

interface Streams {
  /** To the container's standard input; null when that is closed or /dev/null. */
  input: Fd | null;
  readonly outputs: Map<Fd, Stream>;
}

/** Starts the shim of `container` as a daemon of its own and returns when it listens: it then prints its address. */
export function* spawnShim(container: Container): Sys<void> {
  const [reading, writing] = yield* sys.pipe();
  const pid = yield* sys.fork(function* () {
    yield* sys.setsid();
    yield* sys.fork(function* () {
      yield* sys.dup2(writing, 1);
      yield* closeAll(Array.from({ length: 64 }, (_, fd) => fd).filter((fd) => fd > 2));
      const words = ['-namespace', 'moby', '-id', container.ID, '-address', CONTAINERD_SOCKET];
      return yield* sys.execve(SHIM_PATH, [SHIM_PATH, ...words], new Map());
    });
    return 0;
  });
  yield* sys.close(writing);
  yield* sys.wait4(pid);
  yield* sys.read(reading, 256);
  yield* sys.close(reading);
}

/** containerd-shim-runc-v2, started by the daemon with the container's id. */
export const containerdShim: Program = function* ({ argv }) {
  const id = argv[argv.indexOf('-id') + 1] ?? '';
  const config = argv.includes('-id') ? yield* readText(`${containerPath(id)}/config.v2.json`) : null;
  if (config === null) {
    yield* writeAll(2, 'containerd-shim-runc-v2: no container of that id\n');
    return 1;
  }
  yield* sys.sigaction('PIPE', 'ignore');
  const listener = yield* sys.socket();
  yield* sys.bind(listener, shimAddress(id));
  yield* sys.listen(listener);
  yield* writeAll(1, shimAddress(id));
  const nowhere = yield* sys.open('/dev/null', O_RDWR);
  yield* sys.dup2(nowhere, 1);
  yield* sys.close(nowhere);
  yield* new Shim(JSON.parse(config) as Container, listener).serve();
  return 0;
};

class Shim {
  readonly #container: Container;
  readonly #listener: Fd;
  readonly #attached = new Set<Fd>();
  readonly #waiting = new Set<Fd>();
  /** Clients that have ended their input but want output. */
  readonly #silent = new Set<Fd>();
  #streams: Streams | null = null;
  #init = 0;
  #partial = new Map<Stream, string>();
  #done = false;

  constructor(container: Container, listener: Fd) {
    this.#container = container;
    this.#listener = listener;
  }

  *serve(): Sys<void> {
    while (!this.#done) {
      const outputs = [...(this.#streams?.outputs.keys() ?? [])];
      const fds = [this.#listener, ...outputs, ...this.#attached];
      const replies = yield* sys.poll(
        fds.map((fd) => ({ fd, events: 'in' })),
        null,
      );
      for (const reply of replies) if (reply.in || reply.hup) yield* this.#ready(reply);
    }
  }

  *#ready({ fd }: PollReply): Sys<void> {
    if (fd === this.#listener) yield* this.#accept();
    else if (this.#attached.has(fd)) yield* this.#fromClient(fd);
    else yield* this.#fromContainer(fd);
  }

  *#accept(): Sys<void> {
    const fd = yield* sys.accept(this.#listener);
    const [word = '', ...args] = decodeUtf8(yield* sys.read(fd, 256))
      .trim()
      .split(' ');
    if (word === 'attach') {
      this.#attached.add(fd);
      yield* writeAll(fd, 'ok\n');
      return;
    }
    if (word === 'wait') {
      this.#waiting.add(fd);
      return;
    }
    if (word === 'start') yield* writeAll(fd, yield* this.#start('first'));
    if (word === 'resize') yield* this.#resize(Number(args[0]), Number(args[1]));
    yield* sys.close(fd);
  }

  *#resize(rows: number, cols: number): Sys<void> {
    const input = this.#streams?.input ?? null;
    if (this.#container.Config.Tty && input !== null) yield* sys.tcsetwinsize(input, { rows, cols });
  }

  /** `ok`, or why it cannot be started. */
  *#start(how: 'first' | 'again'): Sys<string> {
    const container = this.#container;
    const merged = `${overlayPath(container.MountId)}/merged`;
    const [answer, space = ''] = (yield* report('mount', container.ID, how)).split(' ');
    if (answer !== 'ok') return 'error the daemon does not want it\n';
    const [status, statusWriting] = yield* sys.pipe();
    yield* sys.setcloexec(statusWriting, true);
    const spec = {
      argv: [container.Path, ...container.Args],
      env: container.Config.Env,
      user: container.Config.User,
      workingDir: container.Config.WorkingDir,
      tty: container.Config.Tty,
    };
    const { streams, wire, theirs } = container.Config.Tty ? yield* this.#terminal() : yield* this.#pipes();
    this.#init = yield* sys.fork(
      function* () {
        yield* wire();
        return yield* runInit(
          () => enterRoot(container, merged, space),
          spec,
          container.Config.Hostname,
          statusWriting,
        );
      },
      { flags: CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS },
    );
    for (const fd of [statusWriting, ...theirs]) yield* sys.close(fd);
    const message = decodeUtf8(yield* sys.read(status, 4096));
    yield* sys.close(status);
    this.#streams = streams;
    yield* report('started', container.ID, `${this.#init} ${message}`);
    if (message === '') return 'ok\n';
    yield* this.#ended(false);
    return `error ${message}\n`;
  }

  *#pipes() {
    const [inReading, inWriting] = yield* sys.pipe();
    const [outReading, outWriting] = yield* sys.pipe();
    const [errReading, errWriting] = yield* sys.pipe();
    const open = this.#container.Config.OpenStdin;
    // A closed descriptor's number is given out again: it must not be closed twice.
    const mine = [
      ...(open ? [inWriting] : [inReading]),
      outReading,
      errReading,
      this.#listener,
      ...this.#attached,
      ...this.#waiting,
    ];
    const wire = function* (): Sys<void> {
      yield* wireStandard(
        open ? inReading : yield* sys.open('/dev/null', O_RDONLY),
        outWriting,
        errWriting,
        mine,
      );
    };
    if (!open) yield* sys.close(inWriting);
    const streams: Streams = {
      input: open ? inWriting : null,
      outputs: new Map([
        [outReading, 1],
        [errReading, 2],
      ]),
    };
    return { streams, wire, theirs: [inReading, outWriting, errWriting] };
  }

  *#terminal() {
    const [rows, cols] = this.#container.HostConfig.ConsoleSize;
    const [master, path] = yield* sys.openpty({ rows: rows || 24, cols: cols || 80 });
    const mine = [master, this.#listener, ...this.#attached, ...this.#waiting];
    const wire = function* (): Sys<void> {
      yield* wireTerminal(path, mine);
    };
    const streams: Streams = { input: master, outputs: new Map([[master, 1]]) };
    return { streams, wire, theirs: [] as Fd[] };
  }

  *#fromClient(fd: Fd): Sys<void> {
    const bytes = yield* readOrNothing(fd);
    const input = this.#streams?.input ?? null;
    if (bytes.length > 0) {
      if (input !== null) yield* writeOrDrop(input, bytes);
      return;
    }
    // The client has no more to say; it still listens until the container ends.
    this.#attached.delete(fd);
    this.#silent.add(fd);
    if (input !== null && !this.#container.Config.Tty && this.#streams !== null) {
      yield* sys.close(input);
      this.#streams.input = null;
    }
  }

  *#fromContainer(fd: Fd): Sys<void> {
    const stream = this.#streams?.outputs.get(fd);
    if (stream === undefined || this.#streams === null) return;
    const bytes = yield* readOrNothing(fd);
    if (bytes.length > 0) {
      yield* this.#log(stream, bytes);
      const framed = this.#container.Config.Tty ? bytes : frame(stream, bytes);
      for (const client of [...this.#attached, ...this.#silent]) yield* writeOrDrop(client, framed);
      return;
    }
    this.#streams.outputs.delete(fd);
    if (!(this.#container.Config.Tty && this.#streams.input === fd)) yield* sys.close(fd);
    if (this.#streams.outputs.size === 0) yield* this.#ended(true);
  }

  /** One JSON object a line; a line in pieces is logged when it is complete. */
  *#log(stream: Stream, bytes: Uint8Array): Sys<void> {
    const text = (this.#partial.get(stream) ?? '') + decodeUtf8(bytes);
    const lines = text.split('\n');
    this.#partial.set(stream, lines.pop()!);
    if (lines.length > 0)
      yield* this.#writeLog(
        stream,
        lines.map((line) => `${line}\n`),
      );
  }

  *#writeLog(stream: Stream, lines: readonly string[]): Sys<void> {
    const time = yield* timestamp();
    const name = stream === 1 ? 'stdout' : 'stderr';
    yield* writeText(
      logPath(this.#container.ID),
      lines.map((log) => `${JSON.stringify({ log, stream: name, time })}\n`).join(''),
      true,
    );
  }

  /** The container's first process is over, or never was. */
  *#ended(wasRunning: boolean): Sys<void> {
    const container = this.#container;
    for (const [stream, rest] of this.#partial) if (rest !== '') yield* this.#writeLog(stream, [rest]);
    this.#partial.clear();
    const { state } = yield* sys.wait4(this.#init);
    const code =
      state.kind === 'exited'
        ? state.code
        : state.kind === 'signaled'
          ? 128 + signalNumber(state.signal)
          : 255;
    if (this.#streams !== null) {
      for (const fd of new Set([
        ...this.#streams.outputs.keys(),
        ...(this.#streams.input === null ? [] : [this.#streams.input]),
      ])) {
        yield* sys.close(fd);
      }
    }
    this.#streams = null;
    yield* report('unmount', container.ID);
    if (wasRunning && (yield* report('exited', container.ID, `${code}`)) === 'again') {
      yield* sys.nanosleep(RESTART_DELAY);
      if ((yield* this.#start('again')) === 'ok\n') return;
    }
    yield* sys.close(this.#listener);
    for (const fd of this.#waiting) yield* writeOrDrop(fd, encodeUtf8(`${code}\n`));
    this.#done = true;
  }
}

/** Makes three descriptors the standard ones of a new session, and closes `others`. */
export function* wireStandard(input: Fd, output: Fd, errors: Fd, others: readonly Fd[]): Sys<void> {
  yield* sys.setsid();
  yield* usualSignals();
  yield* closeAll(others);
  const kept = [yield* sys.dupfd(input, 50), yield* sys.dupfd(output, 50), yield* sys.dupfd(errors, 50)];
  for (const [to, fd] of kept.entries()) yield* sys.dup2(fd, to);
  yield* closeAll([...kept, ...[input, output, errors].filter((fd) => fd > 2)]);
}

/** Makes the terminal at `path` the controlling one of a new session and its standard streams. */
export function* wireTerminal(path: string, others: readonly Fd[]): Sys<void> {
  yield* sys.setsid();
  yield* usualSignals();
  const tty = yield* sys.open(path, O_RDWR | O_NOCTTY);
  yield* sys.tcsetctty(tty);
  for (const to of [0, 1, 2]) yield* sys.dup2(tty, to);
  yield* closeAll([...(tty > 2 ? [tty] : []), ...others]);
}

/** What the engine's processes ignore (a shell starts the daemon in the background), a container's does not. */
function* usualSignals(): Sys<void> {
  for (const signal of ['PIPE', 'CHLD', 'INT', 'QUIT', 'HUP', 'TERM'] as const)
    yield* sys.sigaction(signal, 'default');
}

function* closeAll(fds: readonly Fd[]): Sys<void> {
  for (const fd of new Set(fds)) {
    try {
      yield* sys.close(fd);
    } catch (error) {
      if (!isOsError(error, 'EBADF')) throw error;
    }
  }
}

/** What is there; nothing at the end or when the terminal's other side is gone (EIO). */
export function* readOrNothing(fd: Fd): Sys<Uint8Array> {
  try {
    return yield* sys.read(fd, 65_536);
  } catch (error) {
    if (isOsError(error, 'EIO')) return new Uint8Array(0);
    throw error;
  }
}

/** Writes to somebody who may be gone. */
export function* writeOrDrop(fd: Fd, bytes: Uint8Array): Sys<void> {
  try {
    yield* writeAll(fd, bytes);
  } catch (error) {
    if (!isOsError(error, 'EPIPE', 'EIO')) throw error;
  }
}
