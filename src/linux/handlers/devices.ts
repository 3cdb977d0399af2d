/** Devices: which of them a group's processes may open, by bpf(2), and the host's disk as a file system. */
import { OsError } from '../../base/index.ts';
import { type DeviceAccess, requireDevice } from '../cgroup/devices.ts';
import { groupOf } from '../cgroup/fs.ts';
import { ROOT_PARTITION } from '../cgroup/io.ts';
import { capableOnHost } from '../credentials/credentials.ts';
import { type FileSystem, type Inode, type MountRequest, walk } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { MS_NODEV, MS_RDONLY, O_ACCMODE, O_RDONLY, O_WRONLY } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import type { Handlers } from './types.ts';

export const deviceHandlers: Handlers<'bpfDevices'> = {
  bpfDevices(kernel, task, path, rules) {
    const { inode } = walk(kernel.vfsContext(task), path).dentry;
    if (!capableOnHost(task.credentials, 'CAP_SYS_ADMIN')) throw new OsError('EPERM');
    const group = groupOf(inode);
    if (group === null) throw new OsError('EINVAL');
    group.devices = rules.slice();
  },
};

/** EPERM where the task's group must not open the device like this. */
export function requireOpenable(task: Task, inode: Inode, flags: number): void {
  const mode = flags & O_ACCMODE;
  const accesses: DeviceAccess[] = mode === O_RDONLY ? ['r'] : mode === O_WRONLY ? ['w'] : ['r', 'w'];
  requireDevice(task.cgroup, inode.type === 'blk' ? 'b' : 'c', inode.stat().rdev, accesses);
}

/** The type ext4 of mount(2): a device has one file system, however often it is mounted. ENOTBLK, EACCES, EPERM, EINVAL. */
export function mountDisk(
  kernel: Kernel,
  disk: FileSystem,
  { source, lookup, flags }: MountRequest,
): FileSystem {
  const { mount, dentry } = lookup(source);
  const { inode } = dentry;
  if (inode.type !== 'blk') throw new OsError('ENOTBLK');
  if ((mount.flags & MS_NODEV) !== 0) throw new OsError('EACCES');
  const { rdev } = inode.stat();
  requireDevice(kernel.current!.cgroup, 'b', rdev, (flags & MS_RDONLY) === 0 ? ['r', 'w'] : ['r']);
  if (rdev.major !== ROOT_PARTITION.major) throw new OsError('ENXIO');
  // The whole disk begins with its table of partitions.
  if (rdev.minor !== ROOT_PARTITION.minor) throw new OsError('EINVAL');
  return disk;
}
