/** Containers as the runtime knows them: a directory each below its root with state.json and, until it is started, exec.fifo. */
import { isOsError } from '../../base/index.ts';
import type { Path, Pid, Sys } from '../../linux/index.ts';
import { list, readText, removeTree, statOrNull, writeText } from '../files.ts';
import { namespacePaths } from './namespaces.ts';
import { type Hooks, RuntimeError, type RuntimeSpec } from './spec.ts';
import { parseAs, SPEC } from './specShape.ts';

export const DEFAULT_ROOT = '/run/runc';

export type RuntimeStatus = 'created' | 'running' | 'paused' | 'stopped';

/** state.json: of libcontainer's State what is needed here, under its names. */
export interface StoredState {
  readonly id: string;
  readonly init_process_pid: Pid;
  /** Ticks since boot, field 22 of /proc/PID/stat: tells a later process of the same number. */
  readonly init_process_start: number;
  /** RFC 3339. */
  readonly created: string;
  readonly config: {
    readonly version: string;
    readonly rootfs: Path;
    readonly labels: readonly string[];
    /** When there are some. */
    readonly hooks?: Hooks | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly cgroup_paths: Readonly<Record<string, Path>>;
}

export const stateDir = (root: Path, id: string): Path => `${root}/${id}`;
export const fifoPath = (root: Path, id: string): Path => `${stateDir(root, id)}/exec.fifo`;
export const bundleOf = (state: StoredState): Path =>
  state.config.labels.find((label) => label.startsWith('bundle='))?.slice('bundle='.length) ?? '';

/** With the files of the container's namespaces, which others read there. */
export function* saveState(root: Path, state: StoredState): Sys<void> {
  const all = { ...state, namespace_paths: namespacePaths(state.init_process_pid) };
  yield* writeText(`${stateDir(root, state.id)}/state.json`, JSON.stringify(all));
}

/** Throws RuntimeError when there is no such container. */
export function* loadState(root: Path, id: string): Sys<StoredState> {
  requireId(id);
  const text = yield* readText(`${stateDir(root, id)}/state.json`);
  if (text === null) throw new RuntimeError('container does not exist');
  return JSON.parse(text) as StoredState;
}

export function requireId(id: string): void {
  if (id === '') throw new RuntimeError('container id cannot be empty');
  if (!/^[A-Za-z0-9_+.-]+$/.test(id) || id === '.' || id === '..')
    throw new RuntimeError('invalid container ID format');
}

export function* containerIds(root: Path): Sys<string[]> {
  const ids: string[] = [];
  for (const id of yield* list(root))
    if ((yield* statOrNull(`${root}/${id}/state.json`)) !== null) ids.push(id);
  return ids;
}

/** State and start time of a process: fields 3 and 22 of /proc/PID/stat; null when there is none. */
export function* processStat(pid: Pid): Sys<{ state: string; start: number } | null> {
  try {
    const text = (yield* readText(`/proc/${pid}/stat`)) ?? '';
    const state = text.lastIndexOf(')') + 2;
    let start = state;
    for (let field = 3; field < 22; field++) {
      start = text.indexOf(' ', start) + 1;
      if (start === 0) return null;
    }
    return {
      state: text.slice(state, text.indexOf(' ', state)),
      start: Number.parseInt(text.slice(start), 10),
    };
  } catch (error) {
    if (isOsError(error, 'ESRCH')) return null;
    throw error;
  }
}

export function* isFrozen(state: StoredState): Sys<boolean> {
  const path = state.cgroup_paths[''];
  if (path === undefined) return false;
  return ((yield* readText(`${path}/cgroup.freeze`)) ?? '').trim() === '1';
}

export function* statusOf(root: Path, state: StoredState): Sys<RuntimeStatus> {
  const found = yield* processStat(state.init_process_pid);
  if (found === null || found.start !== state.init_process_start || 'ZX'.includes(found.state))
    return 'stopped';
  if (yield* isFrozen(state)) return 'paused';
  return (yield* statOrNull(fifoPath(root, state.id))) === null ? 'running' : 'created';
}

export function* forget(root: Path, id: string): Sys<void> {
  yield* removeTree(stateDir(root, id));
}

export function* readSpec(bundle: Path): Sys<RuntimeSpec> {
  const text = yield* readText(`${bundle}/config.json`);
  if (text === null) throw new RuntimeError('JSON specification file config.json not found');
  return parseAs<RuntimeSpec>(SPEC, text);
}
