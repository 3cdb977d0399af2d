/** What the daemon tells while images come and go: a JSON object for each step, as clients of the Engine API show it. */
import { SECOND } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import type { Exchange } from '../http.ts';
import { EngineError } from '../model.ts';

/** Between two reports of one transfer. */
const INTERVAL = SECOND / 10;

const barOf = (current: number, total: number): string => {
  const half = Math.min(50, Math.floor(Math.floor((current / total) * 100) / 2));
  return `[${'='.repeat(half)}>${' '.repeat(50 - half)}] ${sizeText(current).padStart(8)}/${sizeText(total)}`;
};

/** As go-units' HumanSize: four digits, powers of 1000. */
function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < 4; unit++) value /= 1000;
  return `${Number(value.toPrecision(4))}${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

/** Where reports go: what of an exchange is needed for that. */
export type ProgressSink = Pick<Exchange, 'begun' | 'gone' | 'stream' | 'write'>;

export class Progress {
  readonly #client: ProgressSink;
  #last = 0;

  constructor(client: ProgressSink) {
    this.#client = client;
  }

  /** A line of its own; with an id it is `ID: status`. */
  *say(status: string, id?: string): Sys<void> {
    yield* this.#send({ status, ...(id !== undefined && { id }) });
  }

  /** Where something with an id stands; the line of that id is replaced on a terminal. */
  *step(id: string, status: string): Sys<void> {
    yield* this.#send({ status, progressDetail: {}, id });
  }

  /** How far it is; not more often than somebody can see. Throws EngineError when nobody is there any more. */
  *amount(id: string, status: string, current: number, total: number): Sys<void> {
    const time = yield* now();
    if (time - this.#last < INTERVAL) return;
    this.#last = time;
    yield* this.mustBeWanted();
    yield* this.#send({ status, progressDetail: { current, total }, progress: barOf(current, total), id });
  }

  /** Text as it is. */
  *print(stream: string): Sys<void> {
    yield* this.#send({ stream });
  }

  *aux(value: unknown): Sys<void> {
    yield* this.#send({ progressDetail: {}, aux: value });
  }

  /** Throws EngineError when the client has gone: what it asked for is given up. */
  *mustBeWanted(): Sys<void> {
    if (yield* this.#client.gone()) throw new EngineError(499, 'context canceled');
  }

  *#send(value: unknown): Sys<void> {
    if (!this.#client.begun) yield* this.#client.stream();
    yield* this.#client.write(`${JSON.stringify(value)}\r\n`);
  }
}

/** Runs `work`; an error after the first line is told as a line, as the status is already sent. */
export function* inStream(client: Exchange, work: (progress: Progress) => Sys<void>): Sys<null> {
  try {
    yield* work(new Progress(client));
    if (!client.begun) yield* client.stream();
  } catch (error) {
    if (!(error instanceof EngineError) || !client.begun) throw error;
    const { message } = error;
    yield* client.write(`${JSON.stringify({ errorDetail: { message }, error: message })}\r\n`);
  }
  return null;
}
