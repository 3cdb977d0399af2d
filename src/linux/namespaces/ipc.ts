/** Objects of System V IPC are seen in one namespace alone: ipc_namespaces(7). */
import type { UserNamespace } from '../credentials/userNamespace.ts';
import { IpcTable, type MessageQueue, type SemaphoreSet, type SharedSegment } from '../ipc/objects.ts';
import type { Namespace } from './kinds.ts';

export class IpcNamespace implements Namespace {
  readonly kind = 'ipc';
  readonly inode: number;
  readonly userNs: UserNamespace;
  readonly shm = new IpcTable<SharedSegment>();
  readonly msg = new IpcTable<MessageQueue>();
  readonly sem = new IpcTable<SemaphoreSet>();

  constructor(inode: number, userNs: UserNamespace) {
    this.inode = inode;
    this.userNs = userNs;
  }
}
