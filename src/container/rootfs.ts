/** Inside the container's new namespaces: from the mounted layers to the running program. What runc does, runtime-spec config.md. */
import { decodeUtf8, isOsError, strerror } from '../base/index.ts';
import {
  CLONE_NEWNET,
  MNT_DETACH,
  MS_BIND,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  O_RDONLY,
  readFile,
  S_IFCHR,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';
import { makeDirs, statOrNull, writeText } from './files.ts';
import { identityMounts } from './identity.ts';
import type { Container, MountPoint } from './model.ts';

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const devices: readonly (readonly [string, number, number])[] = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
];

const BAD_FORMAT = 'exec format error';

/** What a process in a container is started with. */
export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly tty: boolean;
}

function* enterNetwork(path: string): Sys<void> {
  const fd = yield* sys.open(path, O_RDONLY);
  yield* sys.setnsfd(fd, CLONE_NEWNET);
  yield* sys.close(fd);
}

/**
 * Enters the network namespace of the file `network` (empty: stays in the host's), mounts /proc, /dev, the container's volumes and its
 * identity files below `merged`, and makes that the root.
 */
export function* enterRoot(container: Container, merged: string, network: string): Sys<void> {
  if (network !== '') yield* enterNetwork(network);
  yield* sys.sethostname(container.Config.Hostname);
  yield* sys.mount('proc', `${merged}/proc`, 'proc', 0, '');
  yield* makeDev(`${merged}/dev`);
  const depth = (point: MountPoint) => point.Destination.split('/').length;
  const points = [...Object.values(container.MountPoints), ...identityMounts(container)];
  for (const point of points.sort((a, b) => depth(a) - depth(b))) yield* mountPoint(point, merged);
  const old = '/.pivot_root';
  yield* sys.mkdir(merged + old, 0o700);
  yield* sys.pivot_root(merged, merged + old);
  yield* sys.chdir('/');
  yield* sys.umount(old, MNT_DETACH);
  yield* sys.rmdir(old);
  if (container.HostConfig.ReadonlyRootfs) yield* sys.mount('none', '/', 'none', MS_REMOUNT | MS_RDONLY, '');
}

/** Mounts one of the container's volumes, directories or files below `merged`; its mount point is made when it is missing. */
export function* mountPoint(point: MountPoint, merged: string): Sys<void> {
  const target = merged + point.Destination;
  if (point.Type === 'tmpfs') {
    yield* makeDirs(target);
    yield* sys.mount('tmpfs', target, 'tmpfs', 0, '');
    return;
  }
  const isDir = ((yield* sys.stat(point.Source)).mode & 0o170000) === 0o040000;
  if ((yield* statOrNull(target)) === null) {
    yield* makeDirs(isDir ? target : target.slice(0, target.lastIndexOf('/')));
    if (!isDir) yield* writeText(target, '');
  }
  yield* sys.mount(point.Source, target, 'none', MS_BIND | MS_REC, '');
  if (!point.RW) yield* sys.mount('none', target, 'none', MS_BIND | MS_REMOUNT | MS_RDONLY, '');
}

function* makeDev(path: string): Sys<void> {
  yield* sys.mount('tmpfs', path, 'tmpfs', 0, 'mode=755,size=65536k');
  for (const [name, major, minor] of devices) {
    yield* sys.mknod(`${path}/${name}`, S_IFCHR | 0o666, { major, minor });
    yield* sys.chmod(`${path}/${name}`, 0o666);
  }
  yield* sys.mkdir(`${path}/pts`, 0o755);
  yield* sys.mount('/dev/pts', `${path}/pts`, 'none', MS_BIND, '');
  const links = {
    ptmx: 'pts/ptmx',
    fd: '/proc/self/fd',
    stdin: '/proc/self/fd/0',
    stdout: '/proc/self/fd/1',
    stderr: '/proc/self/fd/2',
  };
  for (const [name, target] of Object.entries(links)) yield* sys.symlink(target, `${path}/${name}`);
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: string;
}

function* database(path: string): Sys<string[][]> {
  try {
    return decodeUtf8(yield* readFile(path))
      .split('\n')
      .map((line) => line.split(':'));
  } catch (error) {
    if (isOsError(error)) return [];
    throw error;
  }
}

