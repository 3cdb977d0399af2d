/** Paths below a root that is not the process's own: symbolic links in them stay inside. */
import type { Path, Sys } from '../../linux/index.ts';
import { DockerfileError } from '../../oci/dockerfile/index.ts';
import { list, readText, resolveWithin, statOrNull } from '../files.ts';

const MOST_LINKS = 40;

/** `path` below `root` with its links followed, as if `root` were `/`. What is missing is left as it is named. */
export function* resolveIn(root: Path, path: string): Sys<string> {
  const resolved = yield* resolveWithin(root, path, MOST_LINKS);
  if (resolved === null) throw new DockerfileError(`too many links in ${path}`);
  return resolved;
}

export const hasWildcards = (path: string): boolean => /[*?[]/.test(path.replace(/\\./g, ''));

/** A part of a pattern of Go's path.Match: `*`, `?`, brackets, escapes. */
function partPattern(part: string): RegExp {
  let source = '';
  for (const [token] of part.matchAll(/\\.|\[\^?(?:\\.|[^\]\\])*\]|./gsu)) {
    if (token === '*') source += '[^/]*';
    else if (token === '?') source += '[^/]';
    else if (token.length > 1 && token.startsWith('[')) source += token;
    else source += token.replace(/^\\/, '').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    throw new DockerfileError(`syntax error in pattern ${part}`);
  }
}

/** Paths below `root` that a pattern fits, in their order. */
export function* expandWildcards(root: Path, pattern: string): Sys<string[]> {
  let found = [''];
  for (const part of pattern.split('/').filter((name) => name !== '' && name !== '.')) {
    const next: string[] = [];
    for (const dir of found) {
      const join = (name: string) => (dir === '' ? name : `${dir}/${name}`);
      if (!hasWildcards(part)) {
        const name = join(part.replace(/\\(.)/g, '$1'));
        if ((yield* statOrNull(`${root}/${name}`)) !== null) next.push(name);
        continue;
      }
      const wanted = partPattern(part);
      for (const name of yield* list(`${root}/${dir}`)) if (wanted.test(name)) next.push(join(name));
    }
    found = next;
  }
  return found;
}

function* fieldsOf(root: Path, file: string): Sys<string[][]> {
  const text = (yield* readText(`${root}/${yield* resolveIn(root, file)}`)) ?? '';
  return text.split('\n').map((line) => line.split(':'));
}

/** `user[:group]`, by names of the tree's own databases or by numbers. Throws DockerfileError. */
export function* ownerIn(root: Path, spec: string): Sys<{ uid: number; gid: number }> {
  const [user = '', group] = spec.split(':');
  const numeric = /^\d+$/;
  const accounts = yield* fieldsOf(root, '/etc/passwd');
  const account = accounts.find((fields) => fields[0] === user);
  if (account === undefined && user !== '' && !numeric.test(user))
    throw new DockerfileError(`unable to find user ${user}: no matching entries in passwd file`);
  const uid = Number(account?.[2] ?? (user || 0));
  if (group === undefined) return { uid, gid: account === undefined ? uid : Number(account[3]) };
  const known = (yield* fieldsOf(root, '/etc/group')).find((fields) => fields[0] === group);
  if (known === undefined && !numeric.test(group))
    throw new DockerfileError(`unable to find group ${group}: no matching entries in group file`);
  return { uid, gid: Number(known?.[2] ?? group) };
}
