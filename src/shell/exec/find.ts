/** Finds the program a command name means: `$PATH`, and what `hash` remembers. */
import { isOsError } from '../../base/index.ts';
import { type Sys, sys, X_OK } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';

/** What `command -p` searches, and a shell without PATH. */
export const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function* isExecutable(path: string): Sys<boolean> {
  try {
    if (((yield* sys.stat(path)).mode & 0o170000) !== 0o100000) return false;
    yield* sys.access(path, X_OK);
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

/** All programs `name` could mean, in the order of `path`. */
export function* searchPath(name: string, path: string): Sys<string[]> {
  const found: string[] = [];
  for (const directory of path.split(':')) {
    const candidate = `${directory === '' ? '.' : directory.replace(/\/$/, '')}/${name}`;
    if (yield* isExecutable(candidate)) found.push(candidate);
  }
  return found;
}

/** The program's path, or null. Remembers what it found, unless `standardPath`. */
export function* findProgram(shell: Shell, name: string, standardPath = false): Sys<string | null> {
  if (name.includes('/')) return name;
  if (name === '') return null;
  if (standardPath) return (yield* searchPath(name, STANDARD_PATH))[0] ?? null;
  const hashed = shell.hashed.get(name);
  if (hashed !== undefined && (yield* isExecutable(hashed.path))) {
    hashed.hits++;
    return hashed.path;
  }
  const path = shell.variables.get('PATH');
  if (path === undefined) return null;
  const [first] = yield* searchPath(name, path);
  if (first === undefined) return null;
  if (shell.options.has('hashall')) shell.hashed.set(name, { path: first, hits: 1 });
  return first;
}
