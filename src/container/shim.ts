/**
 * The shim: one process for each container that is attached to or runs, from then until its program has ended. It is the program's parent, holds its
 * standard streams, keeps its log, serves attached clients, and tells the end. It runs the container by the runtime's code from the bundle that
 * the daemon has written. Its socket is abstract; a client's first line is `create`, `start`, `attach STREAMS`, `state`, `resize ROWS COLS` or `close`.
 */
import { decodeUtf8, SECOND } from '../base/index.ts';
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
import { readText, writeText } from './files.ts';
import { frame, type Stream } from './frames.ts';
import { LogWriter } from './logWriter.ts';
import {
  bundlePath,
  type Container,
  type ContainerConfig,
  containerPath,
  EngineError,
  type HostConfig,
  RUNTIME_ROOT,
  shimAddress,
} from './model.ts';
import { report } from './reports.ts';
import { killAll, wasKilledForMemory } from './runtime/cgroups.ts';
import { openConsole, ownConsole } from './runtime/console.ts';
import { createContainer, destroyContainer, openGate } from './runtime/lifecycle.ts';
import { RuntimeError, type RuntimeSpec } from './runtime/spec.ts';
import { processStat, readSpec, type StoredState } from './runtime/state.ts';
import { awaitTerminal, Outbox, readOrNothing, wireStandard, writeOrDrop } from './streams.ts';

const LOOK_AGAIN = SECOND / 10;

interface Streams {
  /** To the container's standard input; null when that is closed or /dev/null. */
  input: Fd | null;
  readonly outputs: Map<Fd, Stream>;
}

/** Of a container's configuration what its shim goes by as long as it runs; the rest would be in memory for each container. */
type Kept = Pick<ContainerConfig, 'Tty' | 'OpenStdin' | 'StdinOnce'> & Pick<HostConfig, 'PidMode'>;

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
  const id = argv[argv.indexOf('-id') + 1] ?? '';
  const shim = argv.includes('-id') ? yield* shimOf(id) : null;
  if (shim === null) {
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
  yield* shim.serve(listener);
  return 0;
};

/** Null without a container of that id. Its configuration is in no frame of the shim's when it serves. */
function* shimOf(id: string): Sys<Shim | null> {
  const config = yield* readText(`${containerPath(id)}/config.v2.json`);
  return config === null ? null : new Shim(JSON.parse(config) as Container);
}

class Shim {
  readonly #id: string;
  readonly #config: Kept;
  #listener: Fd = -1;
  readonly #log: LogWriter;
  readonly #clients: Client[] = [];
  /** Rows and columns of the terminal. */
  #size: readonly [number, number];
  #streams: Streams | null = null;
  /** In the container. */
  #terminalPath: string | null = null;
  #toInput = new Outbox();
  #state: StoredState | null = null;
  #end: string | null = null;
  #done = false;

  constructor(container: Container) {
    const { Config, HostConfig } = container;
    this.#id = container.ID;
    this.#config = {
      ...{ Tty: Config.Tty, OpenStdin: Config.OpenStdin, StdinOnce: Config.StdinOnce },
      PidMode: HostConfig.PidMode,
    };
    this.#size = HostConfig.ConsoleSize;
    this.#log = new LogWriter(container);
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
    return this.#config.PidMode !== '';
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
    const [word = '', ...args] = decodeUtf8(yield* sys.read(fd, 256))
      .trim()
      .split(' ');
    switch (word) {
      case 'attach': {
        const streams = new Set<Stream>([
          ...(args.includes('1') ? [1 as const] : []),
          ...(args.includes('2') ? [2 as const] : []),
        ]);
        this.#clients.push({ fd, streams, input: args.includes('0'), silent: false });
        yield* writeAll(fd, 'ok\n');
        return;
      }
      case 'create':
        yield* writeAll(fd, yield* this.#create());
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
        yield* this.#resize(Number(args[0]), Number(args[1]));
        break;
    }
    yield* sys.close(fd);
  }

  /** Also of a terminal that is to come: podman's client tells its size before the start. */
  *#resize(rows: number, cols: number): Sys<void> {
    this.#size = [rows, cols];
    const input = this.#streams?.input ?? null;
    if (this.#config.Tty && input !== null) yield* sys.tcsetwinsize(input, { rows, cols });
  }

  /** `ok PID`, or why it cannot be created, or its log cannot begin; then nothing is left of it. */
  *#create(): Sys<string> {
    const id = this.#id;
    const bundle = bundlePath(id);
    try {
      yield* this.#log.begin();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#done = true;
      return `logger ${error.message}\n`;
    }
    const { streams, wire, theirs } = this.#config.Tty
      ? { streams: null, wire: awaitTerminal, theirs: [] }
      : yield* this.#pipes();
    this.#streams = streams;
    let failure: RuntimeError | null = null;
    try {
      const spec = yield* readSpec(bundle);
      this.#state = yield* createContainer({ root: RUNTIME_ROOT, id, bundle, spec, wire });
      if (this.#config.Tty) yield* this.#terminal(this.#state, spec);
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

  *#pipes() {
    const [inReading, inWriting] = yield* sys.pipe();
    const [outReading, outWriting] = yield* sys.pipe();
    const [errReading, errWriting] = yield* sys.pipe();
    const open = this.#config.OpenStdin;
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
    const [rows, cols] = this.#size;
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
      if (this.#config.Tty) yield* writeOrDrop(input, bytes);
      else this.#toInput.put(bytes);
      return;
    }
    // The client has no more to say; it still listens until the container ends.
    client.silent = true;
    const { Tty, StdinOnce } = this.#config;
    if (input !== null && !Tty && StdinOnce && this.#streams !== null) {
      yield* sys.close(input);
      this.#streams.input = null;
    }
  }

  *#fromContainer(fd: Fd): Sys<void> {
    const stream = this.#streams?.outputs.get(fd);
    if (stream === undefined || this.#streams === null) return;
    const bytes = yield* readOrNothing(fd);
    const { Tty } = this.#config;
    if (bytes.length > 0) {
      yield* this.#log.write(stream, bytes);
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
    yield* this.#log.finish();
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
