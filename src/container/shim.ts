/**
 * The shim: one process for each container that is attached to or runs, from then until its program has ended. It is the program's parent, holds its
 * standard streams, keeps its log, serves attached clients, and tells the end. It runs the container by the runtime's code from the bundle that
 * the daemon has written. Its socket is abstract; a client's first line is `create TASK`, `start`, `attach STREAMS`, `state`, `resize ROWS COLS` or `close`.
 */
import { concatBytes, decodeUtf8, SECOND } from '../base/index.ts';
import {
  type Fd,
  O_RDWR,
  type Pid,
  type PollReply,
  type PollRequest,
  type Program,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';
import { exitCodeOf } from './exitStatus.ts';
import { writeText } from './files.ts';
import { frame, type Stream } from './frames.ts';
import { LogWriter } from './logWriter.ts';
import { bundlePath, RUNTIME_ROOT, shimAddress } from './model.ts';
import { report } from './reports.ts';
import { killAll, wasKilledForMemory } from './runtime/cgroups.ts';
import { openConsole, ownConsole } from './runtime/console.ts';
import { createContainer, destroyContainer, openGate } from './runtime/lifecycle.ts';
import { RuntimeError, type RuntimeSpec } from './runtime/spec.ts';
import { processStat, readSpec, type StoredState } from './runtime/state.ts';
import type { ShimTask } from './shimClient.ts';
import { awaitTerminal, Outbox, readOrNothing, wireStandard, writeOrDrop } from './streams.ts';

const LOOK_AGAIN = SECOND / 10;
const NEWLINE = 10;

interface Streams {
  /** To the container's standard input; null when that is closed or /dev/null. */
  input: Fd | null;
  readonly outputs: Map<Fd, Stream>;
}

/** An attached client: which streams it gets, and whether what it says goes to standard input. */
interface Client {
  readonly fd: Fd;
  readonly streams: ReadonlySet<Stream>;
  readonly input: boolean;
  /** It has ended its input but wants output. */
  silent: boolean;
}

/** containerd-shim-runc-v2, started by the daemon with the container's id. */
export const containerdShim: Program = function* ({ argv }) {
  const id = argv.includes('-id') ? argv[argv.indexOf('-id') + 1] : undefined;
  if (id === undefined) {
    yield* writeAll(2, 'containerd-shim-runc-v2: shim id cannot be empty\n');
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
  yield* new Shim(id).serve(listener);
  return 0;
};

/** A command, however long. */
function* readCommand(fd: Fd): Sys<{ word: string; rest: string }> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = yield* sys.read(fd, 65_536);
    parts.push(part);
    if (part.length === 0 || part.at(-1) === NEWLINE) break;
  }
  const line = decodeUtf8(parts.length === 1 ? parts[0]! : concatBytes(parts)).trim();
  const space = line.indexOf(' ');
  return space < 0 ? { word: line, rest: '' } : { word: line.slice(0, space), rest: line.slice(space + 1) };
}

class Shim {
  readonly #id: string;
  /** From its creation on. */
  #task: ShimTask | null = null;
  #listener: Fd = -1;
  #log: LogWriter | null = null;
  readonly #clients: Client[] = [];
  /** Rows and columns of the terminal, as somebody has told them. */
  #size: readonly [number, number] | null = null;
  #streams: Streams | null = null;
  /** In the container. */
  #terminalPath: string | null = null;
  #toInput = new Outbox();
  #state: StoredState | null = null;
  #end: string | null = null;
  #done = false;

  constructor(id: string) {
    this.#id = id;
  }

