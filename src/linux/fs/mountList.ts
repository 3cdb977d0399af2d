/** The mounts of a namespace, in the order in which they came. */
import type { Mount } from './mount.ts';

export class MountList {
  #mounts: Mount[] = [];

  /** The list itself: it gets longer with what is added. */
  get all(): readonly Mount[] {
    return this.#mounts;
  }

  add(mount: Mount): void {
    this.#mounts.push(mount);
  }

  /** `shared`: somebody still has the list as it was. */
  remove(mount: Mount, shared: boolean): void {
    // Mostly one of the youngest goes.
    const at = this.#mounts.lastIndexOf(mount);
    if (at < 0) return;
    if (shared) this.#mounts = this.#mounts.slice();
    this.#mounts.splice(at, 1);
  }

  /** Puts them in the order of their numbers. */
  sort(): void {
    this.#mounts = this.#mounts.toSorted((a, b) => a.id - b.id);
  }
}
