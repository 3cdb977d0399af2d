/** Sets with names, whose elements change without a rule being touched (nft(8), "Sets"). */
import { type Nanos, OsError } from '../../base/index.ts';

/** What elements are; the words of nft(8). */
export type SetType = 'ipv4_addr' | 'inet_service' | 'inet_proto' | 'mark' | 'ifname';

/** What is looked up in a set. */
export type SetField =
  | 'source'
  | 'destination'
  | 'sourcePort'
  | 'destinationPort'
  /** The transport's number, as `meta l4proto` and as IPv4's field. */
  | 'protocol'
  | 'ipProtocol'
  | 'in'
  | 'out'
  | 'packetMark'
  | 'flowMark';

/** A range of numbers, both ends included, or the name of a device. */
export type SetKey = readonly [number, number] | string;

export interface SetDeclaration {
  readonly type: SetType;
  readonly constant: boolean;
  readonly interval: boolean;
  /** Elements may be forgotten after a time; {@link timeout} is how long those stay that have none of their own. */
  readonly timeouts: boolean;
  readonly timeout: Nanos | null;
  /** How many elements there may be. */
  readonly size: number | null;
  /** Intervals that touch each other become one. */
  readonly autoMerge: boolean;
  /** Kept for the reader: the simulated set has one way to be searched, and forgets in time. */
  readonly gcInterval: Nanos | null;
  readonly policy: 'performance' | 'memory' | null;
  readonly comment: string | null;
}

/** An element as it is put in. */
export interface NewElement {
  readonly key: SetKey;
  /** Of its own; null: the set's. */
  readonly timeout: Nanos | null;
  /** How much is left of it, if not all. */
  readonly left: Nanos | null;
  readonly comment: string | null;
}

export interface SetElement {
  readonly key: SetKey;
  readonly timeout: Nanos | null;
  /** When it is forgotten; null: never. */
  readonly expires: Nanos | null;
  readonly comment: string | null;
}

/** Whether a device's name is `pattern`, or begins with what stands before its last `*`. */
export function nameFits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Whether two elements are the same one, not just parts of each other. */
export const sameKey = (a: SetKey, b: SetKey): boolean =>
  typeof a === 'string' || typeof b === 'string' ? a === b : a[0] === b[0] && a[1] === b[1];

export class NamedSet {
  readonly name: string;
  readonly handle: number;
  readonly declaration: SetDeclaration;
  #elements: SetElement[] = [];

  constructor(name: string, handle: number, declaration: SetDeclaration) {
    this.name = name;
    this.handle = handle;
    this.declaration = declaration;
  }

  /** Those that are not forgotten at `now`. */
  elements(now: Nanos): readonly SetElement[] {
    if (this.#elements.some(({ expires }) => expires !== null && expires <= now))
      this.#elements = this.#elements.filter(({ expires }) => expires === null || expires > now);
    return this.#elements;
  }

  /**
   * Puts an element in; one that is there stays as it is. Throws EEXIST with `exclusive`, ENFILE when the set is full, EINVAL for a
   * time in a set that has none.
   */
  add({ key, timeout, left, comment }: NewElement, now: Nanos, exclusive = false): void {
    const { declaration } = this;
    const there = this.elements(now);
    if (timeout !== null && !declaration.timeouts) throw new OsError('EINVAL');
    if (there.some((each) => sameKey(each.key, key))) {
      if (exclusive) throw new OsError('EEXIST');
      return;
    }
    if (declaration.size !== null && there.length >= declaration.size) throw new OsError('ENFILE');
    const stay = timeout ?? declaration.timeout;
    const added: SetElement = {
      key,
      timeout: timeout === declaration.timeout ? null : timeout,
      expires: stay === null ? null : now + (left ?? stay),
      comment,
    };
    this.#elements.push(added);
    if (declaration.autoMerge) this.#merge(added);
  }

  /** Joins an element with those that it overlaps or touches. */
  #merge(added: SetElement): void {
    if (typeof added.key === 'string') return;
    let [low, high] = added.key;
    const others = this.#elements.filter((each) => each !== added);
    const near = others.filter(
      ({ key }) => typeof key !== 'string' && key[0] <= high + 1 && key[1] >= low - 1,
    );
    for (const { key } of near) {
      low = Math.min(low, (key as readonly [number, number])[0]);
      high = Math.max(high, (key as readonly [number, number])[1]);
    }
    this.#elements = [...others.filter((each) => !near.includes(each)), { ...added, key: [low, high] }];
  }

  /** Throws ENOENT. */
  delete(key: SetKey, now: Nanos): void {
    const at = this.elements(now).findIndex((each) => sameKey(each.key, key));
    if (at < 0) throw new OsError('ENOENT');
    this.#elements.splice(at, 1);
  }

  flush(): void {
    this.#elements = [];
  }

  /** The same, to be changed without this one changing. */
  copy(): NamedSet {
    const copy = new NamedSet(this.name, this.handle, this.declaration);
    copy.#elements = [...this.#elements];
    return copy;
  }

  has(value: number | string, now: Nanos): boolean {
    return this.elements(now).some(({ key }) =>
      typeof key === 'string'
        ? nameFits(key, `${value}`)
        : typeof value === 'number' && value >= key[0] && value <= key[1],
    );
  }
}
