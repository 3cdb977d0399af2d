/** /proc as proc(5) describes it, for what exists here. Everything is computed when it is read. */
import { decodeUtf8 } from '../base/index.ts';
import { partitionsText } from './blockDevices.ts';
import type { NetworkStack } from './files/networkStack.ts';
import { ComputedFs, type ComputedNode, directoryOf, type Location, pathOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import { type Described, requireInspection } from './procAccess.ts';
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

/** Makes the /proc of a pid namespace. What each of a kernel's has alike is made once. */
export function procMaker(kernel: Kernel): (ns: PidNamespace, dev: number) => ComputedFs {
  let fixed: Readonly<Record<string, ComputedNode>> | null = null;
  return (ns, dev) => {
    fixed ??= fixedFiles(kernel);
    return new ComputedFs('proc', dev, kernel.clock, new RootDirectory(kernel, ns, fixed));
  };
}

/** A class, which is half as large as an object with two closures: each container has one. */
class RootDirectory {
  readonly kind = 'dir';
  readonly #kernel: Kernel;
  readonly #ns: PidNamespace;
  readonly #fixed: Readonly<Record<string, ComputedNode>>;

  constructor(kernel: Kernel, ns: PidNamespace, fixed: Readonly<Record<string, ComputedNode>>) {
    this.#kernel = kernel;
    this.#ns = ns;
    this.#fixed = fixed;
  }

  names(): string[] {
    const numbers = [...this.#ns.tasks.keys()].sort((a, b) => a - b);
    return [...numbers.map(String), ...Object.keys(this.#fixed), 'self'];
  }

  child(name: string): ComputedNode | null {
    if (name === 'self') return selfLink(this.#kernel, this.#ns);
    if (Object.hasOwn(this.#fixed, name)) return this.#fixed[name]!;
    if (!isNumber(name)) return null;
    const task = this.#ns.tasks.get(Number(name));
    return task === undefined
      ? hiddenThread(this.#kernel, Number(name), this.#ns)
      : processDirectory(this.#kernel, task, this.#ns);
  }
}

/** Whether a name can be a process's: most that are looked for begin with a letter. */
function isNumber(name: string): boolean {
  const first = name.charCodeAt(0);
  return first > 48 && first <= 57 && /^\d+$/.test(name);
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

/** A directory of /proc/PID as `ns` counts. `thread` is asked when a file that tells of it is looked up. */
interface Place extends Described {
  readonly ns: PidNamespace;
  readonly thread: () => Thread;
}

/** Makes one entry of such a directory: most paths lead to one of them alone. */
type Entry = (place: Place) => ComputedNode;

class PlaceDirectory {
  readonly kind = 'dir';
  readonly uid: number;
  readonly gid: number;
  readonly #place: Place;
  readonly #entries: Readonly<Record<string, Entry>>;

  constructor(place: Place, entries: Readonly<Record<string, Entry>>) {
    const { uid, gid } = place.task.credentials;
    this.uid = uid;
    this.gid = gid;
    this.#place = place;
    this.#entries = entries;
  }

  names(): string[] {
    return Object.keys(this.#entries).filter((name) => this.has(name));
  }

  child(name: string): ComputedNode | null {
    return this.has(name) ? this.#entries[name]!(this.#place) : null;
  }

  private has(name: string): boolean {
    return Object.hasOwn(this.#entries, name) && (name !== 'net' || this.#place.kernel.network !== null);
  }
}

function processDirectory(kernel: Kernel, task: Task, ns: PidNamespace): ComputedNode {
  return new PlaceDirectory({ kernel, task, ns, thread: () => wholeProcess(task) }, processEntries);
}

/** Each thread has what its process has, under its own number. */
function threadsDirectory({ kernel, task, ns }: Place): ComputedNode {
  return {
    kind: 'dir',
    names: () => threadsOf(task).map(({ pid }) => `${pid.seenFrom(ns)}`),
    child: (name) => {
      const thread = threadsOf(task).find(({ pid }) => `${pid.seenFrom(ns)}` === name);
      if (thread === undefined) return null;
      return new PlaceDirectory({ kernel, task, ns, thread: () => thread }, threadEntries);
    },
  };
}

/** A thread that is not its process's first is not listed in /proc, but found there by its number. */
function hiddenThread(kernel: Kernel, number: number, ns: PidNamespace): ComputedNode | null {
  for (const task of ns.tasks.values()) {
    const thread =
      task.engines.size === 0 ? undefined : threadsOf(task).find(({ pid }) => pid.seenFrom(ns) === number);
    if (thread !== undefined)
      return new PlaceDirectory({ kernel, task, ns, thread: () => thread }, processEntries);
  }
  return null;
}

function childrenFile({ task, ns, thread }: Place): ComputedNode {
  const { first } = thread();
  return text(() => {
    const children = first ? [...task.children].map(({ pid }) => pid.seenFrom(ns)) : [];
    return children
      .sort((a, b) => a - b)
      .map((pid) => `${pid} `)
      .join('');
  });
}

function locationLink({ kernel, task }: Place, of: (task: Task) => Location): ComputedNode {
  return {
    kind: 'link',
    target: () => pathOf(guarded(kernel, task, of(task)), kernel.current!.root),
    follow: () => guarded(kernel, task, of(task)),
  };
}

const commonEntries: Readonly<Record<string, Entry>> = {
  cmdline: ({ task }) =>
    text(() => (task.state === 'zombie' ? '' : task.argv.map((arg) => `${arg}\0`).join(''))),
  comm: ({ thread }) => {
    const { comm } = thread();
    return text(() => `${comm}\n`);
  },
  environ: ({ kernel, task }) =>
    text(() => {
      requireInspection(kernel, task);
      return [...task.env].map(([key, value]) => `${key}=${value}\0`).join('');
    }, 0o400),
  io: ({ kernel, task }) =>
    text(() => {
      requireInspection(kernel, task);
      return task.io.text();
    }, 0o400),
  stat: ({ kernel, task, ns, thread }) => {
    const seen = thread();
    return text(() => statText(kernel, task, ns, seen));
  },
  status: ({ kernel, task, ns, thread }) => {
    const seen = thread();
    return text(() => statusText(kernel, task, ns, seen));
  },
  mounts: ({ task }) => text(() => mountsText(task)),
  mountinfo: ({ task }) => text(() => mountinfoText(task)),
  cwd: (place) => locationLink(place, ({ cwd }) => cwd),
  root: (place) => locationLink(place, ({ root }) => root),
  exe: ({ kernel, task }) => ({ kind: 'link', target: () => guarded(kernel, task, task.exe) }),
  fd: ({ kernel, task }) => fdDirectory(kernel, task),
  fdinfo: ({ kernel, task }) => fdInfoDirectory(kernel, task),
  /** Only where there is a network. */
  net: ({ kernel, task }) => networkDirectory(kernel, kernel.network!, task),
  ns: ({ kernel, task }) => namespaceDirectory(kernel, task),
  ...namespaceSettings,
  ...resourceFiles,
};

const processEntries: Readonly<Record<string, Entry>> = { ...commonEntries, task: threadsDirectory };
const threadEntries: Readonly<Record<string, Entry>> = { children: childrenFile, ...commonEntries };

/** Of the namespace that the process is in; a zombie is in none any more. */
function networkDirectory(kernel: Kernel, network: NetworkStack, task: Task): ComputedNode {
  const { net } = task.namespaces;
  return net === null || !task.alive ? directoryOf({}) : network.procFiles(net, () => kernel.current!);
}

function guarded<T>(kernel: Kernel, task: Task, value: T): T {
  requireInspection(kernel, task);
  return value;
}
