/** How each call of the kernel is shown, and by a name by which a seccomp filter knows it. Forms as strace 6.1 on Linux 6.12 writes them. */
import { expect, test } from 'vitest';
import { linuxNames } from '../../../../src/linux/credentials/linuxCalls.ts';
import {
  CLONE_NEWNS,
  CLONE_NEWPID,
  LAST_FD,
  MS_NOSUID,
  O_CLOEXEC,
  O_RDONLY,
  type Stat,
  type SyscallName,
  type SyscallRequest,
  type Syscalls,
  WNOHANG,
} from '../../../../src/linux/index.ts';
import { formatCall, formats } from '../../../../src/shell/commands/strace/calls/index.ts';
import { Show } from '../../../../src/shell/commands/strace/calls/types.ts';
import { linuxCalls } from '../../../../src/shell/commands/strace/linuxCalls.ts';

const time = { sec: 1, nsec: 5 };
const stat: Stat = {
  ...{ dev: 1, ino: 2, mode: 0o104755, nlink: 1, uid: 0, gid: 0, rdev: { major: 0, minor: 0 } },
  ...{ size: 7, blocks: 8, atime: time, mtime: time, ctime: time },
};
const termios = {
  icanon: true,
  echo: true,
  isig: true,
  iexten: true,
  tostop: false,
  icrnl: true,
  opost: true,
};
const inet = { family: 'inet', address: 0x7f000001, port: 80 } as const;
const sets = { permitted: 3n, effective: 1n, inheritable: 0n };
const data = new Uint8Array([104, 105, 10, 0, 49, 255]);
const none = function* () {
  return 0;
};

type Samples = {
  readonly [K in SyscallName]: readonly [
    Parameters<Syscalls[K]>,
    ReturnType<Syscalls[K]> | undefined,
    string | null,
  ];
};

