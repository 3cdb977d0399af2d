/** `docker exec`: another process in a running container, child of the handler of its request. */
import { concatBytes, encodeUtf8, type Nanos } from '../base/index.ts';
import { type Fd, O_RDWR, type Pid, type PollRequest, type Sys, sys } from '../linux/index.ts';
import { boundingSet } from './capabilities.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import { exitCodeOf, failureStatus } from './exitStatus.ts';
import { nanosBetween, randomHex, timestamp } from './files.ts';
import { frame, type Stream } from './frames.ts';
import type { Exchange } from './http.ts';
import { type Container, EngineError, type Exec, overlayPath, RUNTIME_ROOT } from './model.ts';
import { environmentOf } from './ociSpec.ts';
import { requireExecutable } from './requirements.ts';
import { openConsole } from './runtime/console.ts';
import { execContainer } from './runtime/lifecycle.ts';
import { RuntimeError, type SpecProcess } from './runtime/spec.ts';
import { awaitTerminal, Outbox, readOrNothing, wireStandard, writeOrDrop } from './streams.ts';
import { userOf } from './users.ts';

export type ExecRequest = { readonly [K in keyof Exec['config']]?: Exec['config'][K] | null };

/** Throws EngineError when the container does not run. */
export function* createExec(engine: Engine, container: Container, given: ExecRequest): Sys<Exec> {
  requireExecutable(container);
  const id = yield* randomHex(32);
  const config = {
    Cmd: given.Cmd ?? [],
    Tty: given.Tty ?? false,
    AttachStdin: given.AttachStdin ?? false,
    Env: given.Env ?? [],
    User: given.User ?? '',
    WorkingDir: given.WorkingDir ?? '',
    Privileged: given.Privileged ?? false,
    ConsoleSize: given.ConsoleSize ?? ([0, 0] as [number, number]),
  };
  if (config.Cmd.length === 0) throw new EngineError(400, 'No exec command specified');
  const exec: Exec = { id, container, config, exitCode: null, running: false, pid: 0, terminal: null };
  engine.execs.set(id, exec);
  yield* tell(engine, container, `exec_create: ${config.Cmd.join(' ')}`, { execID: id });
  return exec;
}

/** What differs from the container's first process. */
function* processOf({ container, config }: Exec): Sys<Partial<SpecProcess> & { args: readonly string[] }> {
  const { Config, HostConfig } = container;
  const merged = `${overlayPath(container.MountId)}/merged`;
  const user = yield* userOf(merged, config.User || Config.User, HostConfig.GroupAdd);
  const set = boundingSet(config.Privileged ? { ...HostConfig, Privileged: true } : HostConfig);
  return {
    args: config.Cmd,
    terminal: config.Tty,
    user,
    env: environmentOf(container, config.Tty, [...Config.Env, ...config.Env]),
    cwd: config.WorkingDir || Config.WorkingDir || '/',
    capabilities: user.uid === 0 ? { bounding: set, effective: set, permitted: set } : { bounding: set },
  };
}

interface Wiring {
  readonly outputs: Map<Fd, Stream>;
  readonly input: Fd | null;
  readonly wire: () => Sys<void>;
  /** The terminal's path in the container. */
  readonly terminal?: string;
  /** Ends of pipes that are the process's. */
  readonly theirs: readonly Fd[];
}

/** Starts it; why not, as runc says it. */
function* launch(engine: Engine, exec: Exec, wiring: Wiring): Sys<string | null> {
  const { container, id } = exec;
  yield* tell(engine, container, `exec_start: ${exec.config.Cmd.join(' ')}`, { execID: id });
  let failure: string | null = null;
  try {
    const process = yield* processOf(exec);
    const { wire, terminal = null } = wiring;
    exec.pid = yield* execContainer({ root: RUNTIME_ROOT, id: container.ID, process, wire, terminal });
    exec.running = true;
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof RuntimeError)) throw error;
    const isOurs = error instanceof EngineError;
    failure = isOurs ? error.message : `OCI runtime exec failed: exec failed: ${error.message}: unknown`;
    // What does not get as far as the runtime is a command that cannot be invoked.
    exec.exitCode = isOurs ? 126 : failureStatus(failure);
  }
  for (const fd of wiring.theirs) yield* sys.close(fd);
  return failure;
}

function* finish(engine: Engine, exec: Exec): Sys<void> {
  const { state } = yield* sys.wait4(exec.pid as Pid);
  exec.exitCode = exitCodeOf(state);
  exec.running = false;
  yield* tell(engine, exec.container, 'exec_die', { execID: exec.id, exitCode: `${exec.exitCode}` });
}

