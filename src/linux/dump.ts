/** All of a host's state as plain JSON: what two worlds must agree in to be the same. */
import { sha256Stream } from '../base/index.ts';
import { capabilityMask } from './credentials/capabilities.ts';
import type { Credentials } from './credentials/credentials.ts';
import { type FileSystem, type Inode, MemFs } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import type { IpcNamespace } from './namespaces/ipc.ts';
import { namespaceKinds } from './namespaces/kinds.ts';
import { mountsText } from './procMounts.ts';
import type { Task } from './tasks/task.ts';

export function dumpHost(kernel: Kernel): unknown {
  const tasks = [...kernel.rootPidNamespace.tasks.values()];
  const filesystems = new Set<FileSystem>();
  for (const task of tasks) for (const mount of task.namespaces.mnt.mounts) filesystems.add(mount.fs);
  return {
    name: kernel.name,
    tasks: tasks.map((task) => dumpTask(kernel, task)),
    ipc: [...new Set(tasks.map((task) => task.namespaces.ipc))].map(dumpIpc),
    cgroups: kernel.cgroups.dump(),
    files: [...filesystems]
      .filter((fs) => fs instanceof MemFs)
      .map((fs) => [fs.dev, fs.type, digestTree(fs)]),
    ...(kernel.network !== null && { network: kernel.network.dump() }),
    ...(kernel.drivers.size > 0 && {
      drivers: [...kernel.drivers.values()].map((driver) => [driver.node, driver.dump()]),
    }),
  };
}

function dumpTask(kernel: Kernel, task: Task): unknown {
  const ns = kernel.rootPidNamespace;
  return {
    pid: kernel.rootPid(task),
    ppid: task.parent?.pid.seenFrom(ns) ?? 0,
    pgid: task.group.id.seenFrom(ns),
    sid: task.group.session.id.seenFrom(ns),
    comm: task.comm,
    argv: task.argv,
    env: [...task.env],
    state: task.state,
    call: task.call?.request.call ?? null,
    credentials: dumpCredentials(task.credentials),
    pending: task.pending,
    cpuTime: task.cpuTime,
    cgroup: task.cgroup.path,
    nice: task.nice,
    ...(task.affinity !== null && { affinity: task.affinity.toString(16) }),
    memory: [task.memory.data, task.memory.resident],
    hostname: task.namespaces.uts.hostname,
    clocks: task.namespaces.time.offsets,
    seccomp: task.seccomp?.count ?? 0,
    namespaces: namespaceKinds.map((kind) =>
      kind === 'user' ? task.credentials.userNs.inode : (task.namespaces[kind]?.inode ?? 0),
    ),
    mounts: mountsText(task),
    fds: task.fds.entries().map(([fd, file]) => [fd, file.name, file.flags]),
  };
}

function dumpCredentials(who: Credentials): unknown {
  const { uid, euid, suid, gid, egid, sgid, groups, userNs, securebits, noNewPrivs } = who;
  const sets = [who.inheritable, who.permitted, who.effective, who.bounding, who.ambient];
  return {
    ...{ uid, euid, suid, gid, egid, sgid, groups, securebits, noNewPrivs },
    capabilities: sets.map(capabilityMask),
    userNs: [userNs.inode, userNs.uidMap.ranges, userNs.gidMap.ranges, userNs.setgroupsAllowed],
  };
}

function dumpIpc({ inode, msg, shm, sem }: IpcNamespace): unknown {
  const queues = msg.all.map(({ changed: _, messages, ...rest }) => ({
    ...rest,
    messages: messages.map(({ type, data }) => [type, [...data]]),
  }));
  return [inode, queues, shm.all, sem.all];
}

/** Bytes hashed at a time. */
const PIECE = 2 ** 20;

/** What is stored, and where there are holes: a sparse file of 100 GB is soon read. */
function digestContents(inode: Inode, size: number, hash: ReturnType<typeof sha256Stream>): void {
  for (let at = 0; at < size; ) {
    const range = inode.dataFrom === undefined ? { start: at, end: size } : inode.dataFrom(at);
    const start = Math.min(range?.start ?? size, size);
    if (start > at) hash.update(`hole ${at} ${start}`);
    const end = Math.min(range?.end ?? size, size);
    for (at = start; at < end; at += PIECE) hash.update(inode.read(at, Math.min(PIECE, end - at)));
    at = end;
  }
}

/** SHA-256 over every file's path, attributes and contents. */
function digestTree(fs: MemFs): string {
  const hash = sha256Stream();
  const seen = new Set<number>();
  const visit = (inode: Inode, path: string): void => {
    const { mode, uid, gid, size, mtime, nlink, rdev } = inode.stat();
    hash.update(
      JSON.stringify([
        path,
        inode.ino,
        mode,
        uid,
        gid,
        size,
        mtime.sec,
        mtime.nsec,
        nlink,
        rdev.major,
        rdev.minor,
      ]),
    );
    for (const name of inode.listxattr()) {
      hash.update(name);
      hash.update(inode.getxattr(name));
    }
    if (inode.type === 'symlink') hash.update(inode.readlink());
    if (inode.type === 'file' && !seen.has(inode.ino)) digestContents(inode, size, hash);
    seen.add(inode.ino);
    if (inode.type === 'dir')
      for (const { name } of inode.readdir()) visit(inode.lookup(name)!, `${path}/${name}`);
  };
  visit(fs.root, '');
  return hash.hex();
}
