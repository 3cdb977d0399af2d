/** /images of podman's API. */
import { decodeUtf8, fromBase64 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { referenceText } from '../../oci/index.ts';
import { pullImage } from '../distribution/pull.ts';
import { pushImageTo } from '../distribution/push.ts';
import type { Credentials } from '../distribution/repository.ts';
import { isTrue, type Response } from '../http.ts';
import { loadArchive, saveImages } from '../images/archives.ts';
import { newReference, parseName, tagsOf } from '../images/references.ts';
import { imageHistory } from '../images/views.ts';
import { EngineError, type StoredImage } from '../model.ts';
import { removeImage } from '../removal.ts';
import { ok } from '../routes/handler.ts';
import { build } from './build.ts';
import { bodyOf, type Call, exists, type LibpodRoute, same } from './call.ts';
import { imageInspectView, imageView } from './imageViews.ts';
import { collected, told } from './progress.ts';

/** Throws EngineError 404. */
function imageNamed({ engine }: Call, name: string): StoredImage {
  const image = engine.findImage(name);
  if (image === null) throw new EngineError(404, `No such image: ${name}`);
  return image;
}

const named = (call: Call): StoredImage => imageNamed(call, call.args[0]!);

function* list(call: Call): Sys<Response> {
  const listed = yield* bodyOf<Parameters<typeof imageView>[0][]>(call, 'GET /images/json', {
    query: { filters: call.request.query.get('filters') ?? '' },
  });
  return ok(listed.map(imageView));
}

/** A name with its transport, of which registries are the only one. */
function referenceOf(text: string) {
  const [, transport] = /^([a-z-]+):(?=\/)/.exec(text) ?? [];
  if (transport !== undefined && transport !== 'docker')
    throw new EngineError(400, `the transport ${transport} is not simulated: images come from registries`);
  return parseName(text.replace(/^docker:\/\//, ''));
}

/** What clients send in X-Registry-Auth: JSON in base 64, of one registry or of all that somebody has logged in to. */
function credentialsOf({ request: { headers } }: Call, domain: string): Credentials | null {
  const header = headers['x-registry-auth'] ?? '';
  if (header === '') return null;
  type Given = Partial<Credentials>;
  try {
    const text = decodeUtf8(fromBase64(header.replaceAll('-', '+').replaceAll('_', '/'))!);
    const given = JSON.parse(text) as Given & Readonly<Record<string, Given | undefined>>;
    const { username = '', password = '' } = given.username === undefined ? (given[domain] ?? {}) : given;
    return username === '' ? null : { username, password };
  } catch {
    throw new EngineError(400, 'failed to parse the header X-Registry-Auth');
  }
}

/** Whether the registry may be spoken to in plain. */
const isInsecure = ({ request: { query } }: Call): boolean => !isTrue(query.get('tlsVerify') ?? 'true');

function requirePlatform({ request: { query } }: Call): void {
  const [os, architecture] = [
    query.get('OS') ?? query.get('os') ?? '',
    query.get('Arch') ?? query.get('arch') ?? '',
  ];
  if (!['', 'linux'].includes(os) || !['', 'amd64', 'x86_64'].includes(architecture))
    throw new EngineError(400, `platform ${os}/${architecture} is not simulated: hosts are linux/amd64`);
}

/** The `policy` says whether an image that is there is enough. */
function* pull(call: Call): Sys<null> {
  const { engine, client, request } = call;
  const name = request.query.get('reference') ?? '';
  const policy = request.query.get('policy') || 'always';
  if (!['always', 'missing', 'never', 'newer'].includes(policy))
    throw new EngineError(400, `unsupported pull policy "${policy}"`);
  if (isTrue(request.query.get('allTags')))
    throw new EngineError(400, 'allTags is not simulated on this host');
  requirePlatform(call);
  const done = function* ({ id }: StoredImage): Sys<null> {
    yield* client.write(`${JSON.stringify({ images: [id.slice(7)], id: id.slice(7) })}\n`);
    return null;
  };
  const present = policy === 'missing' || policy === 'never' ? engine.findImage(name) : null;
  if (policy === 'never' && present === null) throw new EngineError(404, `No such image: ${name}`);
  const reference = present === null ? referenceOf(name) : null;
  yield* client.stream();
  if (reference === null) return yield* done(present!);
  return yield* told(client, isTrue(request.query.get('quiet')), function* (progress) {
    yield* progress.print(`Trying to pull ${referenceText(reference)}...\n`);
    const credentials = credentialsOf(call, reference.domain);
    yield* done(yield* pullImage(engine, reference, credentials, progress, isInsecure(call)));
  });
}

/** To the destination, which need not be one of the image's names. */
function* push(call: Call): Sys<null> {
  const { engine, client, request } = call;
  const image = named(call);
  const destination = referenceOf(request.query.get('destination') || call.args[0]!);
  const format = request.query.get('format') ?? '';
  if (!['', 'v2s2', 'docker'].includes(format))
    throw new EngineError(
      400,
      `the format ${format} is not simulated: images are pushed with Docker's media types`,
    );
  yield* client.stream();
  return yield* told(client, isTrue(request.query.get('quiet')), (progress) =>
    pushImageTo(
      ...([engine, image, destination, credentialsOf(call, destination.domain), progress] as const),
      isInsecure(call),
    ),
  );
}

/** Of several images: what cannot be removed is told besides. */
function* remove(call: Call): Sys<Response> {
  const { engine, request } = call;
  const all = isTrue(request.query.get('all')) ? [...engine.images.keys()] : request.queryValues('images');
  const force = isTrue(request.query.get('force'));
  const report = { Deleted: [] as string[], Untagged: [] as string[], Errors: [] as string[], ExitCode: 0 };
  for (const name of all)
    try {
      const { id } = imageNamed(call, name);
      const { body } = yield* removeImage(engine, name, force);
      for (const { Untagged } of body as { Untagged?: string }[])
        if (Untagged) report.Untagged.push(Untagged);
      if (!engine.images.has(id)) report.Deleted.push(id.slice(7));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.status === 404 && isTrue(request.query.get('ignore'))) continue;
      report.Errors.push(error.status === 404 ? `${name}: image not known` : error.message);
      report.ExitCode = Math.max(report.ExitCode, error.status === 404 ? 1 : 2);
    }
  return ok(report);
}

/** Without a name: all of them. The image stays. */
function* untag(call: Call): Sys<Response> {
  const image = named(call);
  const { query } = call.request;
  const repository = query.get('repo') ?? '';
  const gone = repository === '' ? tagsOf(image) : [newReference(repository, query.get('tag'))];
  const missing = gone.find((name) => !image.references.includes(name));
  if (missing !== undefined) throw new EngineError(404, `${missing}: tag not known`);
  image.references = image.references.filter((reference) => !gone.includes(reference));
  yield* call.engine.saveReferences();
  for (const name of gone) yield* call.engine.events.emit('image', 'untag', image.id, { name });
  return { status: 201, body: null };
}

function* load(call: Call): Sys<Response> {
  const { body } = call.request;
  if (!(body instanceof Uint8Array)) throw new EngineError(400, 'an archive is needed');
  const text = yield* collected((progress) => loadArchive(call.engine, body, progress));
  const Names = [...text.matchAll(/^Loaded image(?: ID)?: (.*)$/gm)].map(([, name]) => name!);
  return ok({ Names });
}

/** Archives of Docker's form have layouts of the OCI's in them, too. */
function* save(call: Call): Sys<Response> {
  const { query, queryValues } = call.request;
  const format = query.get('format') || 'docker-archive';
  if (!['docker-archive', 'oci-archive'].includes(format))
    throw new EngineError(400, `the format ${format} is not simulated on this host`);
  const body = yield* saveImages(
    call.engine,
    call.args[0] === undefined ? queryValues('references') : call.args,
  );
  return { status: 200, body };
}

function* prune(call: Call): Sys<Response> {
  const { query } = call.request;
  const { ImagesDeleted } = yield* bodyOf<{ ImagesDeleted: { Deleted?: string }[] }>(
    call,
    'POST /images/prune',
    { query: { all: isTrue(query.get('all')) ? '1' : '' } },
  );
  const ids = ImagesDeleted.flatMap(({ Deleted }) => (Deleted === undefined ? [] : [Deleted.slice(7)]));
  return ok(ids.map((Id) => ({ Id, Size: 0 })));
}

export const imageRoutes: readonly LibpodRoute[] = [
  ['POST', /^\/build$/, build],
  ['GET', /^\/images\/json$/, list],
  ['POST', /^\/images\/pull$/, pull],
  ['POST', /^\/images\/load$/, load],
  ['POST', /^\/images\/prune$/, prune],
  ['GET', /^\/images\/export$/, save],
  ['DELETE', /^\/images\/remove$/, remove],
  [
    'GET',
    /^\/images\/(.+)\/json$/,
    function* (call) {
      return ok(yield* imageInspectView(named(call)));
    },
  ],
  [
    'GET',
    /^\/images\/(.+)\/exists$/,
    exists(function* (call, name) {
      return imageNamed(call, name);
    }),
  ],
  [
    'GET',
    /^\/images\/(.+)\/history$/,
    function* (call) {
      const entries = (yield* imageHistory(named(call))) as { Id: string }[];
      return ok(entries.map((entry) => ({ ...entry, Id: entry.Id.replace(/^sha256:/, '') })));
    },
  ],
  ['GET', /^\/images\/(.+)\/get$/, save],
  ['POST', /^\/images\/(.+)\/push$/, push],
  ['POST', /^\/images\/(.+)\/tag$/, same()],
  ['POST', /^\/images\/(.+)\/untag$/, untag],
];
