/**
 * What of a copied mount namespace nobody has looked at. A process that gets mounts of its own mostly unmounts nearly all of them unseen, as a
 * container's does after pivot_root(2): on a host of a thousand containers each copy would be of two thousand mounts. So each is made when
 * a path, a listing or a change leads to it, with the number that it would have had. The original tells its copies before it changes.
 */
import type { Dentry } from './dentry.ts';
import type { Location, Mount } from './mount.ts';

/** The namespace that was copied, as it was: nothing of it changes while something is unseen, it only gets more. */
export interface Copied {
  /** The first `count` of these, by rising numbers; what comes after them is later. */
  readonly mounts: readonly Mount[];
  readonly count: number;
  /** All mounts that stand on an entry now. */
  readonly on: (dentry: Dentry) => readonly Mount[];
}

export interface Copying {
  /** The number of the first mount's copy. */
  readonly firstId: number;
  /** Makes the copy of a mount, and puts it at its place. */
  readonly make: (original: Mount, id: number, at: Location | null) => Mount;
  /** Whether a copy is still mounted. */
  readonly isMounted: (copy: Mount) => boolean;
}

export class UnseenMounts {
  readonly #copied: Copied;
  readonly #copying: Copying;
  /** Original → copy, and back while what stands on the copy can be found through the original. */
  readonly #copies = new Map<Mount, Mount>();
  readonly #originals = new Map<Mount, Mount>();
  /** Copies that stand where their originals do. */
  readonly #inPlace = new Set<Mount>();
  /** On which copies came in another order than that of their originals. */
  #disordered: Set<Mount> | null = null;

  constructor(copied: Copied, copying: Copying) {
    this.#copied = copied;
    this.#copying = copying;
  }

  /** Made now, unless it is there. Null when the original is none of those that were copied, or the copy was unmounted. */
  copyOf(original: Mount): Mount | null {
    const known = this.#copies.get(original);
    if (known !== undefined) return this.#copying.isMounted(known) ? known : null;
    const index = this.#indexOf(original);
    if (index < 0) return null;
    const { parent, mountpoint } = original;
    const below = parent === null ? null : this.copyOf(parent);
    if (parent !== null && below === null) return null;
    const at = below === null ? null : { mount: below, dentry: mountpoint! };
    const copy = this.#copying.make(original, this.#copying.firstId + index, at);
    this.#copies.set(original, copy);
    this.#originals.set(copy, original);
    this.#inPlace.add(copy);
    if (below !== null && below.children.size > 1) {
      this.#disordered ??= new Set();
      this.#disordered.add(below);
    }
    return copy;
  }

  /** Makes copies of all that the original has on an entry. */
  seeAt(dentry: Dentry): void {
    for (const original of this.#copied.on(dentry)) this.copyOf(original);
  }

  /** Makes copies of what the original of `mount` has on an entry. */
  seeOn(mount: Mount, dentry: Dentry): void {
    const parent = this.#originals.get(mount);
    if (parent === undefined) return;
    for (const original of this.#copied.on(dentry)) if (original.parent === parent) this.copyOf(original);
  }

  /** Makes copies of all that the original has below a location. */
  seeBelow({ mount, dentry }: Location): void {
    const parent = this.#originals.get(mount);
    for (const child of parent?.children ?? []) if (child.mountpoint!.isWithin(dentry)) this.#seeTree(child);
    this.#putInOrder();
  }

  seeAll(): void {
    const { mounts, count } = this.#copied;
    for (let i = 0; i < count; i++) this.copyOf(mounts[i]!);
    this.#putInOrder();
  }

  /** The copy stands elsewhere now, or nowhere. */
  lifted(copy: Mount): void {
    this.#inPlace.delete(copy);
  }

  /** The copy was unmounted, and all that would stand on it. */
  forget(copy: Mount): void {
    this.#originals.delete(copy);
  }

  /** Whether nothing that is unseen can be found any more. */
  get nothingLeft(): boolean {
    for (const original of this.#originals.values())
      for (const child of original.children)
        if (!this.#copies.has(child) && this.#indexOf(child) >= 0) return false;
    return true;
  }

  /** Copies as they would have come at once, then what came later. */
  #putInOrder(): void {
    for (const mount of this.#disordered ?? []) {
      const all = [...mount.children];
      const copies = all.filter((child) => this.#inPlace.has(child)).sort((a, b) => a.id - b.id);
      mount.arrange([...copies, ...all.filter((child) => !this.#inPlace.has(child))]);
    }
    this.#disordered = null;
  }

  #seeTree(original: Mount): void {
    if (this.copyOf(original) === null) return;
    for (const child of original.children) this.#seeTree(child);
  }

  #indexOf(original: Mount): number {
    const { mounts, count } = this.#copied;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (mounts[middle]!.id < original.id) low = middle + 1;
      else high = middle;
    }
    return low < count && mounts[low] === original ? low : -1;
  }
}
