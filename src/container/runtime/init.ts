/** What runs in a container's first process, from clone(2) to execve(2); and in one that joins it later. runtime.md "Lifecycle". */
import { decodeUtf8, isOsError, strerror } from '../../base/index.ts';
import {
  CLONE_NEWCGROUP,
  type Fd,
  O_CLOEXEC,
  O_RDWR,
  type Path,
  type SeccompFilter,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { makeDirs, statOrNull, writeText } from '../files.ts';
import { takeTerminal } from '../streams.ts';
import { joinCgroup } from './cgroups.ts';
import { applyCapabilities } from './confinement.ts';
import { type HookState, hasAny, runHooks } from './hooks.ts';
import { prepareRoot, protectPaths } from './mounting.ts';
import { enter, has, type NamespacePlan } from './namespaces.ts';
import { execute, type Prepared, prepareProcess } from './process.ts';
import { RuntimeError, type RuntimeSpec, type SpecProcess } from './spec.ts';

/** Said instead of what went wrong: the runtime's hooks may run. */
export const WAITING = '\0';

export interface InitRequest {
  readonly spec: RuntimeSpec;
  readonly rootfs: Path;
  readonly plan: NamespacePlan;
  readonly cgroup: Path | null;
  readonly fifo: Path;
  /** Makes the process's standard streams unless they are to be a terminal's, and closes what is not its own. */
  readonly wire: () => Sys<void>;
  /** What hooks read, but for status and pid. */
  readonly described: Omit<HookState, 'status' | 'pid'>;
  /** When the runtime has hooks: something arrives when they are done. */
  readonly resume: Fd | null;
  /** Closed when everything stands; before, what went wrong is written to it. */
  readonly status: Fd;
  /** Something arrives, or the other end closes, when the id maps of a new user namespace are written. */
  readonly mapped: Fd | null;
}

/** The first process: its exit status when it could not become the program. */
export function* initProcess(request: InitRequest): Sys<number> {
  const { spec, plan, status } = request;
  let prepared: Prepared;
  let gate: Fd;
  try {
    yield* request.wire();
    // While it is still who has made it.
    gate = yield* sys.open(request.fifo, O_RDWR | O_CLOEXEC);
    if (request.mapped !== null) {
      yield* sys.read(request.mapped, 1);
      yield* sys.close(request.mapped);
      yield* sys.setgid(0);
      yield* sys.setuid(0);
    } else if (request.cgroup !== null) yield* joinCgroup(request.cgroup, 0);
    if ((plan.flags & CLONE_NEWCGROUP) !== 0) yield* sys.unshare(CLONE_NEWCGROUP);
    const { oomScoreAdj = 0 } = spec.process!;
    if (oomScoreAdj !== 0) yield* writeText('/proc/self/oom_score_adj', `${oomScoreAdj}`);
    for (const { type, path } of plan.joined) if (type !== 'pid') yield* enter(type, path);
    const hooks = () => hooksBefore(request);
    if (has(plan, 'mount')) yield* prepareRoot(spec, request.rootfs, hooks);
    else yield* hooks();
    if (spec.hostname !== undefined && spec.hostname !== '') yield* sys.sethostname(spec.hostname);
    const { cwd } = spec.process!;
    if ((yield* statOrNull(cwd)) === null) yield* makeDirs(cwd);
    yield* setSysctls(spec.linux?.sysctl ?? {});
    yield* protectPaths(spec);
    prepared = yield* confined(spec.process!, spec.linux?.seccomp);
  } catch (error) {
    return yield* refuse(status, error);
  }
  yield* sys.close(status);
  const terminal = decodeUtf8(yield* sys.read(gate, 256));
  yield* sys.close(gate);
  if (terminal.startsWith('/')) yield* takeTerminal(terminal);
  const failure = hasAny(spec.hooks, 'startContainer') ? yield* startHooks(request) : null;
  if (failure === null) return yield* execute(prepared);
  yield* writeAll(2, `${failure}\n`);
  return 1;
}

/** Why one of the hooks before the program failed; null when none did. */
function* startHooks({ spec, described }: InitRequest): Sys<string | null> {
  try {
    const pid = yield* sys.getpid();
    yield* runHooks(spec.hooks, 'startContainer', { ...described, status: 'created', pid });
    return null;
  } catch (error) {
    if (error instanceof RuntimeError) return error.message;
    throw error;
  }
}

/** The runtime's own hooks, which it runs when it is told, and then those of the new namespaces. */
function* hooksBefore(request: InitRequest): Sys<void> {
  const { hooks } = request.spec;
  if (request.resume !== null) {
    yield* writeAll(request.status, WAITING);
    yield* sys.read(request.resume, 1);
  }
  if (!hasAny(hooks, 'createContainer')) return;
  const state = { ...request.described, status: 'creating', pid: yield* sys.getpid() } as const;
  try {
    yield* runHooks(hooks, 'createContainer', state);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw new RuntimeError(`error during container init: ${error.message}`);
  }
}

/** Of the namespaces that the process is in. */
function* setSysctls(settings: Readonly<Record<string, string>>): Sys<void> {
  for (const [name, value] of Object.entries(settings)) {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    try {
      yield* writeText(path, value);
    } catch (error) {
      if (!isOsError(error)) throw error;
      const why = strerror(error.code).toLowerCase();
      throw new RuntimeError(`error during container init: open ${path}: ${why}`);
    }
  }
}

export interface JoinRequest {
  readonly process: SpecProcess;
  readonly seccomp: SeccompFilter | undefined;
  /** Files of the namespaces to enter, already open, in that order. */
  readonly namespaces: readonly { readonly fd: Fd; readonly flag: number }[];
  readonly cgroup: Path | null;
  readonly wire: () => Sys<void>;
  /** Its terminal's path in the container; null: `wire` has made its streams. */
  readonly terminal: Path | null;
  readonly status: Fd;
}

/** Another process in a container that is there: runc exec. */
export function* joiningProcess(request: JoinRequest): Sys<number> {
  let prepared: Prepared;
  try {
    yield* request.wire();
    if (request.cgroup !== null) yield* joinCgroup(request.cgroup, 0);
    for (const { fd, flag } of request.namespaces) {
      yield* sys.setnsfd(fd, flag);
      yield* sys.close(fd);
    }
    const { terminal, process } = request;
    if (terminal !== null) {
      yield* sys.chown(terminal, process.user.uid, -1);
      yield* takeTerminal(terminal);
    }
    prepared = yield* confined(request.process, request.seccomp);
  } catch (error) {
    return yield* refuse(request.status, error);
  }
  yield* sys.close(request.status);
  return yield* execute(prepared);
}

/** Privileges, user, directory and program. A filter comes first when it takes privileges to install it, and else as late as possible. */
function* confined(process: SpecProcess, seccomp: SeccompFilter | undefined): Sys<Prepared> {
  const late = process.noNewPrivileges === true;
  if (late) yield* sys.prctl('PR_SET_NO_NEW_PRIVS', 1);
  else if (seccomp !== undefined) yield* sys.seccomp(seccomp);
  const prepared = yield* prepareProcess(process, (become) => applyCapabilities(process, become));
  if (late && seccomp !== undefined) yield* sys.seccomp(seccomp);
  return prepared;
}

function* refuse(status: Fd, error: unknown): Sys<number> {
  if (!(error instanceof RuntimeError) && !isOsError(error)) throw error;
  const text =
    error instanceof RuntimeError ? error.message : `error during container init: ${error.message}`;
  yield* writeAll(status, text);
  return 1;
}
