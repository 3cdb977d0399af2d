/** What signs between values do. */
import type { Meter } from './meter.ts';
import { compare, described, isArray, isMap, JqError, type Value, type ValueMap } from './values.ts';

const LONGEST = 1_000_000;

function merged(a: ValueMap, b: ValueMap): ValueMap {
  const map = new Map(a);
  for (const [key, value] of b) {
    const old = map.get(key);
    map.set(key, old !== undefined && isMap(old) && isMap(value) ? merged(old, value) : value);
  }
  return map;
}

function add(a: Value, b: Value): Value {
  if (a === null) return b;
  if (b === null) return a;
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (isArray(a) && isArray(b)) return [...a, ...b];
  if (isMap(a) && isMap(b)) return new Map([...a, ...b]);
  throw new JqError(`${described(a)} and ${described(b)} cannot be added`);
}

const isSimple = (value: Value): boolean => value === null || typeof value !== 'object';

function without(a: readonly Value[], b: readonly Value[], meter: Meter): Value[] {
  const simple = new Set(b.filter(isSimple));
  const others = b.filter((item) => !isSimple(item));
  meter.spend((b.length >> 2) + ((meter.weigh(a) * others.length) >> 2));
  return a.filter((item) =>
    isSimple(item)
      ? Number.isNaN(item) || !simple.has(item)
      : !others.some((other) => compare(item, other) === 0),
  );
}

function subtract(a: Value, b: Value, meter: Meter): Value {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isArray(a) && isArray(b)) return without(a, b, meter);
  throw new JqError(`${described(a)} and ${described(b)} cannot be subtracted`);
}

function multiply(a: Value, b: Value, meter: Meter): Value {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const [text, count] = typeof a === 'string' ? [a, b] : [b, a];
  if (typeof text === 'string' && typeof count === 'number') {
    if (count <= 0) return null;
    // Also when it is no number at all.
    if (!(text.length * count <= LONGEST)) throw new JqError('Repeat string result too long');
    return text.repeat(Math.max(1, Math.ceil(count)));
  }
  if (isMap(a) && isMap(b)) {
    meter.spend(meter.weigh(a) + meter.weigh(b));
    return merged(a, b);
  }
  throw new JqError(`${described(a)} and ${described(b)} cannot be multiplied`);
}

export function split(text: string, separator: string): string[] {
  if (text === '') return [];
  return separator === '' ? [...text] : text.split(separator);
}

function divide(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0)
      throw new JqError(`${described(a)} and ${described(b)} cannot be divided because the divisor is zero`);
    return a / b;
  }
  if (typeof a === 'string' && typeof b === 'string') return split(a, b);
  throw new JqError(`${described(a)} and ${described(b)} cannot be divided`);
}

function remainder(a: Value, b: Value): Value {
  if (typeof a !== 'number' || typeof b !== 'number')
    throw new JqError(`${described(a)} and ${described(b)} cannot be divided`);
  if (Math.trunc(b) === 0)
    throw new JqError(`${described(a)} and ${described(b)} cannot be divided because the divisor is zero`);
  return Math.trunc(a) % Math.abs(Math.trunc(b)) || 0;
}

type Operation = (a: Value, b: Value, meter: Meter) => Value;

const ordered =
  (holds: (order: number) => boolean): Operation =>
  (a, b, meter) => {
    if (!isSimple(a) && !isSimple(b)) meter.spend(meter.weigh(a) + meter.weigh(b));
    return holds(compare(a, b));
  };

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['+', add],
  ['-', subtract],
  ['*', multiply],
  ['/', divide],
  ['%', remainder],
  ['==', ordered((order) => order === 0)],
  ['!=', ordered((order) => order !== 0)],
  ['<', ordered((order) => order < 0)],
  ['<=', ordered((order) => order <= 0)],
  ['>', ordered((order) => order > 0)],
  ['>=', ordered((order) => order >= 0)],
]);
