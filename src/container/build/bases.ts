/** Images that a build begins with: those that are there, and those that a registry has. */
import { decodeUtf8 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { DockerfileError } from '../../oci/dockerfile/index.ts';
import type { Reference } from '../../oci/index.ts';
import { type ProgressSink, Progress as PullProgress } from '../distribution/progress.ts';
import { pullImage } from '../distribution/pull.ts';
import type { Engine } from '../engine.ts';
import type { Exchange } from '../http.ts';
import { parseName } from '../images/references.ts';
import { EngineError, type StoredImage } from '../model.ts';
import type { BuildRequest } from './options.ts';
import type { BuildProgress } from './progress.ts';
import { fullName } from './stagePlanner.ts';

/** Server of Docker Hub, as clients name it among those one is logged in to. */
const HUB = 'https://index.docker.io/v1/';

function referenceOf(name: string): Reference {
  try {
    return parseName(name);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DockerfileError(`failed to parse stage name "${name}": ${error.message}`);
  }
}

/** What the registry's side tells, handed on as the build's progress has it. */
function sink(client: Exchange, progress: BuildProgress): ProgressSink {
  return {
    begun: true,
    gone: () => client.gone(),
    *stream() {},
    *write(piece) {
      const text = typeof piece === 'string' ? piece : decodeUtf8(piece);
      yield* progress.pulling(JSON.parse(text) as { id?: string; status?: string });
    },
  };
}

/** The image of a name: from here, and with `pull` or when it is not here from its registry. Throws DockerfileError. */
export function* baseImage(
  engine: Engine,
  client: Exchange,
  { pull, logins }: BuildRequest,
  progress: BuildProgress,
  name: string,
): Sys<StoredImage> {
  yield* progress.metadata(name);
  const known = engine.findImage(name);
  const isId = known?.id.replace('sha256:', '').startsWith(name.replace('sha256:', '')) ?? false;
  if (known !== null && (!pull || isId)) {
    yield* progress.metadataDone();
    return known;
  }
  const reference = referenceOf(name);
  const { domain } = reference;
  const login = logins[domain === 'docker.io' ? HUB : domain] ?? null;
  try {
    const image = yield* pullImage(engine, reference, login, new PullProgress(sink(client, progress)));
    yield* progress.metadataDone();
    return image;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DockerfileError(
      `${name}: failed to resolve source metadata for ${fullName(name)}: ${error.message}`,
    );
  }
}
