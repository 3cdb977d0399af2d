/** System V IPC: msgget(2), msgop(2), shmget(2), semget(2), and removing by msgctl(2) and its kin. */
import { OsError } from '../../base/index.ts';
import { type Credentials, capable } from '../credentials/credentials.ts';
import { inGroup } from '../fs/credentials.ts';
import type { IpcOwner, IpcTable, Message, MessageQueue } from '../ipc/objects.ts';
import type { Kernel } from '../kernel.ts';
import { IPC_CREAT, IPC_EXCL, IPC_NOWAIT, IPC_PRIVATE } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, WaitQueue } from '../tasks/waitQueue.ts';
import type { Handlers } from './types.ts';

/** Numbers of objects, as /proc/sys/kernel has them: shmmni, msgmni, and the parts of sem. */
const SEGMENTS_MAX = 4096;
const QUEUES_MAX = 32_000;
const SETS_MAX = 32_000;
const SET_MAX = 32_000;
/** msgmax and msgmnb, in bytes. */
const MESSAGE_MAX = 8192;
const QUEUE_BYTES = 16_384;

const READ = 4;
const WRITE = 2;

/** ipcperms(): EACCES. */
function requireAccess(task: Task, object: IpcOwner, mask: number): void {
  const { credentials: who, namespaces } = task;
  const owns = who.euid === object.uid || who.euid === object.cuid;
  const shift = owns ? 6 : inGroup(who, object.gid) || inGroup(who, object.cgid) ? 3 : 0;
  if (((object.mode >> shift) & mask) === mask) return;
  if (!capable(who, namespaces.ipc.userNs, 'CAP_IPC_OWNER')) throw new OsError('EACCES');
}

/** IPC_RMID is for owner and maker, or CAP_SYS_ADMIN: EPERM. */
function requireOwner(who: Credentials, task: Task, object: IpcOwner): void {
  if (who.euid === object.uid || who.euid === object.cuid) return;
  if (!capable(who, task.namespaces.ipc.userNs, 'CAP_SYS_ADMIN')) throw new OsError('EPERM');
}

function objectOf<T extends { id: number; key: number }>(table: IpcTable<T>, id: number): T {
  const object = table.get(id);
  if (object === undefined) throw new OsError('EINVAL');
  return object;
}

/** The object with the key, or a new one. */
function get<T extends IpcOwner & { id: number; key: number }>(
  task: Task,
  table: IpcTable<T>,
  key: number,
  flags: number,
  limit: number,
  make: (id: number) => T,
): T {
  const found = key === IPC_PRIVATE ? undefined : table.byKey(key);
  if (found !== undefined) {
    if ((flags & (IPC_CREAT | IPC_EXCL)) === (IPC_CREAT | IPC_EXCL)) throw new OsError('EEXIST');
    requireAccess(task, found, (flags >> 6) & 7);
    return found;
  }
  if (key !== IPC_PRIVATE && (flags & IPC_CREAT) === 0) throw new OsError('ENOENT');
  if (table.count >= limit) throw new OsError('ENOSPC');
  return table.add(make);
}

const creates = (key: number, flags: number) => key === IPC_PRIVATE || (flags & IPC_CREAT) !== 0;

function ownedBy(task: Task, flags: number): IpcOwner {
  const { euid, egid } = task.credentials;
  return { uid: euid, gid: egid, cuid: euid, cgid: egid, mode: flags & 0o777 };
}

/** 0: the first; > 0: the first of that type; < 0: the lowest type up to -type. */
function wanted({ messages }: MessageQueue, type: number): Message | undefined {
  if (type === 0) return messages[0];
  if (type > 0) return messages.find((message) => message.type === type);
  const low = messages.filter((message) => message.type <= -type);
  return low.sort((a, b) => a.type - b.type)[0];
}

const bytesIn = ({ messages }: MessageQueue) => messages.reduce((sum, { data }) => sum + data.length, 0);

/** A queue that somebody removed while one waited. */
function stillThere(task: Task, id: number): MessageQueue {
  const queue = task.namespaces.ipc.msg.get(id);
  if (queue === undefined) throw new OsError(task.call!.deadline === null ? 'EINVAL' : 'EIDRM');
  return queue;
}

/** The next try knows that it waited. */
function waitFor(task: Task, queue: MessageQueue): Blocked {
  task.call!.deadline = 0;
  return new Blocked([queue.changed]);
}

const seconds = (kernel: Kernel) => kernel.realtime().sec;

