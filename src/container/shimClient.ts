/** The daemon's side of a container's shim: starting it, and commands over its socket. */
import { decodeUtf8, isOsError } from '../base/index.ts';
import { type Fd, LAST_FD, type Path, type Sys, sys, writeAll } from '../linux/index.ts';
import { type LogSettings, logSettings } from './logOptions.ts';
import {
  CONTAINERD_SOCKET,
  type Container,
  type ContainerConfig,
  type HostConfig,
  logFileOf,
  SHIM_PATH,
  shimAddress,
} from './model.ts';

/** What a shim is told of the container that it is to create: containerd's CreateTaskRequest. The rest of the configuration is the daemon's. */
export interface ShimTask
  extends Pick<ContainerConfig, 'Tty' | 'OpenStdin' | 'StdinOnce'>,
    Pick<HostConfig, 'PidMode' | 'ConsoleSize'> {
  /** Where what the container prints is kept, and how. */
  readonly log: LogSettings & { readonly path: Path };
}

/** Throws EngineError for options of the log that are none. */
export function taskOf(container: Container): ShimTask {
  const { Tty, OpenStdin, StdinOnce } = container.Config;
  const { PidMode, ConsoleSize } = container.HostConfig;
  const log = { path: logFileOf(container), ...logSettings(container) };
  return { Tty, OpenStdin, StdinOnce, PidMode, ConsoleSize, log };
}

/** Starts the shim of `container` as a daemon of its own and returns when it listens: it then prints its address. */
function* spawnShim(container: Container): Sys<void> {
  const [reading, writing] = yield* sys.pipe();
  const pid = yield* sys.fork(() => forkApart(() => becomeShim(container, writing)));
  yield* sys.close(writing);
  yield* sys.wait4(pid);
  yield* sys.read(reading, 256);
  yield* sys.close(reading);
}

/** Runs `daemon` in a session whose leader is gone. */
function* forkApart(daemon: () => Sys<number>): Sys<number> {
  yield* sys.setsid();
  yield* sys.fork(daemon);
  return 0;
}

function* becomeShim(container: Container, output: Fd): Sys<number> {
  yield* sys.dup2(output, 1);
  yield* sys.close_range(3, LAST_FD);
  const words = ['-namespace', 'moby', '-id', container.ID, '-address', CONTAINERD_SOCKET];
  return yield* sys.execve(SHIM_PATH, [SHIM_PATH, ...words], new Map());
}

/** A connection to the container's shim, after a command; null when there is none. */
export function* askShim(container: Container, command: string): Sys<Fd | null> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, shimAddress(container.ID));
  } catch (error) {
    if (!isOsError(error, 'ECONNREFUSED')) throw error;
    yield* sys.close(fd);
    return null;
  }
  try {
    yield* writeAll(fd, `${command}\n`);
    return fd;
  } catch (error) {
    yield* sys.close(fd);
    // It has ended meanwhile.
    if (!isOsError(error, 'EPIPE')) throw error;
    return null;
  }
}

/** As `askShim`; a shim is started when there is none. */
export function* askLiveShim(container: Container, command: string): Sys<Fd> {
  const known = yield* askShim(container, command);
  if (known !== null) return known;
  yield* spawnShim(container);
  return (yield* askShim(container, command))!;
}

/** The shim's answer in one line; null when there is no shim. */
export function* answerOfShim(container: Container, command: string): Sys<string | null> {
  const fd = yield* askShim(container, command);
  if (fd === null) return null;
  const answer = decodeUtf8(yield* sys.read(fd, 4096)).trim();
  yield* sys.close(fd);
  return answer;
}

/** Of a container that is not created after all: who is attached to it hears nothing more. */
export function* dismissShim(container: Container): Sys<void> {
  const fd = yield* askShim(container, 'close');
  if (fd !== null) yield* sys.close(fd);
}
