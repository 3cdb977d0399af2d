/** Who a process in a container runs as: names looked up in the container's own /etc/passwd and /etc/group. */
import { decodeUtf8, isOsError } from '../base/index.ts';
import { type Path, readFile, type Sys } from '../linux/index.ts';
import { EngineError } from './model.ts';
import type { SpecUser } from './runtime/spec.ts';

function* database(path: Path): Sys<string[][]> {
  try {
    return decodeUtf8(yield* readFile(path))
      .split('\n')
      .map((line) => line.split(':'));
  } catch (error) {
    if (isOsError(error)) return [];
    throw error;
  }
}

/** `name`, `uid`, `name:group`, `uid:gid`, by the databases below `root`; `extra` are more groups. Throws EngineError. */
export function* userOf(root: Path, user: string, extra: readonly string[] = []): Sys<SpecUser> {
  const [name = '', group] = (user === '' ? '0' : user).split(':');
  const account = (yield* database(`${root}/etc/passwd`)).find(
    (fields) => fields[0] === name || fields[2] === name,
  );
  const groups = yield* database(`${root}/etc/group`);
  if (account === undefined && !/^\d+$/.test(name))
    throw new EngineError(500, `unable to find user ${name}: no matching entries in passwd file`);
  const numberOf = (wanted: string) => {
    const found = groups.find((fields) => fields[0] === wanted || fields[2] === wanted);
    if (found === undefined && !/^\d+$/.test(wanted))
      throw new EngineError(500, `unable to find group ${wanted}: no matching entries in group file`);
    return Number(found?.[2] ?? wanted);
  };
  const gid = group === undefined ? Number(account?.[3] ?? 0) : numberOf(group);
  const member = groups
    .filter((fields) => (fields[3] ?? '').split(',').includes(account?.[0] ?? name))
    .map((fields) => Number(fields[2]));
  const additional = new Set([gid, ...(group === undefined ? member : []), ...extra.map(numberOf)]);
  return { uid: Number(account?.[2] ?? name), gid, additionalGids: [...additional] };
}
