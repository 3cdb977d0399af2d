/** The container engine: daemon and shims as programs of a simulated host, and its client's side of the wire. */
import type { ProgramTable } from '../linux/index.ts';
import { dockerd } from './dockerd.ts';
import { SHIM_PATH } from './model.ts';
import { INIT_ON_HOST } from './ociSpec.ts';
import { dockerProxy } from './proxy/index.ts';
import { PROXY_PATH } from './proxy/paths.ts';
import { dockerInit } from './reaper.ts';
import { runc } from './runtime/door.ts';
import { containerdShim } from './shim.ts';

export { GO_DIR, type PathStat, packTree, pathStat, unpackTree } from './archive.ts';
export { type CheckResult, SECRETS_HEADER } from './builder.ts';
export { DialError, dial } from './distribution/dialing.ts';
export { endpointOf } from './distribution/endpoint.ts';
export { Repository } from './distribution/repository.ts';
export { engineFiles } from './engineFiles.ts';
export { list, makeDirs, removeTree } from './files.ts';
export { FrameReader } from './frames.ts';
export { bodyOf, expectsContinue, readBody } from './http/body.ts';
export { readRequestHead } from './http/head.ts';
export { HttpError, hasToken } from './http/message.ts';
export { ConnectionReader } from './http/reader.ts';
export {
  type Address,
  type Answer,
  ask,
  CLIENT_VERSION,
  Connection,
  type RawStream,
  type Response,
  request,
  requestStream,
  send,
} from './http.ts';
export { humanDuration } from './humanDuration.ts';
export { parsePlatform } from './images/platforms.ts';
export { API_VERSION, DOCKER_SOCKET, EngineError, VERSION } from './model.ts';
export { processorCount } from './processors.ts';
export { Outbox } from './streams.ts';

export const containerPrograms: ProgramTable = new Map([
  ['dockerd', dockerd],
  ['containerd-shim-runc-v2', containerdShim],
  ['docker-init', dockerInit],
  ['runc', runc],
  ['docker-proxy', dockerProxy],
]);

/** Name → path of the executable. */
export const ENGINE_PATHS: ReadonlyMap<string, string> = new Map([
  ['dockerd', '/usr/sbin/dockerd'],
  ['containerd-shim-runc-v2', SHIM_PATH],
  ['docker-init', INIT_ON_HOST],
  ['runc', '/usr/bin/runc'],
  ['docker-proxy', PROXY_PATH],
]);
