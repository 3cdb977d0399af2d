/** create, start, kill, pause, exec and delete of runtime.md "Operations", on bundles: one code for runc(8) and the engine's shims. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import {
  type Fd,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  type Path,
  type Pid,
  S_IFIFO,
  type SignalName,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { makeDirs, statOrNull, timestamp, writeText } from '../files.ts';
import {
  applyResources,
  cgroupDir,
  joinCgroup,
  killAll,
  limitDevices,
  makeCgroup,
  removeCgroup,
  setFrozen,
  wantsCpuset,
} from './cgroups.ts';
import { unknownCapabilities } from './confinement.ts';
import { type HookState, hasAny, runHooks } from './hooks.ts';
import { initProcess, joiningProcess, WAITING } from './init.ts';
import { log } from './log.ts';
import { enter, namespaceFiles } from './namespaces.ts';
import {
  type IdMapping,
  RuntimeError,
  type RuntimeSpec,
  type SpecProcess,
  type SpecResources,
} from './spec.ts';
import {
  bundleOf,
  fifoPath,
  forget,
  loadState,
  processStat,
  readSpec,
  requireId,
  type StoredState,
  saveState,
  stateDir,
  statusOf,
} from './state.ts';
import { validate } from './validate.ts';

export interface CreateRequest {
  /** Where states are kept. */
  readonly root: Path;
  readonly id: string;
  readonly bundle: Path;
  readonly spec: RuntimeSpec;
  /** Runs first in the new process: makes its standard streams unless they are to be a terminal's. */
  readonly wire: () => Sys<void>;
}

/** Everything up to the program's first instruction: its process waits for `startContainer`. Throws RuntimeError. */
export function* createContainer({ root, id, bundle, spec, wire }: CreateRequest): Sys<StoredState> {
  requireId(id);
  const dir = stateDir(root, id);
  if ((yield* statOrNull(dir)) !== null) throw new RuntimeError('container with given ID already exists');
  const { rootfs, plan } = yield* validate(spec, bundle);
  const unknown = unknownCapabilities(spec.process!);
  if (unknown.length > 0)
    yield* log('warning', `ignoring unknown or unavailable capabilities: [${unknown.join(' ')}]`);
  yield* makeDirs(dir, 0o711);
  yield* sys.mknod(fifoPath(root, id), S_IFIFO | 0o622);
  const cgroup = yield* cgroupDir(spec.linux?.cgroupsPath ?? `/${id}`);
  try {
    const resources = spec.linux?.resources ?? {};
    if (cgroup !== null) yield* makeCgroup(cgroup, wantsCpuset(resources));
    yield* applyResources(cgroup, resources);
    if (cgroup !== null) yield* limitDevices(cgroup, spec.linux?.resources?.devices);
    const { ociVersion: version, annotations, hooks } = spec;
    const described = { ociVersion: version, id, bundle, annotations };
    const request = { spec, rootfs, plan, cgroup, wire, described, fifo: fifoPath(root, id) };
    const pid = yield* spawnInit(request);
    const state: StoredState = {
      id,
      init_process_pid: pid,
      init_process_start: (yield* processStat(pid))?.start ?? 0,
      created: yield* timestamp(),
      config: { version, rootfs, labels: [`bundle=${bundle}`], hooks, annotations },
      cgroup_paths: cgroup === null ? {} : { '': cgroup },
    };
    yield* saveState(root, state);
    return state;
  } catch (error) {
    if (cgroup !== null) yield* removeCgroup(cgroup);
    yield* forget(root, id);
    throw error;
  }
}

type Unstarted = Omit<Parameters<typeof initProcess>[0], 'status' | 'mapped' | 'resume'>;

function* spawnInit(request: Unstarted): Sys<Pid> {
  const { plan, spec } = request;
  const pidPath = plan.joined.find(({ type }) => type === 'pid')?.path;
  const maps = spec.linux?.uidMappings ?? [];
  const gate = maps.length > 0 ? yield* sys.pipe() : null;
  const resume = hasAny(spec.hooks, 'prestart', 'createRuntime') ? yield* sys.pipe() : null;
  // Children are born into the namespace that their parent has entered; it goes back into its own.
  if (pidPath !== undefined) yield* enter('pid', pidPath);
  try {
    return yield* withStatus(
      (status) => sys.fork(() => beInit(request, gate, resume, status), { flags: plan.flagsAtBirth }),
      gate === null ? null : (pid) => mapUsers(request, gate, pid),
      resume === null ? null : (pid) => runCreationHooks(request, resume[1], pid),
    );
  } finally {
    for (const fd of resume ?? []) yield* sys.close(fd);
    if (pidPath !== undefined) yield* enter('pid', '/proc/self/ns/pid');
  }
}

