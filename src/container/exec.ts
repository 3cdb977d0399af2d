/** `docker exec`: another process in a running container, served by the handler of its request. */
import { decodeUtf8, encodeUtf8 } from '../base/index.ts';
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  type Fd,
  O_RDONLY,
  type Sys,
  signalNumber,
  sys,
} from '../linux/index.ts';
import { frame, type Stream } from './frames.ts';
import type { Exchange } from './http.ts';
import { EngineError, type Exec } from './model.ts';
import { failureStatus, runInit } from './rootfs.ts';
import { readOrNothing, wireStandard, wireTerminal, writeOrDrop } from './shim.ts';

/** Runs `exec` with its streams on `client`; with `detach` only starts it. */
export function* runExec(exec: Exec, exchange: Exchange, detach: boolean): Sys<void> {
  const client = exchange.fd;
  const { container, config } = exec;
  const first = detach ? new Uint8Array(0) : yield* exchange.hijack(config.Tty);
  // Only children of a process that has entered a pid namespace are in it: setns(2).
  yield* sys.setns(container.State.Pid, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID);
  const [status, statusWriting] = yield* sys.pipe();
  yield* sys.setcloexec(statusWriting, true);
  const spec = {
    argv: config.Cmd,
    env: [...container.Config.Env, ...config.Env],
    user: config.User === '' ? container.Config.User : config.User,
    workingDir: config.WorkingDir === '' ? container.Config.WorkingDir : config.WorkingDir,
    tty: config.Tty,
  };
  const { outputs, input, wire, theirs } = config.Tty
    ? yield* terminal(exec, client, status)
    : yield* pipes(exec, client, status);
  const pid = yield* sys.fork(function* () {
    yield* wire();
    return yield* runInit(function* () {}, spec, container.Config.Hostname, statusWriting);
  });
  for (const fd of [statusWriting, ...theirs]) yield* sys.close(fd);
  const message = decodeUtf8(yield* sys.read(status, 4096));
  exec.running = message === '';
  if (message !== '') {
    exec.exitCode = failureStatus(message);
    yield* sys.wait4(pid);
    const text = `OCI runtime exec failed: exec failed: unable to start container process: ${message}: unknown`;
    if (detach) throw new EngineError(400, text);
    yield* writeOrDrop(client, config.Tty ? encodeUtf8(`${text}\r\n`) : frame(1, encodeUtf8(`${text}\r\n`)));
    return;
  }
  if (detach) yield* exchange.respond({ status: 200, body: null });
  else if (first.length > 0 && input !== null) yield* writeOrDrop(input, first);
  yield* relay(detach ? null : client, outputs, input, config.Tty);
  const { state } = yield* sys.wait4(pid);
  exec.exitCode =
    state.kind === 'exited' ? state.code : state.kind === 'signaled' ? 128 + signalNumber(state.signal) : 255;
  exec.running = false;
}

function* terminal(exec: Exec, client: Fd, status: Fd) {
  const [rows, cols] = exec.config.ConsoleSize;
  const [master, path] = yield* sys.openpty({ rows: rows || 24, cols: cols || 80 });
  const wire = function* (): Sys<void> {
    yield* wireTerminal(path, [master, client, status]);
  };
  return {
    outputs: new Map<Fd, Stream>([[master, 1]]),
    input: master as Fd | null,
    wire,
    theirs: [] as Fd[],
  };
}

function* pipes(exec: Exec, client: Fd, status: Fd) {
  const [inReading, inWriting] = yield* sys.pipe();
  const [outReading, outWriting] = yield* sys.pipe();
  const [errReading, errWriting] = yield* sys.pipe();
  const open = exec.config.AttachStdin;
  const wire = function* (): Sys<void> {
    const input = open ? inReading : yield* sys.open('/dev/null', O_RDONLY);
    const others = [inWriting, outReading, errReading, client, status, ...(open ? [] : [inReading])];
    yield* wireStandard(input, outWriting, errWriting, others);
  };
  const outputs = new Map<Fd, Stream>([
    [outReading, 1],
    [errReading, 2],
  ]);
  const theirs = [inReading, outWriting, errWriting];
  if (!open) theirs.push(inWriting);
  return { outputs, input: open ? inWriting : null, wire, theirs };
}

/** Bytes both ways until the process has closed its outputs. */
function* relay(client: Fd | null, outputs: Map<Fd, Stream>, input: Fd | null, tty: boolean): Sys<void> {
  let to = input;
  let listening = client;
  while (outputs.size > 0) {
    const fds = [...outputs.keys(), ...(listening === null ? [] : [listening])];
    for (const { fd, in: readable, hup } of yield* sys.poll(
      fds.map((one) => ({ fd: one, events: 'in' })),
      null,
    )) {
      if (!readable && !hup) continue;
      const bytes = yield* readOrNothing(fd);
      if (fd === listening) {
        if (bytes.length > 0 && to !== null) yield* writeOrDrop(to, bytes);
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
