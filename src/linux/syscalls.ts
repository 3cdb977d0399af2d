/**
 * The system calls of a simulated host: one table from name to signature. Names and meanings are Linux' (section 2 of the
 * manual pages); arguments are decoded JavaScript values. A program uses the helpers of `sys.ts`; the kernel answers from one
 * exhaustive table of handlers (`handlers/`).
 */
import type { ByteRange, Nanos } from '../base/index.ts';
import type { DeviceRule } from './cgroup/devices.ts';
import type { CapabilitySets } from './credentials/capabilities.ts';
import type { SeccompFilter } from './credentials/seccompFilter.ts';
import type { DeviceNumber, DirEntry, Stat, Timespec } from './fs/types.ts';
import type { PrctlOptions } from './prctl.ts';
import type { ProgramContext, Sys } from './program.ts';
import type { SignalName } from './signals.ts';
import type { Limit, ResourceName } from './tasks/limits.ts';
import type { PtraceAnswer, PtraceRequest } from './tracing/types.ts';

export * from './flags.ts';
export type { PrctlOptions } from './prctl.ts';

/** Relative to the working directory, as AT_FDCWD. */
export type Path = string;
export type Fd = number;
export type Pid = number;

/** What wait4(2) tells. `pid` 0: nothing yet (WNOHANG). */
export interface WaitStatus {
  readonly pid: Pid;
  readonly state:
    | { readonly kind: 'exited'; readonly code: number }
    | { readonly kind: 'signaled'; readonly signal: SignalName }
    /** `trap`, for a tracer alone: at a call (PTRACE_O_TRACESYSGOOD), or as PTRACE_EVENT_STOP; without it, for a signal. */
    | { readonly kind: 'stopped'; readonly signal: SignalName; readonly trap?: 'syscall' | 'event' }
    | { readonly kind: 'continued' }
    | { readonly kind: 'none' };
  /** What of its processor time the kernel took (ru_stime), for a tracer. */
  readonly systemTime?: Nanos;
}

/** termios(3), the part that is simulated. */
export interface Termios {
  /** c_lflag */
  readonly icanon: boolean;
  readonly echo: boolean;
  readonly isig: boolean;
  readonly iexten: boolean;
  readonly tostop: boolean;
  /** c_iflag */
  readonly icrnl: boolean;
  /** c_oflag: OPOST with ONLCR */
  readonly opost: boolean;
}

export interface WindowSize {
  readonly rows: number;
  readonly cols: number;
}

export interface PollRequest {
  readonly fd: Fd;
  readonly events: 'in' | 'out' | 'inout';
}
export interface PollReply {
  readonly fd: Fd;
  readonly in: boolean;
  readonly out: boolean;
  /** POLLHUP or POLLERR: the other side is gone. */
  readonly hup: boolean;
}

/** Where lseek(2) counts from; `data` and `hole`: the next of its kind at or after the offset (SEEK_DATA, SEEK_HOLE). */
export type Whence = 'set' | 'cur' | 'end' | 'data' | 'hole';

/** A file in a task's memory: reading it is no system call. */
export interface FileMapping {
  /** At most `length` bytes: fewer at the end of the file. */
  read(offset: number, length: number): Uint8Array;
  /** The first range with stored data that ends after `offset`; null when a hole reaches to the end. */
  dataFrom(offset: number): ByteRange | null;
}

/** An address of ip(7), or of packet(7): a device by its index, 0 for all, and an EtherType in network order, 0 for the socket's own. */
export type SocketAddress =
  | { readonly family: 'inet'; readonly address: number; readonly port: number }
  | {
      readonly family: 'packet';
      readonly device: number;
      readonly protocol?: number;
      /** sll_pkttype of what was received. */
      readonly kind?: 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing';
    };

/** What socket(2) is asked for. */
export interface SocketSpec {
  readonly family: 'inet' | 'packet' | 'netlink';
  readonly type: 'stream' | 'dgram' | 'raw';
  /** Default 0. */
  readonly protocol?: number;
}

/** What recvmsg(2) gives. */
export interface Received {
  readonly data: Uint8Array;
  readonly from: SocketAddress;
  /** When it came, in virtual nanoseconds (SO_TIMESTAMPNS). */
  readonly time: Nanos;
  /** Of the packet, where IP_RECVTTL is set. */
  readonly ttl?: number;
}