type Pipe = readonly [reading: Fd, writing: Fd];

/** The container's first process, until its program begins. */
function* beInit(request: Unstarted, gate: Pipe | null, resume: Pipe | null, status: Fd): Sys<number> {
  if (gate !== null) yield* sys.close(gate[1]);
  if (resume !== null) yield* sys.close(resume[1]);
  const ends = { mapped: gate?.[0] ?? null, resume: resume?.[0] ?? null };
  return yield* initProcess({ ...request, ...ends, status });
}

/** Gives the child, which waits at `gate`, its users and groups. */
function* mapUsers({ cgroup, spec }: Unstarted, gate: Pipe, pid: Pid): Sys<void> {
  yield* sys.close(gate[0]);
  if (cgroup !== null) yield* joinCgroup(cgroup, pid);
  yield* writeMap(`/proc/${pid}/uid_map`, spec.linux?.uidMappings ?? []);
  yield* writeMap(`/proc/${pid}/gid_map`, spec.linux?.gidMappings ?? []);
  yield* sys.close(gate[1]);
}

function* runCreationHooks({ described, spec }: Unstarted, resume: Fd, pid: Pid): Sys<void> {
  const state = { ...described, status: 'creating', pid } as const;
  yield* runHooks(spec.hooks, 'prestart', state);
  yield* runHooks(spec.hooks, 'createRuntime', state);
  yield* writeAll(resume, 'x');
}

/** Runs hooks while the child waits; what the child says then, or why one failed: the child is killed then. */
function* afterHooks(pid: Pid, reading: Fd, hooks: ((pid: Pid) => Sys<void>) | null): Sys<string> {
  try {
    if (hooks !== null) yield* hooks(pid);
  } catch (error) {
    yield* sys.kill(pid, 'KILL');
    if (!(error instanceof RuntimeError)) throw error;
    return `error during container init: ${error.message}`;
  }
  return decodeUtf8(yield* sys.read(reading, 4096));
}

