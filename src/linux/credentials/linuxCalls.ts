/** Which Linux system calls programs would make for those of this kernel: what seccomp filters name. */
import { type SignalName, signalNumber } from '../signals.ts';
import type { SyscallName, SyscallRequest } from '../syscalls.ts';

const ioctl = ['ioctl'];
const fcntl = ['fcntl', 'fcntl64'];
const stat = ['stat', 'lstat', 'newfstatat', 'statx', 'stat64', 'lstat64', 'fstatat64'];

/** Where the names differ, or there are several for the same; none: nothing that a real program would ask the kernel for. */
const names: Partial<Record<SyscallName, readonly string[]>> = {
  fork: ['fork', 'vfork', 'clone', 'clone3'],
  execve: ['execve', 'execveat'],
  exit: ['exit', 'exit_group'],
  wait4: ['wait4', 'waitid', 'waitpid'],
  setname: ['prctl'],
  nanosleep: ['nanosleep', 'clock_nanosleep'],
  compute: [],
  bpfDevices: ['bpf'],
  setrlimit: ['setrlimit', 'prlimit64'],
  getrlimit: ['getrlimit', 'prlimit64'],
  prlimit: ['prlimit64'],
  touch: [],
  alarm: ['alarm', 'setitimer'],
  sigaction: ['rt_sigaction', 'sigaction'],
  takeSignals: [],
  pause: ['pause', 'rt_sigsuspend'],
  sigprocmask: ['rt_sigprocmask', 'sigprocmask'],
  open: ['open', 'openat', 'openat2', 'creat'],
  pread: ['pread64', 'pread'],
  lseek: ['lseek', '_llseek'],
  mmap: ['mmap', 'mmap2'],
  fstat: ['fstat', 'fstat64', 'newfstatat', 'statx'],
  getdents: ['getdents', 'getdents64'],
  ftruncate: ['ftruncate', 'ftruncate64'],
  pipe: ['pipe', 'pipe2'],
  dupfd: fcntl,
  dup2: ['dup2', 'dup3'],
  setcloexec: fcntl,
  setnonblock: fcntl,
  poll: ['poll', 'ppoll', 'select', 'pselect6', 'epoll_wait'],
  stat,
  lstat: stat,
  access: ['access', 'faccessat', 'faccessat2'],
  mkdir: ['mkdir', 'mkdirat'],
  rmdir: ['rmdir', 'unlinkat'],
  unlink: ['unlink', 'unlinkat'],
  rename: ['rename', 'renameat', 'renameat2'],
  link: ['link', 'linkat'],
  symlink: ['symlink', 'symlinkat'],
  readlink: ['readlink', 'readlinkat'],
  mknod: ['mknod', 'mknodat'],
  chmod: ['chmod', 'fchmod', 'fchmodat', 'fchmodat2'],
  chown: ['chown', 'fchown', 'fchownat', 'chown32'],
  lchown: ['lchown', 'fchownat', 'lchown32'],
  truncate: ['truncate', 'truncate64'],
  utimensat: ['utimensat', 'utime', 'utimes', 'futimesat'],
  getxattr: ['getxattr', 'lgetxattr', 'fgetxattr'],
  setxattr: ['setxattr', 'lsetxattr', 'fsetxattr'],
  listxattr: ['listxattr', 'llistxattr', 'flistxattr'],
  removexattr: ['removexattr', 'lremovexattr', 'fremovexattr'],
  statfs: ['statfs', 'fstatfs', 'statfs64'],
  umount: ['umount', 'umount2'],
  msgrmid: ['msgctl'],
  shmrmid: ['shmctl'],
  semsetval: ['semctl'],
  semgetall: ['semctl'],
  semrmid: ['semctl'],
  setnsfd: ['setns'],
  tcgetattr: ioctl,
  tcsetattr: ioctl,
  tcgetpgrp: ioctl,
  tcsetpgrp: ioctl,
  tcgetwinsize: ioctl,
  tcsetwinsize: ioctl,
  tcsetctty: ioctl,
  openpty: ['open', 'openat'],
  accept: ['accept', 'accept4'],
  sendto: ['sendto', 'sendmsg', 'send'],
  recvmsg: ['recvmsg', 'recvfrom', 'recv'],
  recverr: ['recvmsg'],
};

const own = new Map<SyscallName, readonly string[]>();

/** Empty for what no filter sees. */
export function linuxNames(call: SyscallName): readonly string[] {
  const known = names[call] ?? own.get(call);
  if (known !== undefined) return known;
  const made = [call];
  own.set(call, made);
  return made;
}

const families: Readonly<Record<string, number>> = { inet: 2, inet6: 10, netlink: 16, packet: 17 };
const types: Readonly<Record<string, number>> = { stream: 1, dgram: 2, raw: 3 };

/** Arguments that are numbers, where the Linux call has them; pointers are 0. */
export function linuxArguments(request: SyscallRequest): readonly number[] {
  switch (request.call) {
    case 'fork':
      return [request.args[1]?.flags ?? 0];
    case 'setnsfd':
    case 'setns':
      return request.args;
    case 'mount':
      return [0, 0, 0, request.args[3], 0];
    case 'kill':
      return [request.args[0], request.args[1] === 0 ? 0 : signalNumber(request.args[1] as SignalName)];
    case 'socket': {
      const spec = request.args[0];
      if (spec === undefined) return [1, 1, 0];
      return [families[spec.family] ?? 0, types[spec.type] ?? 0, spec.protocol ?? 0];
    }
    default:
      return request.args.map((argument) => (typeof argument === 'number' ? argument : 0));
  }
}
