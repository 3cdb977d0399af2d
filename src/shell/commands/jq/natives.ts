/** Functions of jq that are not written in jq (prelude.ts has those). */
import { encodeUtf8 } from '../../../base/index.ts';
import { split } from './arithmetic.ts';
import type { Native } from './evaluate.ts';
import { stringOf } from './formats.ts';
import { JsonReader, JsonTextError } from './json.ts';
import type { Meter } from './meter.ts';
import { at, deletePaths, type Path, requireShort, setPath } from './paths.ts';
import { matches } from './regex.ts';
import { type Item, plain, take, within } from './scope.ts';
import {
  compare,
  described,
  isArray,
  isMap,
  JqError,
  sortedKeys,
  text,
  truthy,
  typeOf,
  type Value,
} from './values.ts';

/** A function of the input alone. */
const unary = (f: (value: Value, meter: Meter) => Value): Native =>
  function* ({ meter }, input) {
    yield plain(f(input.value, meter), input);
  };

/** One that goes through all that is in its input. */
const thorough = (f: (value: Value) => Value): Native =>
  unary((value, meter) => {
    meter.weigh(value);
    return f(value);
  });

/** One of the input and of each combination of arguments. */
const withArgs = (f: (meter: Meter, value: Value, ...args: Value[]) => Value): Native =>
  function* (run, input, args, scope) {
    const go = function* (i: number, given: Value[]): Iterable<Value[]> {
      const arg = args[i];
      if (arg === undefined) yield given;
      else for (const value of run.values(arg, input, scope)) yield* go(i + 1, [...given, value]);
    };
    for (const given of go(0, [])) yield plain(f(run.meter, input.value, ...given), input);
  };

const number = (f: (n: number) => number): Native =>
  unary((value) => {
    if (typeof value !== 'number') throw new JqError(`${described(value)} number required`);
    return f(value);
  });

function list(value: Value, why = 'cannot be sorted, as it is not an array'): readonly Value[] {
  if (!isArray(value)) throw new JqError(`${described(value)} ${why}`);
  return value;
}

function lengthOf(value: Value): Value {
  if (value === null) return 0;
  if (typeof value === 'number') return Math.abs(value);
  if (typeof value === 'string') return [...value].length;
  if (isArray(value)) return value.length;
  if (isMap(value)) return value.size;
  throw new JqError(`${described(value)} has no length`);
}

function keysOf(value: Value, sorted: boolean): Value {
  if (isArray(value)) return value.map((_, i) => i);
  if (isMap(value)) return sorted ? sortedKeys(value) : [...value.keys()];
  throw new JqError(`${described(value)} has no keys`);
}

function has(value: Value, key: Value): Value {
  if (isMap(value) && typeof key === 'string') return value.has(key);
  if (isArray(value) && typeof key === 'number') return key >= 0 && key < value.length;
  throw new JqError(
    `Cannot check whether ${typeOf(value)} has a ${typeof key === 'string' ? 'string' : typeOf(key)} key`,
  );
}

function contains(a: Value, b: Value): boolean {
  if (isMap(a) && isMap(b)) return [...b].every(([key, value]) => a.has(key) && contains(a.get(key)!, value));
  if (isArray(a) && isArray(b))
    return b.every((item) => a.some((other) => typeOf(other) === typeOf(item) && contains(other, item)));
  if (typeof a === 'string' && typeof b === 'string') return a.includes(b);
  if (typeOf(a) === typeOf(b)) return compare(a, b) === 0;
  throw new JqError(`${described(a)} and ${described(b)} cannot have their containment checked`);
}

function flattened(meter: Meter, value: Value, depth: Value): Value {
  if (typeof depth !== 'number' || depth < 0) throw new JqError('flatten depth must not be negative');
  meter.weigh(value);
  const flat = (items: readonly Value[], left: number): Value[] =>
    items.flatMap((item) => (isArray(item) && left > 0 ? flat(item, left - 1) : [item]));
  return flat(list(value, 'cannot be flattened'), depth);
}

/** Throws JqError for what is no character, where jq 1.6 itself is ended by an assertion. */
function imploded(value: Value): Value {
  if (!isArray(value)) throw new JqError('implode input must be an array');
  const chars = value.map((point) => {
    const code = typeof point === 'number' ? Math.trunc(point) : Number.NaN;
    if (!(code >= 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff))
      throw new JqError('implode input must be an array of codepoints');
    return String.fromCodePoint(code);
  });
  return chars.join('');
}

function parsed(value: Value): Value {
  const source = stringOf(value);
  try {
    const reader = new JsonReader(source);
    const found = reader.next();
    if (found === undefined) return null;
    if (reader.next() !== undefined) throw new JsonTextError('Unexpected extra JSON values');
    return found;
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new JqError(`${error.message} (while parsing '${source}')`);
  }
}

function toNumber(value: Value): Value {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') throw new JqError(`${described(value)} cannot be parsed as a number`);
  if (!/^\s*-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/.test(value))
    throw new JqError(
      `Invalid numeric literal at EOF at line 1, column ${value.length} (while parsing '${value}')`,
    );
  return Number(value);
}

