/** Processes: their birth, programs, ends, groups, limits and times. */
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  type Limit,
  type ResourceName,
  type WaitStatus,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from '../../../../linux/index.ts';
import { ADDRESS, type FlagTable, flagNames, ticks, timespec } from '../values.ts';
import { type Formats, filled, type Show, shown } from './types.ts';

const cloneFlags: FlagTable = [
  [CLONE_NEWTIME, 'CLONE_NEWTIME'],
  [CLONE_NEWNS, 'CLONE_NEWNS'],
  [CLONE_NEWCGROUP, 'CLONE_NEWCGROUP'],
  [CLONE_NEWUTS, 'CLONE_NEWUTS'],
  [CLONE_NEWIPC, 'CLONE_NEWIPC'],
  [CLONE_NEWUSER, 'CLONE_NEWUSER'],
  [CLONE_NEWPID, 'CLONE_NEWPID'],
  [CLONE_NEWNET, 'CLONE_NEWNET'],
];

export const cloneFlagNames = (flags: number): string => flagNames(flags, cloneFlags);

const waitFlags: FlagTable = [
  [WNOHANG, 'WNOHANG'],
  [WUNTRACED, 'WSTOPPED'],
  [WCONTINUED, 'WCONTINUED'],
  [0x40000000, '__WALL'],
];

function statusText({ state }: WaitStatus): string {
  switch (state.kind) {
    case 'exited':
      return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${state.code}}]`;
    case 'signaled':
      return `[{WIFSIGNALED(s) && WTERMSIG(s) == SIG${state.signal}}]`;
    case 'stopped':
      return `[{WIFSTOPPED(s) && WSTOPSIG(s) == SIG${state.signal}${state.trap === 'syscall' ? ' | 0x80' : ''}}]`;
    case 'continued':
      return '[{WIFCONTINUED(s)}]';
    case 'none':
      return ADDRESS;
  }
}

/** Multiples of 1024 are told as such. */
function limitNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'RLIM64_INFINITY';
  return value > 1024 && value % 1024 === 0 ? `${value / 1024}*1024` : String(value);
}
const limitText = ({ soft, hard }: Limit) => `{rlim_cur=${limitNumber(soft)}, rlim_max=${limitNumber(hard)}}`;
const resourceName = (resource: ResourceName) => `RLIMIT_${resource.toUpperCase()}`;

function vector(show: Show, words: readonly string[]): string {
  const shownWords = words.slice(0, show.limit).map((word) => show.text(word));
  return `[${[...shownWords, ...(words.length > show.limit ? ['...'] : [])].join(', ')}]`;
}

type Calls =
  | 'fork'
  | 'execve'
  | 'exit'
  | 'wait4'
  | 'getpid'
  | 'getppid'
  | 'getpgid'
  | 'setpgid'
  | 'getsid'
  | 'setsid'
  | 'setname'
  | 'nanosleep'
  | 'compute'
  | 'clock_gettime'
  | 'getrandom'
  | 'times'
  | 'setrlimit'
  | 'getrlimit'
  | 'prlimit'
  | 'sched_yield'
  | 'getpriority'
  | 'setpriority'
  | 'sched_setaffinity'
  | 'sched_getaffinity';

export const processFormats: Formats<Calls> = {
  fork(_, _done, _main, options = {}) {
    const flags = options.flags ? `${cloneFlagNames(options.flags)}|SIGCHLD` : 'SIGCHLD';
    return shown('clone', 'child_stack=NULL', `flags=${flags}`);
  },
  execve: (show, _, path, argv, env) => ({
    ...shown('execve', show.path(path), vector(show, argv), `${ADDRESS} /* ${env.size} vars */`),
    result: '0',
  }),
  exit: (_show, _done, status) => shown('exit_group', status),
  wait4(_, done, pid, options = 0) {
    const status = done ? statusText(done.value) : ADDRESS;
    const call = shown('wait4', pid, status, flagNames(options, waitFlags), 'NULL');
    return filled(1, call, done ? String(done.value.pid) : undefined);
  },
  getpid: () => shown('getpid'),
  getppid: () => shown('getppid'),
  getpgid: (_show, _done, pid) => shown('getpgid', pid),
  setpgid: (_show, _done, pid, pgid) => shown('setpgid', pid, pgid),
  getsid: (_show, _done, pid) => shown('getsid', pid),
  setsid: () => shown('setsid'),
  setname: (show, _, name) => shown('prctl', 'PR_SET_NAME', show.text(name)),
  nanosleep: (_show, _done, duration) => {
    const time = timespec({ sec: Math.floor(duration / 1e9), nsec: duration % 1e9 });
    return filled(3, shown('clock_nanosleep', 'CLOCK_REALTIME', 0, time, 'NULL'));
  },
  compute: 'computing, which is no call',
  clock_gettime: 'answered by the vDSO without entering the kernel: vdso(7)',
  getrandom: (show, done, count) =>
    filled(
      0,
      shown('getrandom', done ? show.text(done.value) : ADDRESS, count, 0),
      done ? String(count) : undefined,
    ),
  times(_, done) {
    if (done === null) return filled(0, shown('times', ADDRESS));
    const { self, children } = done.value;
    const own = `tms_utime=${ticks(self)}, tms_stime=0`;
    return filled(0, shown('times', `{${own}, tms_cutime=${ticks(children)}, tms_cstime=0}`), ADDRESS);
  },
  setrlimit: (_show, _done, resource, soft, hard = soft) =>
    shown('prlimit64', 0, resourceName(resource), limitText({ soft, hard }), 'NULL'),
  getrlimit: (_, done, resource) => {
    const old = done ? limitText(done.value) : ADDRESS;
    return filled(3, shown('prlimit64', 0, resourceName(resource), 'NULL', old), '0');
  },
  prlimit: (_, done, pid, resource, limit) => {
    const wanted = limit === undefined ? 'NULL' : limitText(limit);
    const old = done ? limitText(done.value) : ADDRESS;
    return filled(3, shown('prlimit64', pid, resourceName(resource), wanted, old), '0');
  },
  sched_yield: () => shown('sched_yield'),
  /** The kernel's own answer counts the other way, so that it is never negative. */
  getpriority: (_, done, pid) => {
    const call = shown('getpriority', 'PRIO_PROCESS', pid);
    return done ? { ...call, result: String(20 - done.value) } : call;
  },
  setpriority: (_show, _done, pid, nice) => shown('setpriority', 'PRIO_PROCESS', pid, nice),
  sched_setaffinity: (_show, _done, pid, cpus) => shown('sched_setaffinity', pid, 128, `[${cpus.join(' ')}]`),
  sched_getaffinity: (_, done, pid) =>
    filled(2, shown('sched_getaffinity', pid, 128, done ? `[${done.value.join(' ')}]` : ADDRESS), '8'),
};
