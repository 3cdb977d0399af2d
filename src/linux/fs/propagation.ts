/** Shared subtrees: who hears of a mount, and as what. Documentation/filesystems/sharedsubtree.rst, fs/pnode.c. */
import type { Dentry } from './dentry.ts';
import { type Mount, PeerGroup } from './mount.ts';

export type Propagation = 'shared' | 'slave' | 'private' | 'unbindable';

/** The group numbers of a host: the lowest that is free is given out. */
export class PeerGroups {
  readonly #used = new Set<number>();
  /** Nothing was ever shared or unbindable: then each mount is private, however many there are. */
  quiet = true;

  /** Puts a mount into a group of its own, unless it is in one. */
  share(mount: Mount): void {
    if (mount.group !== null) return;
    this.quiet = false;
    let id = 1;
    while (this.#used.has(id)) id++;
    this.#used.add(id);
    join(mount, new PeerGroup(id));
  }

  change(mount: Mount, to: Propagation): void {
    mount.unbindable = to === 'unbindable';
    if (mount.unbindable) this.quiet = false;
    if (to === 'shared') {
      this.share(mount);
      return;
    }
    const left = mount.group;
    if (left !== null) this.#leave(mount, left);
    // A slave of itself would be nothing: without peers it stays what it was below its master.
    if (to === 'slave' && left !== null && left.members.size > 0) enslave(mount, left);
    else if (to !== 'slave') enslave(mount, null);
  }

  /** The mount is gone. */
  drop(mount: Mount): void {
    this.change(mount, 'private');
  }

  /** The last to leave hands the slaves to its own master. */
  #leave(mount: Mount, group: PeerGroup): void {
    group.members.delete(mount);
    mount.group = null;
    if (group.members.size > 0) return;
    this.#used.delete(group.id);
    for (const slave of [...group.slaves]) enslave(slave, mount.master);
  }
}

function join(mount: Mount, group: PeerGroup): void {
  mount.group = group;
  group.members.add(mount);
}

function enslave(mount: Mount, master: PeerGroup | null): void {
  mount.master?.slaves.delete(mount);
  mount.master = master;
  master?.slaves.add(mount);
}

/** A copy hears what the original hears: clone_mnt(). */
export function copyPropagation(from: Mount, to: Mount): void {
  if (from.group !== null) join(to, from.group);
  enslave(to, from.master);
}

/** A copy that hears of the original, which does not hear of it. */
export function followAsSlave(from: Mount, to: Mount): void {
  enslave(to, from.group ?? from.master);
}

/** Private and to be bound: nothing that happens elsewhere reaches it or its copies. */
export function hearsNothing({ group, master, unbindable }: Mount): boolean {
  return group === null && master === null && !unbindable;
}

/** A mount that is told, and the one among those told before that its copy is made from. */
export interface Receiver {
  readonly mount: Mount;
  readonly from: Mount;
  /** A peer of `from`, else its slave. */
  readonly as: 'peer' | 'slave';
}

/** All that hear of what happens on `mount` but itself: peers first, then slaves with their own peers and slaves. */
export function receiversOf(mount: Mount): Receiver[] {
  const receivers: Receiver[] = [];
  const tell = (group: PeerGroup, first: Mount): void => {
    for (const peer of group.members)
      if (peer !== first) receivers.push({ mount: peer, from: first, as: 'peer' });
    const groups = new Set<PeerGroup>();
    for (const slave of group.slaves) {
      if (slave.group !== null) {
        if (groups.has(slave.group)) continue;
        groups.add(slave.group);
      }
      receivers.push({ mount: slave, from: first, as: 'slave' });
      if (slave.group !== null) tell(slave.group, slave);
    }
  };
  if (mount.group !== null) tell(mount.group, mount);
  return receivers;
}

/** Whether `mount` shows `dentry`: a bind mount of a part does not show all. */
export function shows(mount: Mount, dentry: Dentry): boolean {
  return dentry.isWithin(mount.root);
}
