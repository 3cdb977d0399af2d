/** Getting an image from its registry: docker pull, and docker run of one that is not there. */
import { type Sys, sys } from '../../../linux/index.ts';
import { familiarText, parseTagged, type Reference } from '../../../oci/index.ts';
import { answerTo, DockerError } from './api.ts';
import { authHeader } from './credentials.ts';
import { showReports } from './progress.ts';

/** Throws DockerError. */
export function referenceOf(text: string, read: (text: string) => Reference): Reference {
  try {
    return read(text);
  } catch (error) {
    throw new DockerError((error as Error).message);
  }
}

interface Pulling {
  /** Nothing is shown. */
  readonly quiet: boolean;
  readonly platform?: string | null;
  readonly out?: 1 | 2;
  /** Whatever the repository has a tag for. */
  readonly all?: boolean;
}

/** Asks the daemon to pull, and shows what it tells. */
export function* pullFor(
  env: ReadonlyMap<string, string>,
  name: string,
  { quiet, platform, out = 1, all = false }: Pulling,
): Sys<void> {
  const { tag, digest, ...rest } = referenceOf(name, parseTagged);
  const query = {
    fromImage: familiarText({ ...rest, tag: null, digest: null }),
    tag: all ? '' : (digest ?? tag ?? 'latest'),
    ...(platform && { platform }),
  };
  const pairs = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const headers = yield* authHeader(env, name);
  const answer = yield* answerTo('POST', `/images/create?${pairs.join('&')}`, null, 1, headers);
  if (!quiet) return yield* showReports(answer, out);
  const silent = yield* sys.open('/dev/null', 1);
  try {
    yield* showReports(answer, silent);
  } finally {
    yield* sys.close(silent);
  }
}
