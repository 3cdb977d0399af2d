/** /proc as proc(5) describes it, for what exists here. Everything is computed when it is read. */
import { decodeUtf8 } from '../base/index.ts';
import { partitionsText } from './blockDevices.ts';
import type { NetworkStack } from './files/networkStack.ts';
import { ComputedFs, type ComputedNode, directoryOf, pathOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import { requireInspection } from './procAccess.ts';
import { fdDirectory, fdInfoDirectory } from './procDescriptors.ts';
import { mountinfoText, mountsText } from './procMounts.ts';
import { namespaceDirectory, namespaceSettings } from './procNamespaces.ts';
import { cgroupsText, meminfoText, pressureDirectory, resourceFiles } from './procResources.ts';
import { statText, systemStatText, type Thread, threadsOf, wholeProcess } from './procStat.ts';
import { statusText } from './procStatus.ts';
import { networkSwitches } from './procSwitches.ts';
import { sysvipcDirectory } from './procSysvipc.ts';
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
      if (!/^[1-9]\d*$/.test(name)) return null;
      const task = ns.tasks.get(Number(name));
      return task === undefined ? hiddenThread(kernel, Number(name), ns) : processDirectory(kernel, task, ns);
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
  return directoryWith(task, {
    ...processFiles(kernel, task, ns, wholeProcess(task)),
    task: threadsDirectory(kernel, task, ns),
  });
}

/** Each thread has what its process has, under its own number. */
function threadsDirectory(kernel: Kernel, task: Task, ns: PidNamespace): ComputedNode {
  return {
    kind: 'dir',
    names: () => threadsOf(task).map(({ pid }) => `${pid.seenFrom(ns)}`),
    child: (name) => {
      const thread = threadsOf(task).find(({ pid }) => `${pid.seenFrom(ns)}` === name);
      return thread === undefined ? null : threadDirectory(kernel, task, ns, thread);
    },
  };
}

function threadDirectory(kernel: Kernel, task: Task, ns: PidNamespace, thread: Thread): ComputedNode {
  const children = () => (thread.first ? [...task.children].map(({ pid }) => pid.seenFrom(ns)) : []);
  return directoryWith(task, {
    children: text(() =>
      children()
        .sort((a, b) => a - b)
        .map((pid) => `${pid} `)
        .join(''),
    ),
    ...processFiles(kernel, task, ns, thread),
  });
}

/** A thread that is not its process's first is not listed in /proc, but found there by its number. */
function hiddenThread(kernel: Kernel, number: number, ns: PidNamespace): ComputedNode | null {
  for (const task of ns.tasks.values()) {
    const thread =
      task.engines.size === 0 ? undefined : threadsOf(task).find(({ pid }) => pid.seenFrom(ns) === number);
    if (thread !== undefined)
      return directoryWith(task, {
        ...processFiles(kernel, task, ns, thread),
        task: threadsDirectory(kernel, task, ns),
      });
  }
  return null;
}

function directoryWith(
  { credentials: { uid, gid } }: Task,
  children: Record<string, ComputedNode>,
): ComputedNode {
  return { ...directoryOf(children), uid, gid } as ComputedNode;
}

function processFiles(
  kernel: Kernel,
  task: Task,
  ns: PidNamespace,
  thread: Thread,
): Record<string, ComputedNode> {
  return {
    cmdline: text(() => (task.state === 'zombie' ? '' : task.argv.map((arg) => `${arg}\0`).join(''))),
    comm: text(() => `${thread.comm}\n`),
    environ: text(() => {
      requireInspection(kernel, task);
      return [...task.env].map(([key, value]) => `${key}=${value}\0`).join('');
    }, 0o400),
    io: text(() => {
      requireInspection(kernel, task);
      return task.io.text();
    }, 0o400),
    stat: text(() => statText(kernel, task, ns, thread)),
    status: text(() => statusText(kernel, task, ns, thread)),
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
    fdinfo: fdInfoDirectory(kernel, task),
    ...(kernel.network !== null && { net: networkDirectory(kernel, kernel.network, task) }),
    ns: namespaceDirectory(kernel, task),
    ...namespaceSettings(kernel, task),
    ...resourceFiles(kernel, task),
  };
}

/** Of the namespace that the process is in; a zombie is in none any more. */
function networkDirectory(kernel: Kernel, network: NetworkStack, task: Task): ComputedNode {
  const { net } = task.namespaces;
  return net === null || !task.alive ? directoryOf({}) : network.procFiles(net, () => kernel.current!);
}

function guarded<T>(kernel: Kernel, task: Task, value: T): T {
  requireInspection(kernel, task);
  return value;
}
