/** Command substitution `$( )` and process substitution `<( )`. */
import { isOsError } from '../../base/index.ts';
import { type Fd, O_RDONLY, type Pid, READ_SIZE, type Sys, sys, type WaitStatus } from '../../linux/index.ts';
import { forkProcess } from '../exec/fork.ts';
import { gather } from '../heap.ts';
import { InterruptControl } from '../state/control.ts';
import { exitStatus } from '../state/jobs.ts';
import type { Shell } from '../state/shell.ts';
import type { List } from '../syntax/ast.ts';
import { textFromBytes } from '../text.ts';

/** Runs `body` in a child and takes what it prints, without trailing newlines. NUL bytes are dropped. */
export function* commandSubstitution(shell: Shell, body: List): Sys<string> {
  const file = readsFile(body);
  if (file !== null) return stripNewlines(yield* contents(shell, yield* shell.expander.text(shell, file)));
  const [readEnd, writeEnd] = yield* sys.pipe();
  const child = shell.fork();
  child.substitutionLevel++;
  const pid = yield* forkProcess(shell, () =>
    runInside(child, body, { kept: readEnd, given: writeEnd, as: 1 }),
  );
  yield* sys.close(writeEnd);
  const output = yield* collect(shell, readEnd);
  yield* sys.close(readEnd);
  shell.substitutionStatus = yield* waitFor(shell, pid);
  return stripNewlines(output);
}

const NEWLINE = 10;

function stripNewlines(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === NEWLINE || bytes[end - 1] === 0)) end--;
  return textFromBytes(bytes.subarray(0, end).filter((byte) => byte !== 0));
}

/** `$(< file)` reads the file without a child. */
function readsFile(body: List) {
  const [item] = body.items;
  if (body.items.length !== 1 || item!.background || item!.andOr.rest.length > 0) return null;
  const { commands, negated, time } = item!.andOr.first;
  const [command] = commands;
  if (commands.length !== 1 || negated || time !== null || command!.type !== 'simple') return null;
  const { assignments, words, redirections } = command!;
  const [redirection] = redirections;
  if (assignments.length + words.length > 0 || redirections.length !== 1) return null;
  return redirection!.op === '<' && (redirection!.fd ?? 0) === 0 ? redirection!.target : null;
}

function* contents(shell: Shell, path: string): Sys<Uint8Array> {
  try {
    const fd = yield* sys.open(path, O_RDONLY);
    const bytes = yield* collect(shell, fd);
    yield* sys.close(fd);
    shell.substitutionStatus = 0;
    return bytes;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`${path}: ${error.message}`);
    shell.substitutionStatus = 1;
    return new Uint8Array(0);
  }
}

/** Everything up to end of file; a Ctrl-C at an interactive shell gives up. */
function* collect(shell: Shell, fd: number): Sys<Uint8Array> {
  const { used } = shell.heap;
  try {
    return yield* gather(shell.heap, () => readPatiently(shell, fd));
  } finally {
    // What is kept of it belongs to a variable.
    yield* shell.heap.shrink(shell.heap.used - used);
  }
}

function* readPatiently(shell: Shell, fd: number): Sys<Uint8Array> {
  for (;;) {
    try {
      return yield* sys.read(fd, READ_SIZE);
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
      shell.pendingSignals.push(...(yield* sys.takeSignals()));
      if (shell.interactive && shell.pendingSignals.includes('INT')) {
        yield* sys.close(fd);
        throw new InterruptControl();
      }
    }
  }
}

function* waitFor(shell: Shell, pid: Pid): Sys<number> {
  for (;;) {
    try {
      const status: WaitStatus = yield* sys.wait4(pid);
      return exitStatus(status.state);
    } catch (error) {
      if (isOsError(error, 'ECHILD')) return 127;
      if (!isOsError(error, 'EINTR')) throw error;
      shell.pendingSignals.push(...(yield* sys.takeSignals()));
    }
  }
}

/** In a child: the end of a pipe that is `given` to it becomes its descriptor `as`, the one that its parent has `kept` is closed, and `body` runs. */
function* runInside(
  child: Shell,
  body: List,
  { kept, given, as }: { readonly kept: Fd; readonly given: Fd; readonly as: Fd },
): Sys<number> {
  yield* sys.close(kept);
  if (given !== as) {
    yield* sys.dup2(given, as);
    yield* sys.close(given);
  }
  return yield* child.evaluator.substitution(child, body);
}

/** Starts `body` with one end of a pipe and names the other end: `/dev/fd/63`. */
export function* processSubstitution(shell: Shell, direction: '<' | '>', body: List): Sys<string> {
  const [readEnd, writeEnd] = yield* sys.pipe();
  const [kept, given] = direction === '<' ? [readEnd, writeEnd] : [writeEnd, readEnd];
  const child = shell.fork();
  const pid = yield* forkProcess(shell, () =>
    runInside(child, body, { kept, given, as: direction === '<' ? 1 : 0 }),
  );
  yield* sys.close(given);
  const descriptor = yield* sys.dupfd(kept, 60);
  yield* sys.close(kept);
  shell.processDescriptors.push(descriptor);
  shell.lastBackground = pid;
  return `/dev/fd/${descriptor}`;
}