  /** Until its container is over; `listener` is where clients come. */
  *serve(listener: Fd): Sys<void> {
    this.#listener = listener;
    while (!this.#done) {
      const outputs = [...(this.#streams?.outputs.keys() ?? [])];
      const input = this.#streams?.input ?? null;
      if (input === null && this.#toInput.waiting) this.#toInput = new Outbox();
      const full = this.#toInput.waiting;
      const fds = [this.#listener, ...outputs];
      // What clients say before there is a program, or while it does not read, waits for it.
      if (this.#streams !== null && !full)
        for (const { fd, silent } of this.#clients) if (!silent) fds.push(fd);
      const requests: PollRequest[] = fds.map((fd) => ({ fd, events: 'in' }));
      if (full && input !== null) requests.push({ fd: input, events: 'out' });
      for (const reply of yield* sys.poll(requests, this.#mayOutlive ? LOOK_AGAIN : null)) {
        const room = reply.out || reply.hup;
        if (full && reply.fd === input && room) yield* this.#toInput.flush(input);
        else if (reply.in || reply.hup) yield* this.#ready(reply);
      }
      if (this.#mayOutlive && this.#state !== null) yield* this.#endOthers(this.#state);
    }
  }

  /** Whether processes of the container's may be there when its first one is not: those of a pid namespace of its own end with it. */
  get #mayOutlive(): boolean {
    return this.#task !== null && this.#task.PidMode !== '';
  }

  /** The streams end when nobody has them any more. */
  *#endOthers({ init_process_pid, cgroup_paths }: StoredState): Sys<void> {
    const stat = yield* processStat(init_process_pid);
    const cgroup = cgroup_paths[''];
    if (stat !== null && 'ZX'.includes(stat.state) && cgroup !== undefined) yield* killAll(cgroup);
  }

  *#ready({ fd }: PollReply): Sys<void> {
    if (fd === this.#listener) return yield* this.#accept();
    const client = this.#clients.find((one) => one.fd === fd);
    yield* client === undefined ? this.#fromContainer(fd) : this.#fromClient(client);
  }

  *#accept(): Sys<void> {
    const fd = yield* sys.accept(this.#listener);
    const { word, rest } = yield* readCommand(fd);
    switch (word) {
      case 'attach': {
        const args = rest.split(' ');
        const streams = new Set<Stream>([
          ...(args.includes('1') ? [1 as const] : []),
          ...(args.includes('2') ? [2 as const] : []),
        ]);
        this.#clients.push({ fd, streams, input: args.includes('0'), silent: false });
        yield* writeAll(fd, 'ok\n');
        return;
      }
      case 'create':
        yield* writeAll(fd, yield* this.#create(JSON.parse(rest) as ShimTask));
        break;
      case 'start':
        yield* openGate(RUNTIME_ROOT, this.#id, this.#terminalPath);
        yield* writeAll(fd, 'ok\n');
        break;
      case 'state':
        yield* writeAll(fd, `${this.#end ?? `running ${this.#state?.init_process_pid ?? 0}`}\n`);
        if (this.#end !== null) this.#done = true;
        break;
      case 'resize':
        yield* this.#resize(rest);
        break;
      case 'close':
        this.#done ||= this.#state === null;
        break;
    }
    yield* sys.close(fd);
  }

  /** Also of a terminal that is to come: podman's client tells its size before the start. */
  *#resize(size: string): Sys<void> {
    const [rows = 0, cols = 0] = size.split(' ').map(Number);
    this.#size = [rows, cols];
    const input = this.#streams?.input ?? null;
    if (this.#task?.Tty && input !== null) yield* sys.tcsetwinsize(input, { rows, cols });
  }

  /** `ok PID`, or why it cannot be created; then nothing is left of it. */
  *#create(task: ShimTask): Sys<string> {
    const id = this.#id;
    const bundle = bundlePath(id);
    this.#task = task;
    this.#size ??= task.ConsoleSize;
    this.#log = new LogWriter(task.log.path, task.log);
    yield* this.#log.begin();
    const { streams, wire, theirs } = task.Tty
      ? { streams: null, wire: awaitTerminal, theirs: [] }
      : yield* this.#pipes(task.OpenStdin);
    this.#streams = streams;
    let failure: RuntimeError | null = null;
    try {
      const spec = yield* readSpec(bundle);
      this.#state = yield* createContainer({ root: RUNTIME_ROOT, id, bundle, spec, wire });
      if (task.Tty) yield* this.#terminal(this.#state, spec);
      yield* writeText(`${bundle}/init.pid`, `${this.#state.init_process_pid}`);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      failure = error;
    }
    for (const fd of theirs) yield* sys.close(fd);
    if (failure === null) return `ok ${this.#state!.init_process_pid}\n`;
    if (this.#state !== null) yield* destroyContainer(RUNTIME_ROOT, this.#state);
    this.#done = true;
    return `error ${failure.message}\n`;
  }

  *#pipes(open: boolean) {
    const [inReading, inWriting] = yield* sys.pipe();
    const [outReading, outWriting] = yield* sys.pipe();
    const [errReading, errWriting] = yield* sys.pipe();
    const wire = () => wireStandard(open ? inReading : null, outWriting, errWriting);
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

  /** For the created process, which takes it when it is started. */
  *#terminal({ init_process_pid }: StoredState, { process, linux }: RuntimeSpec): Sys<void> {
    const [rows, cols] = this.#size!;
    const size = { rows: rows || 24, cols: cols || 80 };
    const console = yield* openConsole(init_process_pid as Pid, size);
    yield* ownConsole(console, process!.user.uid, linux?.uidMappings);
    this.#terminalPath = console.path;
    this.#streams = { input: console.master, outputs: new Map([[console.master, 1]]) };
  }

  *#fromClient(client: Client): Sys<void> {
    const bytes = yield* readOrNothing(client.fd);
    const input = client.input ? (this.#streams?.input ?? null) : null;
    if (bytes.length > 0) {
      if (input === null) return;
      if (this.#task!.Tty) yield* writeOrDrop(input, bytes);
      else this.#toInput.put(bytes);
      return;
    }
    // The client has no more to say; it still listens until the container ends.
    client.silent = true;
    const { Tty, StdinOnce } = this.#task!;
    if (input !== null && !Tty && StdinOnce && this.#streams !== null) {
      yield* sys.close(input);
      this.#streams.input = null;
    }
  }

  *#fromContainer(fd: Fd): Sys<void> {
    const stream = this.#streams?.outputs.get(fd);
    if (stream === undefined || this.#streams === null) return;
    const bytes = yield* readOrNothing(fd);
    const { Tty } = this.#task!;
    if (bytes.length > 0) {
      yield* this.#log!.write(stream, bytes);
      const framed = Tty ? bytes : frame(stream, bytes);
      for (const client of [...this.#clients])
        if (client.streams.has(stream)) yield* writeOrDrop(client.fd, framed);
      return;
    }
    this.#streams.outputs.delete(fd);
    if (!(Tty && this.#streams.input === fd)) yield* sys.close(fd);
    if (this.#streams.outputs.size === 0) yield* this.#ended();
  }

  /** The container's first process is over: its clients hear of it when the daemon knows. */
  *#ended(): Sys<void> {
    yield* this.#log!.finish();
    const state = this.#state!;
    const { state: how } = yield* sys.wait4(state.init_process_pid as Pid);
    const input = this.#streams?.input ?? null;
    if (input !== null) yield* sys.close(input);
    this.#streams = null;
    const oom = yield* wasKilledForMemory(state.cgroup_paths['']);
    yield* destroyContainer(RUNTIME_ROOT, state);
    this.#end = `exited ${exitCodeOf(how)}${oom ? ' oom' : ''}`;
    // Without a daemon the next one asks for the end.
    this.#done = yield* report(this.#end, this.#id, () => sys.close(this.#listener));
  }
}