/** What recvmsg(2) gives of the error queue, with ip(7)'s sock_extended_err of an ICMP error. */
export interface ReceivedError {
  readonly type: number;
  readonly code: number;
  /** The MTU of "fragmentation needed", in bytes. */
  readonly mtu: number;
  /** Who told, and whom the message was for. */
  readonly offender: number;
  readonly destination: number;
  /** Of the message that was sent, at least eight bytes. */
  readonly data: Uint8Array;
}

/** What a task does with a signal: SIG_DFL, SIG_IGN, or have it kept until the program takes it (see `takeSignals`). */
export type Disposition = 'default' | 'ignore' | 'catch';

export interface Uname {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
}

export interface ForkOptions {
  /** CLONE_NEW* flags of the child. */
  readonly flags?: number;
}

/** System call → (arguments) → result. Every one may throw OsError. Blocking ones throw EINTR when a caught signal arrives. */
export interface Syscalls {
  // processes
  /** The child runs `main` with copies of descriptors, directory, credentials, signal dispositions. Returns the child's pid. */
  fork(main: (context: ProgramContext) => Sys<number>, options?: ForkOptions): Pid;
  /** Replaces the program; returns only by failing. Follows `#!`; ENOEXEC for what is neither that nor a program. */
  execve(path: Path, argv: readonly string[], env: ReadonlyMap<string, string>): never;
  exit(status: number): never;
  wait4(pid: number, options?: number): WaitStatus;
  getpid(): Pid;
  getppid(): Pid;
  getpgid(pid: Pid): Pid;
  setpgid(pid: Pid, pgid: Pid): void;
  getsid(pid: Pid): Pid;
  setsid(): Pid;
  /** Names the thread, as prctl(PR_SET_NAME). */
  setname(name: string): void;
  nanosleep(duration: Nanos): void;
  /** Keeps a CPU busy for `duration`, preemptible: what a computation costs. */
  compute(duration: Nanos): void;
  clock_gettime(clock: 'realtime' | 'monotonic' | 'boottime'): Timespec;
  /** Random bytes from the host's own source, the one behind /dev/urandom. */
  getrandom(count: number): Uint8Array;
  /** CPU time of this task and of its waited-for children. */
  times(): { readonly self: Nanos; readonly children: Nanos };
  /** `hard` is the soft limit too, when it is not given. EINVAL, EPERM. */
  setrlimit(resource: ResourceName, soft: number, hard?: number): void;
  getrlimit(resource: ResourceName): Limit;
  /** Of the process `pid`, 0 for the caller: what it was, and with `limit` sets it. */
  prlimit(pid: Pid, resource: ResourceName, limit?: Limit): Limit;
  sched_yield(): void;
  /** The nice value of the process `pid`, 0 for the caller: -20 … 19. */
  getpriority(pid: Pid): number;
  /** EACCES for less than it is, but for CAP_SYS_NICE; values beyond the range are its end. */
  setpriority(pid: Pid, nice: number): void;
  /** The process `pid`, 0 for the caller, runs on these processors only, as far as its cgroup has them. EINVAL: on none. EPERM, ESRCH. */
  sched_setaffinity(pid: Pid, cpus: readonly number[]): void;
  /** The processors on which it may run, in order. */
  sched_getaffinity(pid: Pid): readonly number[];

  // memory
  /** Moves the end of the data segment by `change` bytes and gives its new size; what is new is not resident. ENOMEM at a limit. */
  brk(change: number): number;
  /** Writes to so many bytes of the data segment for the first time: page faults. Who finds no memory may be killed for it. */
  touch(bytes: number): void;
  /** The kernel log (syslog(2)); `clear` empties it after reading. */
  syslog(clear?: boolean): string;

  // signals
  /** pid > 0: that process; 0: own process group; < -1: group -pid; -1: all one may signal. signal 0 tests existence. */
  kill(pid: number, signal: SignalName | 0): void;
  sigaction(signal: SignalName, disposition: Disposition): Disposition;
  /** Takes the caught signals that have arrived since the last call, in order. */
  takeSignals(): readonly SignalName[];
  /** ALRM after `delay`, 0 for none; what was left of the last one. */
  alarm(delay: Nanos): Nanos;
  /** Sleeps until a caught signal arrives (then returns) or a fatal one kills. */
  pause(): void;
  sigprocmask(how: 'block' | 'unblock' | 'set', signals: readonly SignalName[]): readonly SignalName[];

