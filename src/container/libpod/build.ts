/** POST /libpod/build: `podman build`, with the daemon's builder. */
import { decodeUtf8 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { ManifestError, unpackLayer } from '../../oci/index.ts';
import { type BuildProgress, type Send, short } from '../build/progress.ts';
import { builder } from '../builder.ts';
import type { Request } from '../http.ts';
import { EngineError } from '../model.ts';
import type { Call } from './call.ts';
import { canonicalName } from './imageViews.ts';

/** Parameters that are the same as Docker's, in name and meaning. */
const alike = ['buildargs', 'labels', 'nocache', 'target', 'q', 'pull', 'platform'];

/** What clients send without being asked for it, and what has no effect on what is built here. */
const aside = new Set([
  ...['t', 'dockerfile', 'networkmode', 'output', 'outputformat', 'layers', 'isolation', 'httpproxy', 'jobs'],
  ...[
    'rm',
    'forcerm',
    'omithistory',
    'seccomp',
    'shmsize',
    'ulimits',
    'loglevel',
    'compress',
    'identitylabel',
  ],
  ...['pullpolicy', 'tlsVerify', 'compatvolumes', 'skipunusedstages', 'retry', 'retry-delay', 'cpushares'],
  ...['idmappingoptions', 'nsoptions', 'excludes', 'cgroupparent', 'rusage', 'ignore'],
]);

/** Buildah's numbers of what a build's network may be. */
const networks: Readonly<Record<string, string>> = { '0': 'default', '1': 'none', '2': 'default' };

const isNothing = (value: string): boolean => ['', '0', 'false', '[]', '{}', 'null'].includes(value);

function dockerfileOf(text: string | undefined): string {
  if (text === undefined || text === '') return 'Dockerfile';
  let names: unknown;
  try {
    names = text.startsWith('[') ? JSON.parse(text) : [text];
  } catch {
    throw new EngineError(400, 'invalid JSON in dockerfile');
  }
  const [first, ...more] = Array.isArray(names) ? (names as unknown[]) : [];
  if (typeof first !== 'string' || more.length > 0)
    throw new EngineError(400, 'a build of several Containerfiles is not simulated on this host');
  return first.replace(/^\.?\/+/, '');
}

/** Buildah's client says so by leaving out what its own default is. */
const isSquashed = (query: Request['query']): boolean =>
  query.has('outputformat') && isNothing(query.get('layers') ?? '');

/** The request as one of Docker's. Throws EngineError for what is not simulated, by its name. */
function dockersRequest({ query, queryValues, ...request }: Request): Request {
  for (const [name, value] of query)
    if (!aside.has(name) && !alike.includes(name) && !isNothing(value))
      throw new EngineError(400, `${name} is not simulated on this host`);
  if (isSquashed(query))
    throw new EngineError(400, 'a build whose steps make one layer is not simulated on this host');
  const network = networks[query.get('networkmode') ?? '0'];
  if (network === undefined) throw new EngineError(400, 'this network of a build is not simulated');
  const { body } = request;
  if (!(body instanceof Uint8Array)) throw new EngineError(400, 'the build context is no archive');
  const asked = new Map<string, string>([
    // Of a platform that nobody has chosen there is the slash.
    ...[...query].filter(([name, value]) => alike.includes(name) && value !== '/'),
    ['dockerfile', dockerfileOf(query.get('dockerfile'))],
    ['networkmode', network],
  ]);
  const tags = queryValues('t');
  return {
    ...request,
    path: '/build',
    body: unpacked(body),
    query: asked,
    queryValues: (name) => (name === 't' ? tags : asked.has(name) ? [asked.get(name)!] : []),
  };
}

function unpacked(archive: Uint8Array): Uint8Array {
  try {
    return unpackLayer(archive);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new EngineError(400, `the build context is no archive: ${error.message}`);
  }
}

/** In buildah's words; the id is the last line, which clients wait for. */
function buildahProgress(send: Send, quiet: boolean): BuildProgress {
  let number = 0;
  const print = (stream: string): Sys<void> => send({ stream });
  const say = quiet ? function* () {} : print;
  return {
    *definition() {},
    *metadata() {},
    *metadataDone() {},
    *pulling() {},
    *context() {},
    instruction: (text, total) => say(`STEP ${++number}/${total}: ${text}\n`),
    instructionDone: (id) => say(`--> ${short(id)}\n`),
    *step() {},
    *cached() {
      yield* say('--> Using cache\n');
    },
    *baseCached() {},
    *running() {},
    output: (_, bytes) => say(decodeUtf8(bytes)),
    *stepDone() {},
    *unused(names) {
      const list = names.join(' ');
      if (names.length > 0) yield* say(`[Warning] one or more build args were not consumed: [${list}]\n`);
    },
    *finished(id, names) {
      for (const name of names) yield* say(`Successfully tagged ${canonicalName(name)}\n`);
      yield* print(`${id.replace('sha256:', '')}\n`);
    },
    failed: ({ message }) => send({ error: message }),
    *exported() {},
    *checked() {},
    *warn() {},
  };
}

export function build({ engine, request, client }: Call): Sys<null> {
  const quiet = !isNothing(request.query.get('q') ?? '');
  return builder().build(engine, dockersRequest(request), client, (send) => buildahProgress(send, quiet));
}
