/** The border between the learner's functions and the layers: what runs in the sandbox before the learner's code, and how it is addressed. */
import type { Json, Sandbox } from '../../../src/exercise/index.ts';
import type { Entry } from './api.d.ts';
import { type HostLayer, hostFunctions, type MemoryLayer, refusals } from './layers.ts';

export const HOST_FUNCTIONS = ['get', 'list', 'put', 'remove'] as const;

/** An entry as text, for `entryOf` of the prelude: a letter for its kind, and all but whiteouts a mode. */
function entryText(entry: Entry): string {
  switch (entry.kind) {
    case 'whiteout':
      return 'w';
    case 'dir':
      return `${entry.opaque === true ? 'o' : 'd'}${entry.mode}`;
    case 'file':
      return `f${entry.mode}:${entry.content}`;
  }
}

/** The entry that `entryText`, or `textOf` of the prelude, wrote. */
function entryOf(text: string): Entry {
  const colon = text[0] === 'f' ? text.indexOf(':') : text.length;
  const mode = Number(text.slice(1, colon));
  switch (text[0]) {
    case 'w':
      return { kind: 'whiteout' };
    case 'f':
      return { kind: 'file', content: text.slice(colon + 1), mode };
    default:
      return { kind: 'dir', mode, ...(text[0] === 'o' && { opaque: true }) };
  }
}

/** Path → entry for each layer, entries as text: most of what is told is never looked at, and so never made into objects. */
function told(layers: readonly MemoryLayer[]): Json {
  return layers.map(({ entries }) => {
    const texts: Record<string, string> = {};
    for (const [path, entry] of entries) texts[path] = entryText(entry);
    return texts;
  });
}

/** One change that a call made: layer, path and the new entry as text; nothing removes what is there. */
type Change = readonly [index: number, path: string, entry: string];

/** The upper layer of those that a sandbox has been told. */
const known = new WeakMap<Sandbox, MemoryLayer>();

/**
 * The argument that becomes a Stack, for a stack in memory that nothing but the learner's code changes. The sandbox is told the layers
 * whole, once for each upper layer, and answers `get` and `list` itself: asking for one entry costs more than all that a call does with it.
 * What a call changes is told in its result's `aside`, for {@link applyChanges}; changes of lower layers are taken back at the next call.
 */
export function stackInMemory(code: Sandbox, layers: readonly MemoryLayer[]): Json {
  const upper = layers[0]!;
  code.bindHost(refusals);
  const knows = known.get(code) === upper;
  known.set(code, upper);
  return { $stack: layers.length - 1, $told: knows ? null : told(layers) };
}

/** The sandbox has to be told its layers again: what it knows may not be so. */
export function forgetTold(code: Sandbox): void {
  known.delete(code);
}

/** Makes the changes that a call's `aside` tells; whether there are any, and whether one of them is in a lower layer. */
export function applyChanges(
  layers: readonly MemoryLayer[],
  aside: Json,
): { changed: boolean; intoLower: boolean } {
  const changes = aside as unknown as readonly Change[];
  for (const [index, path, entry] of changes) {
    if (entry === '') layers[index]!.remove(path);
    else layers[index]!.put(path, entryOf(entry));
  }
  return { changed: changes.length > 0, intoLower: changes.some(([index]) => index > 0) };
}

/** The same for layers that others change too: every call asks them anew. */
export function stackInHost(code: Sandbox, layers: readonly HostLayer[]): Json {
  known.delete(code);
  code.bindHost(hostFunctions(layers));
  return { $stack: layers.length - 1, $told: false };
}

