/** Places within a value: reading, changing and deleting them. */
import type { Meter } from './meter.ts';
import { compare, described, Exhausted, isArray, isMap, JqError, typeOf, type Value } from './values.ts';

const LONGEST = 1000;

/** A key, an index, or a slice as `{"start":…,"end":…}`. */
export type Path = readonly Value[];

function bounds(slice: ReadonlyMap<string, Value>, length: number): [number, number] {
  const place = (value: Value | undefined, otherwise: number, round: (n: number) => number) => {
    if (value === null || value === undefined) return otherwise;
    if (typeof value !== 'number')
      throw new JqError('Start and end indices of an array slice must be numbers');
    return Math.max(0, Math.min(length, round(value < 0 ? value + length : value)));
  };
  const from = place(slice.get('start'), 0, Math.floor);
  return [from, Math.max(from, place(slice.get('end'), length, Math.ceil))];
}

/** `.[key]` */
export function at(value: Value, key: Value): Value {
  if (isMap(key)) {
    if (value === null) return null;
    if (!isArray(value) && typeof value !== 'string')
      throw new JqError(`Cannot index ${typeOf(value)} with object`);
    const points = typeof value === 'string' ? [...value] : value;
    const part = points.slice(...bounds(key, points.length));
    return typeof value === 'string' ? part.join('') : (part as Value[]);
  }
  if (typeof key === 'string') {
    if (value === null) return null;
    if (isMap(value)) return value.get(key) ?? null;
    throw new JqError(`Cannot index ${typeOf(value)} with string "${key}"`);
  }
  if (typeof key === 'number') {
    if (value === null) return null;
    if (!isArray(value)) throw new JqError(`Cannot index ${typeOf(value)} with number`);
    const index = Math.floor(key);
    return value[index < 0 ? index + value.length : index] ?? null;
  }
  if (isArray(key) && isArray(value)) return indexesOf(value, key);
  throw new JqError(`Cannot index ${typeOf(value)} with ${typeOf(key)}`);
}

function indexesOf(value: readonly Value[], part: readonly Value[]): Value[] {
  const found: Value[] = [];
  for (let i = 0; part.length > 0 && i + part.length <= value.length; i++)
    if (part.every((item, j) => compare(item, value[i + j]!) === 0)) found.push(i);
  return found;
}

/** Throws Exhausted: what follows a path calls itself for each of its places. */
export function requireShort(path: Path): void {
  if (path.length > LONGEST) throw new Exhausted('the path is too long');
}

export const getPath = (value: Value, path: Path): Value => {
  let found = value;
  for (const key of path) {
    if (found === null) return null;
    found = at(found, key);
  }
  return found;
};

/** What is on the way to the change is copied, which `meter` charges for. */
export function setPath(value: Value, path: Path, change: (old: Value) => Value, meter: Meter): Value {
  const [key, ...rest] = path;
  requireShort(path);
  if (key === undefined) return change(value);
  const inner = (old: Value) => setPath(old, rest, change, meter);
  meter.made(value);
  if (typeof key === 'string') {
    if (value !== null && !isMap(value))
      throw new JqError(`Cannot index ${typeOf(value)} with string "${key}"`);
    const map = new Map(value ?? []);
    return map.set(key, inner(map.get(key) ?? null));
  }
  if (typeof key === 'number') {
    if (value !== null && !isArray(value)) throw new JqError(`Cannot index ${typeOf(value)} with number`);
    const list = [...(value ?? [])];
    const index = Math.floor(key < 0 ? key + list.length : key) || 0;
    if (index < 0) throw new JqError('Out of bounds negative array index');
    if (index > 1_000_000) throw new JqError('Array index too large');
    meter.spend(Math.max(0, index - list.length) >> 4);
    while (list.length < index) list.push(null);
    list[index] = inner(list[index] ?? null);
    return list;
  }
  if (isMap(key)) {
    if (value !== null && !isArray(value))
      throw new JqError(`Cannot update field at object index of ${typeOf(value)}`);
    const list = value ?? [];
    const [from, to] = bounds(key, list.length);
    const part = inner(list.slice(from, to));
    if (!isArray(part)) throw new JqError('A slice of an array can only be assigned another array');
    meter.made(part);
    return [...list.slice(0, from), ...part, ...list.slice(to)];
  }
  throw new JqError(`Invalid path component ${described(key)}`);
}

/** Longest and last first, so that what is left keeps its place. */
export function deletePaths(value: Value, paths: readonly Path[], meter: Meter): Value {
  meter.spend(paths.length + meter.weigh(paths) * Math.ceil(Math.log2(paths.length + 1)) * 0.25);
  return [...paths]
    .sort((a, b) => compare(b, a))
    .reduce((left: Value, path) => deletePath(left, path, meter), value);
}

function deletePath(value: Value, path: Path, meter: Meter): Value {
  const [key, ...rest] = path;
  requireShort(path);
  if (key === undefined || value === null) return null;
  if (rest.length > 0) {
    const inner = at(value, key);
    return inner === null ? value : setPath(value, [key], () => deletePath(inner, rest, meter), meter);
  }
  meter.made(value);
  if (typeof key === 'string' && isMap(value)) {
    const map = new Map(value);
    map.delete(key);
    return map;
  }
  if (isArray(value) && (typeof key === 'number' || isMap(key))) {
    const list = [...value];
    if (typeof key === 'number') {
      const index = key < 0 ? key + list.length : key;
      if (index >= 0 && index < list.length) list.splice(index, 1);
    } else {
      const [from, to] = bounds(key, list.length);
      list.splice(from, to - from);
    }
    return list;
  }
  throw new JqError(
    `Cannot delete field at ${typeof key === 'string' ? 'object' : 'array'} index of ${typeOf(value)}`,
  );
}
