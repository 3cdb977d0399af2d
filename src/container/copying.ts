/** HEAD, GET and PUT /containers/ID/archive: the container's tree with its volumes, seen from a mount namespace of its own. */
import { encodeUtf8, isOsError, toBase64 } from '../base/index.ts';
import { CLONE_NEWNS, type Sys, sys } from '../linux/index.ts';
import { readTar, TarError, writeTar } from '../oci/index.ts';
import { GO_DIR, packTree, pathStat, unpackTree } from './archive.ts';
import type { Engine } from './engine.ts';
import type { Request, Response } from './http.ts';
import { identityMounts } from './identity.ts';
import { type Container, EngineError, hasProcess, never, overlayPath } from './model.ts';
import { bindMount } from './runtime/mounting.ts';

/** The header that carries a path's description, as JSON in base64. */
export const PATH_STAT = 'X-Docker-Container-Path-Stat';

/** Runs `body` with the container's tree as root, in a child; a refusal of `body`'s is thrown here. */
function* inTree(engine: Engine, container: Container, body: () => Sys<Response>): Sys<Response> {
  let outcome: Response | Error = new EngineError(500, 'the copying process ended early');
  const merged = `${overlayPath(container.MountId)}/merged`;
  const pid = yield* sys.fork(
    function* () {
      try {
        if (!hasProcess(container.State)) yield* engine.mountOverlay(container);
        const files = container.State.StartedAt === never ? [] : identityMounts(container);
        for (const point of [...Object.values(container.MountPoints), ...files])
          if (point.Type !== 'tmpfs') yield* bindMount(point.Source, merged + point.Destination, !point.RW);
        yield* sys.chroot(merged);
        yield* sys.chdir('/');
        outcome = yield* body();
      } catch (error) {
        if (!isOsError(error) && !(error instanceof EngineError)) throw error;
        outcome = error;
      }
      return 0;
    },
    { flags: CLONE_NEWNS },
  );
  yield* sys.wait4(pid);
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

const missing = (container: Container, path: string) =>
  new EngineError(404, `Could not find the file ${path} in container ${container.Name.slice(1)}`);

export function* readArchive(engine: Engine, container: Container, request: Request): Sys<Response> {
  const path = request.query.get('path') ?? '';
  return yield* inTree(engine, container, function* () {
    const stat = yield* pathStat(path);
    if (stat === null) throw missing(container, path);
    const headers = { [PATH_STAT]: toBase64(encodeUtf8(JSON.stringify(stat))) };
    if (request.method === 'HEAD') return { status: 200, body: null, headers };
    return { status: 200, body: writeTar(yield* packTree(path, stat.name)), headers };
  });
}

/** The container's own tree, without what is mounted in it. */
export function* exportTree(engine: Engine, container: Container): Sys<Response> {
  const mounted = hasProcess(container.State);
  if (!mounted) yield* engine.mountOverlay(container);
  try {
    const entries = yield* packTree(`${overlayPath(container.MountId)}/merged`, '');
    return { status: 200, body: writeTar(entries.slice(1)) };
  } finally {
    if (!mounted) yield* engine.unmountLayers(container);
  }
}

export function* writeArchive(engine: Engine, container: Container, request: Request): Sys<Response> {
  const path = request.query.get('path') ?? '';
  const { body } = request;
  if (!(body instanceof Uint8Array)) throw new EngineError(400, 'the body is no archive');
  if (container.HostConfig.ReadonlyRootfs) throw new EngineError(403, 'container rootfs is marked read-only');
  return yield* inTree(engine, container, function* () {
    const stat = yield* pathStat(`${path}/.`);
    if (stat === null && (yield* pathStat(path)) === null) throw missing(container, path);
    if (stat === null || stat.mode < GO_DIR)
      throw new EngineError(400, 'extraction point is not a directory');
    try {
      yield* unpackTree(readTar(body), path.replace(/\/+$/, ''), true);
    } catch (error) {
      if (error instanceof TarError || error instanceof RangeError) throw new EngineError(400, error.message);
      throw error;
    }
    return { status: 200, body: null };
  });
}
