/** The daemon's reports as docker shows them: on a terminal a line for each id, which changes; elsewhere a line for each step. */
import { decodeUtf8 } from '../../../base/index.ts';
import type { Answer } from '../../../container/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { orNull } from '../support.ts';
import { DockerError } from './api.ts';

interface Report {
  readonly status?: string;
  readonly stream?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly progress?: string;
  readonly errorDetail?: { readonly message: string };
  readonly aux?: unknown;
}

/** Columns that a bar needs. */
const BAR_WIDTH = 110;

/** Shows a stream of reports up to its end. Throws DockerError for a failure that it tells. */
export function* showReports(answer: Answer, out: Fd = 1): Sys<void> {
  const size = yield* orNull(() => sys.tcgetwinsize(out), 'ENOTTY', 'EBADF', 'EINVAL');
  const display = new Display(out, size?.cols ?? null);
  let rest = '';
  try {
    for (let bytes = yield* answer.next(); bytes.length > 0; bytes = yield* answer.next()) {
      const lines = (rest + decodeUtf8(bytes)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line.trim() !== '') yield* display.show(JSON.parse(line) as Report);
    }
    if (rest.trim() !== '') yield* display.show(JSON.parse(rest) as Report);
  } finally {
    yield* answer.close();
  }
}

class Display {
  readonly #out: Fd;
  /** Null when it is no terminal. */
  readonly #columns: number | null;
  /** Which line an id has, of those that still change. */
  #lines = new Map<string, number>();

  constructor(out: Fd, columns: number | null) {
    this.#out = out;
    this.#columns = columns;
  }

  *show(report: Report): Sys<void> {
    const { id, progressDetail, errorDetail, aux } = report;
    if (aux !== undefined) return;
    if (errorDetail !== undefined) throw new DockerError(errorDetail.message);
    if (this.#columns === null) return yield* this.#plain(report);
    if (id === undefined || progressDetail === undefined) {
      this.#lines = new Map();
      return yield* this.#plain(report);
    }
    let before = '';
    if (!this.#lines.has(id)) {
      this.#lines.set(id, this.#lines.size);
      before = '\n';
    }
    const up = this.#lines.size - this.#lines.get(id)!;
    yield* writeAll(
      this.#out,
      `${before}\x1b[${up}A\x1b[2K\r${id}: ${report.status} ${this.#bar(report)}\r\x1b[${up}B`,
    );
  }

  #bar({ progress = '' }: Report): string {
    return this.#columns! > BAR_WIDTH ? progress : progress.replace(/^\[.*\] /, '');
  }

  *#plain({ status = '', stream, id, progress }: Report): Sys<void> {
    if (progress !== undefined) return;
    yield* writeAll(this.#out, stream ?? `${id === undefined ? '' : `${id}: `}${status}\n`);
  }
}
