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

/** What two elements have in common only when they are the same one, not just parts of each other. */
export const keyText = (key: SetKey): string => (typeof key === 'string' ? `"${key}` : `${key[0]}-${key[1]}`);

export class NamedSet {
  readonly name: string;
  readonly handle: number;
  readonly declaration: SetDeclaration;
  /** By {@link keyText}, in the order in which they were put in. */
  #elements = new Map<string, SetElement>();
  /** None is forgotten before. */
  #earliest: Nanos = Number.POSITIVE_INFINITY;
  /** When elements were put in that have still to be joined with those that they touch: many at a time are joined at once. */
  #unmerged: Nanos | null = null;

  constructor(name: string, handle: number, declaration: SetDeclaration) {
    this.name = name;
    this.handle = handle;
    this.declaration = declaration;
  }

  /** Those that are not forgotten at `now`. */
  elements(now: Nanos): readonly SetElement[] {
    this.#settle(now);
    return [...this.#elements.values()];
  }

  #settle(now: Nanos): void {
    this.#merge();
    if (this.#earliest > now) return;
    const left = [...this.#elements].filter(([, { expires }]) => expires === null || expires > now);
    this.#take(left.map(([, element]) => element));
  }

  #take(elements: readonly SetElement[]): void {
    this.#elements = new Map(elements.map((each) => [keyText(each.key), each]));
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const { expires } of elements) this.#expects(expires);
  }

  #expects(expires: Nanos | null): void {
    if (expires !== null) this.#earliest = Math.min(this.#earliest, expires);
  }

  /**
   * Puts an element in; one that is there stays as it is. Throws EEXIST with `exclusive`, ENFILE when the set is full, EINVAL for a
   * time in a set that has none.
   */
  add({ key, timeout, left, comment }: NewElement, now: Nanos, exclusive = false): void {
    const { declaration } = this;
    if (this.#unmerged !== now || declaration.size !== null) this.#settle(now);
    if (timeout !== null && !declaration.timeouts) throw new OsError('EINVAL');
    const text = keyText(key);
    if (this.#elements.has(text)) {
      if (exclusive) throw new OsError('EEXIST');
      return;
    }
    if (declaration.size !== null && this.#elements.size >= declaration.size) throw new OsError('ENFILE');
    const stay = timeout ?? declaration.timeout;
    const expires = stay === null ? null : now + (left ?? stay);
    this.#elements.set(text, {
      key,
      timeout: timeout === declaration.timeout ? null : timeout,
      expires,
      comment,
    });
    this.#expects(expires);
    if (declaration.autoMerge) this.#unmerged = now;
  }

  /** Joins elements that overlap or touch each other; what was put in last says what they are like besides. */
  #merge(): void {
    if (this.#unmerged === null) return;
    this.#unmerged = null;
    const all = [...this.#elements.values()].map((element, at) => ({ ...element, at }));
    const joined: typeof all = [];
    for (const each of all.sort((a, b) => lowest(a.key) - lowest(b.key))) {
      const last = joined.at(-1)?.key;
      if (
        last === undefined ||
        typeof last === 'string' ||
        typeof each.key === 'string' ||
        each.key[0] > last[1] + 1
      ) {
        joined.push(each);
        continue;
      }
      const key: SetKey = [last[0], Math.max(last[1], each.key[1])];
      const other = joined.pop()!;
      joined.push({ ...(other.at > each.at ? other : each), key });
    }
    this.#take(joined.sort((a, b) => a.at - b.at).map(({ at: _, ...element }) => element));
  }

  /** Throws ENOENT. */
  delete(key: SetKey, now: Nanos): void {
    this.#settle(now);
    if (!this.#elements.delete(keyText(key))) throw new OsError('ENOENT');
  }

  flush(): void {
    this.#take([]);
  }

  /** The same, to be changed without this one changing. */
  copy(): NamedSet {
    const copy = new NamedSet(this.name, this.handle, this.declaration);
    this.#merge();
    copy.#take([...this.#elements.values()]);
    return copy;
  }

  has(value: number | string, now: Nanos): boolean {
    this.#settle(now);
    if (this.#elements.has(keyText(typeof value === 'string' ? value : [value, value]))) return true;
    if (!this.declaration.interval) return false;
    for (const { key } of this.#elements.values())
      if (
        typeof key === 'string'
          ? nameFits(key, `${value}`)
          : typeof value === 'number' && value >= key[0] && value <= key[1]
      )
        return true;
    return false;
  }
}

const lowest = (key: SetKey) => (typeof key === 'string' ? 0 : key[0]);
