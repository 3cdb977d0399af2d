/** The base system of a simulated host and of the base image: directories, accounts, shell start-up files. */
import type { FileTree } from '../linux/index.ts';
import type { HostSpec } from './scenario.ts';

/** Directories of the Filesystem Hierarchy Standard 3.0 with a merged /usr. */
const directories: FileTree = Object.fromEntries(
  [
    ['/etc', 0o755],
    ['/home', 0o755],
    ['/root', 0o700],
    ['/proc', 0o555],
    ['/dev', 0o755],
    ['/sys', 0o555],
    ['/run', 0o755],
    ['/run/lock', 0o1777],
    ['/tmp', 0o1777],
    ['/mnt', 0o755],
    ['/opt', 0o755],
    ['/srv', 0o755],
    ['/usr', 0o755],
    ['/usr/bin', 0o755],
    ['/usr/sbin', 0o755],
    ['/usr/lib', 0o755],
    ['/usr/local', 0o755],
    ['/usr/local/bin', 0o755],
    ['/usr/share', 0o755],
    ['/var', 0o755],
    ['/var/lib', 0o755],
    ['/var/log', 0o755],
    ['/var/tmp', 0o1777],
  ].map(([path, mode]) => [path, { type: 'dir', mode: mode as number }]),
);

const links: FileTree = {
  '/bin': { target: 'usr/bin' },
  '/sbin': { target: 'usr/sbin' },
  '/lib': { target: 'usr/lib' },
  '/var/run': { target: '/run' },
};

const osRelease = `PRETTY_NAME="Virtbook Linux 1"
NAME="Virtbook Linux"
ID=virtbook
VERSION_ID="1"
`;

const profile = `# Start-up of every login shell.
export PATH=/usr/local/bin:/usr/bin:/usr/sbin
if [ "$(id -u)" -eq 0 ]; then PS1='\\u@\\h:\\w# '; else PS1='\\u@\\h:\\w\\$ '; fi
if [ -r ~/.bashrc ]; then . ~/.bashrc; fi
`;

const bashrc = `# Start-up of interactive shells.
PS1='\\[\\e[32m\\]\\u@\\h\\[\\e[0m\\]:\\[\\e[34m\\]\\w\\[\\e[0m\\]\\$ '
alias ls='ls --color=auto'
alias ll='ls -l'
alias grep='grep --color=auto'
`;

const passwdLine = (name: string, uid: number, home: string, shell = '/bin/bash') =>
  `${name}:x:${uid}:${uid}:${name}:${home}:${shell}\n`;

/** What a container's root needs too: no accounts besides root and nobody. */
export function commonFiles(): FileTree {
  return {
    ...directories,
    ...links,
    '/etc/os-release': osRelease,
    '/etc/passwd':
      passwdLine('root', 0, '/root') + passwdLine('nobody', 65_534, '/nonexistent', '/usr/sbin/nologin'),
    '/etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    '/etc/profile': profile,
  };
}

/** Whose processes VMs are. */
const emulatorUser = 'libvirt-qemu:x:64055:106:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin\n';

/** The hosts of Docker Hub. */
const HUB_NAMES = ['registry-1.docker.io', 'auth.docker.io', 'index.docker.io'];

/** Lines of /etc/hosts for the hosts of a scenario that serve images. */
export function registryNames(hosts: readonly HostSpec[]): string {
  return hosts
    .flatMap(({ name, registry, network }) => {
      const address = network?.devices?.find(({ addresses = [] }) => addresses.length > 0)?.addresses?.[0];
      if (registry === undefined || address === undefined) return [];
      const names = [name, ...(registry.names ?? []), ...(registry.hub ? HUB_NAMES : [])];
      return [`${address.replace(/\/.*/, '')} ${names.join(' ')}\n`];
    })
    .join('');
}

/** `known`: more lines of /etc/hosts. A host's own files: accounts, names, the login user's home. Uid 1000 is the learner; gid 27 is sudo, 999 docker, 106 kvm, 108 libvirt. */
export function hostFiles(host: HostSpec, known: string): FileTree {
  const user = host.user ?? 'student';
  const student = user === 'root' ? 'student' : user;
  const home = `/home/${student}`;
  const owned = { uid: 1000, gid: 1000 };
  const virtualization = host.hypervisor === undefined ? '' : `kvm:x:106:\nlibvirt:x:108:${student}\n`;
  return {
    ...commonFiles(),
    '/etc/hostname': `${host.name}\n`,
    '/etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n${known}`,
    '/etc/passwd':
      passwdLine('root', 0, '/root') +
      passwdLine('nobody', 65_534, '/nonexistent', '/usr/sbin/nologin') +
      (host.hypervisor === undefined ? '' : emulatorUser) +
      passwdLine(student, 1000, home),
    '/etc/group': `root:x:0:\ndisk:x:6:\nsudo:x:27:${student}\n${virtualization}docker:x:999:${student}\n${student}:x:1000:\nnogroup:x:65534:\n`,
    ...(host.motd !== undefined && { '/etc/motd': host.motd }),
    '/root/.bashrc': { content: bashrc, mode: 0o644 },
    [home]: { type: 'dir', mode: 0o755, ...owned },
    [`${home}/.bashrc`]: { content: bashrc, mode: 0o644, ...owned },
  };
}

/** Runs at boot, in the order of the names, by PID 1. */
export function initScripts(options: { engine: boolean }): FileTree {
  const mounts = `#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock
`;
  const docker = `#!/bin/sh
dockerd >/var/log/dockerd.log 2>&1 &
while [ ! -S /run/docker.sock ]; do sleep 0.01; done
`;
  return {
    '/etc/init.d/10-mounts': { content: mounts, mode: 0o755 },
    ...(options.engine && { '/etc/init.d/20-docker': { content: docker, mode: 0o755 } }),
  };
}
