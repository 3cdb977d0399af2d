/** The mounts of a namespace, in the order in which they came. */
import type { Mount } from './mount.ts';

export class MountList {
  readonly #mounts = new Set<Mount>();
  /** The same as an array, until something is taken out of its middle. */
  #listed: Mount[] | null = null;

  /** The list itself: it gets longer with what is added. */
  get all(): readonly Mount[] {
    this.#listed ??= [...this.#mounts];
    return this.#listed;
  }

  has(mount: Mount): boolean {
    return this.#mounts.has(mount);
  }

  add(mount: Mount): void {
    this.#mounts.add(mount);
    this.#listed?.push(mount);
  }

  /** `shared`: somebody still has the list as it was. */
  remove(mount: Mount, shared: boolean): void {
    this.#mounts.delete(mount);
    if (this.#listed === null) return;
    // Mostly the youngest goes, and a list of a thousand need not be made anew.
    if (!shared && this.#listed[this.#listed.length - 1] === mount) this.#listed.pop();
    else this.#listed = null;
  }

  /** Puts them in the order of their numbers. */
  sort(): void {
    const all = [...this.#mounts].sort((a, b) => a.id - b.id);
    this.#mounts.clear();
    for (const mount of all) this.#mounts.add(mount);
    this.#listed = null;
  }
}
