/** A power cut at any moment: what a disk with a cache may look like afterwards. */
import { type ByteStore, MemoryStore } from '../../src/disk/index.ts';

type Change = { readonly offset: number; readonly data: Uint8Array } | { readonly size: number };

/** A disk with a cache that loses power: it can say what would be left at any moment. */
export class PowerCutStore implements ByteStore {
  readonly #now: MemoryStore;
  /** What is safe, and what has been written since the last flush. */
  #safe: MemoryStore;
  #cached: Change[] = [];
  readonly onChange: (store: PowerCutStore) => void;

  constructor(start: MemoryStore, onChange: (store: PowerCutStore) => void) {
    this.#now = start;
    this.#safe = copyOf(start);
    this.onChange = onChange;
  }

  get size(): number {
    return this.#now.size;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#now.read(offset, length);
  }

  write(offset: number, data: Uint8Array): void {
    this.#now.write(offset, data);
    this.#cached.push({ offset, data: data.slice() });
    this.onChange(this);
  }

  truncate(size: number): void {
    this.#now.truncate(size);
    this.#cached.push({ size });
  }

  flush(): void {
    if (this.#cached.length > 0) this.#safe = copyOf(this.#now);
    this.#cached = [];
  }

  dataFrom(offset: number) {
    return this.#now.dataFrom(offset);
  }

  /** The disk after a cut now: of the writes in the cache, those that `kept` picks have arrived. */
  afterCut(kept: () => boolean): MemoryStore {
    const store = copyOf(this.#safe);
    for (const change of this.#cached) {
      if ('size' in change) store.truncate(Math.max(change.size, store.size));
      else if (kept()) store.write(change.offset, change.data);
    }
    return store;
  }
}

function copyOf(store: MemoryStore): MemoryStore {
  const copy = new MemoryStore();
  for (let range = store.dataFrom(0); range !== null; range = store.dataFrom(range.end))
    copy.write(range.start, store.read(range.start, range.end - range.start));
  copy.truncate(store.size);
  return copy;
}
