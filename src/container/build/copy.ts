/** COPY and ADD: which files, what they depend on, and how they come into an image (Dockerfile reference, "COPY"). */
import { encodeUtf8, sha256Hex } from '../../base/index.ts';
import { fileTypeOf, type Path, type Sys, sys } from '../../linux/index.ts';
import { DockerfileError, PathMatcher } from '../../oci/dockerfile/index.ts';
import { digestOf, ManifestError, readTar, type TarEntry, TarError, unpackLayer } from '../../oci/index.ts';
import { packTree, unpackTree } from '../archive.ts';
import { randomHex, statOrNull } from '../files.ts';
import { expandWildcards, hasWildcards, ownerIn, resolveIn } from './paths.ts';
import type { CopyStep } from './plan.ts';

/** One file, or a directory whose contents are meant: its first entry is itself, without a name. */
export interface CopySource {
  /** What it is called at its new place, when that is a directory; with --parents the directories above too. */
  readonly name: string;
  readonly dir: boolean;
  readonly entries: readonly TarEntry[];
  /** ADD takes it apart. */
  readonly archive: readonly TarEntry[] | null;
}

/** Reference of a source that BuildKit names in this message: two random identifiers. */
function* missing(path: string): Sys<DockerfileError> {
  const id = () => randomHex(13);
  const ref = `${(yield* id()).slice(0, 25)}::${(yield* id()).slice(0, 25)}`;
  return new DockerfileError(
    `failed to compute cache key: failed to calculate checksum of ref ${ref}: "/${path}": not found`,
  );
}

const documentEntry = (name: string, content: string): TarEntry => ({
  ...{ name, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, target: '', major: 0, minor: 0 },
  content: encodeUtf8(content),
  xattrs: {},
});

/** The entries of a tar archive, compressed with gzip or not; null for what is none. */
function archiveOf(entry: TarEntry): readonly TarEntry[] | null {
  if (entry.type !== 'file' || entry.content.length === 0) return null;
  const [a, b, c, d] = entry.content;
  const packed = (a === 0x42 && b === 0x5a && c === 0x68) || (a === 0xfd && b === 0x37 && c === 0x7a);
  const zstd = a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd;
  if (packed || zstd)
    throw new DockerfileError(`ADD of ${entry.name}: archives of bzip2, xz and zstd are not simulated`);
  try {
    return readTar(unpackLayer(entry.content));
  } catch (error) {
    if (error instanceof TarError || error instanceof ManifestError) return null;
    throw error;
  }
}

/** What `step` copies out of the tree at `root`. Its owner is root when the files come from a context. */
export function* sourcesOf(
  step: Pick<CopyStep, 'source' | 'paths' | 'documents' | 'exclude' | 'parents' | 'unpack'>,
  root: Path,
): Sys<CopySource[]> {
  const excluded = step.exclude.length > 0 ? new PathMatcher(step.exclude) : null;
  const sources: CopySource[] = [];
  for (const path of step.paths) {
    const wild = hasWildcards(path);
    const pivot = step.parents ? path.indexOf('/./') : -1;
    for (const found of wild ? yield* expandWildcards(root, path) : [path]) {
      const at = yield* resolveIn(root, found);
      const stat = yield* statOrNull(`${root}/${at}`);
      if (stat === null) throw yield* missing(at);
      const dir = fileTypeOf(stat.mode) === 'dir';
      const base = found.replace(/\/+$/, '').replace(/^.*\//, '');
      const below = pivot < 0 ? found : found.slice(pivot + 3);
      const name = step.parents ? below.replace(/^\/+|\/+$/g, '') : base;
      const own = (entry: TarEntry) =>
        step.source.kind === 'context' ? { ...entry, uid: 0, gid: 0 } : entry;
      const kept = (entry: TarEntry) =>
        excluded === null || entry.name === '' || !excluded.matches(entry.name);
      const packed = yield* packTree(`${root}/${at}`, dir ? '' : base);
      const entries = packed.filter(kept).map(own);
      if (entries.length === 0) continue;
      sources.push({ name, dir, entries, archive: step.unpack && !dir ? archiveOf(entries[0]!) : null });
    }
  }
  for (const { name, content } of step.documents)
    sources.push({ name, dir: false, entries: [documentEntry(name, content)], archive: null });
  return sources;
}

/** Digest of all that the files are, but when they were changed. */
export function contentDigest(sources: readonly CopySource[]): string {
  return digestOf(
    sources.map(({ name, dir, entries }) => [
      name,
      dir,
      entries.map((entry) => [
        ...[entry.name, entry.type, entry.mode, entry.uid, entry.gid, entry.target, entry.major, entry.minor],
        entry.type === 'file' ? sha256Hex(entry.content) : '',
      ]),
    ]),
  );
}

/** Makes directories down to `path`, of the owner given. */
export function* makeOwnedDirs(root: Path, path: string, owner: { uid: number; gid: number }): Sys<void> {
  let at = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    at += `/${name}`;
    if ((yield* statOrNull(at)) !== null) continue;
    yield* sys.mkdir(at, 0o755);
    yield* sys.chmod(at, 0o755);
    yield* sys.lchown(at, owner.uid, owner.gid);
  }
}

/** Puts the files into the tree at `root`. Throws DockerfileError. */
export function* copyInto(step: CopyStep, sources: readonly CopySource[], root: Path): Sys<void> {
  const owner = step.chown === '' ? null : yield* ownerIn(root, step.chown);
  const mode = step.chmod === '' ? null : Number.parseInt(step.chmod, 8);
  const changed = (entry: TarEntry): TarEntry => ({
    ...entry,
    ...(owner ?? {}),
    ...(mode !== null && entry.type !== 'symlink' && { mode }),
  });
  const parents = owner ?? { uid: 0, gid: 0 };
  const target = yield* resolveIn(root, step.target);
  for (const source of sources) {
    const stat = yield* statOrNull(`${root}/${target}`);
    const isDir = target === '' || (stat !== null && fileTypeOf(stat.mode) === 'dir');
    if (source.dir || source.archive !== null) {
      if (stat !== null && !isDir) throw new DockerfileError(`cannot copy to non-directory: /${target}`);
      const to = step.parents ? `${target}/${source.name}` : target;
      yield* makeOwnedDirs(root, to, parents);
      // The contents are copied: a directory that is made for them is one like any other.
      const own = source.entries.filter(({ name }) => name !== '' || step.parents);
      const kept = source.archive !== null && owner === null;
      const entries = (source.archive ?? own).map((entry) => (kept ? entry : changed(entry)));
      yield* unpackTree(entries, `${root}/${to}`, true);
      continue;
    }
    const inside = isDir || step.target.endsWith('/') || step.parents;
    const to = inside ? `${target}/${source.name}`.replace(/^\//, '') : target;
    const at = Math.max(0, to.lastIndexOf('/'));
    yield* makeOwnedDirs(root, to.slice(0, at), parents);
    const entry = { ...changed(source.entries[0]!), name: to.slice(at).replace(/^\//, '') };
    yield* unpackTree([entry], `${root}/${to.slice(0, at)}`, true);
  }
}