/** Runs `exec` with its streams on the connection; with `detach` only starts it. */
export function* runExec(engine: Engine, exec: Exec, exchange: Exchange, detach: boolean): Sys<void> {
  const client = exchange.fd;
  const { config } = exec;
  requireExecutable(exec.container);
  const first = detach ? new Uint8Array(0) : yield* exchange.hijack(config.Tty);
  const wiring = config.Tty ? yield* terminal(exec) : yield* pipes(config.AttachStdin);
  const failure = yield* launch(engine, exec, wiring);
  if (failure !== null) {
    if (detach) throw new EngineError(400, failure);
    const text = encodeUtf8(`${failure}\r\n`);
    return yield* writeOrDrop(client, config.Tty ? text : frame(1, text));
  }
  const { input, outputs } = wiring;
  if (detach) yield* exchange.respond({ status: 200, body: null });
  else if (first.length > 0 && input !== null) yield* writeOrDrop(input, first);
  yield* relay(detach ? null : client, outputs, input, config.Tty);
  yield* finish(engine, exec);
}

/** Runs `exec` and keeps `most` bytes of what it says; no exit status when it was killed after `timeout`. */
export function* captureExec(engine: Engine, exec: Exec, timeout: Nanos, most: number) {
  const wiring = yield* pipes(false);
  const error = yield* launch(engine, exec, wiring);
  const parts: Uint8Array[] = [];
  const { outputs } = wiring;
  const deadline = yield* timestamp();
  let late = false;
  while (error === null && outputs.size > 0 && !late) {
    const rest = timeout - nanosBetween(deadline, yield* timestamp());
    const requests = [...outputs.keys()].map((fd) => ({ fd, events: 'in' as const }));
    for (const { fd, in: readable, hup } of yield* sys.poll(requests, Math.max(0, rest))) {
      if (!readable && !hup) continue;
      const bytes = yield* readOrNothing(fd);
      if (bytes.length > 0) parts.push(bytes);
      else outputs.delete(fd);
    }
    late = rest <= 0;
  }
  for (const fd of wiring.mine) yield* sys.close(fd);
  if (late) yield* sys.kill(exec.pid, 'KILL');
  if (error === null) yield* finish(engine, exec);
  const output = concatBytes(parts).slice(0, most);
  return { exitCode: late ? null : exec.exitCode, output, error };
}

function* terminal(exec: Exec): Sys<Wiring> {
  const [rows, cols] = exec.config.ConsoleSize;
  const size = { rows: rows || 24, cols: cols || 80 };
  const { master, path, outside } = yield* openConsole(exec.container.State.Pid, size);
  exec.terminal = outside;
  return { outputs: new Map([[master, 1]]), input: master, wire: awaitTerminal, terminal: path, theirs: [] };
}

function* pipes(open: boolean): Sys<Wiring & { mine: readonly Fd[] }> {
  const [inReading, inWriting] = yield* sys.pipe();
  const [outReading, outWriting] = yield* sys.pipe();
  const [errReading, errWriting] = yield* sys.pipe();
  const input = open ? inReading : null;
  const wire = () => wireStandard(input, outWriting, errWriting);
  const outputs = new Map<Fd, Stream>([
    [outReading, 1],
    [errReading, 2],
  ]);
  const theirs = [inReading, outWriting, errWriting, ...(open ? [] : [inWriting])];
  return { outputs, input: open ? inWriting : null, wire, theirs, mine: [outReading, errReading] };
}

/** Gives the terminal of `exec` another size. */
export function* resizeExec(exec: Exec, rows: number, cols: number): Sys<void> {
  if (exec.terminal === null) return;
  const fd = yield* sys.open(exec.terminal, O_RDWR);
  yield* sys.tcsetwinsize(fd, { rows, cols });
  yield* sys.close(fd);
}

/** Bytes both ways until the process has closed its outputs. */
function* relay(client: Fd | null, outputs: Map<Fd, Stream>, input: Fd | null, tty: boolean): Sys<void> {
  let to = input;
  let listening = client;
  const toInput = new Outbox();
  while (outputs.size > 0) {
    const full = toInput.waiting;
    const requests: PollRequest[] = [...outputs.keys()].map((one) => ({ fd: one, events: 'in' }));
    // While the program does not read, its client waits; what it prints goes on.
    if (listening !== null && !full) requests.push({ fd: listening, events: 'in' });
    if (to !== null && full) requests.push({ fd: to, events: 'out' });
    for (const { fd, in: readable, out, hup } of yield* sys.poll(requests, null)) {
      if (full && fd === to && (out || hup)) {
        yield* toInput.flush(to);
        continue;
      }
      if (!readable && !hup) continue;
      const bytes = yield* readOrNothing(fd);
      if (fd === listening) {
        if (bytes.length > 0 && to !== null) {
          if (tty) yield* writeOrDrop(to, bytes);
          else toInput.put(bytes);
        }
        if (bytes.length > 0) continue;
        listening = null;
        if (to !== null && !tty) {
          yield* sys.close(to);
          to = null;
        }
        continue;
      }
      const stream = outputs.get(fd);
      if (stream === undefined) continue;
      if (bytes.length === 0) outputs.delete(fd);
      else if (client !== null) yield* writeOrDrop(client, tty ? bytes : frame(stream, bytes));
    }
  }
}
