/** RUN: the command in a container of the engine over the layers so far, with what its mounts give it. */
import { decodeUtf8, encodeUtf8, sha256Hex } from '../../base/index.ts';
import { fileTypeOf, type Path, type Sys, sys } from '../../linux/index.ts';
import { DockerfileError } from '../../oci/dockerfile/index.ts';
import { digestOf, type ImageConfig } from '../../oci/index.ts';
import { packTree, unpackTree } from '../archive.ts';
import { type BuiltLayer, cacheMountPath } from '../buildCache.ts';
import { createContainer } from '../create.ts';
import type { Engine } from '../engine.ts';
import { list, makeDirs, randomHex, statOrNull, writeText } from '../files.ts';
import { FrameReader } from '../frames.ts';
import type { Exchange } from '../http.ts';
import { awaitExit, remove } from '../life.ts';
import { type Container, EngineError, overlayPath, type StoredImage } from '../model.ts';
import { askLiveShim } from '../shimClient.ts';
import { startByUser } from '../starting.ts';
import { readOrNothing } from '../streams.ts';
import type { PlannedMount, RunStep } from './plan.ts';
import { lowersOf } from './snapshot.ts';

/** What a container for a build is called in its own eyes: BuildKit's name. */
const HOSTNAME = 'buildkitsandbox';

/** What steps see besides their files, made ready on the host. */
export interface MountPoint {
  readonly source: Path;
  readonly target: string;
  readonly readOnly: boolean;
  readonly tmpfs: boolean;
}

export interface RunOptions {
  readonly engine: Engine;
  readonly client: Exchange;
  readonly step: RunStep;
  readonly layers: readonly BuiltLayer[];
  readonly mounts: readonly MountPoint[];
  /** Variables that secrets are given in. */
  readonly env: readonly string[];
  readonly network: string;
  readonly started: (container: Container) => Sys<void>;
  readonly output: (stream: number, bytes: Uint8Array) => Sys<void>;
}

/** The client has gone: nothing more is built. */
export class Cancelled extends Error {}

/** An image of the layers so far, known to the engine while the step runs. */
function temporaryImage({ step, layers }: RunOptions): StoredImage {
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: { Env: step.env, User: step.user, WorkingDir: step.workingDir },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: [],
  };
  return { id: digestOf(config), config, cacheIds: layers.map(({ cacheId }) => cacheId), references: [] };
}

/** Runs the step; gives the directory of the container's own layer, with what `diff` in it is, and takes the container away after `use`. */
export function* runStep<T>(options: RunOptions, use: (work: Path) => Sys<T>): Sys<T> {
  const { engine, step } = options;
  const image = temporaryImage(options);
  const known = engine.images.has(image.id);
  if (!known) engine.images.set(image.id, image);
  let container: Container | null = null;
  try {
    container = yield* createContainer(engine, undefined, {
      Image: image.id,
      Cmd: step.argv,
      Entrypoint: [],
      Env: [...step.quietEnv, ...options.env],
      Hostname: HOSTNAME,
      HostConfig: {
        Binds: options.mounts
          .filter(({ tmpfs }) => !tmpfs)
          .map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
        Tmpfs: Object.fromEntries(
          options.mounts.filter(({ tmpfs }) => tmpfs).map(({ target }) => [target, '']),
        ),
        NetworkMode: step.network === 'none' ? 'none' : options.network,
      },
    });
    const code = yield* runToEnd(options, container);
    if (code !== 0) {
      const command = step.argv.join(' ');
      throw new StepFailed(command, code);
    }
    const work = overlayPath(container.MountId);
    yield* removeMountPoints(`${work}/diff`, options);
    return yield* use(work);
  } finally {
    if (container !== null && engine.containers.has(container.ID))
      yield* remove(engine, container, true, true);
    if (!known) engine.images.delete(image.id);
  }
}

/** A command that ended with another status than 0. */
export class StepFailed extends Error {
  readonly command: string;
  readonly code: number;
  constructor(command: string, code: number) {
    super(`process "${command}" did not complete successfully: exit code: ${code}`);
    this.command = command;
    this.code = code;
  }
}

function* runToEnd({ engine, client, started, output }: RunOptions, container: Container): Sys<number> {
  const shim = yield* askLiveShim(container, 'attach 1 2');
  yield* sys.read(shim, 3);
  yield* started(container);
  try {
    yield* startByUser(engine, container);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const why = error.message.replace(/^.*unable to start container process: |: unknown$/g, '');
    const text = `runc run failed: unable to start container process: error during container init: ${why}\n`;
    yield* output(2, encodeUtf8(text));
    return 1;
  }
  const frames = new FrameReader();
  for (;;) {
    const replies = yield* sys.poll(
      [shim, client.fd].map((fd) => ({ fd, events: 'in' })),
      null,
    );
    for (const { fd, in: readable, hup } of replies) {
      if (!readable && !hup) continue;
      if (fd !== shim) {
        if (yield* client.gone()) throw new Cancelled();
        continue;
      }
      const bytes = yield* readOrNothing(shim);
      if (bytes.length === 0) {
        yield* sys.close(shim);
        return (yield* awaitExit(engine, container, 'not-running')) ?? 1;
      }
      for (const part of frames.push(bytes)) yield* output(part.stream, part.bytes);
    }
  }
}

/** Whether the layers below have something at `path`; a whiteout says no. */
function* isBelow(layers: readonly BuiltLayer[], path: string): Sys<boolean> {
  for (const lower of lowersOf(layers)) {
    const stat = yield* statOrNull(lower + path);
    if (stat !== null)
      return fileTypeOf(stat.mode) !== 'chr' || stat.rdev.major !== 0 || stat.rdev.minor !== 0;
  }
  return false;
}

