/** The border between the learner's functions and the layers: what runs in the sandbox before the learner's code, and how it is addressed. */
import type { Json, Sandbox } from '../../../src/exercise/index.ts';
import type { Entry } from './api.d.ts';
import { type HostLayer, hostFunctions, type MemoryLayer } from './layers.ts';

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

/** Layers as text: most of what is told is never looked at, and so never made into objects. */
function toldText(layers: readonly MemoryLayer[]): string {
  const texts = (layer: MemoryLayer) => [...layer.entries].map(([path, entry]) => [path, entryText(entry)]);
  return JSON.stringify(layers.map((layer) => Object.fromEntries(texts(layer))));
}

/** The layers that a sandbox knows by heart, by their upper one. */
const known = new WeakMap<Sandbox, HostLayer>();

/**
 * The argument that becomes a Stack, for a stack in memory that nothing but the learner's code changes. The sandbox is told the layers
 * whole, once for each upper layer, and answers `get` and `list` itself: asking for one entry costs more than all that a call does with it.
 * What is put or removed goes through ours, so what counts is what they hold.
 */
export function stackInMemory(code: Sandbox, layers: readonly MemoryLayer[]): Json {
  const upper = layers[0]!;
  const functions = hostFunctions(layers);
  // A changed lower layer is put right after the call: the sandbox has to be told again.
  const watched =
    (change: (typeof functions)[string]) =>
    (...args: readonly Json[]): Json => {
      if (args[0] !== 0) known.delete(code);
      return change(...args);
    };
  code.bindHost({ ...functions, put: watched(functions.put!), remove: watched(functions.remove!) });
  if (known.get(code) === upper) return { $stack: layers.length - 1, $told: null };
  known.set(code, upper);
  return { $stack: layers.length - 1, $told: toldText(layers) };
}

/** The same for layers that others change too: every call asks them anew. */
export function stackInHost(code: Sandbox, layers: readonly HostLayer[]): Json {
  known.delete(code);
  code.bindHost(hostFunctions(layers));
  return { $stack: layers.length - 1 };
}

/** Turns these arguments into a Stack, and gives the learner `fail`. */
export const PRELUDE = `(host, globals) => {
  'use strict';
  const { create, freeze } = Object, { parse } = JSON;
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
  const isDir = (entry) => entry !== undefined && (typeof entry === 'string' ? entryOf(entry) : entry).kind === 'dir';
  // What the host said is remembered until something changes or the next call begins.
  let answers = create(null);
  const forget = () => { answers = create(null); };
  const asked = (name, index, path) => {
    if (typeof path !== 'string') return host[name](index, path);
    const key = name + index + path;
    return answers[key] !== undefined ? answers[key] : (answers[key] = host[name](index, path));
  };
  // The host says of any other what is wrong with it.
  const isPath = (path) => typeof path === 'string' && path[0] === '/' && (path === '/' || path[path.length - 1] !== '/');
  const isBelow = (path, dir) => {
    const { length } = dir;
    if (path.length <= length + 1 || path[length] !== '/') return false;
    for (let i = length - 1; i >= 0; i--) if (path[i] !== dir[i]) return false;
    return true;
  };
  const namesIn = (entries, path) => {
    const dir = path === '/' ? '' : path;
    const names = [];
    for (const other in entries) {
      if (!isBelow(other, dir)) continue;
      const name = other.slice(dir.length + 1);
      if (!name.includes('/')) names[names.length] = name;
    }
    return freeze(names);
  };
  const removeTree = (entries, path) => {
    for (const other in entries) if (other !== '/' && (other === path || isBelow(other, path))) delete entries[other];
  };
  const layer = (index) => freeze({
    get: (path) => {
      if (told === null || !isPath(path)) return asked('get', index, path);
      const entry = told[index][path];
      if (typeof entry !== 'string') return entry === undefined ? null : entry;
      return (told[index][path] = entryOf(entry));
    },
    list: (path) => (told === null || !isPath(path) ? asked('list', index, path) : namesIn(told[index], path)),
    put: (path, entry) => {
      forget();
      const stored = host.put(index, path, entry);
      if (told === null) return;
      // A directory that becomes something else loses all that is in it.
      if (stored.kind !== 'dir' && isDir(told[index][path])) removeTree(told[index], path);
      told[index][path] = stored;
    },
    remove: (path) => {
      forget();
      host.remove(index, path);
      if (told !== null) removeTree(told[index], path);
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
    if ($told === undefined) told = null;
    else if ($told !== null) told = parse($told);
    return stack($stack);
  };
  return (args) => {
    forget();
    const given = [];
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      given[i] = typeof arg === 'object' && arg !== null && '$stack' in arg ? stackOf(arg) : arg;
    }
    return given;
  };
}`;
