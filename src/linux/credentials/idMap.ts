/** Which ids of a user namespace stand for which of the host's: user_namespaces(7), "User and group ID mappings". */

/** `count` ids from `inside` on in the namespace are those from `outside` on. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** What an id without a mapping is shown as: /proc/sys/kernel/overflowuid. */
export const OVERFLOW_ID = 65_534;
/** One more than the highest id: 4294967295 is none, (uid_t) -1. */
export const ID_LIMIT = 0xffff_ffff;
/** UID_GID_MAP_MAX_EXTENTS. */
export const MAX_RANGES = 340;

/** Ranges do not overlap on either side. */
export class IdMap {
  readonly ranges: readonly IdRange[];

  constructor(ranges: readonly IdRange[]) {
    this.ranges = ranges;
  }

  get isSet(): boolean {
    return this.ranges.length > 0;
  }

  /** The id outside; null when it has none. */
  outward(id: number): number | null {
    for (const { inside, outside, count } of this.ranges)
      if (id >= inside && id < inside + count) return outside + (id - inside);
    return null;
  }

  /** The id in the namespace; null when it has none there. */
  inward(id: number): number | null {
    for (const { inside, outside, count } of this.ranges)
      if (id >= outside && id < outside + count) return inside + (id - outside);
    return null;
  }

  /** Where `count` ids from `first` on are outside, in one piece; null when they are not mapped by one range. */
  rangeOutward(first: number, count: number): number | null {
    for (const { inside, outside, count: size } of this.ranges)
      if (first >= inside && first + count <= inside + size) return outside + (first - inside);
    return null;
  }
}

export const NO_MAP = new IdMap([]);
/** Of the initial user namespace. */
export const IDENTITY_MAP = new IdMap([{ inside: 0, outside: 0, count: ID_LIMIT }]);

/**
 * What is written to /proc/PID/uid_map: lines of three numbers, the second one as the parent namespace counts. Null when it is malformed, has
 * too many lines, or ranges overlap (EINVAL).
 */
export function parseIdMap(text: string): IdRange[] | null {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0 || lines.length > MAX_RANGES) return null;
  const ranges: IdRange[] = [];
  for (const line of lines) {
    const [, inside, outside, count] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line) ?? [];
    if (count === undefined) return null;
    const range = { inside: Number(inside), outside: Number(outside), count: Number(count) };
    if (range.count === 0 || Math.max(range.inside, range.outside) + range.count > ID_LIMIT) return null;
    if (ranges.some((other) => overlaps(range, other))) return null;
    ranges.push(range);
  }
  return ranges;
}

function overlaps(a: IdRange, b: IdRange): boolean {
  const meet = (x: number, y: number) => x < y + b.count && y < x + a.count;
  return meet(a.inside, b.inside) || meet(a.outside, b.outside);
}