/** Arguments, an answer, and the line without its padding; null where no line is to be seen. */
const samples: Samples = {
  fork: [
    [none, { flags: CLONE_NEWNS | CLONE_NEWPID }],
    7,
    'clone(child_stack=NULL, flags=CLONE_NEWNS|CLONE_NEWPID|SIGCHLD) = 7',
  ],
  execve: [
    ['/bin/ls', ['ls', 'a'.repeat(40)], new Map([['A', 'b']])],
    undefined,
    'execve("/bin/ls", ["ls", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"...], ... /* 1 vars */) = 0',
  ],
  exit: [[3], undefined, 'exit_group(3) = 0'],
  wait4: [
    [-1, WNOHANG],
    { pid: 7, state: { kind: 'signaled', signal: 'KILL' } },
    'wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], WNOHANG, NULL) = 7',
  ],
  getpid: [[], 7, 'getpid() = 7'],
  getppid: [[], 1, 'getppid() = 1'],
  getpgid: [[0], 7, 'getpgid(0) = 7'],
  setpgid: [[7, 7], undefined, 'setpgid(7, 7) = 0'],
  getsid: [[0], 7, 'getsid(0) = 7'],
  setsid: [[], 7, 'setsid() = 7'],
  setname: [['worker'], undefined, 'prctl(PR_SET_NAME, "worker") = 0'],
  nanosleep: [
    [1_500_000_000],
    undefined,
    'clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=500000000}, NULL) = 0',
  ],
  compute: [[5], undefined, null],
  clock_gettime: [['realtime'], time, null],
  getrandom: [[2], new Uint8Array([7, 65]), 'getrandom("\\7A", 2, 0) = 2'],
  times: [
    [],
    { self: 120_000_000, children: 0 },
    'times({tms_utime=12 /* 0.12 s */, tms_stime=0, tms_cutime=0, tms_cstime=0}) = ...',
  ],
  setrlimit: [
    ['nofile', 1024, 4096],
    undefined,
    'prlimit64(0, RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=4*1024}, NULL) = 0',
  ],
  getrlimit: [
    ['core'],
    { soft: 0, hard: Number.POSITIVE_INFINITY },
    'prlimit64(0, RLIMIT_CORE, NULL, {rlim_cur=0, rlim_max=RLIM64_INFINITY}) = 0',
  ],
  prlimit: [
    [7, 'nproc', { soft: 5, hard: 6 }],
    { soft: 200, hard: 200 },
    'prlimit64(7, RLIMIT_NPROC, {rlim_cur=5, rlim_max=6}, {rlim_cur=200, rlim_max=200}) = 0',
  ],
  sched_yield: [[], undefined, 'sched_yield() = 0'],
  getpriority: [[0], 5, 'getpriority(PRIO_PROCESS, 0) = 15'],
  setpriority: [[7, -5], undefined, 'setpriority(PRIO_PROCESS, 7, -5) = 0'],
  sched_setaffinity: [[0, [0, 1]], undefined, 'sched_setaffinity(0, 128, [0 1]) = 0'],
  sched_getaffinity: [[0], [0], 'sched_getaffinity(0, 128, [0]) = 8'],
  brk: [[4096], 12288, 'brk(0x3000) = 0x3000'],
  touch: [[4096], undefined, null],
  syslog: [[], 'line\n', 'syslog(3 /* SYSLOG_ACTION_READ_ALL */, "line\\n", 5) = 5'],
  kill: [[7, 'TERM'], undefined, 'kill(7, SIGTERM) = 0'],
  sigaction: [
    ['INT', 'ignore'],
    'default',
    'rt_sigaction(SIGINT, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0',
  ],
  takeSignals: [[], [], null],
  alarm: [[5_000_000_000], 0, 'alarm(5) = 0'],
  pause: [[], undefined, 'pause() = 0'],
  sigprocmask: [['block', ['INT', 'TERM']], [], 'rt_sigprocmask(SIG_BLOCK, [INT TERM], [], 8) = 0'],
  getuid: [[], 1000, 'getuid() = 1000'],
  geteuid: [[], 1000, 'geteuid() = 1000'],
  getgid: [[], 1000, 'getgid() = 1000'],
  getegid: [[], 1000, 'getegid() = 1000'],
  getgroups: [[], [4, 27], 'getgroups(65536, [4, 27]) = 2'],
  getresuid: [[], [1, 2, 3], 'getresuid([1], [2], [3]) = 0'],
  getresgid: [[], [1, 2, 3], 'getresgid([1], [2], [3]) = 0'],
  setuid: [[0], undefined, 'setuid(0) = 0'],
  setresuid: [[-1, 0, -1], undefined, 'setresuid(-1, 0, -1) = 0'],
  setgid: [[0], undefined, 'setgid(0) = 0'],
  setresgid: [[-1, 0, -1], undefined, 'setresgid(-1, 0, -1) = 0'],
  setgroups: [[[4, 27]], undefined, 'setgroups(2, [4, 27]) = 0'],
  umask: [[0o77], 0o22, 'umask(077) = 022'],
  capget: [
    [7],
    sets,
    'capget({version=_LINUX_CAPABILITY_VERSION_3, pid=7}, {effective=1<<CAP_CHOWN, permitted=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE, inheritable=0}) = 0',
  ],
  capset: [
    [sets],
    undefined,
    'capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN, permitted=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE, inheritable=0}) = 0',
  ],
  seccomp: [
    [{ defaultAction: 'SCMP_ACT_ALLOW' }],
    undefined,
    'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=..., filter=...}) = 0',
  ],
  bpfDevices: [
    ['/sys/fs/cgroup/a', []],
    undefined,
    'bpf(BPF_PROG_ATTACH, {attach_type=BPF_CGROUP_DEVICE, ...}, ...) = 0',
  ],
  ptrace: [['PTRACE_SYSCALL', 7, 'USR1'], undefined, 'ptrace(PTRACE_SYSCALL, 7, NULL, SIGUSR1) = 0'],
  prctl: [
    ['PR_CAP_AMBIENT_RAISE', 'CAP_CHOWN'],
    0,
    'prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) = 0',
  ],
  open: [['/etc/hosts', O_RDONLY | O_CLOEXEC], 3, 'openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3'],
  close: [[3], undefined, 'close(3) = 0'],
  read: [[3, 100], data, 'read(3, "hi\\n\\0001\\377", 100) = 6'],
  write: [[1, data], 6, 'write(1, "hi\\n\\0001\\377", 6) = 6'],
  pread: [[3, 100, 512], data, 'pread64(3, "hi\\n\\0001\\377", 100, 512) = 6'],
  lseek: [[3, 10, 'data'], 12, 'lseek(3, 10, SEEK_DATA) = 12'],
  mmap: [[3], undefined, 'mmap(NULL, ..., PROT_READ, MAP_SHARED, 3, 0) = ...'],
  fstat: [[3], stat, 'fstat(3, {st_mode=S_IFREG|S_ISUID|0755, st_size=7, ...}) = 0'],
  getdents: [
    [3],
    [
      { name: 'a', ino: 1, type: 'file' },
      { name: 'longer', ino: 2, type: 'dir' },
    ],
    'getdents64(3, ... /* 2 entries */, 32768) = 56',
  ],
  ftruncate: [[3, 10], undefined, 'ftruncate(3, 10) = 0'],
  fsync: [[3], undefined, 'fsync(3) = 0'],
  sync: [[], undefined, 'sync() = 0'],
  pipe: [[O_CLOEXEC], [3, 4], 'pipe2([3, 4], O_CLOEXEC) = 0'],
  close_range: [[3, LAST_FD, 4], undefined, 'close_range(3, 4294967295, CLOSE_RANGE_CLOEXEC) = 0'],
  dup: [[3], 4, 'dup(3) = 4'],
  dupfd: [[3, 10], 10, 'fcntl(3, F_DUPFD, 10) = 10'],
  dup2: [[3, 1], undefined, 'dup2(3, 1) = 1'],
  setcloexec: [[3, true], undefined, 'fcntl(3, F_SETFD, FD_CLOEXEC) = 0'],
  setnonblock: [[3, true], undefined, 'fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0'],
  poll: [
    [[{ fd: 0, events: 'inout' }], 1_000_000],
    [{ fd: 0, in: true, out: false, hup: true }],
    'poll([{fd=0, events=POLLIN|POLLOUT}], 1, 1) = 1 ([{fd=0, revents=POLLIN|POLLHUP}])',
  ],
  ioctl: [[3, 'TUNSETIFF', 'tap0'], null, 'ioctl(3, TUNSETIFF, {...}) = 0'],
  stat: [
    ['/etc'],
    stat,
    'newfstatat(AT_FDCWD, "/etc", {st_mode=S_IFREG|S_ISUID|0755, st_size=7, ...}, 0) = 0',
  ],
  lstat: [
    ['/etc'],
    stat,
    'newfstatat(AT_FDCWD, "/etc", {st_mode=S_IFREG|S_ISUID|0755, st_size=7, ...}, AT_SYMLINK_NOFOLLOW) = 0',
  ],
  access: [['/etc', 6], undefined, 'access("/etc", R_OK|W_OK) = 0'],
  mkdir: [['d', 0o755], undefined, 'mkdir("d", 0755) = 0'],
  rmdir: [['d'], undefined, 'rmdir("d") = 0'],
  unlink: [['f'], undefined, 'unlink("f") = 0'],
  rename: [['a', 'b'], undefined, 'rename("a", "b") = 0'],
  link: [['a', 'b'], undefined, 'link("a", "b") = 0'],
  symlink: [['a', 'b'], undefined, 'symlink("a", "b") = 0'],
  readlink: [['b'], 'a', 'readlink("b", "a", 4096) = 1'],
  mknod: [
    ['c', 0o020666, { major: 1, minor: 3 }],
    undefined,
    'mknodat(AT_FDCWD, "c", S_IFCHR|0666, makedev(0x1, 0x3)) = 0',
  ],
  chmod: [['f', 0o4755], undefined, 'chmod("f", 04755) = 0'],
  chown: [['f', 0, -1], undefined, 'chown("f", 0, -1) = 0'],
  lchown: [['f', 0, -1], undefined, 'lchown("f", 0, -1) = 0'],
  truncate: [['f', 10], undefined, 'truncate("f", 10) = 0'],
  utimensat: [
    ['f', time, null, false],
    undefined,
    'utimensat(AT_FDCWD, "f", [{tv_sec=1, tv_nsec=5} /* 1970-01-01T00:00:01.000000005+0000 */, UTIME_OMIT], AT_SYMLINK_NOFOLLOW) = 0',
  ],
  getxattr: [['f', 'user.a'], data, 'getxattr("f", "user.a", "hi\\n\\0001\\377", 65536) = 6'],
  setxattr: [['f', 'user.a', data], undefined, 'setxattr("f", "user.a", "hi\\n\\0001\\377", 6, 0) = 0'],
  listxattr: [['f'], ['user.a', 'user.b'], 'listxattr("f", "user.a\\0user.b\\0", 65536) = 14'],
  removexattr: [['f', 'user.a'], undefined, 'removexattr("f", "user.a") = 0'],
  chdir: [['/'], undefined, 'chdir("/") = 0'],
  fchdir: [[3], undefined, 'fchdir(3) = 0'],
  getcwd: [[], '/root', 'getcwd("/root", 4096) = 6'],
  chroot: [['/r'], undefined, 'chroot("/r") = 0'],
  statfs: [
    ['/'],
    { type: 'overlay', flags: 3, blockSize: 4096, blocks: 10, blocksFree: 9, files: 8, filesFree: 7 },
    'statfs("/", {f_type=OVERLAYFS_SUPER_MAGIC, f_bsize=4096, f_blocks=10, f_bfree=9, f_bavail=9, f_files=8, f_ffree=7, f_namelen=255, f_frsize=4096, f_flags=ST_VALID|ST_RDONLY|ST_NOSUID}) = 0',
  ],
  mount: [
    ['proc', '/proc', 'proc', MS_NOSUID, ''],
    undefined,
    'mount("proc", "/proc", "proc", MS_NOSUID, NULL) = 0',
  ],
  umount: [['/mnt', 2], undefined, 'umount2("/mnt", MNT_DETACH) = 0'],
  pivot_root: [['.', 'old'], undefined, 'pivot_root(".", "old") = 0'],
  unshare: [[CLONE_NEWNS], undefined, 'unshare(CLONE_NEWNS) = 0'],
  setns: [[7, CLONE_NEWNS | CLONE_NEWPID], undefined, 'setns(<pid:7>, CLONE_NEWNS|CLONE_NEWPID) = 0'],
  setnsfd: [[3, 0], undefined, 'setns(3, 0) = 0'],
  uname: [
    [],
    { sysname: 'Linux', nodename: 'box', release: '6', version: '#1', machine: 'x86_64' },
    'uname({sysname="Linux", nodename="box", ...}) = 0',
  ],
  sethostname: [['box'], undefined, 'sethostname("box", 3) = 0'],
  msgget: [[0, 0o1644], 0, 'msgget(IPC_PRIVATE, IPC_CREAT|0644) = 0'],
  msgsnd: [[0, 1, data], undefined, 'msgsnd(0, {mtype=1, mtext="hi\\n\\0001\\377"}, 6, 0) = 0'],
  msgrcv: [
    [0, 100, 0, 0o4000],
    { type: 1, data },
    'msgrcv(0, {mtype=1, mtext="hi\\n\\0001\\377"}, 100, 0, IPC_NOWAIT) = 6',
  ],
  msgrmid: [[0], undefined, 'msgctl(0, IPC_RMID, NULL) = 0'],
  shmget: [[0x1234, 4096, 0o3600], 0, 'shmget(0x1234, 4096, IPC_CREAT|IPC_EXCL|0600) = 0'],
  shmrmid: [[0], undefined, 'shmctl(0, IPC_RMID, NULL) = 0'],
  semget: [[0, 2, 0o600], 0, 'semget(IPC_PRIVATE, 2, 0600) = 0'],
  semsetval: [[0, 1, 5], undefined, 'semctl(0, 1, SETVAL, 0x5) = 0'],
  semgetall: [[0], [5, 6], 'semctl(0, 0, GETALL, [5, 6]) = 0'],
  semrmid: [[0], undefined, 'semctl(0, 0, IPC_RMID, NULL) = 0'],
  tcgetattr: [
    [0],
    termios,
    'ioctl(0, TCGETS, {c_iflag=ICRNL, c_oflag=OPOST|ONLCR, c_lflag=ISIG|ICANON|ECHO|IEXTEN, ...}) = 0',
  ],
  tcsetattr: [[0, { icanon: false }], undefined, 'ioctl(0, TCSETS, {-icanon, ...}) = 0'],
  tcgetpgrp: [[0], 7, 'ioctl(0, TIOCGPGRP, [7]) = 0'],
  tcsetpgrp: [[0, 7], undefined, 'ioctl(0, TIOCSPGRP, [7]) = 0'],
  tcgetwinsize: [
    [0],
    { rows: 24, cols: 80 },
    'ioctl(0, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0',
  ],
  tcsetwinsize: [
    [0, { rows: 24, cols: 80 }],
    undefined,
    'ioctl(0, TIOCSWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0',
  ],
  tcsetctty: [[0], undefined, 'ioctl(0, TIOCSCTTY, 0) = 0'],
  openpty: [[{ rows: 24, cols: 80 }], [3, '/dev/pts/0'], 'openat(AT_FDCWD, "/dev/ptmx", O_RDWR) = 3'],
  socket: [
    [{ family: 'packet', type: 'raw', protocol: 0x0300 }],
    3,
    'socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 3',
  ],
  bind: [
    [3, inet],
    undefined,
    'bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
  ],
  listen: [[3, 5], undefined, 'listen(3, 5) = 0'],
  accept: [[3], 4, 'accept(3, NULL, NULL) = 4'],
  connect: [[3, '\0name'], undefined, 'connect(3, {sa_family=AF_UNIX, sun_path=@"name"}, 7) = 0'],
  sendto: [
    [3, data, inet],
    6,
    'sendto(3, "hi\\n\\0001\\377", 6, 0, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 6',
  ],
  recvmsg: [
    [3, 100],
    { data, from: inet, time: 0 },
    'recvmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, msg_iov=[{iov_base="hi\\n\\0001\\377", iov_len=100}], msg_iovlen=1, msg_flags=0}, 0) = 6',
  ],
  recverr: [
    [3],
    { type: 3, code: 4, mtu: 0, offender: 1, destination: 2, data },
    'recvmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hi\\n\\0001\\377", iov_len=6}], msg_iovlen=1, msg_flags=MSG_ERRQUEUE}, MSG_ERRQUEUE) = 6',
  ],
  getsockname: [
    [3],
    inet,
    'getsockname(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [16]) = 0',
  ],
  getpeername: [
    [3],
    { family: 'packet', device: 2, protocol: 0x0008 },
    'getpeername(3, {sa_family=AF_PACKET, sll_protocol=htons(ETH_P_IP), sll_ifindex=2, ...}, [20]) = 0',
  ],
  setsockopt: [[3, 'IP_TTL', 5], undefined, 'setsockopt(3, SOL_IP, IP_TTL, [5], 4) = 0'],
  getsockopt: [[3, 'SO_ERROR'], 0, 'getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0'],
  shutdown: [[3, 'wr'], undefined, 'shutdown(3, SHUT_WR) = 0'],
  socketpair: [[], [3, 4], 'socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0'],
};