type Calls =
  | 'msgget'
  | 'msgsnd'
  | 'msgrcv'
  | 'msgrmid'
  | 'shmget'
  | 'shmrmid'
  | 'semget'
  | 'semsetval'
  | 'semgetall'
  | 'semrmid';

export const ipcHandlers: Handlers<Calls> = {
  msgget(kernel, task, key, flags) {
    return get(task, task.namespaces.ipc.msg, key, flags, QUEUES_MAX, (id) => ({
      ...{ kind: 'msg' as const, id, key, ...ownedBy(task, flags), ctime: seconds(kernel) },
      ...{ messages: [], capacity: QUEUE_BYTES, changed: new WaitQueue() },
      ...{ stime: 0, rtime: 0, lspid: 0, lrpid: 0 },
    })).id;
  },
  msgsnd(kernel, task, id, type, data, flags = 0) {
    if (type < 1 || data.length > MESSAGE_MAX) throw new OsError('EINVAL');
    const queue = stillThere(task, id);
    requireAccess(task, queue, WRITE);
    if (bytesIn(queue) + data.length > queue.capacity) {
      if ((flags & IPC_NOWAIT) !== 0) throw new OsError('EAGAIN');
      return waitFor(task, queue);
    }
    queue.messages.push({ type, data: data.slice() });
    queue.stime = seconds(kernel);
    queue.lspid = kernel.rootPid(task);
    queue.changed.wake();
  },
  msgrcv(kernel, task, id, size, type, flags = 0) {
    const queue = stillThere(task, id);
    requireAccess(task, queue, READ);
    const message = wanted(queue, type);
    if (message === undefined) {
      if ((flags & IPC_NOWAIT) !== 0) throw new OsError('ENOMSG');
      return waitFor(task, queue);
    }
    if (message.data.length > size) throw new OsError('E2BIG');
    queue.messages.splice(queue.messages.indexOf(message), 1);
    queue.rtime = seconds(kernel);
    queue.lrpid = kernel.rootPid(task);
    queue.changed.wake();
    return message;
  },
  msgrmid(_, task, id) {
    const { msg } = task.namespaces.ipc;
    const queue = objectOf(msg, id);
    requireOwner(task.credentials, task, queue);
    msg.remove(id);
    queue.changed.wake();
  },
  shmget(kernel, task, key, size, flags) {
    const { shm } = task.namespaces.ipc;
    const known = key === IPC_PRIVATE ? undefined : shm.byKey(key);
    if (known === undefined ? size < 1 && creates(key, flags) : size > known.size)
      throw new OsError('EINVAL');
    return get(task, shm, key, flags, SEGMENTS_MAX, (id) => ({
      ...{ kind: 'shm' as const, id, key, ...ownedBy(task, flags), ctime: seconds(kernel) },
      ...{ size, cpid: kernel.rootPid(task) },
    })).id;
  },
  shmrmid(_, task, id) {
    const { shm } = task.namespaces.ipc;
    requireOwner(task.credentials, task, objectOf(shm, id));
    shm.remove(id);
  },
  semget(kernel, task, key, count, flags) {
    const { sem } = task.namespaces.ipc;
    const known = key === IPC_PRIVATE ? undefined : sem.byKey(key);
    if (count < 0 || count > SET_MAX || (known === undefined && count === 0 && creates(key, flags)))
      throw new OsError('EINVAL');
    if (known !== undefined && count > known.values.length) throw new OsError('EINVAL');
    return get(task, sem, key, flags, SETS_MAX, (id) => ({
      ...{ kind: 'sem' as const, id, key, ...ownedBy(task, flags), ctime: seconds(kernel) },
      ...{ values: new Array<number>(count).fill(0), otime: 0 },
    })).id;
  },
  semsetval(kernel, task, id, index, value) {
    const set = objectOf(task.namespaces.ipc.sem, id);
    requireAccess(task, set, WRITE);
    if (set.values[index] === undefined) throw new OsError('EINVAL');
    if (value < 0 || value > 32_767) throw new OsError('ERANGE');
    set.values[index] = value;
    set.ctime = seconds(kernel);
  },
  semgetall(_, task, id) {
    const set = objectOf(task.namespaces.ipc.sem, id);
    requireAccess(task, set, READ);
    return [...set.values];
  },
  semrmid(_, task, id) {
    const { sem } = task.namespaces.ipc;
    requireOwner(task.credentials, task, objectOf(sem, id));
    sem.remove(id);
  },
};