/** What was made only to mount something on is no part of the layer. */
function* removeMountPoints(diff: Path, { layers, mounts }: RunOptions): Sys<void> {
  for (const { target } of mounts) {
    for (let path = target; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
      const stat = yield* statOrNull(diff + path);
      if (stat === null || (yield* isBelow(layers, path))) break;
      const dir = fileTypeOf(stat.mode) === 'dir';
      if (dir ? (yield* list(diff + path)).length > 0 : path !== target || stat.size > 0) break;
      yield* dir ? sys.rmdir(diff + path) : sys.unlink(diff + path);
    }
  }
}

export interface MountOptions {
  readonly context: Path;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** Where files lie that are there for this step only. */
  readonly scratch: Path;
  /** The tree of a stage or an image, mounted. */
  readonly tree: (mount: PlannedMount) => Sys<Path>;
}

const secretId = ({ id, source, target }: PlannedMount): string =>
  id || source || target.replace(/^.*\//, '');

/** Variables of secrets with `env`; what is missing and not required is not there. */
export function secretEnv(step: RunStep, secrets: ReadonlyMap<string, Uint8Array>): string[] {
  return step.mounts.flatMap((mount) => {
    if (mount.type !== 'secret') return [];
    const bytes = secrets.get(secretId(mount));
    if (bytes === undefined && mount.required)
      throw new DockerfileError(`secret ${secretId(mount)}: not found`);
    if (mount.env === null || bytes === undefined) return [];
    return [`${mount.env || secretId(mount)}=${decodeUtf8(bytes)}`];
  });
}

/** Makes what `step` mounts ready on the host. Throws DockerfileError. */
export function* mountsOf(step: RunStep, options: MountOptions): Sys<MountPoint[]> {
  const points: MountPoint[] = [];
  for (const mount of step.mounts) {
    const { target, readOnly } = mount;
    if (mount.type === 'tmpfs') points.push({ source: '', target, readOnly: false, tmpfs: true });
    else if (mount.type === 'secret') points.push(...(yield* secretFile(mount, options)));
    else if (mount.type === 'cache')
      points.push({ source: yield* cacheDir(mount, options), target, readOnly, tmpfs: false });
    else {
      const tree = mount.where.kind === 'context' ? options.context : yield* options.tree(mount);
      const source = `${tree}/${mount.source.replace(/^[./]+/, '')}`.replace(/\/$/, '');
      if ((yield* statOrNull(source)) === null)
        throw new DockerfileError(
          `failed to compute cache key: failed to calculate checksum of ref: "/${mount.source}": not found`,
        );
      points.push(yield* boundPoint(source, target, readOnly, options.scratch));
    }
  }
  if (step.script !== null) {
    const dir = `${options.scratch}/pipes`;
    yield* unpackTree([scriptEntry(step.script.name, step.script.content)], dir, true);
    points.push({ source: dir, target: '/dev/pipes', readOnly: true, tmpfs: false });
  }
  return points;
}

/** What is written into a mount that can be written is gone after the step: it is a copy. */
function* boundPoint(source: Path, target: string, readOnly: boolean, scratch: Path): Sys<MountPoint> {
  if (readOnly) return { source, target, readOnly, tmpfs: false };
  const copy = `${scratch}/bind-${yield* randomHex(8)}`;
  const stat = yield* sys.stat(source);
  const dir = fileTypeOf(stat.mode) === 'dir';
  yield* unpackTree(yield* packTree(source, dir ? '' : 'file'), copy, true);
  return { source: dir ? copy : `${copy}/file`, target, readOnly, tmpfs: false };
}

const scriptEntry = (name: string, content: string) => ({
  ...{ name, type: 'file' as const, mode: 0o755, uid: 0, gid: 0, mtime: 0, target: '', major: 0, minor: 0 },
  content: encodeUtf8(content),
  xattrs: {},
});

function* secretFile(mount: PlannedMount, { secrets, scratch }: MountOptions): Sys<MountPoint[]> {
  const bytes = secrets.get(secretId(mount));
  if (bytes === undefined || (mount.env !== null && mount.target === '')) return [];
  const source = `${scratch}/secret-${yield* randomHex(8)}`;
  yield* makeDirs(scratch, 0o700);
  yield* writeText(source, decodeUtf8(bytes));
  yield* sys.chmod(source, mount.mode ?? 0o400);
  yield* sys.lchown(source, mount.uid ?? 0, mount.gid ?? 0);
  const target = mount.target || `/run/secrets/${secretId(mount)}`;
  return [{ source, target, readOnly: true, tmpfs: false }];
}

/** Where the directory of a cache mount lies: by its id, which is the place it is mounted at if none is given. */
export const cacheMountOf = ({ id, target }: PlannedMount): Path =>
  cacheMountPath(sha256Hex(`cache mount ${id || target}`));

/** The directory that steps share. A private one is the step's own. */
function* cacheDir(mount: PlannedMount, { scratch, tree }: MountOptions): Sys<Path> {
  const shared = cacheMountOf(mount);
  const path = mount.sharing === 'private' ? `${scratch}/${shared.replace(/^.*\//, '')}` : shared;
  if ((yield* statOrNull(path)) !== null) return path;
  yield* makeDirs(path);
  yield* sys.chmod(path, mount.mode ?? 0o755);
  yield* sys.lchown(path, mount.uid ?? 0, mount.gid ?? 0);
  if (mount.where.kind !== 'scratch' && mount.where.kind !== 'context')
    yield* unpackTree((yield* packTree(`${yield* tree(mount)}/${mount.source}`, '')).slice(1), path, true);
  return path;
}
