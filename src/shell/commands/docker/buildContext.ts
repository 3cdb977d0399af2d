/** The context of `docker build` as an archive: a directory without what .dockerignore leaves out, or standard input. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { packTree, pathStat } from '../../../container/index.ts';
import { fileTypeOf, O_RDONLY, readAll, readFile, type Sys, sys } from '../../../linux/index.ts';
import { DockerfileError, PathMatcher, readIgnoreFile, type TarEntry, writeTar } from '../../../oci/index.ts';
import { DockerError } from './api.ts';

/** What is sent, and which file in it is the Dockerfile. */
export interface Sent {
  readonly archive: Uint8Array;
  readonly dockerfile: string;
  /** Files in it that are no part of the context. */
  readonly apart: readonly string[];
}

const NO_CONTENT = new Uint8Array(0);

const fileEntry = (name: string, content: Uint8Array): TarEntry => ({
  ...{ name, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, target: '', major: 0, minor: 0 },
  content,
  xattrs: {},
});

function* names(path: string): Sys<string[]> {
  const fd = yield* sys.open(path, O_RDONLY);
  const entries = yield* sys.getdents(fd);
  yield* sys.close(fd);
  return entries
    .map(({ name }) => name)
    .filter((name) => name !== '.' && name !== '..')
    .sort();
}

function* dirEntry(path: string, name: string): Sys<TarEntry> {
  const { mode, mtime } = yield* sys.lstat(path);
  return {
    ...{ name, type: 'dir', mode: mode & 0o7777, uid: 0, gid: 0, mtime: mtime.sec, target: '' },
    ...{ content: NO_CONTENT, major: 0, minor: 0, xattrs: {} },
  };
}

/** Files below `dir`; a directory that is left out is looked into when some pattern is an exception. */
function* pack(dir: string, below: string, matcher: PathMatcher): Sys<TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const base of yield* names(dir)) {
    const name = below === '' ? base : `${below}/${base}`;
    const path = `${dir.replace(/\/$/, '')}/${base}`;
    try {
      for (const entry of yield* packOne(path, name, matcher)) entries.push(entry);
    } catch (error) {
      // What goes away meanwhile, as it does below /proc, is no part of the context.
      if (isOsError(error, 'ENOENT')) continue;
      if (!isOsError(error)) throw error;
      const what = isOsError(error, 'EACCES', 'EPERM', 'ENXIO') ? 'open' : 'read';
      throw new DockerError(
        `ERROR: failed to solve: error from sender: ${what} ${path}: ${strerror(error.code).toLowerCase()}`,
      );
    }
  }
  return entries;
}

function* packOne(path: string, name: string, matcher: PathMatcher): Sys<TarEntry[]> {
  const out = matcher.matches(name);
  const isDir = fileTypeOf((yield* sys.lstat(path)).mode) === 'dir';
  if (out && !(isDir && matcher.exceptions)) return [];
  if (!isDir) return yield* packTree(path, name);
  const inside = yield* pack(path, name, matcher);
  // The directories of what is kept are kept.
  return out && inside.length === 0 ? [] : [yield* dirEntry(path, name), ...inside];
}

function* textOrNull(path: string): Sys<string | null> {
  return (yield* pathStat(path)) === null ? null : decodeUtf8(yield* readFile(path));
}

/** The patterns of the Dockerfile's own ignore file, or of the context's. */
function* matcherFor(dir: string, dockerfile: string): Sys<PathMatcher> {
  const own = yield* textOrNull(`${dockerfile}.dockerignore`);
  const text = own ?? (yield* textOrNull(`${dir}/.dockerignore`)) ?? '';
  try {
    return new PathMatcher(readIgnoreFile(text));
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerError(`ERROR: failed to read .dockerignore: ${error.message}`);
  }
}

/** Whether bytes begin like a tar archive, or like a compressed one. */
const isArchive = (bytes: Uint8Array): boolean =>
  decodeUtf8(bytes.subarray(257, 262)) === 'ustar' || (bytes[0] === 0x1f && bytes[1] === 0x8b);

/** From standard input: an archive, or a Dockerfile without a context. */
export function* contextFromInput(dockerfile: string | null): Sys<Sent> {
  const bytes = yield* readAll(0);
  if (isArchive(bytes)) return { archive: bytes, dockerfile: dockerfile ?? 'Dockerfile', apart: [] };
  if (dockerfile !== null)
    throw new DockerError(
      'ERROR: ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles',
    );
  return {
    archive: writeTar([fileEntry('Dockerfile', bytes)]),
    dockerfile: 'Dockerfile',
    apart: ['Dockerfile'],
  };
}

/** From a directory; `file` is a path of the host's, `-` standard input, null the Dockerfile in the directory. Throws DockerError. */
export function* contextFromDirectory(dir: string, file: string | null): Sys<Sent> {
  const stat = yield* pathStat(`${dir}/.`);
  if (stat === null) {
    const there = (yield* pathStat(dir)) !== null;
    throw new DockerError(
      there
        ? `ERROR: unable to prepare context: context must be a directory: ${dir}`
        : `ERROR: unable to prepare context: path "${dir}" not found`,
    );
  }
  const base = (file ?? 'Dockerfile').replace(/^.*\//, '');
  const path = file ?? `${dir}/Dockerfile`;
  const entries = yield* pack(dir, '', yield* matcherFor(dir, path));
  if (file === '-') return withDockerfile(entries, '.dockerfile.stdin', yield* readAll(0), true);
  if ((yield* pathStat(path)) === null)
    throw new DockerError(
      `ERROR: failed to solve: failed to read dockerfile: open ${base}: no such file or directory`,
    );
  const inside = path.startsWith(`${dir}/`);
  const name = inside ? path.slice(dir.length + 1).replace(/^(\.?\/)+/, '') : `.dockerfile/${base}`;
  const left = !entries.some((entry) => entry.name === name);
  return withDockerfile(entries, name, yield* readFile(path), left);
}

/** `apart`: the Dockerfile is no part of the context. */
function withDockerfile(
  entries: readonly TarEntry[],
  name: string,
  content: Uint8Array,
  apart: boolean,
): Sent {
  const all = apart ? [...entries, fileEntry(name, content)] : entries;
  return { archive: writeTar(all), dockerfile: name, apart: apart ? [name] : [] };
}