function* writeMap(path: Path, maps: readonly IdMapping[]): Sys<void> {
  const lines = maps.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`);
  yield* writeText(path, lines.join(''));
}

/** Forks by `fork` and waits until the child says that all is well by closing `status`. Throws RuntimeError with what it says else. */
function* withStatus(
  fork: (status: Fd) => Sys<Pid>,
  meanwhile: ((pid: Pid) => Sys<void>) | null = null,
  hooks: ((pid: Pid) => Sys<void>) | null = null,
): Sys<Pid> {
  const [reading, writing] = yield* sys.pipe(O_CLOEXEC);
  const pid = yield* fork(writing);
  yield* sys.close(writing);
  if (meanwhile !== null) yield* meanwhile(pid);
  let message = decodeUtf8(yield* sys.read(reading, 4096));
  if (message === WAITING) message = yield* afterHooks(pid, reading, hooks);
  yield* sys.close(reading);
  if (message === '') return pid;
  yield* sys.wait4(pid);
  throw new RuntimeError(`unable to start container process: ${message}`);
}

/** Lets the program of a created container begin. */
export function* startContainer(root: Path, id: string): Sys<void> {
  const state = yield* loadState(root, id);
  const status = yield* statusOf(root, state);
  if (status === 'stopped') throw new RuntimeError('cannot start a container that has stopped');
  if (status === 'running') throw new RuntimeError('cannot start an already running container');
  if (status !== 'created') throw new RuntimeError(`cannot start a container in the ${status} state`);
  yield* openGate(root, id);
  yield* afterStart(root, state);
}

/** The hooks after the start, for who has opened the gate. A container whose hook fails is stopped. Throws RuntimeError then. */
export function* afterStart(root: Path, state: StoredState): Sys<void> {
  if (!hasAny(state.config.hooks, 'poststart')) return;
  try {
    yield* runHooks(state.config.hooks, 'poststart', hookState(state, 'running'));
  } catch (error) {
    yield* signalContainer(root, state.id, 'KILL');
    throw error;
  }
}

function hookState(state: StoredState, status: 'running' | 'stopped'): HookState {
  const { annotations, version } = state.config;
  const pid = status === 'stopped' ? 0 : state.init_process_pid;
  return { ociVersion: version, id: state.id, status, pid, bundle: bundleOf(state), annotations };
}

/** As `startContainer`, for who has just created it; `terminal` is the path that its process's streams get in the container. */
export function* openGate(root: Path, id: string, terminal: Path | null = null): Sys<void> {
  const path = fifoPath(root, id);
  const fd = yield* sys.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  yield* writeAll(fd, terminal ?? '0');
  yield* sys.close(fd);
  yield* sys.unlink(path);
}

export function* signalContainer(root: Path, id: string, signal: SignalName): Sys<void> {
  const state = yield* loadState(root, id);
  if ((yield* statusOf(root, state)) === 'stopped') throw new RuntimeError('container not running');
  yield* sys.kill(state.init_process_pid, signal);
}

/** Pauses or resumes all processes of the container's group. */
export function* freezeContainer(root: Path, id: string, frozen: boolean): Sys<void> {
  const state = yield* loadState(root, id);
  const status = yield* statusOf(root, state);
  if (frozen && status !== 'running' && status !== 'created') throw new RuntimeError('container not running');
  if (!frozen && status !== 'paused') throw new RuntimeError('container not paused');
  const cgroup = state.cgroup_paths[''];
  if (cgroup === undefined) throw new RuntimeError('this host has no cgroup file system');
  yield* setFrozen(cgroup, frozen);
}

/** Forgets a container whose processes are gone. */
export function* destroyContainer(root: Path, state: StoredState): Sys<void> {
  const cgroup = state.cgroup_paths[''];
  if (cgroup !== undefined) {
    yield* killAll(cgroup);
    yield* removeCgroup(cgroup);
  }
  yield* forget(root, state.id);
  if (hasAny(state.config.hooks, 'poststop'))
    yield* runHooks(state.config.hooks, 'poststop', hookState(state, 'stopped'));
}

export interface ExecRequest {
  readonly root: Path;
  readonly id: string;
  /** What differs from the container's own process. */
  readonly process: Partial<SpecProcess> & { readonly args: readonly string[] };
  readonly wire: () => Sys<void>;
  /** The path of its terminal in the container, when it has one. */
  readonly terminal?: Path | null;
}

/** Another process in the container. Throws RuntimeError. */
export function* execContainer(request: ExecRequest): Sys<Pid> {
  const { root, id, process, wire, terminal = null } = request;
  const state = yield* loadState(root, id);
  const status = yield* statusOf(root, state);
  if (status === 'stopped') throw new RuntimeError('cannot exec in a stopped container');
  if (status === 'paused')
    throw new RuntimeError('cannot exec in a paused container (use --ignore-paused to override)');
  const spec = yield* readSpec(bundleOf(state));
  const types = (spec.linux?.namespaces ?? []).map(({ type }) => type);
  const namespaces: { fd: Fd; flag: number }[] = [];
  const all = namespaceFiles(state.init_process_pid, types);
  for (const { type, path, flag } of all)
    if (type !== 'pid') namespaces.push({ fd: yield* sys.open(path, O_RDONLY | O_CLOEXEC), flag });
  const pidFile = all.find(({ type }) => type === 'pid');
  if (pidFile !== undefined) yield* enter('pid', pidFile.path);
  const full: SpecProcess = { ...spec.process!, ...process };
  const cgroup = state.cgroup_paths[''] ?? null;
  try {
    return yield* withStatus((status) =>
      sys.fork(() =>
        joiningProcess({
          ...{ process: full, seccomp: spec.linux?.seccomp, namespaces, cgroup },
          ...{ wire, terminal, status },
        }),
      ),
    );
  } finally {
    if (pidFile !== undefined) yield* enter('pid', '/proc/self/ns/pid');
    for (const { fd } of namespaces) yield* sys.close(fd);
  }
}

/** Whether a process that was killed is gone at last: asks for ten seconds. */
export function* awaitEnd(pid: Pid): Sys<boolean> {
  for (let i = 0; i < 100; i++) {
    const stat = yield* processStat(pid);
    if (stat === null || 'ZX'.includes(stat.state)) return true;
    try {
      yield* sys.nanosleep(100e6);
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
    }
  }
  return false;
}

/** Other limits for a container that is there. */
export function* updateResources(root: Path, id: string, resources: SpecResources): Sys<void> {
  const state = yield* loadState(root, id);
  const cgroup = state.cgroup_paths[''] ?? null;
  // It may have been made without.
  if (cgroup !== null && wantsCpuset(resources)) yield* makeCgroup(cgroup, true);
  yield* applyResources(cgroup, resources);
}
