/** unshare(1) of util-linux: runs a program in new namespaces. */
import {
  CLONE_NEWNS,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  capabilitiesIn,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_REC,
  MS_SHARED,
  MS_SLAVE,
  parseSignal,
  type Sys,
  sys,
} from '../../../linux/index.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { type MapWishes, mapByHelper, wishesFor, writeSetting } from './idMaps.ts';
import { kindsGiven, unsharingOptions } from './kinds.ts';
import { becomeProgram, endAs, Failed, must, reporting } from './starting.ts';

const propagations: Readonly<Record<string, number>> = {
  slave: MS_REC | MS_SLAVE,
  private: MS_REC | MS_PRIVATE,
  shared: MS_REC | MS_SHARED,
  unchanged: 0,
};

const mapOptions = [
  'map-user',
  'map-group',
  'map-root-user',
  'map-current-user',
  'map-auto',
  'map-users',
  'map-groups',
];

/** Some options bring namespaces with them. */
function flagsOf(parsed: Parsed): number {
  let flags = kindsGiven(parsed).reduce((all, { flag }) => all | flag, 0);
  if (parsed.has('mount-proc')) flags |= CLONE_NEWNS;
  if (mapOptions.some((option) => parsed.has(option))) flags |= CLONE_NEWUSER;
  return flags;
}

/** A whole number. Throws Failed. */
function numberOf(parsed: Parsed, option: string, what: string, pattern = /^\d+$/): number | null {
  const text = parsed.value(option);
  if (text === null) return null;
  if (!pattern.test(text)) throw new Failed(`failed to parse ${what}: '${text}'`);
  return Number(text);
}

/** A child of the process that unshares: tells when it has, since only then there is something to do for it from outside. */
function* helper(body: (pid: number) => Sys<number>): Sys<() => Sys<void>> {
  const [waiting, telling] = yield* sys.pipe();
  const self = yield* sys.getpid();
  const child = yield* sys.fork(function* () {
    yield* sys.close(telling);
    yield* sys.read(waiting, 1);
    return yield* reporting('unshare', () => body(self));
  });
  yield* sys.close(waiting);
  yield* sys.setcloexec(telling, true);
  return function* () {
    // Another helper may have the pipe, too: its end would not come.
    yield* sys.write(telling, Uint8Array.of(1));
    yield* sys.close(telling);
    const { state } = yield* sys.wait4(child);
    // It has told why.
    if (state.kind !== 'exited' || state.code !== 0)
      throw new Ended(state.kind === 'exited' ? state.code : 1);
  };
}

/** The command ends without a further message. */
class Ended extends Error {
  readonly status: number;

  constructor(status: number) {
    super();
    this.status = status;
  }
}

/** Namespaces that shall outlive the program are bound to files. Those of mounts and of children have to be bound from outside. */
function* bindFiles(parsed: Parsed, pid: number): Sys<void> {
  for (const { long, file } of kindsGiven(parsed)) {
    const target = parsed.value(long) ?? '';
    if (target === '') continue;
    const source = `/proc/${pid}/ns/${file === 'pid' || file === 'time' ? `${file}_for_children` : file}`;
    yield* must(`mount ${source} on ${target} failed`, () => sys.mount(source, target, '', MS_BIND, ''));
  }
}

function* writeMaps(parsed: Parsed, user: MapWishes, group: MapWishes, uid: number, gid: number): Sys<void> {
  const setgroups = parsed.value('setgroups');
  if (user.own !== null && user.ranges === null)
    yield* writeSetting('/proc/self/uid_map', `${user.own} ${uid} 1`);
  if (group.own !== null && group.ranges === null) {
    if (setgroups === 'allow')
      throw new Failed('options --setgroups=allow and --map-group are mutually exclusive');
    yield* writeSetting('/proc/self/setgroups', 'deny');
    yield* writeSetting('/proc/self/gid_map', `${group.own} ${gid} 1`);
  }
  if (setgroups !== null) yield* writeSetting('/proc/self/setgroups', setgroups);
}

