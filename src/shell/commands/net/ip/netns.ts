/** Network namespaces by their names: files in /run/netns, each with a namespace bound to it (ip-netns(8)). */
import { isOsError, strerror } from '../../../../base/index.ts';
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  type Fd,
  MNT_DETACH,
  MS_BIND,
  MS_REC,
  MS_SLAVE,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../../../../linux/index.ts';
import type { NamespaceName } from '../../../../linux/net/netlink/requests.ts';
import { rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { runFound } from '../../processes/running.ts';
import { namesIn, orNull } from '../../support.ts';
import { type Json, type JsonOptions, jsonText } from '../json.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';

const FOLDER = '/run/netns';
const COMMANDS = [
  'list',
  'show',
  'lst',
  'help',
  'add',
  'set',
  'delete',
  'identify',
  'pids',
  'exec',
  'monitor',
  'attach',
];

const HELP = `Usage: ip netns list
       ip netns add NAME
       ip netns attach NAME PID
       ip netns delete NAME
       ip netns identify [PID]
       ip netns pids NAME
       ip netns exec NAME CMD ...
`;

/** Opens a name's file. Throws Refused. */
function* openNamespace(name: string, status: number): Sys<Fd> {
  try {
    return yield* sys.open(`${FOLDER}/${name}`, O_RDONLY);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`Cannot open network namespace "${name}": ${strerror(error.code)}`, status);
  }
}

/** This process goes into the namespace. Throws Refused with `status`. */
export function* enterNamespace(name: string, status = 255): Sys<void> {
  const fd = yield* openNamespace(name, status);
  try {
    yield* sys.setnsfd(fd, CLONE_NEWNET);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`setting the network namespace "${name}" failed: ${strerror(error.code)}`, status);
  }
  yield* sys.close(fd);
  yield* ownMounts(name, status);
}

/** A step of what follows setns(2) failed: that ends it. */
function* needed(what: string, status: number, body: () => Sys<unknown>): Sys<void> {
  try {
    yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`${what} failed: ${strerror(error.code)}`, status);
  }
}

/** A /sys of the namespace, and the files of /etc/netns/NAME over those of /etc (`netns_switch`, lib/namespace.c of iproute2). */
function* ownMounts(name: string, status: number): Sys<void> {
  yield* needed('unshare', status, () => sys.unshare(CLONE_NEWNS));
  yield* needed('"mount --make-rslave /"', status, () => sys.mount('', '/', 'none', MS_SLAVE | MS_REC, ''));
  yield* orNull(() => sys.umount('/sys', MNT_DETACH));
  yield* needed('mount of /sys', status, () => sys.mount(name, '/sys', 'sysfs', 0, ''));
  for (const file of (yield* orNull(() => namesIn(`/etc/netns/${name}`))) ?? []) {
    const [from, to] = [`/etc/netns/${name}/${file}`, `/etc/${file}`];
    try {
      yield* sys.mount(from, to, 'none', MS_BIND, '');
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(2, `Bind ${from} -> ${to} failed: ${strerror(error.code)}\n`);
    }
  }
}

/** The namespace that a name or the number of a process means; null when it means none. The descriptor stays open. */
export function* namespaceNamed(text: string): Sys<NamespaceName | null> {
  const fd = yield* orNull(() => sys.open(`${FOLDER}/${text}`, O_RDONLY));
  if (fd !== null) return { fd };
  return /^\d+$/.test(text) ? { pid: Number(text) } : null;
}

/** Names by the numbers that their namespaces have in this one. */
export function* namespaceNames(): Sys<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  for (const name of yield* listed()) {
    const id = yield* numberOf(name);
    if (id !== null && !names.has(id)) names.set(id, name);
  }
  return names;
}

/** As a directory of tmpfs lists them: the newest first. */
function* listed(): Sys<string[]> {
  const names = (yield* orNull(() => namesIn(FOLDER))) ?? [];
  const times = new Map<string, number>();
  for (const name of names) {
    const stat = yield* orNull(() => sys.lstat(`${FOLDER}/${name}`));
    if (stat !== null) times.set(name, stat.ino);
  }
  return names.filter((name) => times.has(name)).sort((a, b) => times.get(b)! - times.get(a)!);
}

function* numberOf(name: string): Sys<number | null> {
  const fd = yield* orNull(() => sys.open(`${FOLDER}/${name}`, O_RDONLY));
  if (fd === null) return null;
  const id = yield* orNull(() => rtnetlink('RTM_GETNSID', { fd }), 'EINVAL');
  yield* sys.close(fd);
  return id;
}

export function* netnsObject(
  words: Words,
  env: ReadonlyMap<string, string>,
  options: JsonOptions,
): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'list' : expand(word, COMMANDS);
  if (word !== null) words.next();
  switch (command) {
    case 'list':
    case 'show':
    case 'lst':
      return yield* list(options);
    case 'add':
      return yield* add(nameWord(words));
    case 'attach':
      return yield* attach(words);
    case 'delete':
      return yield* remove(nameWord(words));
    case 'exec':
      return yield* execute(words, env);
    case 'identify':
      return yield* identify(words);
    case 'pids':
      return yield* processes(nameWord(words));
    case 'help':
      yield* writeAll(1, HELP);
      return 0;
    case null:
      throw new Refused(`Command "${word}" is unknown, try "ip netns help".`, 255);
    default:
      throw unsimulated('ip', `"netns ${command}"`);
  }
}

