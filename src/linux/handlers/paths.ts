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
  stat: (kernel, task, ...args) => vfs.stat(kernel.vfsContext(task), ...args),
  lstat: (kernel, task, ...args) => vfs.lstat(kernel.vfsContext(task), ...args),
  access: (kernel, task, ...args) => vfs.access(kernel.vfsContext(task), ...args),
  mkdir: (kernel, task, ...args) => vfs.mkdir(kernel.vfsContext(task), ...args),
  rmdir: (kernel, task, ...args) => vfs.rmdir(kernel.vfsContext(task), ...args),
  unlink: (kernel, task, ...args) => vfs.unlink(kernel.vfsContext(task), ...args),
  rename: (kernel, task, ...args) => vfs.rename(kernel.vfsContext(task), ...args),
  link: (kernel, task, ...args) => vfs.link(kernel.vfsContext(task), ...args),
  symlink: (kernel, task, ...args) => vfs.symlink(kernel.vfsContext(task), ...args),
  readlink: (kernel, task, ...args) => vfs.readlink(kernel.vfsContext(task), ...args),
  mknod(kernel, task, path, mode, device) {
    const type = fileTypeOf(mode);
    const whiteout = type === 'chr' && device?.major === 0 && device.minor === 0;
    if ((type === 'chr' || type === 'blk') && device !== undefined && !whiteout)
      requireDevice(task.cgroup, type === 'blk' ? 'b' : 'c', device, ['m']);
    return vfs.mknod(kernel.vfsContext(task), path, mode, device);
  },
  chmod: (kernel, task, ...args) => vfs.chmod(kernel.vfsContext(task), ...args),
  chown: (kernel, task, ...args) => vfs.chown(kernel.vfsContext(task), ...args),
  lchown: (kernel, task, ...args) => vfs.lchown(kernel.vfsContext(task), ...args),
  truncate: (kernel, task, ...args) => vfs.truncate(kernel.vfsContext(task), ...args),
  utimensat: (kernel, task, ...args) => vfs.utimensat(kernel.vfsContext(task), ...args),
  getxattr: (kernel, task, ...args) => vfs.getxattr(kernel.vfsContext(task), ...args),
  setxattr: (kernel, task, ...args) => vfs.setxattr(kernel.vfsContext(task), ...args),
  listxattr: (kernel, task, ...args) => vfs.listxattr(kernel.vfsContext(task), ...args),
  removexattr: (kernel, task, ...args) => vfs.removexattr(kernel.vfsContext(task), ...args),
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