  // credentials
  getuid(): number;
  geteuid(): number;
  getgid(): number;
  getegid(): number;
  getgroups(): readonly number[];
  /** Real, effective and saved. */
  getresuid(): readonly [number, number, number];
  getresgid(): readonly [number, number, number];
  setuid(uid: number): void;
  /** -1 leaves one as it is. */
  setresuid(uid: number, euid: number, suid: number): void;
  setgid(gid: number): void;
  setresgid(gid: number, egid: number, sgid: number): void;
  setgroups(groups: readonly number[]): void;
  umask(mask: number): number;
  /** Of the process `pid`, 0 for the caller. */
  capget(pid: Pid): Pick<CapabilitySets, 'permitted' | 'effective' | 'inheritable'>;
  /**
   * With `bounding` and `ambient` as by prctl(2)'s PR_CAPBSET_DROP and PR_CAP_AMBIENT_* for each capability before and after, in one call; EPERM
   * where one of these fails.
   */
  capset(
    sets: Pick<CapabilitySets, 'permitted' | 'effective' | 'inheritable'> & Partial<CapabilitySets>,
  ): void;
  /** Adds a filter to those that the process has. EACCES without no_new_privs and CAP_SYS_ADMIN. */
  seccomp(filter: SeccompFilter): void;
  /**
   * bpf(2), BPF_PROG_ATTACH of a BPF_CGROUP_DEVICE program made of the rules to the group of a directory. EPERM without CAP_SYS_ADMIN,
   * EINVAL for what is no group.
   */
  bpfDevices(group: Path, rules: readonly DeviceRule[]): void;
  /** `data`: for PTRACE_SEIZE options, for PTRACE_SYSCALL and PTRACE_DETACH the signal to deliver. EPERM, ESRCH for what has not stopped for the caller. */
  ptrace(request: PtraceRequest, pid: Pid, data?: number | SignalName): PtraceAnswer;
  prctl<K extends keyof PrctlOptions>(option: K, argument: PrctlOptions[K]): number;

  // descriptors
  open(path: Path, flags: number, mode?: number): Fd;
  close(fd: Fd): void;
  /** At most `count` bytes; an empty array is end of file. */
  read(fd: Fd, count: number): Uint8Array;
  write(fd: Fd, data: Uint8Array): number;
  pread(fd: Fd, count: number, offset: number): Uint8Array;
  lseek(fd: Fd, offset: number, whence: Whence): number;
  /** The whole file as it is at each look (PROT_READ, MAP_SHARED); it stays when the descriptor is closed. */
  mmap(fd: Fd): FileMapping;
  fstat(fd: Fd): Stat;
  /** All entries that are left, with `.` and `..`; empty at the end. */
  getdents(fd: Fd): readonly DirEntry[];
  ftruncate(fd: Fd, size: number): void;
  fsync(fd: Fd): void;
  /** All file systems of the mount namespace. */
  sync(): void;
  /** As pipe2(2), with O_CLOEXEC and O_NONBLOCK. */
  pipe(flags?: number): readonly [Fd, Fd];
  /** Closes what is open from `first` to `last`; with CLOSE_RANGE_CLOEXEC only when the process calls execve. */
  close_range(first: Fd, last: Fd, flags?: number): void;
  dup(fd: Fd): Fd;
  /** As fcntl F_DUPFD: the lowest free descriptor ≥ `min`. */
  dupfd(fd: Fd, min: number): Fd;
  dup2(fd: Fd, to: Fd): Fd;
  setcloexec(fd: Fd, on: boolean): void;
  setnonblock(fd: Fd, on: boolean): void;
  poll(fds: readonly PollRequest[], timeout: Nanos | null): readonly PollReply[];
  /** A driver's own request, by name, with an argument and an answer of its own; ENOTTY when the file has no such. */
  ioctl(fd: Fd, request: string, argument: unknown): unknown;

  // files by path
  stat(path: Path): Stat;
  lstat(path: Path): Stat;
  access(path: Path, mode: number): void;
  mkdir(path: Path, mode: number): void;
  rmdir(path: Path): void;
  unlink(path: Path): void;
  rename(from: Path, to: Path): void;
  link(from: Path, to: Path): void;
  symlink(target: string, path: Path): void;
  readlink(path: Path): string;
  mknod(path: Path, mode: number, device?: DeviceNumber): void;
  chmod(path: Path, mode: number): void;
  chown(path: Path, uid: number, gid: number): void;
  lchown(path: Path, uid: number, gid: number): void;
  truncate(path: Path, size: number): void;
  utimensat(path: Path, atime: Timespec | null, mtime: Timespec | null, follow?: boolean): void;
  getxattr(path: Path, name: string): Uint8Array;
  setxattr(path: Path, name: string, value: Uint8Array): void;
  listxattr(path: Path): readonly string[];
  removexattr(path: Path, name: string): void;
  chdir(path: Path): void;
  /** ENOTDIR for what is no directory. */
  fchdir(fd: Fd): void;
  getcwd(): string;
  chroot(path: Path): void;
  statfs(path: Path): {
    type: string;
    /** Of the mount: MS_RDONLY, MS_NOSUID, … */
    flags: number;
    blockSize: number;
    blocks: number;
    blocksFree: number;
    files: number;
    filesFree: number;
  };

