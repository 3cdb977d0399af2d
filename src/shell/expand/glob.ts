/** Pathname expansion: POSIX, "Pathname Expansion". */
import { isOsError } from '../../base/index.ts';
import { type DirEntry, O_DIRECTORY, O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import { compareNames } from './collate.ts';
import { isPattern, Pattern, unquotePattern } from './pattern.ts';

export interface GlobOptions {
  readonly extglob: boolean;
  readonly dotglob: boolean;
  readonly globstar: boolean;
  readonly ignoreCase: boolean;
}

/** The paths that match, in the locale's order; empty when none does. */
export function* glob(pattern: string, options: GlobOptions): Sys<string[]> {
  const absolute = pattern.startsWith('/');
  const segments = splitPattern(pattern.replace(/^\/+/, ''));
  let paths: string[] = [absolute ? '/' : ''];
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1;
    const next: string[] = [];
    for (const path of paths) for (const found of yield* step(path, segment, last, options)) next.push(found);
    paths = next;
    if (paths.length === 0) return [];
  }
  return paths.sort(compareNames);
}

/** Cuts at slashes; slashes stay at the end of a segment that has one. */
function splitPattern(pattern: string): string[] {
  return pattern.match(/(?:\\[\s\S]|[^/\\])*\/+|(?:\\[\s\S]|[^/\\])+/g) ?? [];
}

function* step(path: string, segment: string, last: boolean, options: GlobOptions): Sys<string[]> {
  const slashes = /\/*$/.exec(segment)![0];
  const name = segment.slice(0, segment.length - slashes.length);
  if (!isPattern(name, options.extglob)) {
    const plain = path + unquotePattern(name) + slashes;
    return !last || (yield* exists(plain)) ? [plain] : [];
  }
  if (name === '**' && options.globstar) return yield* descend(path, slashes, last);
  const pattern = new Pattern(name, options);
  const found: string[] = [];
  for (const entry of yield* list(path)) {
    if (entry.name.startsWith('.') && !hidden(name, entry.name, options)) continue;
    if (!pattern.matches(entry.name)) continue;
    const full = path + entry.name;
    if (slashes !== '' && !(yield* isDirectory(full))) continue;
    found.push(full + slashes);
  }
  return found;
}

function hidden(pattern: string, name: string, options: GlobOptions): boolean {
  if (name === '.' || name === '..') return pattern.startsWith('.') || pattern.startsWith('\\.');
  return options.dotglob || pattern.startsWith('.') || pattern.startsWith('\\.');
}

/** `**`: all directories below `path`, and files where it is the last segment. */
function* descend(path: string, slashes: string, last: boolean): Sys<string[]> {
  const files = last && slashes === '';
  const found: string[] = path === '' && files ? [] : [path];
  for (const entry of yield* list(path)) {
    if (entry.name.startsWith('.')) continue;
    const full = path + entry.name;
    if (entry.type === 'dir') {
      const below = yield* descend(`${full}/`, slashes, last);
      for (const path of files ? [full, ...below.slice(1)] : below) found.push(path);
    } else if (files) found.push(full);
  }
  return found;
}

function* list(path: string): Sys<readonly DirEntry[]> {
  try {
    const fd = yield* sys.open(path === '' ? '.' : path, O_RDONLY | O_DIRECTORY);
    const entries: DirEntry[] = [];
    for (;;) {
      const part = yield* sys.getdents(fd);
      if (part.length === 0) break;
      for (const entry of part) entries.push(entry);
    }
    yield* sys.close(fd);
    return entries;
  } catch (error) {
    if (isOsError(error)) return [];
    throw error;
  }
}

function* exists(path: string): Sys<boolean> {
  try {
    yield* sys.lstat(path);
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

function* isDirectory(path: string): Sys<boolean> {
  try {
    return ((yield* sys.stat(path)).mode & 0o170000) === 0o040000;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}
