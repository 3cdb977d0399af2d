/** JSON as jq has it: objects keep the order in which keys came, and all values can be put in order. */
export type Value = null | boolean | number | string | readonly Value[] | ValueMap;
export type ValueMap = ReadonlyMap<string, Value>;

/** What `error`, or an operation on values of wrong types, ends in. */
export class JqError extends Error {
  readonly value: Value;
  constructor(value: Value) {
    super(typeof value === 'string' ? value : `${text(value)} (not a string)`);
    this.value = value;
  }
}

/** Stopped from outside: `try` does not catch it. */
export class Exhausted extends Error {}

const DEEPEST_VALUE = 400;

/** What goes through values calls itself for each level. Throws Exhausted. */
export function requireShallow(depth: number): void {
  if (depth > DEEPEST_VALUE) throw new Exhausted('the value is nested too deeply');
}

const ORDER = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const;
export type TypeName = (typeof ORDER)[number];

export function typeOf(value: Value): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : (typeof value as 'boolean' | 'number' | 'string');
}

export const isArray = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isMap = (value: Value): value is ValueMap => value instanceof Map;
export const truthy = (value: Value): boolean => value !== null && value !== false;

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
export const sortedKeys = (map: ValueMap): string[] => [...map.keys()].sort(byText);

/** null < false < true < numbers < strings < arrays < objects; negative when `a` comes first. */
export function compare(a: Value, b: Value, depth = 0): number {
  requireShallow(depth);
  const byType = ORDER.indexOf(typeOf(a)) - ORDER.indexOf(typeOf(b));
  if (byType !== 0) return byType;
  if (typeof a === 'number') return compareNumbers(a, b as number);
  if (typeof a === 'string') return byText(a, b as string);
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (isArray(a)) return compareLists(a, b as readonly Value[], depth + 1);
  if (!isMap(a)) return 0;
  const [mine, theirs] = [sortedKeys(a), sortedKeys(b as ValueMap)];
  const byKeys = compareLists(mine, theirs);
  if (byKeys !== 0) return byKeys;
  return compareLists(
    mine.map((key) => a.get(key)!),
    mine.map((key) => (b as ValueMap).get(key)!),
    depth + 1,
  );
}

/** As in jq 1.6, nan comes before every number and is equal to none, not to itself either. */
function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return Number.isNaN(a) || a < b ? -1 : 1;
}

function compareLists(a: readonly Value[], b: readonly Value[], depth = 0): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i]!, b[i]!, depth);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Seventeen digits at most, with an exponent where the number is much longer than they are: jq 1.6's jvp_dtoa_fmt. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'null';
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  const [mantissa = '0', exponent = '0'] = Math.abs(finite).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  const sign = finite < 0 || Object.is(finite, -0) ? '-' : '';
  if (finite === 0) return `${sign}0`;
  if (point <= -4 || point > digits.length + 15) {
    const power = Number(exponent);
    const shown = `${Math.abs(power)}`.padStart(2, '0');
    return `${sign}${mantissa}e${power < 0 ? '-' : '+'}${shown}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const quoted = (value: string) => JSON.stringify(value).replaceAll('\u007f', '\\u007f');

export interface Layout {
  /** Of one level; empty: all on one line. */
  readonly indent: string;
  readonly sortKeys: boolean;
  /** Other characters than those of ASCII as `\uXXXX`. */
  readonly ascii: boolean;
}

const COMPACT: Layout = { indent: '', sortKeys: false, ascii: false };

/** The value as JSON. */
export function text(value: Value, layout: Layout = COMPACT, margin = '', depth = 0): string {
  requireShallow(depth);
  const { indent } = layout;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') {
    if (!layout.ascii) return quoted(value);
    return quoted(value).replace(
      /[^\0-\x7f]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  if (value === null || typeof value === 'boolean') return `${value}`;
  const inner = margin + indent;
  const colon = indent === '' ? ':' : ': ';
  const items = isArray(value)
    ? value.map((item) => text(item, layout, inner, depth + 1))
    : (layout.sortKeys ? sortedKeys(value) : [...value.keys()]).map(
        (key) => `${text(key, layout)}${colon}${text(value.get(key)!, layout, inner, depth + 1)}`,
      );
  const [open, close] = isArray(value) ? '[]' : '{}';
  if (items.length === 0) return `${open}${close}`;
  if (indent === '') return `${open}${items.join(',')}${close}`;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`;
}

/** How the JSON of a value begins: `room` characters of it, or little more. */
function beginning(value: Value, room: number): string {
  if (typeof value === 'string') return quoted(value.slice(0, room));
  if (value === null || typeof value !== 'object') return text(value);
  const [open, close] = isArray(value) ? '[]' : '{}';
  let shown = open!;
  for (const [key, inner] of value.entries()) {
    if (shown.length > room) break;
    if (shown !== open) shown += ',';
    if (typeof key === 'string') shown += `${beginning(key, room)}:`;
    shown += beginning(inner, room - shown.length);
  }
  return shown + close;
}

/** For messages: cut off where jq 1.6's buffers end. */
export function shortText(value: Value, room = 14): string {
  const whole = beginning(value, room + 1);
  return whole.length > room ? `${whole.slice(0, room - 3)}...` : whole;
}

/** `string ("x")` */
export const described = (value: Value): string => `${typeOf(value)} (${shortText(value)})`;