  // mounts and namespaces
  mount(source: string, target: Path, fstype: string, flags: number, data: string): void;
  umount(target: Path, flags?: number): void;
  pivot_root(newRoot: Path, putOld: Path): void;
  unshare(flags: number): void;
  /** Enters the namespaces `flags` of the process `pid` (setns(2) on a pidfd). */
  setns(pid: Pid, flags: number): void;
  /** Enters a namespace by a descriptor of its file, which must be of the kind `nstype` unless that is 0. */
  setnsfd(fd: Fd, nstype: number): void;
  uname(): Uname;
  sethostname(name: string): void;

  // System V IPC, sysvipc(7)
  /** The queue with the key, a new one for IPC_PRIVATE or with IPC_CREAT; the low bits of the flags are its permissions. */
  msgget(key: number, flags: number): number;
  msgsnd(id: number, type: number, data: Uint8Array, flags?: number): void;
  /** E2BIG for a message that is longer than `size`. */
  msgrcv(
    id: number,
    size: number,
    type: number,
    flags?: number,
  ): { readonly type: number; readonly data: Uint8Array };
  /** msgctl IPC_RMID. */
  msgrmid(id: number): void;
  shmget(key: number, size: number, flags: number): number;
  /** shmctl IPC_RMID. */
  shmrmid(id: number): void;
  semget(key: number, count: number, flags: number): number;
  /** semctl SETVAL. */
  semsetval(id: number, index: number, value: number): void;
  /** semctl GETALL. */
  semgetall(id: number): readonly number[];
  /** semctl IPC_RMID. */
  semrmid(id: number): void;

  // terminals
  tcgetattr(fd: Fd): Termios;
  tcsetattr(fd: Fd, termios: Partial<Termios>): void;
  tcgetpgrp(fd: Fd): Pid;
  tcsetpgrp(fd: Fd, pgid: Pid): void;
  tcgetwinsize(fd: Fd): WindowSize;
  tcsetwinsize(fd: Fd, size: WindowSize): void;
  /** Makes the terminal the controlling one of the caller's session (TIOCSCTTY). */
  tcsetctty(fd: Fd): void;
  /**
   * A new pseudo-terminal: master descriptor and the slave's path. It is one of the devpts mounted at `directory`, and without that one of the host's
   * own, below /dev/pts. ENOENT when no devpts is mounted there.
   */
  openpty(size: WindowSize, directory?: Path): readonly [Fd, string];

  // sockets
  /** Of unix(7) and a stream unless something else is asked for. EAFNOSUPPORT on a host without a network. */
  socket(spec?: SocketSpec): Fd;
  /** To an address of the network, to a path or, with a leading NUL, to an abstract name. */
  bind(fd: Fd, address: string | SocketAddress): void;
  listen(fd: Fd, backlog?: number): void;
  accept(fd: Fd): Fd;
  connect(fd: Fd, address: string | SocketAddress): void;
  /** To the address that the socket is connected to, for null. */
  sendto(fd: Fd, data: Uint8Array, to: SocketAddress | null): number;
  /** Of a datagram longer than `count` the rest is lost. */
  recvmsg(fd: Fd, count: number): Received;
  /** recvmsg(2) with MSG_ERRQUEUE, which never waits. EAGAIN when nothing is there; EOPNOTSUPP for what has no such queue here. */
  recverr(fd: Fd): ReceivedError;
  getsockname(fd: Fd): SocketAddress;
  getpeername(fd: Fd): SocketAddress;
  /** By the option's name in socket(7), ip(7), tcp(7), packet(7). ENOPROTOOPT for what the socket does not have. */
  setsockopt(fd: Fd, name: string, value: number | string): void;
  getsockopt(fd: Fd, name: string): number | string;
  shutdown(fd: Fd, how: 'rd' | 'wr' | 'rdwr'): void;
  socketpair(): readonly [Fd, Fd];
}

export type SyscallName = keyof Syscalls;

/** What a program yields. */
export type SyscallRequest = {
  [K in SyscallName]: { readonly call: K; readonly args: Parameters<Syscalls[K]> };
}[SyscallName];