/** Everything between the new namespaces and the program. */
function* settle(parsed: Parsed, flags: number): Sys<void> {
  const newRoot = parsed.value('root');
  const propagation = propagations[parsed.value('propagation') ?? 'private']!;
  if ((flags & CLONE_NEWNS) !== 0 && propagation !== 0)
    yield* must('cannot change root filesystem propagation', () =>
      sys.mount('none', '/', '', propagation, ''),
    );
  if (newRoot !== null)
    yield* must(`cannot change root directory to '${newRoot}'`, () => sys.chroot(newRoot));
  const directory = parsed.value('wd') ?? (newRoot === null ? null : '/');
  if (directory !== null) yield* must(`cannot chdir to '${directory}'`, () => sys.chdir(directory));
  if (parsed.has('mount-proc')) {
    const proc = parsed.value('mount-proc') || '/proc';
    if (newRoot === null && propagation !== propagations.private)
      yield* must(`cannot change ${proc} filesystem propagation`, () =>
        sys.mount('none', proc, '', MS_PRIVATE | MS_REC, ''),
      );
    yield* must(`mount ${proc} failed`, () =>
      sys.mount('proc', proc, 'proc', MS_NOSUID | MS_NOEXEC | MS_NODEV, ''),
    );
  }
  const gid = numberOf(parsed, 'setgid', 'gid');
  const uid = numberOf(parsed, 'setuid', 'uid');
  if (gid !== null) {
    yield* must('setgroups failed', () => sys.setgroups([]));
    yield* must('setgid failed', () => sys.setgid(gid));
  }
  if (uid !== null) yield* must('setuid failed', () => sys.setuid(uid));
  if (parsed.has('keep-caps') && (flags & CLONE_NEWUSER) !== 0) yield* keepCapabilities();
}

/** Permitted ones become ambient: a program that is not root's keeps them. */
function* keepCapabilities(): Sys<void> {
  const { permitted, effective } = yield* sys.capget(0);
  yield* must('capset failed', () => sys.capset({ permitted, effective, inheritable: permitted }));
  for (const capability of capabilitiesIn(permitted))
    yield* must('prctl(PR_CAP_AMBIENT) failed', () => sys.prctl('PR_CAP_AMBIENT_RAISE', capability));
}

function* run(parsed: Parsed, env: ReadonlyMap<string, string>): Sys<number> {
  const flags = flagsOf(parsed);
  const signalName = parsed.value('kill-child');
  const signal = signalName === null ? null : signalName === '' ? 'KILL' : parseSignal(signalName);
  if (parsed.has('kill-child') && signal === null) throw new Failed(`unknown signal: ${signalName}`);
  const propagation = parsed.value('propagation');
  if (propagation !== null && !Object.hasOwn(propagations, propagation))
    throw new Failed(`unsupported propagation mode: ${propagation}`);
  const setgroups = parsed.value('setgroups');
  if (setgroups !== null && setgroups !== 'allow' && setgroups !== 'deny')
    throw new Failed(`unsupported --setgroups argument '${setgroups}'`);
  const offsets = {
    monotonic: numberOf(parsed, 'monotonic', 'monotonic offset', /^-?\d+$/),
    boottime: numberOf(parsed, 'boottime', 'boottime offset', /^-?\d+$/),
  };
  if ((offsets.monotonic ?? offsets.boottime) !== null && (flags & CLONE_NEWTIME) === 0)
    throw new Failed('options --monotonic and --boottime require unsharing of a time namespace (-t)');
  const uid = yield* sys.geteuid();
  const gid = yield* sys.getegid();
  const user = yield* wishesFor('user', parsed, uid);
  const group = yield* wishesFor('group', parsed, gid);

  const after: (() => Sys<void>)[] = [];
  const fromOutside = (parsed.value('mount') ?? '') !== '';
  if (fromOutside)
    after.push(
      yield* helper(function* (pid) {
        yield* bindFiles(parsed, pid);
        return 0;
      }),
    );
  for (const [kind, { ranges }] of [
    ['user', user],
    ['group', group],
  ] as const)
    if (ranges !== null) after.push(yield* helper((pid) => mapByHelper(kind, pid, ranges, env)));
  yield* must('unshare failed', () => sys.unshare(flags));
  const fork = parsed.has('fork') || parsed.has('kill-child');
  for (const each of after) yield* each();
  for (const clock of ['monotonic', 'boottime'] as const)
    if (offsets[clock] !== null)
      yield* writeSetting(
        '/proc/self/timens_offsets',
        `${clock} ${offsets[clock]} 0`,
        'failed to write to /proc/self/timens_offsets',
      );
  if (!fork) {
    if (!fromOutside) yield* bindFiles(parsed, yield* sys.getpid());
    return yield* inside();
  }
  const [ready, telling] = yield* sys.pipe();
  yield* sys.sigprocmask('block', ['INT', 'TERM']);
  const child = yield* must('fork failed', () =>
    sys.fork(function* () {
      yield* sys.close(telling);
      yield* sys.read(ready, 1);
      yield* sys.close(ready);
      yield* sys.sigprocmask('unblock', ['INT', 'TERM']);
      if (signal !== null) yield* sys.prctl('PR_SET_PDEATHSIG', signal);
      return yield* reporting('unshare', inside);
    }),
  );
  yield* sys.close(ready);
  if (!fromOutside) yield* bindFiles(parsed, yield* sys.getpid());
  yield* sys.close(telling);
  return yield* endAs(child);

  function* inside(): Sys<number> {
    yield* writeMaps(parsed, user, group, uid, gid);
    yield* settle(parsed, flags);
    return yield* becomeProgram(parsed.operands, env);
  }
}

