import type { Entry, Layer, Stack } from './api.d.ts';

/** What can be seen: a whiteout cannot. */
type Seen = Exclude<Entry, { kind: 'whiteout' }>;

/** The directory above. */
function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function join(dir: string, name: string): string {
  return dir === '/' ? `/${name}` : `${dir}/${name}`;
}

/** All layers, the topmost first. */
function layers(stack: Stack): Layer[] {
  return [stack.upper, ...stack.lowers];
}

/**
 * The layers that say something about names in `dir`, topmost first: of those that do for the directory above, down to the first in
 * which `dir` is opaque, or is no directory.
 */
function visibleLayers(stack: Stack, dir: string): Layer[] {
  const above = dir === '/' ? layers(stack) : visibleLayers(stack, parentOf(dir));
  const visible: Layer[] = [];
  for (const layer of above) {
    const entry = layer.get(dir);
    if (entry === null) continue;
    if (entry.kind !== 'dir') break;
    visible.push(layer);
    if (entry.opaque) break;
  }
  return visible;
}

function find(stack: Stack, path: string): Seen | null {
  const visible = path === '/' ? layers(stack) : visibleLayers(stack, parentOf(path));
  for (const layer of visible) {
    const entry = layer.get(path);
    if (entry !== null) return entry.kind === 'whiteout' ? null : entry;
  }
  return null;
}

/** Whether a lower layer would show something at `path` if the upper layer had nothing there. */
function isBelow(stack: Stack, path: string): boolean {
  for (const layer of visibleLayers(stack, parentOf(path))) {
    if (layer === stack.upper) continue;
    const entry = layer.get(path);
    if (entry !== null) return entry.kind !== 'whiteout';
  }
  return false;
}

function needDirectory(stack: Stack, path: string): void {
  const entry = find(stack, path);
  if (entry === null) {
    // A file on the way is another error than nothing.
    for (let at = path; at !== '/'; at = parentOf(at))
      if (find(stack, parentOf(at))?.kind === 'file') fail('ENOTDIR');
    fail('ENOENT');
  }
  if (entry.kind !== 'dir') fail('ENOTDIR');
}

/** Copies the directories of `path` to the upper layer, the outermost first. */
function copyUpDirectories(stack: Stack, path: string): void {
  const own = stack.upper.get(path);
  if (own !== null && own.kind === 'dir') return;
  if (path !== '/') copyUpDirectories(stack, parentOf(path));
  stack.upper.put(path, { kind: 'dir', mode: find(stack, path)!.mode });
}

export function lookup(stack: Stack, path: string): Entry | null {
  return find(stack, path);
}

export function openForWrite(stack: Stack, path: string): void {
  const entry = find(stack, path);
  if (entry?.kind === 'dir') fail('EISDIR');
  needDirectory(stack, parentOf(path));
  if (stack.upper.get(path)?.kind === 'file') return;
  copyUpDirectories(stack, parentOf(path));
  stack.upper.put(path, entry ?? { kind: 'file', content: '', mode: 0o644 });
}

export function unlink(stack: Stack, path: string): void {
  const entry = find(stack, path);
  if (entry === null) {
    needDirectory(stack, parentOf(path));
    fail('ENOENT');
  }
  if (entry.kind === 'dir') fail('EISDIR');
  hide(stack, path);
}

/** Takes `path` out of sight: from the upper layer, and with a whiteout what a lower layer would show. */
function hide(stack: Stack, path: string): void {
  stack.upper.remove(path);
  if (!isBelow(stack, path)) return;
  copyUpDirectories(stack, parentOf(path));
  stack.upper.put(path, { kind: 'whiteout' });
}

export function readdir(stack: Stack, path: string): readonly string[] {
  needDirectory(stack, path);
  const decided = new Map<string, boolean>();
  for (const layer of visibleLayers(stack, path)) {
    for (const name of layer.list(path)) {
      if (!decided.has(name)) decided.set(name, layer.get(join(path, name))!.kind !== 'whiteout');
    }
  }
  return [...decided].filter(([, seen]) => seen).map(([name]) => name);
}

export function rename(stack: Stack, from: string, to: string): void {
  const entry = find(stack, from);
  if (entry === null) {
    needDirectory(stack, parentOf(from));
    fail('ENOENT');
  }
  needDirectory(stack, parentOf(to));
  if (from === to) return;
  const replaced = find(stack, to);
  if (replaced?.kind === 'dir' && entry.kind !== 'dir') fail('EISDIR');
  if (replaced !== null && replaced.kind !== 'dir' && entry.kind === 'dir') fail('ENOTDIR');
  if (entry.kind === 'dir' && visibleLayers(stack, from).some((layer) => layer !== stack.upper))
    fail('EXDEV');
  if (replaced?.kind === 'dir' && readdir(stack, to).length > 0) fail('ENOTEMPTY');
  copyUpDirectories(stack, parentOf(to));
  stack.upper.remove(to);
  if (entry.kind === 'dir') moveTree(stack, from, to);
  else stack.upper.put(to, entry);
  hide(stack, from);
}

function isOpaque(stack: Stack, path: string): boolean {
  const own = stack.upper.get(path);
  return own !== null && own.kind === 'dir' && own.opaque === true;
}

/** A directory of the upper layer alone, to a place where nothing below may shine through. */
function moveTree(stack: Stack, from: string, to: string): void {
  const entry = stack.upper.get(from)!;
  const opaque = isBelow(stack, to) || isOpaque(stack, from);
  stack.upper.put(
    to,
    entry.kind === 'dir' ? { kind: 'dir', mode: entry.mode, ...(opaque && { opaque: true }) } : entry,
  );
  copyBelow(stack.upper, from, to);
}

function copyBelow(layer: Layer, from: string, to: string): void {
  for (const name of layer.list(from)) {
    const entry = layer.get(join(from, name))!;
    layer.put(join(to, name), entry);
    if (entry.kind === 'dir') copyBelow(layer, join(from, name), join(to, name));
  }
}

export function mkdir(stack: Stack, path: string): void {
  if (find(stack, path) !== null) fail('EEXIST');
  needDirectory(stack, parentOf(path));
  copyUpDirectories(stack, parentOf(path));
  // Over a whiteout, what was removed must not come back.
  const removed = stack.upper.get(path)?.kind === 'whiteout';
  stack.upper.put(path, { kind: 'dir', mode: 0o755, ...(removed && { opaque: true }) });
}
