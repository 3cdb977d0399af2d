/** docker cp: files between a container and the host, as archives over the API. */
import { decodeUtf8, fromBase64, isOsError, strerror } from '../../../base/index.ts';
import { GO_DIR, type PathStat, packTree, pathStat, unpackTree } from '../../../container/index.ts';
import { readAll, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { readTar, type TarEntry, TarError, writeTar } from '../../../oci/index.ts';
import { canonical } from '../files/paths.ts';
import type { Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { DockerError, messageOf, tryApi } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { absoluteIn } from './mountFlag.ts';
import { humanSize } from './tables.ts';

/** `name:path`, unless it begins like a path; null for a path of the host. */
function containerPath(text: string): { name: string; path: string } | null {
  const at = text.indexOf(':');
  if (at <= 0 || /^[./]/.test(text)) return null;
  const path = text.slice(at + 1);
  return { name: text.slice(0, at), path: path.startsWith('/') ? path : `/${path}` };
}

const archivePath = (name: string, path: string) =>
  `/containers/${name}/archive?path=${encodeURIComponent(path)}`;

function* ask(method: string, name: string, path: string, body: unknown = null) {
  const response = yield* tryApi(method, archivePath(name, path), body);
  if (response.status >= 400) throw new DockerError(`Error response from daemon: ${messageOf(response)}`);
  return response;
}

/** What is at a container's path, symbolic links at its end followed; null when nothing is: an answer to HEAD does not say why. */
function* statInside(name: string, path: string, hops = 0): Sys<PathStat | null> {
  const response = yield* tryApi('HEAD', archivePath(name, path));
  if (response.status >= 400) return null;
  const stat = JSON.parse(
    decodeUtf8(fromBase64(response.headers?.['x-docker-container-path-stat'] ?? '') ?? new Uint8Array(0)),
  ) as PathStat;
  if (stat.linkTarget === '' || hops > 40) return stat;
  const folder = path.replace(/\/[^/]*\/*$/, '');
  const target = stat.linkTarget.startsWith('/') ? stat.linkTarget : `${folder}/${stat.linkTarget}`;
  return yield* statInside(name, target, hops + 1);
}

/** What a path is a link to, if it is one: from one to the next. */
function* linkedInside(name: string, path: string): Sys<string> {
  const response = yield* tryApi('HEAD', archivePath(name, path));
  const text = decodeUtf8(
    fromBase64(response.headers?.['x-docker-container-path-stat'] ?? '') ?? new Uint8Array(0),
  );
  const target = response.status >= 400 ? '' : (JSON.parse(text) as PathStat).linkTarget;
  return target === '' ? path : absoluteIn(parentOf(path), target);
}

const isDir = (stat: PathStat | null) => stat !== null && stat.mode >= GO_DIR;
const parentOf = (path: string) => path.replace(/\/+$/, '').replace(/\/?[^/]*$/, '') || '/';
const lastOf = (path: string) => path.replace(/\/+$/, '').replace(/^.*\//, '');

interface Place {
  /** The directory into which is unpacked. */
  readonly dir: string;
  /** What the copy is called in it; empty: the contents themselves go there. */
  readonly name: string;
}

/** Where a copy of `source` goes: the table of docker-cp's manual page. `there` is what `to` is already. */
function placeFor(
  source: { path: string; dir: boolean; name: string },
  to: string,
  there: PathStat | null,
): Place {
  if (isDir(there)) return { dir: to, name: /(^|\/)\.$/.test(source.path) ? '' : source.name };
  if (there !== null && source.dir) throw new DockerError('cannot copy directory');
  if (there === null && !source.dir && to.endsWith('/')) throw new DockerError('no such directory');
  return { dir: parentOf(to), name: lastOf(to) };
}

/** Entries whose first component was `from`, under another name. */
function renamed(entries: readonly TarEntry[], from: string, to: string): TarEntry[] {
  return entries.flatMap((entry) => {
    const rest = from === '' ? entry.name : entry.name.slice(from.length + 1);
    const name = [to, rest].filter((part) => part !== '').join('/');
    return name === '' ? [] : [{ ...entry, name }];
  });
}

/** docker/cli's ValidateOutputPath: before the daemon is asked for anything. */
function* requireFolderOf(path: string): Sys<void> {
  const dir = parentOf(absoluteIn(yield* sys.getcwd(), path));
  if (!isDir(yield* pathStat(`${dir}/.`)))
    throw new DockerError(`invalid output path: directory "${dir}" does not exist`);
}

function* outward(name: string, path: string, to: string, follow: boolean): Sys<number> {
  if (to !== '-') yield* requireFolderOf(to);
  const target = follow ? yield* linkedInside(name, path) : path;
  const response = yield* ask('GET', name, target);
  const archive = response.body as Uint8Array;
  if (to === '-') {
    yield* writeAll(1, archive);
    return 0;
  }
  const entries = readTar(archive);
  const first = entries[0]!;
  const there = yield* pathStat(to.endsWith('/') ? `${to}.` : to);
  const own = target === path ? first.name : lastOf(path);
  const place = placeFor({ path, dir: first.type === 'dir', name: own }, to, there);
  yield* unpackTree(renamed(entries, first.name, place.name), place.dir, false);
  return archive.length;
}

/**
 * Of a path at which nothing is: as far as it is missing. moby's archive.ResolveHostSourcePath: the directory is resolved first, and joined with
 * the name by a slash of its own.
 */
function* missingPart(given: string, follow: boolean): Sys<string> {
  const full = absoluteIn(yield* sys.getcwd(), given);
  let at = '';
  for (const part of full.split('/').slice(1, follow ? undefined : -1)) {
    at += `/${part}`;
    if ((yield* orNull(() => sys.stat(at), 'ENOENT', 'ENOTDIR')) === null) return at;
  }
  return `${(yield* canonical(parentOf(full))) ?? parentOf(full)}/${lastOf(full)}`;
}

function* inward(given: string, name: string, path: string, follow: boolean): Sys<number> {
  if (given === '-') {
    yield* ask('PUT', name, path, yield* readAll(0));
    return 0;
  }
  const from = follow ? ((yield* canonical(given)) ?? given) : given;
  const source = yield* pathStat(from);
  if (source === null)
    throw new DockerError(`lstat ${yield* missingPart(given, follow)}: no such file or directory`);
  const there = yield* statInside(name, path);
  const own = { path: given, dir: isDir(source), name: from === given ? source.name : lastOf(given) };
  const place = placeFor(own, path, there);
  const entries = renamed(yield* packTree(from, 'source'), 'source', place.name);
  const archive = writeTar(entries);
  yield* ask('PUT', name, place.dir, archive);
  return archive.length;
}

/** Told on terminals, unless --quiet says otherwise. */
function* copied(parsed: Parsed, size: number, to: string): Sys<void> {
  const quiet = parsed.has('quiet')
    ? parsed.value('quiet') === 'true'
    : (yield* orNull(() => sys.tcgetattr(1), 'ENOTTY', 'EBADF')) === null;
  if (!quiet) yield* writeAll(2, `Successfully copied ${humanSize(size, 3)} to ${to}\n`);
}

export const copying: readonly DockerCommand[] = [
  {
    name: 'cp',
    aliases: ['container cp'],
    usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
    help: 'Copy files and directories between a container and the host',
    options: [
      { short: 'L', long: 'follow-link', help: 'Copy what a symbolic link leads to' },
      { short: 'q', long: 'quiet', argument: 'bool', help: 'Do not say how much was copied' },
    ],
    operands: [2, 2],
    *run(parsed) {
      const [from = '', to = ''] = parsed.operands;
      if (from === '') throw new DockerError('source can not be empty');
      if (to === '') throw new DockerError('destination can not be empty');
      const follow = parsed.has('follow-link');
      const source = containerPath(from);
      const target = containerPath(to);
      if (source !== null && target !== null)
        throw new DockerError('copying between containers is not supported');
      const here = (path: string) => (path.startsWith('/') || path === '-' ? path : `./${path}`);
      try {
        if (source !== null) {
          const size = yield* outward(source.name, source.path, here(to), follow);
          if (to !== '-') yield* copied(parsed, size, absoluteIn(yield* sys.getcwd(), to));
        } else if (target !== null) {
          const size = yield* inward(here(from), target.name, target.path, follow);
          yield* copied(parsed, size, `${target.name}:${target.path}`);
        } else throw new DockerError('must specify at least one container source');
      } catch (error) {
        if (isOsError(error)) {
          const path = source === null ? here(from) : here(to);
          throw new DockerError(`open ${path}: ${strerror(error.code).toLowerCase()}`);
        }
        if (!(error instanceof TarError)) throw error;
        throw new DockerError(error.message);
      }
      return 0;
    },
  },
];
