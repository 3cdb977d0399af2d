/** File system calls by path: the VFS does them, in the caller's context. */

import { OsError } from '../../base/index.ts';
import { requireDevice } from '../cgroup/devices.ts';
import { requireCapable } from '../credentials/credentials.ts';
import { fileTypeOf, MAY_EXEC, pathOf, pathWithin, requireAccess, vfs } from '../fs/index.ts';
import type { Handlers } from './types.ts';

type Calls =
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
  | 'fchdir'
  | 'getcwd'
  | 'chroot'
  | 'statfs';

export const pathHandlers: Handlers<Calls> = {
  stat: (kernel, task, path) => vfs.answerStat(kernel.vfsContext(task), path, true),
  lstat: (kernel, task, path) => vfs.answerStat(kernel.vfsContext(task), path, false),
  access: (kernel, task, path, mode) => vfs.access(kernel.vfsContext(task), path, mode),
  mkdir: (kernel, task, path, mode) => vfs.answerMkdir(kernel.vfsContext(task), path, mode),
  rmdir: (kernel, task, path) => vfs.rmdir(kernel.vfsContext(task), path),
  unlink: (kernel, task, path) => vfs.unlink(kernel.vfsContext(task), path),
  rename: (kernel, task, from, to) => vfs.rename(kernel.vfsContext(task), from, to),
  link: (kernel, task, from, to) => vfs.link(kernel.vfsContext(task), from, to),
  symlink: (kernel, task, target, path) => vfs.symlink(kernel.vfsContext(task), target, path),
  readlink: (kernel, task, path) => vfs.readlink(kernel.vfsContext(task), path),
  mknod(kernel, task, path, mode, device) {
    const type = fileTypeOf(mode);
    const isDevice = type === 'chr' || type === 'blk';
    // Both are in one number of 32 bits: the C library refuses what does not fit.
    if (isDevice && device !== undefined && (device.major >= 2 ** 12 || device.minor >= 2 ** 20))
      throw new OsError('EINVAL');
    const whiteout = type === 'chr' && device?.major === 0 && device.minor === 0;
    if (isDevice && device !== undefined && !whiteout)
      requireDevice(task.cgroup, type === 'blk' ? 'b' : 'c', device, ['m']);
    return vfs.mknod(kernel.vfsContext(task), path, mode, device);
  },
  chmod: (kernel, task, path, mode) => vfs.chmod(kernel.vfsContext(task), path, mode),
  chown: (kernel, task, path, uid, gid) => vfs.chown(kernel.vfsContext(task), path, uid, gid),
  lchown: (kernel, task, path, uid, gid) => vfs.lchown(kernel.vfsContext(task), path, uid, gid),
  truncate: (kernel, task, path, size) => vfs.truncate(kernel.vfsContext(task), path, size),
  utimensat: (kernel, task, path, atime, mtime, follow) =>
    vfs.utimensat(kernel.vfsContext(task), path, atime, mtime, follow),
  getxattr: (kernel, task, path, name) => vfs.getxattr(kernel.vfsContext(task), path, name),
  setxattr: (kernel, task, path, name, value) => vfs.setxattr(kernel.vfsContext(task), path, name, value),
  listxattr: (kernel, task, path) => vfs.listxattr(kernel.vfsContext(task), path),
  removexattr: (kernel, task, path, name) => vfs.removexattr(kernel.vfsContext(task), path, name),
  chdir(kernel, task, path) {
    task.cwd = vfs.directory(kernel.vfsContext(task), path);
  },
  fchdir(_, task, fd) {
    const { location } = task.fds.get(fd);
    if (location?.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
    requireAccess(task.credentials, location.dentry.inode, MAY_EXEC);
    task.cwd = location;
  },
  getcwd(_, task) {
    if (task.cwd.dentry.deleted) throw new OsError('ENOENT');
    const { cwd, root } = task;
    return pathWithin(cwd, root) ?? `(unreachable)${pathOf(cwd, root)}`;
  },
  chroot(kernel, task, path) {
    const root = vfs.directory(kernel.vfsContext(task), path);
    requireCapable(task.credentials, task.credentials.userNs, 'CAP_SYS_CHROOT');
    task.root = root;
  },
  statfs: (kernel, task, path) => vfs.statfs(kernel.vfsContext(task), path),
};