const changeCase = (from: RegExp, change: (char: string) => string) =>
  unary((value) => {
    if (typeof value !== 'string') throw new JqError('explode input must be a string');
    return value.replace(from, change);
  });

const trimmed = (f: (value: string, part: string) => string) =>
  withArgs((_, value, part) =>
    typeof value === 'string' && typeof part === 'string' ? f(value, part) : value,
  );

const tested = (name: string, f: (value: string, part: string) => boolean) =>
  withArgs((_, value, part) => {
    if (typeof value !== 'string' || typeof part !== 'string')
      throw new JqError(`${name}() requires string inputs`);
    return f(value, part);
  });

function indices(meter: Meter, value: Value, part: Value): Value {
  if (value === null) return null;
  if (typeof value === 'string' && typeof part === 'string') {
    const found: number[] = [];
    let bytes = 0;
    let last = 0;
    for (let i = value.indexOf(part); part !== '' && i >= 0; i = value.indexOf(part, i + 1)) {
      bytes += encodeUtf8(value.slice(last, i)).length;
      last = i;
      found.push(bytes);
    }
    return found;
  }
  meter.spend((meter.weigh(value) * (isArray(part) ? part.length : 1)) >> 2);
  if (isArray(value) && isArray(part)) return at(value, part);
  return list(value, 'cannot be searched').flatMap((item, i) => (compare(item, part) === 0 ? [i] : []));
}

/** In order: what compares them costs by what is in them. */
function sorted<T extends { readonly key: Value }>(rows: readonly T[], meter: Meter): readonly T[] {
  const weight = meter.weigh(rows.map(({ key }) => key));
  meter.spend((weight * Math.ceil(Math.log2(rows.length + 1))) >> 2);
  return [...rows].sort((a, b) => compare(a.key, b.key));
}

const itself = (value: Value) => list(value).map((item) => ({ key: item, value: item }));

/** Items with the keys that a program gives each, in order. */
const keyed = (finish: (rows: readonly { key: Value; value: Value }[]) => Value): Native =>
  function* (run, input, [by], scope) {
    const rows = list(input.value).map((value) => ({
      key: [...run.values(by!, { value, path: null }, scope)] as Value,
      value,
    }));
    yield plain(finish(sorted(rows, run.meter)), input);
  };

function grouped(rows: readonly { key: Value; value: Value }[]): Value[][] {
  const groups: Value[][] = [];
  for (const [i, { key, value }] of rows.entries())
    if (i > 0 && compare(rows[i - 1]!.key, key) === 0) groups.at(-1)!.push(value);
    else groups.push([value]);
  return groups;
}

function* range(from: Value, to: Value, by: Value): Iterable<number> {
  if (typeof from !== 'number' || typeof to !== 'number' || typeof by !== 'number')
    throw new JqError('Range bounds must be numeric');
  if (by > 0) for (let i = from; i < to; i += by) yield i;
  else if (by < 0) for (let i = from; i > to; i += by) yield i;
  else if (from < to) for (;;) yield from;
}

const ranged: Native = function* (run, input, args, scope) {
  for (const from of run.values(args[0]!, input, scope))
    for (const to of run.values(args[1]!, input, scope))
      for (const by of args[2] === undefined ? [1] : run.values(args[2], input, scope))
        for (const value of range(from, to, by)) yield plain(value, input);
};

const pathArgument = (value: Value): Path => {
  if (!isArray(value)) throw new JqError('Path must be specified as an array');
  return value;
};

/** What a walk does at an item: whether it is given, and what comes below it. */
type Visit = (item: Item) => { readonly give: boolean; readonly below: Iterable<Item> };

/** Depth first, with a stack of its own: a loop of thousands of turns is no recursion of thousands. */
function* walk(start: Item, visit: Visit): Iterable<Item> {
  const levels: Iterator<Item>[] = [[start][Symbol.iterator]()];
  while (levels.length > 0) {
    const next = levels.at(-1)!.next();
    if (next.done === true) levels.pop();
    else {
      const { give, below } = visit(next.value);
      if (give) yield next.value;
      // What would only be begun counts as a call that is not over.
      levels.push([...below][Symbol.iterator]());
    }
  }
}

const looping =
  (visit: (holds: boolean, below: Iterable<Item>) => { give: boolean; below: Iterable<Item> }): Native =>
  (run, input, [test, update], scope) =>
    walk(input, (item) => {
      const [found] = take(run.values(test!, item, scope), 1);
      return visit(found !== undefined && truthy(found), run.eval(update!, item, scope));
    });

const repeat: Native = (run, input, [update], scope) =>
  walk(input, (item) => ({ give: true, below: run.eval(update!, item, scope) }));

const getpath: Native = function* (run, input, [path], scope) {
  for (const keys of run.values(path!, input, scope)) {
    let item: Item = input;
    requireShort(pathArgument(keys));
    for (const key of pathArgument(keys))
      item = within(item, key, item.value === null ? null : at(item.value, key));
    yield item;
  }
};