/** Turns these arguments into a Stack, and gives the learner `fail`. */
export const PRELUDE = `(host, globals) => {
  'use strict';
  const { create, freeze, setPrototypeOf } = Object, { stringify: quote } = JSON;
  globals.fail = (code) => {
    const error = new Error(code);
    error.code = code;
    throw error;
  };
  // Of layers told whole: for each of them path → entry, as text until it is looked at. Null where the host is asked.
  let told = null;
  const entryOf = (text) => {
    const kind = text[0];
    if (kind === 'w') return freeze({ kind: 'whiteout' });
    if (kind === 'o') return freeze({ kind: 'dir', mode: +text.slice(1), opaque: true });
    if (kind === 'd') return freeze({ kind: 'dir', mode: +text.slice(1) });
    const colon = text.indexOf(':');
    return freeze({ kind: 'file', content: text.slice(colon + 1), mode: +text.slice(1, colon) });
  };
  const isDir = (entry) => entry !== undefined && (typeof entry === 'string' ? entry[0] === 'd' || entry[0] === 'o' : entry.kind === 'dir');
  // What the host said is remembered until something changes or the next call begins.
  let answers = null;
  const forget = () => { answers = null; };
  const asked = (name, index, path) => {
    if (typeof path !== 'string') return host[name](index, path);
    const key = name + index + path;
    if (answers === null) answers = create(null);
    return answers[key] !== undefined ? answers[key] : (answers[key] = host[name](index, path));
  };
  // The host says of any other path or entry what is wrong with it.
  const isPath = (path) => typeof path === 'string' && path[0] === '/' && (path === '/' || path[path.length - 1] !== '/');
  const parentOf = (path) => path.slice(0, path.lastIndexOf('/')) || '/';
  const textOf = (entry) => {
    if (typeof entry !== 'object' || entry === null) return null;
    const { kind, mode } = entry;
    if (kind === 'whiteout') return 'w';
    if (typeof mode !== 'number' || mode - mode !== 0) return null;
    if (kind === 'dir') return (entry.opaque === true ? 'o' : 'd') + mode;
    if (kind !== 'file') return null;
    const { content } = entry;
    return typeof content === 'string' ? 'f' + mode + ':' + content : null;
  };
  const namesIn = (entries, path) => {
    const start = path === '/' ? '/' : path + '/', { length } = start;
    const names = [];
    for (const other in entries)
      if (other.startsWith(start) && other.length > length && !other.includes('/', length)) names[names.length] = other.slice(length);
    return freeze(names);
  };
  const removeTree = (entries, path) => {
    const start = path + '/';
    for (const other in entries) if (other !== '/' && (other === path || other.startsWith(start))) delete entries[other];
  };
  // What the call so far has changed in told layers, and its lower layers as they were.
  let changes = '';
  let before = [];
  const change = (index, path, text) => {
    changes += (changes === '' ? '[' : ',[') + index + ',' + quote(path) + ',' + quote(text) + ']';
    if (index === 0 || before[index] !== undefined) return;
    before[index] = create(null);
    for (const other in told[index]) before[index][other] = told[index][other];
  };
  const layer = (index) => freeze({
    get: (path) => {
      if (told === null || typeof path !== 'string') return asked('get', index, path);
      const entry = told[index][path];
      if (typeof entry === 'object') return entry;
      if (entry !== undefined) return (told[index][path] = entryOf(entry));
      return isPath(path) ? null : asked('get', index, path);
    },
    list: (path) => (told === null || !isPath(path) ? asked('list', index, path) : namesIn(told[index], path)),
    put: (path, entry) => {
      forget();
      const entries = told === null ? null : told[index];
      // The entry is read first: its getters may change what the layer has.
      const text = entries !== null && isPath(path) ? textOf(entry) : null;
      const stored = text !== null && isDir(entries[parentOf(path)]) ? text : null;
      if (stored === null) {
        host.put(index, path, entry);
        return;
      }
      change(index, path, stored);
      // A directory that becomes something else loses all that is in it.
      if (!isDir(stored) && isDir(entries[path])) removeTree(entries, path);
      entries[path] = stored;
    },
    remove: (path) => {
      forget();
      if (told === null || !isPath(path)) {
        host.remove(index, path);
        return;
      }
      change(index, path, '');
      removeTree(told[index], path);
    },
  });
  const stacks = [];
  const stack = (count) => {
    if (stacks[count] === undefined) {
      const lowers = [];
      for (let index = 1; index <= count; index++) lowers[index - 1] = layer(index);
      stacks[count] = freeze({ upper: layer(0), lowers: freeze(lowers) });
    }
    return stacks[count];
  };
  const stackOf = ({ $stack, $told }) => {
    if ($told === false) told = null;
    else if ($told !== null) {
      told = $told;
      for (let index = 0; index < told.length; index++) setPrototypeOf(told[index], null);
    }
    return stack($stack);
  };
  return {
    bind: (args) => {
      forget();
      changes = '';
      if (before.length > 0) {
        for (const index in before) told[index] = before[index];
        before = [];
      }
      const given = [];
      for (let i = 0; i < args.length; i++) {
        const arg = args[i];
        given[i] = typeof arg === 'object' && arg !== null && '$stack' in arg ? stackOf(arg) : arg;
      }
      return given;
    },
    aside: () => '[' + changes + ']',
  };
}`;
