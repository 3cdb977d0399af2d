/** devtmpfs: device nodes by their numbers in Documentation/admin-guide/devices.txt. What they do is the kernel's drivers' business. */
import { MemFs } from './memfs.ts';
import type { MountRequest } from './mountTable.ts';
import { type FileTree, populate } from './populate.ts';

const chr = (major: number, minor: number, mode = 0o666) => ({
  type: 'chr' as const,
  rdev: { major, minor },
  mode,
});

const blk = (major: number, minor: number) => ({
  type: 'blk' as const,
  rdev: { major, minor },
  mode: 0o660,
  gid: 6,
});

const nodes: FileTree = {
  '/vda': blk(254, 0),
  '/vda1': blk(254, 1),
  '/null': chr(1, 3),
  '/zero': chr(1, 5),
  '/full': chr(1, 7),
  '/random': chr(1, 8),
  '/urandom': chr(1, 9),
  '/tty': chr(5, 0),
  '/console': chr(5, 1, 0o600),
  '/ptmx': chr(5, 2),
  '/pts': { type: 'dir', mode: 0o755 },
  '/shm': { type: 'dir', mode: 0o1777 },
  '/fd': { target: '/proc/self/fd' },
  '/stdin': { target: '/proc/self/fd/0' },
  '/stdout': { target: '/proc/self/fd/1' },
  '/stderr': { target: '/proc/self/fd/2' },
};

export function makeDevFs(request: Pick<MountRequest, 'dev' | 'clock'>): MemFs {
  const fs = new MemFs({ type: 'devtmpfs', dev: request.dev, clock: request.clock });
  populate(fs.root, nodes);
  return fs;
}
