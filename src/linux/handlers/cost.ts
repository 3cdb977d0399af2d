/** How long a system call keeps a CPU: orders of magnitude of a small server, so that virtual times look like real ones. */
import type { Nanos } from '../../base/index.ts';
import type { SyscallRequest } from '../syscalls.ts';

const BASE: Nanos = 400;

/** A switch and no table: each step of each process comes here, and to look a name up in an object costs more than all of these cases. */
export function costOf(request: SyscallRequest, answer: unknown): Nanos {
  switch (request.call) {
    case 'read':
    case 'write':
      return BASE + timeToMove(answer);
    case 'open':
      return 1_500;
    case 'stat':
    case 'lstat':
      return 900;
    case 'mount':
    case 'umount':
      return 20_000;
    case 'fork':
      return 60_000;
    case 'execve':
      return 250_000;
    case 'getdents':
      return 2_000;
    case 'pivot_root':
      return 5_000;
    case 'unshare':
      return 10_000;
    case 'touch':
      // A page fault with a page to clear: half a microsecond.
      return BASE + Math.floor(request.args[0] / 2 ** 13) * 1000;
    default:
      return BASE;
  }
}

/** Of the bytes that a call has read, or written so many of: at 8 GB/s. */
function timeToMove(moved: unknown): Nanos {
  if (typeof moved === 'number') return Math.floor(moved / 8);
  return moved instanceof Uint8Array ? Math.floor(moved.length / 8) : 0;
}
