/** Who a process is and what it may do: ids, capabilities, filters. */
import {
  type Capability,
  type CapabilitySet,
  type CapabilitySets,
  capabilitiesIn,
} from '../../../../linux/index.ts';
import { ADDRESS, octal } from '../values.ts';
import { type Done, type Formats, filled, type Shown, shown } from './types.ts';

const three = (done: Done<readonly [number, number, number]>) =>
  done ? done.value.map((id) => `[${id}]`) : [ADDRESS, ADDRESS, ADDRESS];

const setText = (set: CapabilitySet) =>
  set === 0n
    ? '0'
    : capabilitiesIn(set)
        .map((name) => `1<<${name}`)
        .join('|');

const setsText = (sets: Pick<CapabilitySets, 'permitted' | 'effective' | 'inheritable'>) =>
  `{effective=${setText(sets.effective)}, permitted=${setText(sets.permitted)}, inheritable=${setText(sets.inheritable)}}`;

const head = (pid: number) => `{version=_LINUX_CAPABILITY_VERSION_3, pid=${pid}}`;

function prctl(option: string, argument: unknown): Shown {
  if (option.startsWith('PR_CAP_AMBIENT_'))
    return shown('prctl', 'PR_CAP_AMBIENT', option, argument === 0 ? 0 : (argument as Capability), 0, 0);
  if (option.startsWith('PR_CAPBSET')) return shown('prctl', option, argument as Capability);
  if (option.endsWith('NO_NEW_PRIVS')) return shown('prctl', option, Number(argument), 0, 0, 0);
  if (option === 'PR_SET_PDEATHSIG') return shown('prctl', option, argument === 0 ? 0 : `SIG${argument}`);
  return option.includes('_GET_') ? shown('prctl', option) : shown('prctl', option, Number(argument));
}

type Calls =
  | 'getuid'
  | 'geteuid'
  | 'getgid'
  | 'getegid'
  | 'getgroups'
  | 'getresuid'
  | 'getresgid'
  | 'setuid'
  | 'setresuid'
  | 'setgid'
  | 'setresgid'
  | 'setgroups'
  | 'umask'
  | 'capget'
  | 'capset'
  | 'seccomp'
  | 'bpfDevices'
  | 'prctl';

export const credentialFormats: Formats<Calls> = {
  getuid: () => shown('getuid'),
  geteuid: () => shown('geteuid'),
  getgid: () => shown('getgid'),
  getegid: () => shown('getegid'),
  getgroups(_, done) {
    const ids = done ? `[${done.value.join(', ')}]` : ADDRESS;
    return filled(1, shown('getgroups', 65536, ids), done ? String(done.value.length) : undefined);
  },
  getresuid: (_, done) => filled(0, shown('getresuid', ...three(done)), '0'),
  getresgid: (_, done) => filled(0, shown('getresgid', ...three(done)), '0'),
  setuid: (_show, _done, uid) => shown('setuid', uid),
  setresuid: (_show, _done, ...ids) => shown('setresuid', ...ids),
  setgid: (_show, _done, gid) => shown('setgid', gid),
  setresgid: (_show, _done, ...ids) => shown('setresgid', ...ids),
  setgroups: (_show, _done, ids) => shown('setgroups', ids.length, `[${ids.join(', ')}]`),
  umask(_, done, mask) {
    const call = shown('umask', octal(mask));
    return done ? { ...call, result: octal(done.value) } : call;
  },
  capget: (_, done, pid) => filled(1, shown('capget', head(pid), done ? setsText(done.value) : ADDRESS), '0'),
  /** What it does besides to the bounding and the ambient set takes a prctl(2) for each capability in Linux. */
  capset: (_show, _done, sets) => shown('capset', head(0), setsText(sets)),
  seccomp: () => shown('seccomp', 'SECCOMP_SET_MODE_FILTER', 0, `{len=${ADDRESS}, filter=${ADDRESS}}`),
  bpfDevices: () => shown('bpf', 'BPF_PROG_ATTACH', '{attach_type=BPF_CGROUP_DEVICE, ...}', ADDRESS),
  prctl(_, done, option, argument) {
    const call = prctl(option, argument);
    if (option === 'PR_GET_PDEATHSIG' || option === 'PR_GET_CHILD_SUBREAPER') {
      const text = done ? `[${done.value}]` : ADDRESS;
      return filled(1, { ...call, args: [...call.args, text] }, '0');
    }
    return call;
  },
};
