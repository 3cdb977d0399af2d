/** /proc/PID/ns, and the files that say how a process's user and time namespaces are set up: namespaces(7), user_namespaces(7), time_namespaces(7). */
import { decodeUtf8, OsError, SECOND } from '../base/index.ts';
import { capable } from './credentials/credentials.ts';
import { writeIdMap, writeSetgroups } from './credentials/mapWriting.ts';
import type { UserNamespace } from './credentials/userNamespace.ts';
import { locationOf } from './files/descriptorInode.ts';
import { type ComputedNode, directoryOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import type { Namespace } from './namespaces/kinds.ts';
import type { MovableClock } from './namespaces/time.ts';
import { type Described, requireInspection } from './procAccess.ts';
import type { Task } from './tasks/task.ts';

/** /proc/PID/ns. */
export function namespaceDirectory(kernel: Kernel, task: Task): ComputedNode {
  const guard = () => requireInspection(kernel, task);
  const link = (namespace: Namespace | null): ComputedNode => ({
    kind: 'link',
    uid: task.credentials.uid,
    gid: task.credentials.gid,
    target: () => {
      guard();
      return `${namespace!.kind}:[${namespace!.inode}]`;
    },
    follow: () => {
      guard();
      const file = kernel.namespaceFiles.of(namespace!);
      file.made ??= kernel.realtime();
      return locationOf(file);
    },
  });
  const { cgroup, ipc, mnt, net, pid, pidForChildren, time, timeForChildren, uts } = task.namespaces;
  const links = directoryOf({
    cgroup: link(cgroup),
    ipc: link(ipc),
    mnt: link(mnt),
    ...(net !== null && { net: link(net) }),
    pid: link(pid),
    // Nothing to show before the first process of the namespace is there.
    ...(pidForChildren.init !== null && { pid_for_children: link(pidForChildren) }),
    time: link(time),
    time_for_children: link(timeForChildren),
    user: link(task.credentials.userNs),
    uts: link(uts),
  });
  return { ...links, mode: 0o511, uid: task.credentials.uid, gid: task.credentials.gid } as ComputedNode;
}

/** A file of the process's user. */
function setting({ task }: Described, text: () => string, write: (text: string) => void): ComputedNode {
  const { uid, gid } = task.credentials;
  return { kind: 'file', mode: 0o644, uid, gid, text, write: (bytes) => write(decodeUtf8(bytes)) };
}

function mapSetting(process: Described, kind: 'uid' | 'gid'): ComputedNode {
  const { userNs } = process.task.credentials;
  const writer = () => process.kernel.current!.credentials;
  return setting(
    process,
    () => mapText(userNs, writer().userNs, kind),
    (text) => writeIdMap(userNs, kind, text, writer()),
  );
}

/** Files of /proc/PID. */
export const namespaceSettings = {
  uid_map: (process: Described) => mapSetting(process, 'uid'),
  gid_map: (process: Described) => mapSetting(process, 'gid'),
  setgroups: (process: Described) => {
    const { userNs } = process.task.credentials;
    return setting(
      process,
      () => (userNs.setgroupsAllowed ? 'allow\n' : 'deny\n'),
      (text) => writeSetgroups(userNs, text, process.kernel.current!.credentials),
    );
  },
  timens_offsets: (process: Described) => {
    const { kernel, task } = process;
    return setting(
      process,
      () => task.namespaces.timeForChildren.text(),
      (text) => writeOffsets(kernel, task, text),
    );
  },
} as const;

/** What lies outside is shown as the reader's namespace counts, for a reader in the namespace itself as its parent does. */
function mapText(ns: UserNamespace, reader: UserNamespace, kind: 'uid' | 'gid'): string {
  const above = reader === ns ? ns.parent : reader;
  const seen = (id: number) => {
    if (above === null || above.parent === null) return id;
    return (kind === 'uid' ? above.uidMap : above.gidMap).inward(id) ?? 0xffff_ffff;
  };
  const { ranges } = kind === 'uid' ? ns.uidMap : ns.gidMap;
  return ranges
    .map(
      ({ inside, outside, count }) =>
        `${[inside, seen(outside), count].map((number) => `${number}`.padStart(10)).join(' ')}\n`,
    )
    .join('');
}

const clocks: Readonly<Record<string, MovableClock>> = {
  monotonic: 'monotonic',
  boottime: 'boottime',
  '1': 'monotonic',
  '7': 'boottime',
};

/** Lines of clock, seconds, nanoseconds; before anybody is in the namespace (EACCES). */
function writeOffsets(kernel: Kernel, task: Task, text: string): void {
  const ns = task.namespaces.timeForChildren;
  const lines = text.replace(/\n$/, '').split('\n');
  const changes = lines.map((line) => {
    const [, name = '', seconds, nanos] = /^\s*(\w+)\s+(-?\d+)\s+(\d+)\s*$/.exec(line) ?? [];
    const clock = Object.hasOwn(clocks, name) ? clocks[name]! : null;
    if (clock === null || Number(nanos) >= SECOND || lines.length > 2) throw new OsError('EINVAL');
    return { clock, offset: Number(seconds) * SECOND + Number(nanos) };
  });
  const { credentials } = kernel.current!;
  if (!capable(credentials, ns.userNs, 'CAP_SYS_TIME')) throw new OsError('EPERM');
  const { now } = kernel.events;
  // No clock may start below 0, nor get near the end of its range.
  if (changes.some(({ offset }) => now + offset < 0 || offset > Number.MAX_SAFE_INTEGER))
    throw new OsError('ERANGE');
  if (ns.entered) throw new OsError('EACCES');
  for (const { clock, offset } of changes) ns.offsets[clock] = offset;
}
