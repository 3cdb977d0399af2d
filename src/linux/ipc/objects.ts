/** Objects of System V IPC: sysvipc(7). They live in an ipc namespace until somebody removes them. */
import type { WaitQueue } from '../tasks/waitQueue.ts';

/** ipc_perm: ids as the host counts. `mode` is permission bits alone. */
export interface IpcOwner {
  uid: number;
  gid: number;
  readonly cuid: number;
  readonly cgid: number;
  mode: number;
}

interface IpcObject extends IpcOwner {
  readonly id: number;
  /** 0: IPC_PRIVATE, nobody finds it by its key. */
  readonly key: number;
  /** Seconds since 1970. */
  ctime: number;
}

/** A segment of shared memory: shmget(2). There is no memory to attach it to here. */
export interface SharedSegment extends IpcObject {
  readonly kind: 'shm';
  /** Bytes. */
  readonly size: number;
  readonly cpid: number;
}

export interface Message {
  /** > 0. */
  readonly type: number;
  readonly data: Uint8Array;
}

export interface MessageQueue extends IpcObject {
  readonly kind: 'msg';
  readonly messages: Message[];
  /** Bytes that fit (msg_qbytes). */
  readonly capacity: number;
  readonly changed: WaitQueue;
  stime: number;
  rtime: number;
  lspid: number;
  lrpid: number;
}

export interface SemaphoreSet extends IpcObject {
  readonly kind: 'sem';
  readonly values: number[];
  otime: number;
}

/** Objects of one kind: numbers are given in turn, so that a removed one's is not soon somebody else's. */
export class IpcTable<T extends { readonly id: number; readonly key: number }> {
  /** In most namespaces nobody ever makes one. */
  #objects: Map<number, T> | null = null;
  #next = 0;

  get count(): number {
    return this.#objects?.size ?? 0;
  }

  /** In the order of their making. */
  get all(): T[] {
    return this.#objects === null ? [] : [...this.#objects.values()];
  }

  get(id: number): T | undefined {
    return this.#objects?.get(id);
  }

  byKey(key: number): T | undefined {
    return this.all.find((object) => object.key === key);
  }

  add(make: (id: number) => T): T {
    const object = make(this.#next++);
    this.#objects ??= new Map();
    this.#objects.set(object.id, object);
    return object;
  }

  remove(id: number): void {
    this.#objects?.delete(id);
  }
}
