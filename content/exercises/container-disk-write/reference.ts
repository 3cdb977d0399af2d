/**
 * The reference: what is seen of a stack of layers, worked out from the bottom up as one plain map, and what each call has to make of
 * that. It shares nothing with the kernel's overlay and does not know how a layer is changed. After the Linux kernel's
 * Documentation/filesystems/overlayfs.rst.
 */
import type { Entry, Errno } from './api.d.ts';
import { type MemoryLayer, nameOf, parentOf } from './layers.ts';

export type Seen = Exclude<Entry, { kind: 'whiteout' }>;
/** All that is seen, by path. */
export type View = ReadonlyMap<string, Seen>;

function dropBelow(view: Map<string, Seen>, path: string): void {
  for (const key of [...view.keys()])
    if (path === '/' ? key !== '/' : key.startsWith(`${path}/`)) view.delete(key);
}

/** `layers` the topmost first, over what is seen of the ones `below` them. */
export function viewOf(layers: readonly MemoryLayer[], below: View = new Map()): Map<string, Seen> {
  const view = new Map(below);
  for (const layer of [...layers].reverse()) {
    // Shorter paths first, so that a directory is there before what is in it.
    for (const [path, entry] of [...layer.entries].sort(([a], [b]) => a.length - b.length)) {
      const hides = entry.kind !== 'dir' || entry.opaque === true;
      if (hides && view.get(path)?.kind === 'dir') dropBelow(view, path);
      if (entry.kind === 'whiteout') view.delete(path);
      else view.set(path, entry.kind === 'dir' ? { kind: 'dir', mode: entry.mode } : entry);
    }
  }
  return view;
}

export type Call =
  | { readonly name: 'lookup' | 'openForWrite' | 'unlink' | 'readdir' | 'mkdir'; readonly path: string }
  | { readonly name: 'rename'; readonly path: string; readonly to: string };

export type CallName = Call['name'];

/** What a call must answer, and what must be seen afterwards. */
export interface Expected {
  readonly outcome: { readonly value: Seen | readonly string[] | null } | { readonly error: Errno };
  /** Where a call is wrong in several ways, every error that says so; the kernel's comes first, and which comes first is not judged. */
  readonly errors: readonly Errno[];
  readonly view: View;
}

/** No Error: nobody reads where it was thrown, and finding that out costs more than all the rest here. */
class Failure {
  readonly errnos: readonly [Errno, ...Errno[]];
  constructor(...errnos: [Errno, ...Errno[]]) {
    this.errnos = errnos;
  }
}

/** Throws unless a directory is seen at `path`. */
function requireDir(view: View, path: string): void {
  const seen = view.get(path);
  if (seen?.kind === 'dir') return;
  if (seen !== undefined) throw new Failure('ENOTDIR');
  for (let at = path; at !== '/'; at = parentOf(at)) {
    if (view.get(parentOf(at))?.kind === 'file') throw new Failure('ENOTDIR');
  }
  throw new Failure('ENOENT');
}

function requireSeen(view: View, path: string): Seen {
  const seen = view.get(path);
  if (seen !== undefined) return seen;
  requireDir(view, parentOf(path));
  throw new Failure('ENOENT');
}

function namesIn(view: View, dir: string): string[] {
  return [...view.keys()].filter((path) => path !== '/' && parentOf(path) === dir).map(nameOf);
}

/** Whether a lower layer has a part in the directory seen at `path`. */
function hasLowerPart(layers: readonly MemoryLayer[], path: string): boolean {
  const [upper, ...lowers] = layers;
  for (let at = path; ; at = parentOf(at)) {
    const own = upper!.get(at);
    if (own?.kind === 'dir' && own.opaque) return false;
    if (own?.kind === 'file' || own?.kind === 'whiteout') return false;
    if (at === '/') break;
  }
  return viewOf(lowers).get(path)?.kind === 'dir';
}

/** What `call` must do to `layers`, of which `before` is seen. */
export function expect(layers: readonly MemoryLayer[], call: Call, before: View = viewOf(layers)): Expected {
  const changed: { view: View } = { view: before };
  // Most calls change nothing.
  const changing = () => {
    const view = new Map(before);
    changed.view = view;
    return view;
  };
  try {
    const value = perform(layers, before, changing, call);
    return { outcome: { value }, errors: [], view: changed.view };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { outcome: { error: error.errnos[0] }, errors: error.errnos, view: before };
  }
}

function perform(
  layers: readonly MemoryLayer[],
  before: View,
  changing: () => Map<string, Seen>,
  call: Call,
): Seen | readonly string[] | null {
  const seen = before.get(call.path);
  switch (call.name) {
    case 'lookup':
      return seen ?? null;
    case 'readdir':
      requireDir(before, call.path);
      return namesIn(before, call.path).sort();
    case 'openForWrite':
      if (seen?.kind === 'dir') throw new Failure('EISDIR');
      requireDir(before, parentOf(call.path));
      changing().set(call.path, seen ?? { kind: 'file', content: '', mode: 0o644 });
      return null;
    case 'unlink':
      if (requireSeen(before, call.path).kind === 'dir') throw new Failure('EISDIR');
      changing().delete(call.path);
      return null;
    case 'mkdir':
      if (seen !== undefined) throw new Failure('EEXIST');
      requireDir(before, parentOf(call.path));
      changing().set(call.path, { kind: 'dir', mode: 0o755 });
      return null;
    case 'rename':
      rename(layers, before, changing, call.path, call.to);
      return null;
  }
}

/** The errors of `checks`, in their order. */
function errorsOf(...checks: (() => void)[]): Errno[] {
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.errnos;
    }
  });
}

/** In the order of do_renameat2(): the ways to both names, then what has the old one, then what has the new one. */
function rename(
  layers: readonly MemoryLayer[],
  before: View,
  changing: () => Map<string, Seen>,
  from: string,
  to: string,
): void {
  const [wrong, ...more] = errorsOf(
    () => requireDir(before, parentOf(from)),
    () => requireDir(before, parentOf(to)),
    () => void requireSeen(before, from),
    () => requireReplaceable(layers, before, from, to),
  );
  if (wrong !== undefined) throw new Failure(wrong, ...more);
  if (from === to) return;
  const after = changing();
  for (const [path, entry] of before) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    after.delete(path);
    after.set(to + path.slice(from.length), entry);
  }
}

function requireReplaceable(layers: readonly MemoryLayer[], view: View, from: string, to: string): void {
  const moved = view.get(from);
  if (moved === undefined || from === to) return;
  const replaced = view.get(to);
  if (replaced?.kind === 'dir' && moved.kind !== 'dir') throw new Failure('EISDIR');
  const [wrong, ...more] = errorsOf(
    () => {
      if (replaced?.kind === 'file' && moved.kind === 'dir') throw new Failure('ENOTDIR');
    },
    () => {
      if (moved.kind === 'dir' && hasLowerPart(layers, from)) throw new Failure('EXDEV');
    },
    () => {
      if (replaced?.kind === 'dir' && namesIn(view, to).length > 0) throw new Failure('ENOTEMPTY');
    },
  );
  if (wrong !== undefined) throw new Failure(wrong, ...more);
}