/** `name`, `uid`, `name:group`, `uid:gid`, by the container's own /etc/passwd. */
function* identity(user: string): Sys<Identity> {
  const [name = '', group] = (user === '' ? '0' : user).split(':');
  const account = (yield* database('/etc/passwd')).find((fields) => fields[0] === name || fields[2] === name);
  const groups = yield* database('/etc/group');
  if (account === undefined && !/^\d+$/.test(name)) {
    throw new Error(`unable to find user ${name}: no matching entries in passwd file`);
  }
  const named =
    group === undefined ? undefined : groups.find((fields) => fields[0] === group || fields[2] === group);
  const gid = named?.[2] ?? group ?? account?.[3] ?? '0';
  const member = groups
    .filter((fields) => (fields[3] ?? '').split(',').includes(account?.[0] ?? name))
    .map((fields) => Number(fields[2]));
  return { uid: Number(account?.[2] ?? name), gid: Number(gid), groups: member, home: account?.[5] ?? '/' };
}

/** Becomes the program of `spec`; returns the error's text when it cannot. */
export function* become(spec: ProcessSpec, hostname: string): Sys<string> {
  const command = spec.argv[0] ?? '';
  try {
    const who = yield* identity(spec.user);
    const env = new Map([
      ['PATH', DEFAULT_PATH],
      ['HOSTNAME', hostname],
      ...(spec.tty ? [['TERM', 'xterm'] as const] : []),
      ...spec.env.map((pair) => [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)] as const),
    ]);
    if (!env.has('HOME')) env.set('HOME', who.home);
    const dir = spec.workingDir === '' ? '/' : spec.workingDir;
    if ((yield* statOrNull(dir)) === null) yield* makeDirs(dir);
    yield* sys.chdir(dir);
    yield* sys.setgroups(who.groups);
    yield* sys.setgid(who.gid);
    yield* sys.setuid(who.uid);
    return yield* search(command, spec.argv, env);
  } catch (error) {
    if (isOsError(error)) return `exec: "${command}": ${strerror(error.code).toLowerCase()}`;
    return (error as Error).message;
  }
}

function* search(command: string, argv: readonly string[], env: ReadonlyMap<string, string>): Sys<string> {
  if (command.includes('/')) {
    try {
      yield* sys.execve(command, argv, env);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'ENOEXEC') return `exec ${command}: ${BAD_FORMAT}`;
      if (error.code !== 'EACCES')
        return `exec: "${command}": stat ${command}: ${strerror(error.code).toLowerCase()}`;
      const isDir = ((yield* sys.stat(command)).mode & 0o170000) === 0o040000;
      return `exec: "${command}": ${isDir ? 'is a directory' : 'permission denied'}`;
    }
  }
  for (const folder of (env.get('PATH') ?? DEFAULT_PATH).split(':')) {
    try {
      yield* sys.execve(`${folder}/${command}`, argv, env);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'ENOEXEC') return `exec ${folder}/${command}: ${BAD_FORMAT}`;
      if (error.code === 'EACCES') return `exec: "${command}": permission denied`;
    }
  }
  return `exec: "${command}": executable file not found in $PATH`;
}

/** The exit status of a container whose program could not be started. */
export function failureStatus(message: string): number {
  if (/permission denied|is a directory/.test(message)) return 126;
  return /executable file not found|no such file or directory/.test(message) ? 127 : 128;
}

/** Runs `enter`, then becomes the program; a failure is written to `status`, which closes by itself when all went well. */
export function* runInit(
  enter: () => Sys<void>,
  spec: ProcessSpec,
  hostname: string,
  status: number,
): Sys<number> {
  let message: string;
  try {
    yield* enter();
    message = yield* become(spec, hostname);
  } catch (error) {
    if (!isOsError(error)) throw error;
    message = `error during container init: ${error.message}`;
  }
  if (message.endsWith(BAD_FORMAT)) {
    // Found out by the last step, when the engine has been told that all is well.
    yield* sys.close(status);
    yield* writeAll(2, `${message}\n`);
    return 255;
  }
  yield* writeAll(status, message);
  return failureStatus(message);
}
