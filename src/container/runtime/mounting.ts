/** A container's root: mounts of config.json below the root file system, devices, pivot_root(2), masked and read-only paths. config.md "Mounts", config-linux.md "Default Filesystems". */
import { type Errno, isOsError, OsError, strerror } from '../../base/index.ts';
import {
  type DeviceNumber,
  MNT_DETACH,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  O_CREAT,
  O_WRONLY,
  type Path,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  type Sys,
  sys,
} from '../../linux/index.ts';
import { makeDirs, resolveWithin, statOrNull, unlessMissing } from '../files.ts';
import { RuntimeError, type RuntimeSpec, type SpecMount } from './spec.ts';

/** mount(8)'s words that are flags of mount(2); what is not here is the file system's own. */
const mountFlags: Readonly<Record<string, number>> = {
  ro: MS_RDONLY,
  nosuid: MS_NOSUID,
  nodev: MS_NODEV,
  noexec: MS_NOEXEC,
  bind: MS_BIND,
  rbind: MS_BIND | MS_REC,
};
/** Words without an effect here: their opposite is not simulated, or they are the default. */
const plain = new Set(
  [
    'rw suid dev exec atime relatime strictatime noatime nodiratime'.split(' '),
    'private rprivate slave rslave async defaults newinstance nocopy z Z'.split(' '),
  ].flat(),
);

export interface MountOptions {
  readonly flags: number;
  /** The file system's own options. */
  readonly data: string;
}

export function parseMountWords(words: readonly string[]): MountOptions {
  let flags = 0;
  const data: string[] = [];
  for (const word of words) {
    const flag = mountFlags[word];
    if (flag !== undefined) flags |= flag;
    else if (!plain.has(word)) data.push(word);
  }
  return { flags, data: data.join(',') };
}

const standardDevices: readonly { readonly path: Path; readonly device: DeviceNumber }[] = [
  { path: '/dev/null', device: { major: 1, minor: 3 } },
  { path: '/dev/random', device: { major: 1, minor: 8 } },
  { path: '/dev/full', device: { major: 1, minor: 7 } },
  { path: '/dev/tty', device: { major: 5, minor: 0 } },
  { path: '/dev/zero', device: { major: 1, minor: 5 } },
  { path: '/dev/urandom', device: { major: 1, minor: 9 } },
];

const standardLinks: readonly { readonly path: Path; readonly target: string }[] = [
  { path: '/dev/fd', target: '/proc/self/fd' },
  { path: '/dev/stdin', target: '/proc/self/fd/0' },
  { path: '/dev/stdout', target: '/proc/self/fd/1' },
  { path: '/dev/stderr', target: '/proc/self/fd/2' },
  { path: '/dev/ptmx', target: 'pts/ptmx' },
];

/** In the container's mount namespace: everything of config.json below `rootfs`, and then that as the root; `before` is done between. */
export function* prepareRoot(spec: RuntimeSpec, rootfs: Path, before: () => Sys<void>): Sys<void> {
  yield* sys.mount('', '/', '', MS_PRIVATE | MS_REC, '');
  if (!(yield* isMountPoint(rootfs))) yield* sys.mount(rootfs, rootfs, 'bind', MS_BIND | MS_REC, '');
  let makesDev = true;
  for (const mount of spec.mounts ?? []) {
    const destination = absolute(mount.destination);
    const bindsDev = destination === '/dev' && (parseMountWords(mount.options ?? []).flags & MS_BIND) !== 0;
    if (bindsDev) makesDev = false;
    yield* mountOne(mount, destination, rootfs);
  }
  if (makesDev) yield* makeDevices(spec, rootfs);
  yield* before();
  yield* pivotInto(rootfs);
}

const absolute = (path: string) => (path.startsWith('/') ? path : `/${path}`);

function* isMountPoint(path: Path): Sys<boolean> {
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  return (yield* sys.stat(path)).dev !== (yield* sys.stat(parent)).dev;
}

/** Where `path` is below `rootfs`: links on the way lead nowhere outside of that, as in runc's use of filepath-securejoin. */
function* inside(rootfs: Path, path: string): Sys<Path> {
  const resolved = yield* resolveWithin(rootfs, path, 255);
  if (resolved === null) throw new RuntimeError(`${path}: too many levels of symbolic links`);
  return `${rootfs}/${resolved}`;
}

function* mountOne(mount: SpecMount, destination: string, rootfs: Path): Sys<void> {
  const { flags, data } = parseMountWords(mount.options ?? []);
  const source = mount.source ?? '';
  const target = yield* inside(rootfs, destination);
  try {
    if ((flags & MS_BIND) !== 0)
      return yield* bindMount(source, target, (flags & MS_RDONLY) !== 0, flags & MS_REC);
    const type = mount.type === 'cgroup' ? 'cgroup2' : (mount.type ?? '');
    if (failedWith('ENOENT', yield* sys.mount(source, target, type, flags, data).orError())) {
      yield* makeDirs(target);
      yield* sys.mount(source, target, type, flags, data);
    }
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RuntimeError(
      `error mounting "${source}" to rootfs at "${destination}": ${mountFailure(mount, source, target, flags, error)}`,
    );
  }
}

