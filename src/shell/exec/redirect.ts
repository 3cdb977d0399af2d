/** Performs redirections, and undoes them where a builtin or a compound command ran in the shell itself. */
import { isOsError, OsError } from '../../base/index.ts';
import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  type Sys,
  sys,
} from '../../linux/index.ts';
import { expandText, expandWord } from '../expand/word.ts';
import { assignVariable, readElement } from '../state/assign.ts';
import type { Shell } from '../state/shell.ts';
import type { Redirection } from '../syntax/ast.ts';
import { bytesFromText } from '../text.ts';

/** Descriptors the shell keeps for itself start here, out of the way of scripts. */
const SAVED_FROM = 10;

/** What to put back: the descriptor and its copy, or null when it was closed. */
type Saved = { readonly fd: number; readonly copy: number | null };

/** A redirection that failed; the message has no prefix yet. */
class RedirectionError extends Error {}

/** Redirections that are in force; `undo` puts back what was there. */
export class Redirected {
  readonly #saved: Saved[] = [];

  *undo(): Sys<void> {
    for (const { fd, copy } of this.#saved.reverse()) {
      if (copy === null) yield* closeQuietly(fd);
      else {
        yield* sys.dup2(copy, fd);
        yield* sys.close(copy);
      }
    }
    this.#saved.length = 0;
  }

