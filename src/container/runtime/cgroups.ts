/** A container's control group: cgroup v2 files from linux.resources, as runc's cgroupfs driver writes them. config-linux.md "Control groups". */
import { isOsError } from '../../base/index.ts';
import {
  type DeviceRule,
  O_WRONLY,
  type Path,
  type Pid,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { makeDirs, readText, statOrNull } from '../files.ts';
import { RuntimeError, type SpecResources } from './spec.ts';

const MOUNT = '/sys/fs/cgroup';

/** Where the group of `cgroupsPath` is; null on a host without cgroups. */
export function* cgroupDir(cgroupsPath: string): Sys<Path | null> {
  if ((yield* statOrNull(`${MOUNT}/cgroup.controllers`)) === null) return null;
  return MOUNT + (cgroupsPath.startsWith('/') ? cgroupsPath : `/${cgroupsPath}`);
}

export const wantsCpuset = ({ cpu }: SpecResources): boolean => Boolean(cpu?.cpus) || Boolean(cpu?.mems);

/** Makes the group with all groups above it, whose controllers it gets: that of processors' sets, as with systemd, only for who wants it. */
export function* makeCgroup(dir: Path, cpuset: boolean): Sys<void> {
  const names = dir.slice(MOUNT.length + 1).split('/');
  // Below the first group there are those that it passes on.
  const all = yield* controllersIn(`${MOUNT}/cgroup.controllers`);
  const offered = all.filter((controller) => cpuset || controller !== 'cpuset');
  let at: Path = MOUNT;
  for (const name of names) {
    const enabled = yield* controllersIn(`${at}/cgroup.subtree_control`);
    const missing = offered.filter((controller) => !enabled.includes(controller));
    if (missing.length > 0)
      yield* put(`${at}/cgroup.subtree_control`, missing.map((name) => `+${name}`).join(' '));
    at += `/${name}`;
    yield* makeDirs(at);
  }
}

function* controllersIn(path: Path): Sys<string[]> {
  const text = ((yield* readText(path)) ?? '').trimEnd();
  return text === '' ? [] : text.split(' ');
}

function* put(path: Path, value: string): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY);
  try {
    yield* writeAll(fd, value);
  } finally {
    yield* sys.close(fd);
  }
}

/** `0` joins with the caller itself. */
export function* joinCgroup(dir: Path, pid: Pid): Sys<void> {
  yield* put(`${dir}/cgroup.procs`, `${pid}`);
}

/** Shares of cgroup v1 (2 … 262144) as a weight of v2 (1 … 10000): runc's ConvertCPUSharesToCgroupV2Value. */
function weightOf(shares: number): number {
  return shares === 0 ? 0 : Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

/** A weight of v1 (10 … 1000) as one of v2 (1 … 10000): runc's ConvertBlkIOToIOWeightValue. */
const ioWeightOf = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990);

const orMax = (value: number) => (value < 0 ? 'max' : `${value}`);

/** File → what is written to it. */
function settings(resources: SpecResources): [string, string][] {
  const { memory, cpu, pids, blockIO } = resources;
  const all: [string, string][] = [];
  if (memory?.reservation !== undefined && memory.reservation !== 0)
    all.push(['memory.low', orMax(memory.reservation)]);
  if (memory?.limit !== undefined && memory.limit !== 0) all.push(['memory.max', orMax(memory.limit)]);
  if (memory?.swap !== undefined && memory.swap !== 0) {
    const swap = memory.swap < 0 ? -1 : memory.swap - (memory.limit ?? 0);
    all.push(['memory.swap.max', orMax(swap)]);
  }
  if (cpu?.shares !== undefined && cpu.shares !== 0) all.push(['cpu.weight', `${weightOf(cpu.shares)}`]);
  if ((cpu?.quota ?? 0) !== 0 || (cpu?.period ?? 0) !== 0) {
    const quota = cpu?.quota ?? 0;
    all.push(['cpu.max', `${quota > 0 ? quota : 'max'} ${cpu?.period || 100_000}`]);
  }
  if (cpu?.cpus) all.push(['cpuset.cpus', cpu.cpus]);
  if (cpu?.mems) all.push(['cpuset.mems', cpu.mems]);
  if (pids !== undefined && pids.limit !== 0) all.push(['pids.max', orMax(pids.limit)]);
  if (blockIO !== undefined) all.push(...blockSettings(blockIO));
  return all;
}

function blockSettings(blockIO: NonNullable<SpecResources['blockIO']>): [string, string][] {
  const all: [string, string][] = [];
  if ((blockIO.weight ?? 0) !== 0) all.push(['io.weight', `${ioWeightOf(blockIO.weight!)}`]);
  const throttles = [
    ['rbps', blockIO.throttleReadBpsDevice],
    ['wbps', blockIO.throttleWriteBpsDevice],
    ['riops', blockIO.throttleReadIOPSDevice],
    ['wiops', blockIO.throttleWriteIOPSDevice],
  ] as const;
  for (const [key, devices] of throttles)
    for (const { major, minor, rate } of devices ?? [])
      all.push(['io.max', `${major}:${minor} ${key}=${rate === 0 ? 'max' : rate}`]);
  return all;
}

/** Writes the limits. Throws RuntimeError for one that this host does not have or does not take. */
export function* applyResources(dir: Path | null, resources: SpecResources): Sys<void> {
  for (const [file, value] of settings(resources)) {
    if (dir === null)
      throw new RuntimeError(
        `unable to apply cgroup configuration: this host has no cgroup file system for ${file}`,
      );
    try {
      yield* put(`${dir}/${file}`, value);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new RuntimeError(`failed to write "${value}" to "${dir}/${file}": ${error.message}`);
    }
  }
}

const device = (major: number, minor: number): DeviceRule => ({
  ...{ allow: true, type: 'c', major, minor, access: 'rwm' },
});

/** What every container may have, whatever config.json says: runc's specconv.AllowedDevices, with the terminals below /dev/pts. */
const ALLOWED_ALWAYS: readonly DeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...[device(1, 3), device(1, 8), device(1, 7), device(5, 0), device(1, 5), device(1, 9)],
  ...[device(136, -1), device(5, 2), device(10, 200)],
];

/** From now on the group's processes may only open the devices that the rules allow. */
export function* limitDevices(dir: Path, rules: readonly DeviceRule[] = []): Sys<void> {
  yield* sys.bpfDevices(dir, [...rules, ...ALLOWED_ALWAYS]);
}

export function* setFrozen(dir: Path, frozen: boolean): Sys<void> {
  yield* put(`${dir}/cgroup.freeze`, frozen ? '1' : '0');
}

/** Numbers of the processes in the group and those below it. */
export function* processesIn(dir: Path): Sys<Pid[]> {
  const text = (yield* readText(`${dir}/cgroup.procs`)) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

export function* killAll(dir: Path): Sys<void> {
  if ((yield* statOrNull(`${dir}/cgroup.kill`)) !== null) yield* put(`${dir}/cgroup.kill`, '1');
}

/** Takes the group away; one that is gone, or in which somebody still is, is left. */
export function* removeCgroup(dir: Path): Sys<void> {
  try {
    yield* sys.rmdir(dir);
  } catch (error) {
    if (!isOsError(error, 'ENOENT', 'EBUSY')) throw error;
  }
}

/** Whether the kernel has killed a process of the group because of its memory limit: `oom_kill` of memory.events. */
export function* wasKilledForMemory(dir: Path | undefined): Sys<boolean> {
  if (dir === undefined) return false;
  const text = (yield* readText(`${dir}/memory.events`)) ?? '';
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
}
