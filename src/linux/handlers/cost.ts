/** How long a system call keeps a CPU: orders of magnitude of a small server, so that virtual times look like real ones. */
import type { Nanos } from '../../base/index.ts';
import type { SyscallName, SyscallRequest } from '../syscalls.ts';

const BASE: Nanos = 400;
const special: Partial<Record<SyscallName, Nanos>> = {
  fork: 60_000,
  execve: 250_000,
  mount: 20_000,
  umount: 20_000,
  pivot_root: 5_000,
  unshare: 10_000,
  open: 1_500,
  stat: 900,
  lstat: 900,
  getdents: 2_000,
};

/** Bytes are moved at 8 GB/s. */
export function costOf(request: SyscallRequest, reply: object): Nanos {
  const base = special[request.call] ?? BASE;
  // A page fault with a page to clear: half a microsecond.
  if (request.call === 'touch') return base + Math.floor(request.args[0] / 2 ** 13) * 1000;
  const moved = 'value' in reply ? reply.value : null;
  if (request.call === 'read' && moved instanceof Uint8Array) return base + Math.floor(moved.length / 8);
  if (request.call === 'write' && typeof moved === 'number') return base + Math.floor(moved / 8);
  return base;
}
