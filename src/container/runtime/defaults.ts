/** What `runc spec` writes, and paths that no container is to see or to write. */
import type { NamespaceType, RuntimeSpec, SpecMount } from './spec.ts';
import { OCI_VERSION } from './spec.ts';

export const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

export const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const hard = ['nosuid', 'noexec', 'nodev'];

const mounts: readonly SpecMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    ...{ destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    ...{ destination: '/dev/pts', type: 'devpts', source: 'devpts' },
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    ...{ destination: '/dev/shm', type: 'tmpfs', source: 'shm' },
    options: [...hard, 'mode=1777', 'size=65536k'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: hard },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...hard, 'ro'] },
  {
    ...{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' },
    options: [...hard, 'relatime', 'ro'],
  },
];

const capabilities = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

/** A container that runs a shell; file systems and namespaces that the kernel does not have are left out. */
export function exampleSpec(
  filesystems: ReadonlySet<string>,
  namespaces: readonly NamespaceType[],
): RuntimeSpec {
  const type = (mount: SpecMount) => (mount.type === 'cgroup' ? 'cgroup2' : mount.type!);
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'runc',
    mounts: mounts.filter((mount) => filesystems.has(type(mount))),
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      namespaces: namespaces.map((name) => ({ type: name })),
      maskedPaths: MASKED_PATHS.filter((path) => !/interrupts|powercap/.test(path)),
      readonlyPaths: READONLY_PATHS,
    },
  };
}