export const NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ['until/2', looping((holds, below) => ({ give: holds, below: holds ? [] : below }))],
  ['while/2', looping((holds, below) => ({ give: holds, below: holds ? below : [] }))],
  ['repeat/1', repeat],
  ['recurse/1', repeat],
  ['empty/0', function* () {}],
  [
    'error/0',
    thorough((value) => {
      throw new JqError(value);
    }),
  ],
  [
    'error/1',
    withArgs((meter, _, value) => {
      meter.weigh(value);
      throw new JqError(value);
    }),
  ],
  ['not/0', unary((value) => value === null || value === false)],
  ['length/0', unary(lengthOf)],
  ['utf8bytelength/0', thorough((value) => encodeUtf8(stringOf(value)).length)],
  [
    'keys/0',
    unary((value, meter) => {
      if (isMap(value)) meter.spend(value.size);
      return keysOf(value, true);
    }),
  ],
  ['keys_unsorted/0', unary((value) => keysOf(value, false))],
  ['has/1', withArgs((_, value, key) => has(value, key))],
  [
    'contains/1',
    withArgs((meter, a, b) => {
      meter.spend((meter.weigh(a) * meter.weigh(b)) / 8);
      return contains(a, b);
    }),
  ],
  ['type/0', unary(typeOf)],
  ['tostring/0', thorough(stringOf)],
  ['tojson/0', thorough((value) => text(value))],
  ['fromjson/0', thorough(parsed)],
  ['tonumber/0', unary(toNumber)],
  ['floor/0', number(Math.floor)],
  ['ceil/0', number(Math.ceil)],
  ['round/0', number((n) => Math.sign(n) * Math.round(Math.abs(n)))],
  ['sqrt/0', number(Math.sqrt)],
  ['fabs/0', number(Math.abs)],
  ['log2/0', number(Math.log2)],
  ['pow/2', withArgs((_, __, a, b) => Number(a) ** Number(b))],
  ['infinite/0', unary(() => Number.POSITIVE_INFINITY)],
  ['nan/0', unary(() => Number.NaN)],
  ['isnan/0', unary((value) => Number.isNaN(value))],
  ['sort/0', unary((value, meter) => sorted(itself(value), meter).map((row) => row.value))],
  ['sort_by/1', keyed((rows) => rows.map(({ value }) => value))],
  ['group_by/1', keyed(grouped)],
  ['unique/0', unary((value, meter) => grouped(sorted(itself(value), meter)).map(([first]) => first!))],
  ['unique_by/1', keyed((rows) => grouped(rows).map(([first]) => first!))],
  ['min/0', unary((value, meter) => sorted(itself(value), meter)[0]?.value ?? null)],
  ['max/0', unary((value, meter) => sorted(itself(value), meter).at(-1)?.value ?? null)],
  ['min_by/1', keyed((rows) => rows[0]?.value ?? null)],
  ['max_by/1', keyed((rows) => rows.at(-1)?.value ?? null)],
  [
    'reverse/0',
    unary((value) =>
      typeof value === 'string'
        ? [...value].reverse().join('')
        : value === null
          ? []
          : [...list(value, 'cannot be reversed')].reverse(),
    ),
  ],
  ['flatten/0', unary((value, meter) => flattened(meter, value, Number.POSITIVE_INFINITY))],
  ['flatten/1', withArgs(flattened)],
  ['range/2', ranged],
  ['range/3', ranged],
  ['getpath/1', getpath],
  ['setpath/2', withArgs((meter, value, path, to) => setPath(value, pathArgument(path), () => to, meter))],
  [
    'delpaths/1',
    withArgs((meter, value, paths) =>
      deletePaths(value, list(paths, 'Paths must be specified as an array').map(pathArgument), meter),
    ),
  ],
  ['indices/1', withArgs(indices)],
  ['startswith/1', tested('startswith', (value, part) => value.startsWith(part))],
  ['endswith/1', tested('endswith', (value, part) => value.endsWith(part))],
  ['ltrimstr/1', trimmed((value, part) => (value.startsWith(part) ? value.slice(part.length) : value))],
  [
    'rtrimstr/1',
    trimmed((value, part) => (part !== '' && value.endsWith(part) ? value.slice(0, -part.length) : value)),
  ],
  ['ascii_downcase/0', changeCase(/[A-Z]/g, (char) => char.toLowerCase())],
  ['ascii_upcase/0', changeCase(/[a-z]/g, (char) => char.toUpperCase())],
  ['explode/0', thorough((value) => [...stringOf(value)].map((char) => char.codePointAt(0)!))],
  ['implode/0', thorough(imploded)],
  [
    'split/1',
    withArgs((_, value, separator) => {
      if (typeof value !== 'string' || typeof separator !== 'string')
        throw new JqError('split input and separator must be strings');
      return split(value, separator);
    }),
  ],
  [
    '_match/3',
    withArgs((meter, value, pattern, flags, all) => matches(meter, value, pattern, flags, all === true)),
  ],
]);
