/** /proc as proc(5) describes it, for what exists here. Everything is computed when it is read. */
import { decodeUtf8 } from '../base/index.ts';
import { partitionsText } from './blockDevices.ts';
import { locationOf } from './files/descriptorInode.ts';
import type { NetworkStack } from './files/networkStack.ts';
import { ComputedFs, type ComputedNode, directoryOf, pathOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import { requireInspection } from './procAccess.ts';
import { affinityLines } from './procAffinity.ts';
import { identityLines, privilegeLines } from './procIdentity.ts';
import { mountinfoText, mountsText } from './procMounts.ts';
import { namespaceDirectory, namespaceSettings } from './procNamespaces.ts';
import { cgroupsText, meminfoText, memoryLines, pressureDirectory, resourceFiles } from './procResources.ts';
import { stateText, statText, systemStatText, threadsOf } from './procStat.ts';
import { networkSwitches } from './procSwitches.ts';
import { sysvipcDirectory } from './procSysvipc.ts';
import { signalNumber } from './signals.ts';
import type { PidNamespace } from './tasks/pids.ts';
import type { Task } from './tasks/task.ts';

const text = (read: () => string, mode?: number): ComputedNode => ({
  kind: 'file',
  text: read,
  ...(mode !== undefined && { mode }),
});

/** The /proc of a pid namespace. */
export function makeProc(kernel: Kernel, ns: PidNamespace, dev: number): ComputedFs {
  const fixed = fixedFiles(kernel);
  const root: ComputedNode = {
    kind: 'dir',
    names: () => [...[...ns.tasks.keys()].sort((a, b) => a - b).map(String), ...Object.keys(fixed), 'self'],
    child: (name) => {
      if (name === 'self') return selfLink(kernel, ns);
      if (Object.hasOwn(fixed, name)) return fixed[name]!;
      const task = /^[1-9]\d*$/.test(name) ? ns.tasks.get(Number(name)) : undefined;
      return task === undefined ? null : processDirectory(kernel, task, ns);
    },
  };
  return new ComputedFs('proc', dev, kernel.clock, root);
}

function selfLink(kernel: Kernel, ns: PidNamespace): ComputedNode | null {
  const pid = kernel.current?.pid.seenFrom(ns) ?? 0;
  return pid === 0 ? null : { kind: 'link', target: () => `${pid}` };
}

function fixedFiles(kernel: Kernel): Record<string, ComputedNode> {
  const own = () => kernel.current!;
  return {
    version: text(() => `Linux version ${kernel.options.release} (virtbook) #1 SMP\n`),
    uptime: text(() => {
      const idle = kernel.events.now - kernel.bootTime;
      const up = idle + own().namespaces.time.offsets.boottime;
      return `${(up / 1e9).toFixed(2)} ${(idle / 1e9).toFixed(2)}\n`;
    }),
    cgroups: text(() => cgroupsText(kernel)),
    stat: text(() => systemStatText(kernel)),
    pressure: pressureDirectory(kernel),
    loadavg: text(() => loadavg(kernel)),
    meminfo: text(() => meminfoText(kernel)),
    cpuinfo: text(() =>
      Array.from(
        { length: kernel.options.cpus },
        (_, i) => `processor\t: ${i}\nmodel name\t: virtbook\n`,
      ).join('\n'),
    ),
    filesystems: text(() =>
      [...own().namespaces.mnt.table.types.keys()]
        .map((type) => `${type === 'ext4' ? '' : 'nodev'}\t${type}\n`)
        .join(''),
    ),
    mounts: { kind: 'link', target: () => 'self/mounts' },
    partitions: text(() => partitionsText(kernel.blockDevices)),
    ...(kernel.network !== null && { net: { kind: 'link', target: () => 'self/net' } as const }),
    sysvipc: sysvipcDirectory(kernel),
    sys: directoryOf({
      kernel: directoryOf({
        domainname: utsName(own, 'domainname'),
        hostname: utsName(own, 'hostname'),
        osrelease: text(() => `${kernel.options.release}\n`),
        ostype: text(() => 'Linux\n'),
        pid_max: text(() => '4194304\n'),
      }),
      ...(kernel.network !== null && { net: networkSwitches(kernel.network, own) }),
    }),
  };
}

/** Of the uts namespace of whoever looks; what is longer than a name can be is cut off. */
function utsName(own: () => Task, name: 'hostname' | 'domainname'): ComputedNode {
  return {
    kind: 'file',
    mode: 0o644,
    text: () => `${own().namespaces.uts[name]}\n`,
    write: (bytes) => {
      own().namespaces.uts[name] = (decodeUtf8(bytes).split('\n', 1)[0] ?? '').slice(0, 64);
    },
  };
}

function loadavg(kernel: Kernel): string {
  const tasks = [...kernel.rootPidNamespace.tasks.values()];
  const running = tasks.filter((task) => task.state === 'running' || task.state === 'runnable').length;
  const last = Math.max(...kernel.rootPidNamespace.tasks.keys());
  return `${kernel.scheduler.loadAverages().join(' ')} ${running}/${tasks.length} ${last}\n`;
}

function processDirectory(kernel: Kernel, task: Task, ns: PidNamespace): ComputedNode {
  const { uid, gid } = task.credentials;
  const children: Record<string, ComputedNode> = {
    cmdline: text(() => (task.state === 'zombie' ? '' : task.argv.map((arg) => `${arg}\0`).join(''))),
    comm: text(() => `${task.comm}\n`),
    environ: text(() => {
      requireInspection(kernel, task);
      return [...task.env].map(([key, value]) => `${key}=${value}\0`).join('');
    }, 0o400),
    io: text(() => {
      requireInspection(kernel, task);
      return task.io.text();
    }, 0o400),
    stat: text(() => statText(kernel, task, ns)),
    status: text(() => statusText(kernel, task, ns)),
    mounts: text(() => mountsText(task)),
    mountinfo: text(() => mountinfoText(task)),
    cwd: {
      kind: 'link',
      target: () => pathOf(guarded(kernel, task, task.cwd), kernel.current!.root),
      follow: () => guarded(kernel, task, task.cwd),
    },
    root: {
      kind: 'link',
      target: () => pathOf(guarded(kernel, task, task.root), kernel.current!.root),
      follow: () => guarded(kernel, task, task.root),
    },
    exe: { kind: 'link', target: () => guarded(kernel, task, task.exe) },
    fd: fdDirectory(kernel, task),
    ...(kernel.network !== null && { net: networkDirectory(kernel.network, task) }),
    ns: namespaceDirectory(kernel, task),
    ...namespaceSettings(kernel, task),
    ...resourceFiles(kernel, task),
  };
  return { ...directoryOf(children), uid, gid } as ComputedNode;
}

/** Of the namespace that the process is in; a zombie is in none any more. */
function networkDirectory(network: NetworkStack, task: Task): ComputedNode {
  const { net } = task.namespaces;
  return net === null || !task.alive ? directoryOf({}) : network.procFiles(net);
}

function guarded<T>(kernel: Kernel, task: Task, value: T): T {
  requireInspection(kernel, task);
  return value;
}

function fdDirectory(kernel: Kernel, task: Task): ComputedNode {
  return {
    kind: 'dir',
    mode: 0o500,
    uid: task.credentials.uid,
    gid: task.credentials.gid,
    names: () => {
      requireInspection(kernel, task);
      return task.fds.entries().map(([fd]) => `${fd}`);
    },
    child: (name) => {
      const file = task.fds.entries().find(([fd]) => `${fd}` === name)?.[1];
      if (file === undefined) return null;
      const { location } = file;
      return {
        kind: 'link',
        mode: (file.readable ? 0o500 : 0o100) | (file.writable ? 0o300 : 0o100),
        uid: task.credentials.uid,
        gid: task.credentials.gid,
        size: 64,
        target: () => {
          requireInspection(kernel, task);
          return location === null ? file.name : pathOf(location, kernel.current!.root);
        },
        follow: () => guarded(kernel, task, locationOf(file)),
      };
    },
  };
}

function mask(signals: Iterable<Parameters<typeof signalNumber>[0]>): string {
  let bits = 0n;
  for (const signal of signals) bits |= 1n << BigInt(signalNumber(signal) - 1);
  return bits.toString(16).padStart(16, '0');
}

/** A number as each namespace sees it, from that of the /proc down to the process's own. */
function numbersFrom(task: Task, ns: PidNamespace, of: (at: PidNamespace) => number): string {
  const numbers: number[] = [];
  for (let at: PidNamespace | null = task.namespaces.pid; at !== null; at = at === ns ? null : at.parent)
    numbers.unshift(of(at));
  return numbers.join('\t');
}

function statusText(kernel: Kernel, task: Task, ns: PidNamespace): string {
  const chosen = (wanted: string) =>
    [...task.dispositions].filter(([, disposition]) => disposition === wanted).map(([signal]) => signal);
  return [
    `Name:\t${task.comm}`,
    `Umask:\t${task.umask.toString(8).padStart(4, '0')}`,
    `State:\t${stateText(task)}`,
    `Tgid:\t${task.pid.seenFrom(ns)}`,
    `Pid:\t${task.pid.seenFrom(ns)}`,
    `PPid:\t${task.parent?.pid.seenFrom(ns) ?? 0}`,
    ...identityLines(task, kernel.current!.credentials.userNs),
    `NStgid:\t${numbersFrom(task, ns, (at) => task.pid.seenFrom(at))}`,
    `NSpid:\t${numbersFrom(task, ns, (at) => task.pid.seenFrom(at))}`,
    `NSpgid:\t${numbersFrom(task, ns, (at) => task.group.id.seenFrom(at))}`,
    `NSsid:\t${numbersFrom(task, ns, (at) => task.group.session.id.seenFrom(at))}`,
    ...memoryLines(task),
    `Threads:\t${threadsOf(task)}`,
    `SigPnd:\t${mask(task.pending)}`,
    `SigBlk:\t${mask(task.blocked)}`,
    `SigIgn:\t${mask(chosen('ignore'))}`,
    `SigCgt:\t${mask(chosen('catch'))}`,
    ...privilegeLines(task),
    ...affinityLines(task, kernel.options.cpus),
    '',
  ].join('\n');
}
