/** Images that come and go: what the routes of that name do. This code comes later than the daemon's own: importing this file provides it. */
import { concatBytes, decodeUtf8, fromBase64 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import type { Exchange, Request, Response } from '../http.ts';
import { importLayer, loadArchive, saveImages } from '../images/archives.ts';
import { parseName, parseRepository } from '../images/references.ts';
import { EngineError } from '../model.ts';
import { provideDistribution } from '../routes/distribution.ts';
import { ok } from '../routes/handler.ts';
import { registryOf } from './endpoint.ts';
import { inStream } from './progress.ts';
import { pullAllTags, pullImage } from './pull.ts';
import { pushImage } from './push.ts';
import { type Credentials, Repository } from './repository.ts';

/** What a client sends in X-Registry-Auth: JSON in base 64. Null: nothing to log in with. */
function credentialsOf({ headers }: Request): Credentials | null {
  const header = headers['x-registry-auth'];
  if (header === undefined || header === '') return null;
  try {
    const { username, password } = JSON.parse(
      decodeUtf8(fromBase64(header) ?? new Uint8Array(0)),
    ) as Partial<Credentials>;
    return username ? { username, password: password ?? '' } : null;
  } catch {
    throw new EngineError(400, 'invalid X-Registry-Auth header');
  }
}

/** `fromImage` with `tag`, which may be a digest. */
function requested({ query }: Request) {
  const name = query.get('fromImage') ?? '';
  const tag = query.get('tag') ?? '';
  return parseName(tag === '' ? name : `${name}${tag.includes(':') ? '@' : ':'}${tag}`);
}

function* create(engine: Engine, request: Request, client: Exchange): Sys<Response | null> {
  const { query, body } = request;
  if (query.get('fromSrc') !== undefined) {
    if (query.get('fromSrc') !== '-') throw new EngineError(400, 'an archive from a URL is not simulated');
    const changes = request.queryValues('changes');
    const repository = query.get('repo') ?? '';
    const options = {
      repository,
      tag: query.get('tag') ?? '',
      message: query.get('message') ?? '',
      changes,
    };
    return yield* inStream(client, function* (progress) {
      yield* progress.say(yield* importLayer(engine, bytesOf(body), options));
    });
  }
  const platform = query.get('platform') ?? '';
  if (platform !== '' && platform !== 'linux/amd64')
    throw new EngineError(400, `platform ${platform} is not simulated: hosts are linux/amd64`);
  const reference = requested(request);
  // A name alone means all that it has.
  const { tag, digest } = parseRepository(query.get('fromImage') ?? '');
  const all = (query.get('tag') ?? '') === '' && tag === null && digest === null;
  return yield* inStream(client, function* (progress) {
    if (all) yield* pullAllTags(engine, reference, credentialsOf(request), progress);
    else yield* pullImage(engine, reference, credentialsOf(request), progress);
  });
}

const bytesOf = (body: unknown): Uint8Array => (body instanceof Uint8Array ? body : concatBytes([]));

function* save(engine: Engine, names: readonly string[]): Sys<Response> {
  return { status: 200, body: yield* saveImages(engine, names) };
}

provideDistribution({
  create: (engine, request, _, client) => create(engine, request, client),
  push(engine, request, [name], client) {
    const tag = request.query.get('tag') ?? '';
    const repository = parseRepository(name!);
    const reference = { ...repository, tag: tag === '' ? repository.tag : parseName(`${name}:${tag}`).tag };
    return inStream(client, (progress) => pushImage(engine, reference, credentialsOf(request), progress));
  },
  load: (engine, { body }, _, client) =>
    inStream(client, (progress) => loadArchive(engine, bytesOf(body), progress)),
  save: (engine, request, [name]) => save(engine, name === undefined ? request.queryValues('names') : [name]),
  *auth(_, { body }) {
    const { username = '', password = '', serveraddress = '' } = (body ?? {}) as Record<string, string>;
    const domain = serveraddress.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
    const isHub = domain === '' || domain === 'index.docker.io';
    const endpoint = yield* registryOf(isHub ? 'docker.io' : domain);
    const repository = new Repository(endpoint, '', 'pull', { username, password });
    try {
      yield* repository.login();
    } finally {
      yield* repository.close();
    }
    return ok({ Status: 'Login Succeeded', IdentityToken: '' });
  },
});
