/** Calls on files by path, and the working directory. */
import { makeDev, O_ACCMODE, O_CREAT, R_OK, W_OK, X_OK } from '../../../../linux/index.ts';
import { ADDRESS, dated, type FlagTable, fileMode, flagNames, octal, statText } from '../values.ts';
import { type Formats, filled, shown } from './types.ts';

const accessModes = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];
const openFlags: FlagTable = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o10000, 'O_DSYNC'],
  [0o40000, 'O_DIRECT'],
  [0o400000, 'O_NOFOLLOW'],
  [0o2000000, 'O_CLOEXEC'],
  [0o200000, 'O_DIRECTORY'],
];

export function openFlagNames(flags: number): string {
  const rest = flagNames(flags & ~O_ACCMODE, openFlags, '');
  return `${accessModes[flags & O_ACCMODE]}${rest === '' ? '' : `|${rest}`}`;
}

const accessFlags: FlagTable = [
  [R_OK, 'R_OK'],
  [W_OK, 'W_OK'],
  [X_OK, 'X_OK'],
];

const mountFlags: FlagTable = [
  [1, 'ST_RDONLY'],
  [2, 'ST_NOSUID'],
  [4, 'ST_NODEV'],
  [8, 'ST_NOEXEC'],
];

const magics: Readonly<Record<string, string>> = {
  cgroup2: 'CGROUP2_SUPER_MAGIC',
  devpts: 'DEVPTS_SUPER_MAGIC',
  devtmpfs: 'TMPFS_MAGIC',
  ext4: 'EXT2_SUPER_MAGIC',
  overlay: 'OVERLAYFS_SUPER_MAGIC',
  proc: 'PROC_SUPER_MAGIC',
  sysfs: 'SYSFS_MAGIC',
  tmpfs: 'TMPFS_MAGIC',
};

/** NAME_MAX and PATH_MAX are what programs have room for; an attribute's value has XATTR_SIZE_MAX. */
const PATH_MAX = 4096;
const XATTR_SIZE_MAX = 65536;

type Calls =
  | 'open'
  | 'stat'
  | 'lstat'
  | 'access'
  | 'mkdir'
  | 'rmdir'
  | 'unlink'
  | 'rename'
  | 'link'
  | 'symlink'
  | 'readlink'
  | 'mknod'
  | 'chmod'
  | 'chown'
  | 'lchown'
  | 'truncate'
  | 'utimensat'
  | 'getxattr'
  | 'setxattr'
  | 'listxattr'
  | 'removexattr'
  | 'chdir'
  | 'getcwd'
  | 'chroot'
  | 'statfs';

export const pathFormats: Formats<Calls> = {
  open(show, done, path, flags, mode = 0) {
    const how = [show.cwd(), show.path(path), openFlagNames(flags)];
    const call = shown('openat', ...how, ...((flags & O_CREAT) === 0 ? [] : [octal(mode)]));
    return done === null ? call : { ...call, result: show.fd(done.value) };
  },
  stat: (show, done, path) =>
    filled(
      2,
      shown('newfstatat', show.cwd(), show.path(path), done ? statText(done.value) : ADDRESS, 0),
      '0',
    ),
  lstat: (show, done, path) => {
    const stat = done ? statText(done.value) : ADDRESS;
    return filled(2, shown('newfstatat', show.cwd(), show.path(path), stat, 'AT_SYMLINK_NOFOLLOW'), '0');
  },
  access: (show, _, path, mode) => shown('access', show.path(path), flagNames(mode, accessFlags, 'F_OK')),
  mkdir: (show, _, path, mode) => shown('mkdir', show.path(path), octal(mode)),
  rmdir: (show, _, path) => shown('rmdir', show.path(path)),
  unlink: (show, _, path) => shown('unlink', show.path(path)),
  rename: (show, _, from, to) => shown('rename', show.path(from), show.path(to)),
  link: (show, _, from, to) => shown('link', show.path(from), show.path(to)),
  symlink: (show, _, target, path) => shown('symlink', show.path(target), show.path(path)),
  readlink: (show, done, path) => {
    const target = done ? show.path(done.value) : ADDRESS;
    const call = filled(1, shown('readlink', show.path(path), target, PATH_MAX));
    return done === null ? call : { ...call, result: String(done.value.length) };
  },
  mknod(show, _, path, mode, device) {
    const number =
      device === undefined ? [] : [`makedev(0x${device.major.toString(16)}, 0x${device.minor.toString(16)})`];
    const isDevice = device !== undefined && makeDev(device) !== 0;
    return shown('mknodat', show.cwd(), show.path(path), fileMode(mode), ...(isDevice ? number : []));
  },
  chmod: (show, _, path, mode) => shown('chmod', show.path(path), octal(mode)),
  chown: (show, _, path, uid, gid) => shown('chown', show.path(path), uid, gid),
  lchown: (show, _, path, uid, gid) => shown('lchown', show.path(path), uid, gid),
  truncate: (show, _, path, size) => shown('truncate', show.path(path), size),
  utimensat(show, _, path, atime, mtime, follow = true) {
    const times = [atime, mtime].map((time) => (time === null ? 'UTIME_OMIT' : dated(time)));
    const flags = follow ? 0 : 'AT_SYMLINK_NOFOLLOW';
    const isNow = atime === null && mtime === null;
    return shown('utimensat', show.cwd(), show.path(path), isNow ? 'NULL' : `[${times.join(', ')}]`, flags);
  },
  getxattr(show, done, path, name) {
    const value = done ? show.text(done.value) : ADDRESS;
    const call = shown('getxattr', show.path(path), show.path(name), value, XATTR_SIZE_MAX);
    return filled(2, call, done ? String(done.value.length) : undefined);
  },
  setxattr: (show, _, path, name, value) =>
    shown('setxattr', show.path(path), show.path(name), show.text(value), value.length, 0),
  listxattr(show, done, path) {
    const names = done?.value.map((name) => `${name}\0`).join('') ?? '';
    const call = shown('listxattr', show.path(path), done ? show.text(names) : ADDRESS, XATTR_SIZE_MAX);
    return filled(1, call, done ? String(names.length) : undefined);
  },
  removexattr: (show, _, path, name) => shown('removexattr', show.path(path), show.path(name)),
  chdir: (show, _, path) => shown('chdir', show.path(path)),
  getcwd: (show, done) =>
    filled(
      0,
      shown('getcwd', done ? show.path(done.value) : ADDRESS, PATH_MAX),
      done ? String(done.value.length + 1) : undefined,
    ),
  chroot: (show, _, path) => shown('chroot', show.path(path)),
  statfs(show, done, path) {
    if (done === null) return filled(1, shown('statfs', show.path(path), ADDRESS));
    const { type, flags, blockSize, blocks, blocksFree, files, filesFree } = done.value;
    const fields = [
      `f_type=${magics[type] ?? ADDRESS}`,
      `f_bsize=${blockSize}`,
      `f_blocks=${blocks}`,
      `f_bfree=${blocksFree}`,
      `f_bavail=${blocksFree}`,
      `f_files=${files}`,
      `f_ffree=${filesFree}`,
      'f_namelen=255',
      `f_frsize=${blockSize}`,
      `f_flags=${['ST_VALID', flagNames(flags & 15, mountFlags, '')].filter((word) => word).join('|')}`,
    ];
    return filled(1, shown('statfs', show.path(path), `{${fields.join(', ')}}`), '0');
  },
};
