/**
 * The filter that the engine gives to containers: what a container has no business with, unless it was given the capability that goes with
 * it (docs.docker.com, "Seccomp security profiles for Docker"). Everything else is allowed; the engine's own profile lists what is allowed
 * instead, which for the calls that exist comes to the same.
 */
import type { Capability, SeccompArgument, SeccompFilter, SeccompRule } from '../linux/index.ts';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';

/** Calls by the capability that allows them. */
const needed: readonly (readonly [Capability, readonly string[]])[] = [
  ['CAP_DAC_READ_SEARCH', ['open_by_handle_at']],
  [
    'CAP_SYS_ADMIN',
    [
      'fanotify_init',
      'fsconfig',
      'fsmount',
      'fsopen',
      'fspick',
      'lookup_dcookie',
      'mount',
      'mount_setattr',
      'move_mount',
      'open_tree',
      'quotactl',
      'quotactl_fd',
      'setdomainname',
      'sethostname',
      'setns',
      'umount',
      'umount2',
      'unshare',
    ],
  ],
  ['CAP_SYS_BOOT', ['reboot']],
  ['CAP_SYS_CHROOT', ['chroot']],
  ['CAP_SYS_MODULE', ['delete_module', 'finit_module', 'init_module']],
  ['CAP_SYS_PACCT', ['acct']],
  ['CAP_SYS_PTRACE', ['kcmp', 'pidfd_getfd', 'process_madvise', 'process_vm_readv', 'process_vm_writev']],
  ['CAP_SYS_RAWIO', ['ioperm', 'iopl']],
  ['CAP_SYS_TIME', ['clock_settime', 'clock_settime64', 'settimeofday', 'stime']],
  ['CAP_SYS_TTY_CONFIG', ['vhangup']],
  ['CAP_SYS_NICE', ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node']],
];

/** Where one of several capabilities is enough. */
const neededAny: readonly (readonly [readonly Capability[], readonly string[]])[] = [
  [['CAP_SYS_ADMIN', 'CAP_SYSLOG'], ['syslog']],
  [['CAP_SYS_ADMIN', 'CAP_BPF'], ['bpf']],
  [['CAP_SYS_ADMIN', 'CAP_PERFMON'], ['perf_event_open']],
];

/** Not even with all capabilities. */
const NEVER = [
  '_sysctl',
  'add_key',
  'create_module',
  'get_kernel_syms',
  'kexec_file_load',
  'kexec_load',
  'keyctl',
  'move_pages',
  'nfsservctl',
  'pivot_root',
  'query_module',
  'request_key',
  'swapoff',
  'swapon',
  'sysfs',
  'uselib',
  'userfaultfd',
  'ustat',
  'vm86',
  'vm86old',
];

const refuse = (names: readonly string[], args?: readonly SeccompArgument[]): SeccompRule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet: 1,
  ...(args !== undefined && { args }),
});

/** CLONE_NEWCGROUP … CLONE_NEWNET and CLONE_NEWNS, as bits of clone(2)'s first argument. */
const NAMESPACE_BITS = [17, 25, 26, 27, 28, 29, 30];
const AF_VSOCK = 40;

/** For a container that starts with `capabilities` in its bounding set. */
export const defaultSeccomp = (capabilities: readonly Capability[]): SeccompFilter =>
  capabilities === DEFAULT_CAPABILITIES ? USUAL : profileFor(capabilities);

function profileFor(capabilities: readonly Capability[]): SeccompFilter {
  const has = (capability: Capability) => capabilities.includes(capability);
  const byCapability = needed.filter(([capability]) => !has(capability)).flatMap(([, names]) => names);
  const byOneOf = neededAny.filter(([list]) => !list.some(has)).flatMap(([, names]) => names);
  const cloneInto = has('CAP_SYS_ADMIN')
    ? []
    : NAMESPACE_BITS.map((bit) =>
        refuse(
          ['clone', 'clone3'],
          [{ index: 0, value: 2 ** bit, valueTwo: 2 ** bit, op: 'SCMP_CMP_MASKED_EQ' }],
        ),
      );
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [
      refuse([...NEVER, ...byCapability, ...byOneOf].sort()),
      ...cloneInto,
      refuse(['socket'], [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_EQ' }]),
    ],
  };
}

/** Of nearly all containers. */
const USUAL = profileFor(DEFAULT_CAPABILITIES);