function nameWord(words: Words): string {
  if (words.done) throw new Refused('No netns name specified', 255);
  const name = words.next();
  if (name.includes('/') || name === '.' || name === '..' || name.length > 255)
    throw new Refused(`Invalid netns name "${name}"`, 255);
  return name;
}

function* list(options: JsonOptions): Sys<number> {
  const told: Json[] = [];
  for (const name of yield* listed()) {
    const id = yield* numberOf(name);
    told.push({ name, ...(id !== null && { id }) });
    if (!options.json) yield* writeAll(1, `${name}${id === null ? '' : ` (id: ${id})`}\n`);
  }
  if (options.json) yield* writeAll(1, jsonText(told, options));
  return 0;
}

/** Throws Refused. */
function* makeFolder(): Sys<void> {
  try {
    yield* orNull(() => sys.mkdir(FOLDER, 0o755), 'EEXIST');
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`mkdir ${FOLDER} failed: ${strerror(error.code)}`, 1);
  }
}

/** A name for the namespace that a process has. */
function* attach(words: Words): Sys<number> {
  const [name, pid] = [words.done ? null : nameWord(words), words.done ? null : words.next()];
  if (name === null || pid === null) throw new Refused('No netns name and PID specified', 1);
  if (!/^[1-9]\d*$/.test(pid)) throw new Refused(`Invalid PID: ${pid}`, 1);
  const path = `${FOLDER}/${name}`;
  yield* makeFolder();
  const made = yield* orNull(() => sys.open(path, O_RDONLY | O_CREAT | O_EXCL, 0));
  if (made === null) throw new Refused(`Cannot create namespace file "${path}": File exists`, 1);
  yield* sys.close(made);
  const from = `/proc/${pid}/ns/net`;
  try {
    yield* sys.mount(from, path, 'none', MS_BIND, '');
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* orNull(() => sys.unlink(path));
    throw new Refused(`Bind ${from} -> ${path} failed: ${strerror(error.code)}`, 1);
  }
  return 0;
}

function* add(name: string): Sys<number> {
  const path = `${FOLDER}/${name}`;
  yield* makeFolder();
  try {
    yield* sys.close(yield* sys.open(path, O_RDONLY | O_CREAT | O_EXCL, 0));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`Cannot create namespace file "${path}": ${strerror(error.code)}`, 1);
  }
  try {
    yield* sys.unshare(CLONE_NEWNET);
    yield* sys.mount('/proc/self/ns/net', path, 'none', MS_BIND, '');
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* orNull(() => sys.unlink(path));
    throw new Refused(`Failed to create a new network namespace "${name}": ${strerror(error.code)}`, 1);
  }
  return 0;
}

function* remove(name: string): Sys<number> {
  const path = `${FOLDER}/${name}`;
  yield* orNull(() => sys.umount(path, MNT_DETACH));
  try {
    yield* sys.unlink(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`Cannot remove namespace file "${path}": ${strerror(error.code)}`, 1);
  }
  return 0;
}

/** Devices and numbers of namespaces' files tell whether they are the same. Throws Refused. */
function* requiredStat(path: string): Sys<Stat> {
  try {
    return yield* sys.stat(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`Cannot open network namespace: ${strerror(error.code)}`, 1);
  }
}

const sameFile = (a: Stat | null, b: Stat) => a?.dev === b.dev && a.ino === b.ino;

/** The name of a process's namespace, or an empty line. */
function* identify(words: Words): Sys<number> {
  const pid = words.done ? 'self' : words.next();
  if (!words.done) throw new Refused('extra arguments specified', 1);
  if (pid !== 'self' && !/^\d+$/.test(pid)) throw new Refused(`Specified string '${pid}' is not a pid`, 1);
  const wanted = yield* requiredStat(`/proc/${pid}/ns/net`);
  let found = '';
  for (const name of yield* listed())
    if (sameFile(yield* orNull(() => sys.stat(`${FOLDER}/${name}`)), wanted)) found = name;
  yield* writeAll(1, `${found}\n`);
  return 0;
}

/** The processes in a namespace. */
function* processes(name: string): Sys<number> {
  const wanted = yield* requiredStat(`${FOLDER}/${name}`);
  const pids = (yield* namesIn('/proc')).filter((each) => /^\d+$/.test(each)).map(Number);
  for (const pid of pids.sort((a, b) => a - b))
    if (sameFile(yield* orNull(() => sys.stat(`/proc/${pid}/ns/net`)), wanted))
      yield* writeAll(1, `${pid}\n`);
  return 0;
}

function* execute(words: Words, env: ReadonlyMap<string, string>): Sys<number> {
  const name = nameWord(words);
  const argv = words.rest;
  if (argv.length === 0) throw new Refused('No command specified', 255);
  yield* enterNamespace(name);
  return yield* runFound('ip', argv, env);
}