  *save(fd: number): Sys<void> {
    if (this.#saved.some((saved) => saved.fd === fd)) return;
    try {
      const copy = yield* sys.dupfd(fd, SAVED_FROM);
      yield* sys.setcloexec(copy, true);
      this.#saved.push({ fd, copy });
    } catch (error) {
      if (!isOsError(error, 'EBADF')) throw error;
      this.#saved.push({ fd, copy: null });
    }
  }

  /** Makes the redirections permanent: `exec >file`. */
  *keep(): Sys<void> {
    for (const { copy } of this.#saved) if (copy !== null) yield* sys.close(copy);
    this.#saved.length = 0;
  }
}

function* closeQuietly(fd: number): Sys<void> {
  try {
    yield* sys.close(fd);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

/** Performs `redirections`; null after an error, which has been told and undone. */
export function* redirect(shell: Shell, redirections: readonly Redirection[]): Sys<Redirected | null> {
  const redirected = new Redirected();
  try {
    for (const redirection of redirections) yield* apply(shell, redirection, redirected);
    return redirected;
  } catch (error) {
    yield* redirected.undo();
    if (!(error instanceof RedirectionError)) throw error;
    yield* shell.complain(error.message);
    return null;
  }
}

function* apply(shell: Shell, redirection: Redirection, redirected: Redirected): Sys<void> {
  const { op } = redirection;
  if (redirection.variable !== null) {
    yield* applyToVariable(shell, redirection, redirection.variable, redirected);
    return;
  }
  const fd = redirection.fd ?? (op.startsWith('<') ? 0 : 1);
  if (op === '>&' || op === '<&') {
    yield* duplicate(shell, redirection, fd, redirected);
    return;
  }
  const both = op === '&>' || op === '&>>';
  const source = yield* openSource(shell, redirection);
  yield* place(source, fd, redirected);
  if (both) {
    yield* redirected.save(2);
    yield* sys.dup2(1, 2);
  }
}

/** Moves the fresh descriptor `source` to `fd`. */
function* place(source: number, fd: number, redirected: Redirected): Sys<void> {
  if (source === fd) return;
  yield* redirected.save(fd);
  yield* sys.dup2(source, fd);
  yield* sys.close(source);
}

function* applyToVariable(
  shell: Shell,
  redirection: Redirection,
  variable: string,
  redirected: Redirected,
): Sys<void> {
  const duplicates = redirection.op === '>&' || redirection.op === '<&';
  if (duplicates && redirection.target.text === '-') {
    const fd = Number(readElement(shell, variable, null));
    if (!Number.isInteger(fd)) throw new RedirectionError(`${variable}: Bad file descriptor`);
    yield* closeQuietly(fd);
    return;
  }
  const source = duplicates
    ? Number(yield* expandText(shell, redirection.target))
    : yield* openSource(shell, redirection);
  void redirected;
  const fd = yield* guarded(variable, sys.dupfd(source, SAVED_FROM));
  if (!duplicates) yield* sys.close(source);
  assignVariable(shell, variable, null, String(fd));
}

function* guarded<T>(label: string, call: Sys<T>): Sys<T> {
  try {
    return yield* call;
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RedirectionError(`${label}: ${error.message}`);
  }
}

/** `>&2`, `2>&1`, `<&3`, `>&-`, `2>&1-`; `>&file` redirects both outputs. */
function* duplicate(shell: Shell, redirection: Redirection, fd: number, redirected: Redirected): Sys<void> {
  const text = yield* expandText(shell, redirection.target);
  if (text === '-') {
    yield* redirected.save(fd);
    yield* closeQuietly(fd);
    return;
  }
  const number = /^(\d+)(-?)$/.exec(text);
  if (number === null) {
    if (redirection.op === '<&' || redirection.fd !== null) {
      throw new RedirectionError(`${redirection.target.text}: ambiguous redirect`);
    }
    yield* apply(shell, { ...redirection, op: '&>' }, redirected);
    return;
  }
  const source = Number(number[1]);
  if (source !== fd) {
    yield* redirected.save(fd);
    yield* guarded(text, sys.dup2(source, fd));
    if (number[2] === '-') yield* closeQuietly(source);
  } else yield* guarded(text, sys.fstat(fd));
}

/** Opens what the redirection names, or makes the pipe that holds a here-document. */
function* openSource(shell: Shell, redirection: Redirection): Sys<number> {
  if (redirection.heredoc !== null) {
    return yield* textDescriptor(yield* expandText(shell, redirection.heredoc.body));
  }
  if (redirection.op === '<<<') {
    return yield* textDescriptor(`${yield* expandText(shell, redirection.target)}\n`);
  }
  const names = yield* expandWord(shell, redirection.target);
  if (names.length !== 1) throw new RedirectionError(`${redirection.target.text}: ambiguous redirect`);
  return yield* openFile(shell, redirection, names[0]!);
}

function* openFile(shell: Shell, { op }: Redirection, path: string): Sys<number> {
  const mode = 0o666;
  switch (op) {
    case '<':
      return yield* guarded(path, sys.open(path, O_RDONLY));
    case '<>':
      return yield* guarded(path, sys.open(path, O_RDWR | O_CREAT, mode));
    case '>>':
    case '&>>':
      return yield* guarded(path, sys.open(path, O_WRONLY | O_CREAT | O_APPEND, mode));
    default:
      if (op !== '>|' && shell.options.has('noclobber')) return yield* openWithoutClobbering(path, mode);
      return yield* guarded(path, sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  }
}

/** `set -C`: an existing regular file is left alone. */
function* openWithoutClobbering(path: string, mode: number): Sys<number> {
  try {
    return yield* sys.open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
  } catch (error) {
    if (!isOsError(error, 'EEXIST')) throw new RedirectionError(`${path}: ${messageOf(error)}`);
  }
  const stat = yield* guarded(path, sys.stat(path));
  if ((stat.mode & 0o170000) === 0o100000)
    throw new RedirectionError(`${path}: cannot overwrite existing file`);
  return yield* guarded(path, sys.open(path, O_WRONLY));
}

function messageOf(error: unknown): string {
  if (error instanceof OsError) return error.message;
  throw error;
}

/** What a pipe holds without a reader, pipe(7); longer here-documents need a writer process. */
const PIPE_CAPACITY = 65_536;

/** A descriptor that `text` can be read from. */
function* textDescriptor(text: string): Sys<number> {
  const bytes = bytesFromText(text);
  const [readEnd, writeEnd] = yield* sys.pipe();
  if (bytes.length <= PIPE_CAPACITY) {
    if (bytes.length > 0) yield* sys.write(writeEnd, bytes);
  } else {
    yield* sys.fork(function* () {
      yield* sys.close(readEnd);
      let rest = bytes;
      while (rest.length > 0) rest = rest.subarray(yield* sys.write(writeEnd, rest));
      return 0;
    });
  }
  yield* sys.close(writeEnd);
  return readEnd;
}
