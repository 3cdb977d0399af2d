/** The last steps of a container's process: its user, directory and limits, the search for its program, and execve(2). */
import { decodeUtf8, isOsError, OsError, strerror } from '../../base/index.ts';
import { RESOURCES, type ResourceName, readFile, type Sys, sys, writeAll } from '../../linux/index.ts';
import { RuntimeError, type SpecProcess } from './spec.ts';

/** `RLIMIT_NOFILE` → `nofile`; null for what is none. */
function resourceOf(type: string): ResourceName | null {
  const name = type.replace(/^RLIMIT_/, '').toLowerCase();
  return name in RESOURCES ? (name as ResourceName) : null;
}

export function requireKnownLimits(process: SpecProcess): void {
  for (const { type } of process.rlimits ?? [])
    if (resourceOf(type) === null) throw new RuntimeError(`invalid rlimit type: ${type}`);
}

const limitOf = (value: number) => (value < 0 || value >= 2 ** 63 ? Number.POSITIVE_INFINITY : value);

function* setLimits(process: SpecProcess): Sys<void> {
  for (const { type, soft, hard } of process.rlimits ?? [])
    yield* sys.setrlimit(resourceOf(type)!, limitOf(soft), limitOf(hard));
}

/** HOME of an account of the container's own /etc/passwd. */
function* homeOf(uid: number): Sys<string> {
  try {
    for (const line of decodeUtf8(yield* readFile('/etc/passwd')).split('\n')) {
      const fields = line.split(':');
      if (fields[2] === `${uid}`) return fields[5] || '/';
    }
    return '/';
  } catch (error) {
    if (!isOsError(error)) throw error;
    return '/';
  }
}

/** `NAME=value` each; of a name that is there twice the last. */
export function variablesOf(pairs: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    variables.set(at < 0 ? pair : pair.slice(0, at), pair.slice(at + 1));
  }
  return variables;
}

export interface Prepared {
  /** The program's path. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}

/** Everything but execve(2) itself: becomes the user of `process`, by `restrict` around that, in its directory. Throws RuntimeError. */
export function* prepareProcess(
  process: SpecProcess,
  restrict: (become: () => Sys<void>) => Sys<void>,
): Sys<Prepared> {
  const { user, cwd } = process;
  const argv = process.args ?? [];
  const env = variablesOf(process.env ?? []);
  if ((env.get('HOME') ?? '') === '') env.set('HOME', yield* homeOf(user.uid));
  yield* setLimits(process);
  try {
    if (user.umask !== undefined) yield* sys.umask(user.umask);
    yield* restrict(() => becomeUser(user));
    yield* sys.chdir(cwd);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RuntimeError(
      `chdir to cwd ("${cwd}") set in config.json failed: ${strerror(error.code).toLowerCase()}`,
    );
  }
  return { path: yield* lookPath(argv[0] ?? '', env.get('PATH') ?? ''), argv, env };
}

function* becomeUser({ uid, gid, additionalGids = [] }: SpecProcess['user']): Sys<void> {
  yield* sys.setgroups(additionalGids);
  yield* sys.setgid(gid);
  yield* sys.setuid(uid);
}

/** As Go's exec.LookPath: an executable file, on the PATH unless the name has a slash. */
function* lookPath(name: string, path: string): Sys<string> {
  if (name.includes('/')) {
    const why = yield* unfit(name);
    if (why !== null) throw new RuntimeError(`exec: "${name}": ${why}`);
    return name;
  }
  let denied = false;
  for (const folder of path.split(':')) {
    const full = `${folder === '' ? '.' : folder}/${name}`;
    const why = yield* unfit(full);
    if (why === null) return full;
    if (why === 'permission denied') denied = true;
  }
  throw new RuntimeError(
    `exec: "${name}": ${denied ? 'permission denied' : 'executable file not found in $PATH'}`,
  );
}

/** Why a file cannot be executed; null when it can. */
function* unfit(path: string): Sys<string | null> {
  const stat = yield* sys.stat(path).orError();
  if (stat instanceof OsError) return refusal(path, stat);
  if ((stat.mode & 0o170000) === 0o040000) return 'is a directory';
  if ((stat.mode & 0o111) === 0) return 'permission denied';
  const failure = (yield* sys.access(path, 1).orError()) ?? null;
  return failure === null ? null : refusal(path, failure);
}

function refusal(path: string, { code }: OsError): string {
  return code === 'EACCES' ? 'permission denied' : `stat ${path}: ${strerror(code).toLowerCase()}`;
}

/** execve(2); what it refuses only now goes to standard error, and the status is 255. */
export function* execute({ path, argv, env }: Prepared): Sys<number> {
  try {
    return yield* sys.execve(path, argv, env);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* writeAll(2, `exec ${path}: ${strerror(error.code).toLowerCase()}\n`);
    return 255;
  }
}
