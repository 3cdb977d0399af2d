/** Hooks: programs that config.json has run at points of a container's life, with its state on standard input. runtime.md "Lifecycle", config.md "POSIX-platform Hooks". */
import {
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  isOsError,
  type Nanos,
  SECOND,
  strerror,
} from '../../base/index.ts';
import {
  type Fd,
  O_CLOEXEC,
  type Path,
  type PollRequest,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { exitCodeOf } from '../exitStatus.ts';
import { nanosBetween, timestamp } from '../files.ts';
import { readOrNothing, writeOrDrop } from '../streams.ts';
import { variablesOf } from './process.ts';
import { type Hook, type HookPoint, type Hooks, RuntimeError } from './spec.ts';

/** In the order in which they are reached. */
const POINTS = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const satisfies readonly HookPoint[];

/** What a hook reads of the container. */
export interface HookState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: 'creating' | 'created' | 'running' | 'stopped';
  readonly pid: number;
  readonly bundle: Path;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Throws RuntimeError for a point that there is not, or a hook without a program. */
export function requireHooks(hooks: Hooks = {}): void {
  for (const [point, list] of Object.entries(hooks)) {
    if (!(POINTS as readonly string[]).includes(point))
      throw new RuntimeError(`hooks.${point} is no point of the lifecycle`);
    for (const { path, timeout } of list ?? []) {
      if (!path?.startsWith('/'))
        throw new RuntimeError(`hooks.${point}: the path "${path ?? ''}" is not absolute`);
      if (timeout !== undefined && timeout <= 0)
        throw new RuntimeError(`hooks.${point}: the timeout ${timeout} is not greater than zero`);
    }
  }
}

export const hasAny = (hooks: Hooks | undefined, ...points: readonly HookPoint[]): boolean =>
  hooks !== undefined && points.some((point) => (hooks[point] ?? []).length > 0);

/** Runs those of a point, one after the other. Throws RuntimeError at the first that fails. */
export function* runHooks(hooks: Hooks | undefined, point: HookPoint, state: HookState): Sys<void> {
  for (const [i, hook] of (hooks?.[point] ?? []).entries()) {
    const failure = yield* runHook(hook, JSON.stringify(state));
    if (failure !== null) throw new RuntimeError(`error running ${point} hook #${i}: ${failure}`);
  }
}

/** Why it failed; null when it did not. */
function* runHook({ path, args = [path], env = [], timeout }: Hook, state: string): Sys<string | null> {
  const [stdin, toHook] = yield* sys.pipe(O_CLOEXEC);
  const [fromOut, stdout] = yield* sys.pipe(O_CLOEXEC);
  const [fromErr, stderr] = yield* sys.pipe(O_CLOEXEC);
  const [notStarted, why] = yield* sys.pipe(O_CLOEXEC);
  const theirs = [stdin, stdout, stderr, why];
  const variables = variablesOf(env);
  const pid = yield* sys.fork(function* () {
    const high = [yield* sys.dupfd(stdin, 50), yield* sys.dupfd(stdout, 50), yield* sys.dupfd(stderr, 50)];
    for (const [to, fd] of high.entries()) {
      yield* sys.dup2(fd, to);
      yield* sys.close(fd);
    }
    try {
      return yield* sys.execve(path, args, variables);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(why, `fork/exec ${path}: ${strerror(error.code).toLowerCase()}`);
      return 1;
    }
  });
  for (const fd of theirs) yield* sys.close(fd);
  const failure = decodeUtf8(yield* sys.read(notStarted, 4096));
  yield* sys.sigaction('PIPE', 'ignore');
  yield* writeOrDrop(toHook, encodeUtf8(state));
  yield* sys.sigaction('PIPE', 'default');
  yield* sys.close(toHook);
  const said = yield* collect([fromOut, fromErr], timeout === undefined ? null : timeout * SECOND);
  for (const fd of [fromOut, fromErr, notStarted]) yield* sys.close(fd);
  if (said === null) yield* sys.kill(pid, 'KILL');
  const { state: end } = yield* sys.wait4(pid);
  if (failure !== '') return failure;
  if (said === null) return `hook ran past specified timeout of ${timeout!.toFixed(1)}s`;
  if (end.kind === 'exited' && end.code === 0) return null;
  const how =
    end.kind === 'signaled' ? `signal: ${end.signal.toLowerCase()}` : `exit status ${exitCodeOf(end)}`;
  return `${how}, stdout: ${said[0]}, stderr: ${said[1]}`;
}

/** What comes from each until it is closed; null when that takes longer than `limit`. */
function* collect(fds: readonly Fd[], limit: Nanos | null): Sys<string[] | null> {
  const parts = new Map<Fd, Uint8Array[]>(fds.map((fd) => [fd, []]));
  const open = new Set(fds);
  const begin = yield* timestamp();
  while (open.size > 0) {
    const rest = limit === null ? null : limit - nanosBetween(begin, yield* timestamp());
    if (rest !== null && rest <= 0) return null;
    const requests = [...open].map((fd): PollRequest => ({ fd, events: 'in' }));
    for (const { fd, in: readable, hup } of yield* sys.poll(requests, rest)) {
      if (!readable && !hup) continue;
      const bytes = yield* readOrNothing(fd);
      if (bytes.length === 0) open.delete(fd);
      else parts.get(fd)!.push(bytes);
    }
  }
  return [...parts.values()].map((pieces) => decodeUtf8(concatBytes(pieces)));
}