/** Whether the answer of a call is the error `code`. Throws other errors. */
function failedWith(code: Errno, answer: unknown): boolean {
  if (!(answer instanceof OsError)) return false;
  if (answer.code !== code) throw answer;
  return true;
}

function mountFailure(
  mount: SpecMount,
  source: string,
  target: string,
  flags: number,
  error: OsError,
): string {
  const why = strerror(error.code).toLowerCase();
  if ((flags & MS_BIND) !== 0 && error.code === 'ENOENT') return `stat ${source}: ${why}`;
  return `mount src=${source}, dst=${target}, dstFd=/proc/thread-self/fd/8${flags === 0 ? '' : `, flags=0x${flags.toString(16)}`}${mount.type === undefined ? '' : `, type=${mount.type}`}: ${why}`;
}

/** Binds a directory or a file; its mount point is made when it is missing. */
export function* bindMount(source: Path, target: Path, readOnly: boolean, more = MS_REC): Sys<void> {
  if (failedWith('ENOENT', yield* sys.mount(source, target, 'bind', MS_BIND | more, '').orError())) {
    yield* makeMountPoint(source, target);
    yield* sys.mount(source, target, 'bind', MS_BIND | more, '');
  }
  if (readOnly) yield* sys.mount('', target, '', MS_BIND | MS_REMOUNT | MS_RDONLY, '');
}

/** A directory or an empty file, as `source` is one. */
function* makeMountPoint(source: Path, target: Path): Sys<void> {
  const isDir = ((yield* sys.stat(source)).mode & 0o170000) === 0o040000;
  yield* makeDirs(isDir ? target : target.slice(0, target.lastIndexOf('/')));
  if (!isDir) yield* sys.close(yield* sys.open(target, O_WRONLY | O_CREAT, 0o755));
}

const kinds: Readonly<Record<string, number>> = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO };

function* makeDevices(spec: RuntimeSpec, rootfs: Path): Sys<void> {
  const dev = `${rootfs}/dev`;
  if ((yield* statOrNull(dev)) === null) yield* makeDirs(dev);
  const mask = yield* sys.umask(0);
  for (const { path, device } of standardDevices) yield* makeDevice(rootfs, path, S_IFCHR | 0o666, device);
  for (const device of spec.linux?.devices ?? []) {
    const kind = kinds[device.type];
    if (kind === undefined) throw new RuntimeError(`invalid device type: ${device.type}`);
    const { path, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0 } = device;
    yield* makeDirs(rootfs + path.slice(0, path.lastIndexOf('/')));
    yield* makeDevice(rootfs, path, kind | (fileMode & 0o7777), { major, minor });
    yield* sys.chown(rootfs + path, uid, gid);
  }
  yield* sys.umask(mask);
  // What is there already stays.
  for (const { path, target } of standardLinks)
    failedWith('EEXIST', yield* sys.symlink(target, rootfs + path).orError());
}

/** The host's own is bound where devices cannot be made: in a user namespace. */
function* makeDevice(rootfs: Path, path: Path, mode: number, device: DeviceNumber): Sys<void> {
  const failure = (yield* sys.mknod(rootfs + path, mode, device).orError()) ?? null;
  if (failure === null || failure.code === 'EEXIST') return;
  if (failure.code !== 'EPERM') throw failure;
  yield* bindMount(path, rootfs + path, false, 0);
}

function* pivotInto(rootfs: Path): Sys<void> {
  const old = `${rootfs}/.pivot_root`;
  yield* sys.mkdir(old, 0o700);
  yield* sys.pivot_root(rootfs, old);
  yield* sys.chdir('/');
  yield* sys.umount('/.pivot_root', MNT_DETACH);
  yield* sys.rmdir('/.pivot_root');
}

/** After the root has changed: what must not be written, or not be seen, of /proc and /sys. */
export function* protectPaths(spec: RuntimeSpec): Sys<void> {
  if (spec.root?.readonly === true) yield* sys.mount('', '/', '', MS_BIND | MS_REMOUNT | MS_RDONLY, '');
  for (const path of spec.linux?.readonlyPaths ?? []) {
    if (unlessMissing(yield* sys.lstat(path).orError()) === null) continue;
    yield* sys.mount(path, path, '', MS_BIND | MS_REC, '');
    // A remount that says nothing of them would take them away.
    const kept = (yield* sys.statfs(path)).flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC);
    yield* sys.mount('', path, '', MS_BIND | MS_REMOUNT | MS_RDONLY | kept, '');
  }
  for (const path of spec.linux?.maskedPaths ?? []) {
    const stat = unlessMissing(yield* sys.lstat(path).orError());
    if (stat === null) continue;
    if ((stat.mode & 0o170000) === 0o040000) yield* sys.mount('tmpfs', path, 'tmpfs', MS_RDONLY, '');
    else yield* sys.mount('/dev/null', path, '', MS_BIND, '');
  }
}