function line(call: SyscallName, args: readonly unknown[], value: unknown): string | null {
  const shown = formatCall(new Show(32, false), { call, args } as unknown as SyscallRequest, { value });
  if (shown === null) return null;
  const result = shown.result ?? (typeof value === 'number' ? String(value) : '0');
  return `${shown.name}(${shown.args.join(', ')}) = ${result}`;
}

test.each(Object.entries(samples))('%s', (name, [args, value, expected]) => {
  const call = name as SyscallName;
  expect(line(call, args, value)).toBe(expected);
  if (expected === null) {
    expect(formats[call], 'a reason in words').toMatch(/\w+ \w+/);
    return;
  }
  const shownAs = expected.slice(0, expected.indexOf('('));
  expect(linuxCalls.has(shownAs), shownAs).toBe(true);
  expect(linuxNames(call)).toContain(shownAs);
});

test('what is no call for seccomp is none for strace, and there is a sample of each call', () => {
  const calls = Object.keys(formats) as SyscallName[];
  expect(calls.filter((call) => linuxNames(call).length === 0 && typeof formats[call] !== 'string')).toEqual(
    [],
  );
  expect(Object.keys(samples).sort()).toEqual(calls.sort());
});

test('while it is not known what the kernel fills in, only what is given is shown', () => {
  const show = new Show(32, false);
  const early = (request: SyscallRequest) => {
    const { args, early: count = args.length } = formatCall(show, request, null)!;
    return args.slice(0, count).join(', ');
  };
  expect(early({ call: 'read', args: [3, 100] })).toBe('3');
  expect(early({ call: 'pipe', args: [] })).toBe('');
  expect(early({ call: 'poll', args: [[{ fd: 0, events: 'in' }], null] })).toBe(
    '[{fd=0, events=POLLIN}], 1, -1',
  );
});
