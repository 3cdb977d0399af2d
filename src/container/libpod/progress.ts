/** What is told while images come and go: lines of Docker's API become those that podman prints. */
import type { Sys } from '../../linux/index.ts';
import { Progress, type ProgressSink } from '../distribution/progress.ts';
import type { Exchange } from '../http.ts';
import { EngineError } from '../model.ts';

interface Line {
  readonly status?: string;
  readonly id?: string;
  readonly stream?: string;
}

/** Podman's line, if there is one. */
function lineOf({ status = '', id = '', stream }: Line): string {
  if (stream !== undefined) return stream;
  if (status === 'Pulling fs layer' || status === 'Preparing') return `Copying blob ${id}\n`;
  if (status === 'Already exists' || status === 'Layer already exists')
    return `Copying blob ${id} skipped: already exists\n`;
  if (status.startsWith('Digest: ')) return 'Writing manifest to image destination\n';
  const [, digest] = /: digest: (\S+) size/.exec(status) ?? [];
  return digest === undefined ? '' : `Writing manifest ${digest} to image destination\n`;
}

/** Runs `work` with its lines going to `client` as podman's; a refusal is the last of them. */
export function* told(client: Exchange, quiet: boolean, work: (progress: Progress) => Sys<void>): Sys<null> {
  const sink: ProgressSink = {
    begun: true,
    gone: () => client.gone(),
    *stream() {},
    *write(piece) {
      const stream = quiet ? '' : lineOf(JSON.parse(`${piece as string}`) as Line);
      if (stream !== '') yield* client.write(`${JSON.stringify({ stream })}\n`);
    },
  };
  try {
    yield* work(new Progress(sink));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    yield* client.write(`${JSON.stringify({ error: error.message })}\n`);
  }
  return null;
}

/** The text of what `work` prints. */
export function* collected(work: (progress: Progress) => Sys<void>): Sys<string> {
  let text = '';
  yield* work(
    new Progress({
      begun: true,
      *gone() {
        return false;
      },
      *stream() {},
      *write(piece) {
        text += (JSON.parse(`${piece as string}`) as Line).stream ?? '';
      },
    }),
  );
  return text;
}