export const unshare: CommandSpec = {
  name: 'unshare',
  usage: '[OPTION]... [PROGRAM [ARGUMENT]...]',
  summary: 'Run a program with some namespaces unshared from the parent.',
  operandsEndOptions: true,
  options: [
    ...unsharingOptions,
    { short: 'f', long: 'fork', help: 'fork before launching PROGRAM' },
    { long: 'map-user', argument: 'UID|NAME', help: 'map current user to uid (implies --user)' },
    { long: 'map-group', argument: 'GID|NAME', help: 'map current group to gid (implies --user)' },
    { short: 'r', long: 'map-root-user', help: 'map current user to root (implies --user)' },
    { short: 'c', long: 'map-current-user', help: 'map current user to itself (implies --user)' },
    { long: 'map-auto', help: 'map users and groups automatically (implies --user)' },
    {
      long: 'map-users',
      argument: 'OUTERUID,INNERUID,COUNT',
      help: 'map COUNT users from OUTERUID to INNERUID (implies --user)',
    },
    {
      long: 'map-groups',
      argument: 'OUTERGID,INNERGID,COUNT',
      help: 'map COUNT groups from OUTERGID to INNERGID (implies --user)',
    },
    {
      long: 'kill-child',
      argument: 'SIGNAME',
      optional: true,
      help: 'when dying, kill the forked child (implies --fork); defaults to SIGKILL',
    },
    {
      long: 'mount-proc',
      argument: 'DIR',
      optional: true,
      help: 'mount proc filesystem first (implies --mount)',
    },
    {
      long: 'propagation',
      argument: 'slave|shared|private|unchanged',
      help: 'modify mount propagation in mount namespace',
    },
    {
      long: 'setgroups',
      argument: 'allow|deny',
      help: 'control the setgroups syscall in user namespaces',
    },
    { long: 'keep-caps', help: 'retain capabilities granted in user namespaces' },
    { short: 'R', long: 'root', argument: 'DIR', help: 'run the command with root directory set to DIR' },
    { short: 'w', long: 'wd', argument: 'DIR', help: 'change working directory to DIR' },
    { short: 'S', long: 'setuid', argument: 'UID', help: 'set uid in entered namespace' },
    { short: 'G', long: 'setgid', argument: 'GID', help: 'set gid in entered namespace' },
    {
      long: 'monotonic',
      argument: 'OFFSET',
      help: 'set clock monotonic offset (seconds) in time namespaces',
    },
    {
      long: 'boottime',
      argument: 'OFFSET',
      help: 'set clock boottime offset (seconds) in time namespaces',
    },
  ],
  *run(parsed, { env }) {
    try {
      return yield* reporting('unshare', () => run(parsed, env));
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return error.status;
    }
  },
};
