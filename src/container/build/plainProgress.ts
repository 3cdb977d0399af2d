/** BuildKit's progress as `docker build --progress=plain` shows it: a numbered block for each thing that is done. */
import { decodeUtf8 } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import type { BuildProgress, Send } from './progress.ts';
import { fullName } from './stagePlanner.ts';

const SECOND = 1e9;

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

/** Bytes as BuildKit counts them: `1.99MB`. */
function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < 3) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${['B', 'kB', 'MB', 'GB'][unit]}`;
}

/** The lines around those of an instruction, which are marked: BuildKit's errdefs.Source. */
export function excerpt(name: string, text: string, line: number, endLine: number): string {
  const lines = text.split('\n');
  const wanted = endLine === line ? 4 : 2;
  let [from, to] = [line, Math.min(lines.length, Math.max(line, endLine))];
  // Two lines before and behind one, and one before and behind more; at an end of the file more at the other.
  for (let given = 0; given < wanted; given++) {
    if (from > 1) {
      from--;
      given++;
    }
    if (to < lines.length) {
      to++;
      given++;
    }
  }
  const rule = '-'.repeat(20);
  const shown: string[] = [];
  for (let i = from; i <= to; i++) {
    const mark = i >= line && i <= endLine ? '>>>' : '   ';
    shown.push(`${`${i}`.padStart(4)} | ${mark} ${lines[i - 1]!.replace(/\r$/, '')}`);
  }
  return `${name}:${line}\n${rule}\n${shown.join('\n')}\n${rule}\n`;
}

/** Lines of output that a failure shows again. */
const LAST_LINES = 10;

export function plainProgress(send: Send): BuildProgress {
  let vertex = 0;
  let began = 0;
  /** A block about a name is open. */
  let looking = false;
  /** Names that were asked for already. */
  const known = new Set<string>();
  /** The beginning of a line that is not complete, by stream. */
  const partial = new Map<number, string>();
  /** The latest lines of the step's output, each after the seconds since its beginning. */
  let recent: string[] = [];

  const say = (text: string): Sys<void> => send({ stream: text });
  const begin = function* (title: string): Sys<void> {
    vertex++;
    began = yield* now();
    recent = [];
    yield* say(`#${vertex} ${title}\n`);
  };
  const seconds = function* (digits: number): Sys<string> {
    return (((yield* now()) - began) / SECOND).toFixed(digits);
  };
  const end = function* (): Sys<void> {
    yield* say(`#${vertex} DONE ${yield* seconds(1)}s\n\n`);
  };
  const cached = function* (): Sys<void> {
    yield* say(`#${vertex} CACHED\n\n`);
  };
  const line = function* (text: string): Sys<void> {
    yield* say(`#${vertex} ${text}\n`);
  };
  const written = function* (text: string): Sys<void> {
    const timed = `${yield* seconds(3)} ${text}`;
    recent = [...recent, timed].slice(-LAST_LINES);
    yield* line(timed);
  };
  const flush = function* (): Sys<void> {
    for (const [stream, rest] of partial) {
      partial.set(stream, '');
      if (rest !== '') yield* written(rest);
    }
  };

  return {
    *definition(name, bytes) {
      yield* say('#0 building with "default" instance using docker driver\n\n');
      yield* begin(`[internal] load build definition from ${name}`);
      yield* line(`transferring dockerfile: ${sizeText(bytes)} done`);
      yield* end();
    },
    *metadata(name) {
      const full = fullName(name);
      looking = !known.has(full);
      known.add(full);
      if (looking) yield* begin(`[internal] load metadata for ${full}`);
    },
    *metadataDone() {
      if (looking) yield* end();
      looking = false;
    },
    *pulling({ id = '', status = '' }) {
      if (status === 'Pull complete') yield* line(`extracting ${id} done`);
    },
    *context(ignoreBytes, bytes) {
      yield* begin('[internal] load .dockerignore');
      yield* line(`transferring context: ${sizeText(ignoreBytes)} done`);
      yield* end();
      if (bytes === null) return;
      yield* begin('[internal] load build context');
      yield* line(`transferring context: ${sizeText(bytes)} done`);
      yield* end();
    },
    *instruction() {},
    *instructionDone() {},
    step: begin,
    cached,
    baseCached: cached,
    *running() {},
    *output(stream, bytes) {
      const lines = ((partial.get(stream) ?? '') + decodeUtf8(bytes)).split('\n');
      partial.set(stream, lines.pop()!);
      for (const text of lines) yield* written(text.replace(/\r$/, ''));
    },
    *stepDone() {
      yield* flush();
      yield* end();
    },
    *unused() {},
    *finished(id, names) {
      yield* begin('exporting to image');
      yield* line('exporting layers done');
      yield* line(`writing image ${id} done`);
      for (const name of names) yield* line(`naming to ${fullName(name)} done`);
      yield* end();
    },
    *exported(output, bytes) {
      const local = output === 'local';
      yield* begin(`exporting to client ${local ? 'directory' : 'tarball'}`);
      yield* line(local ? `copying files ${sizeText(bytes)} done` : 'sending tarball done');
      yield* end();
    },
    *failed({ message, line: at, endLine, step }, { name, text }: { name: string; text: string }) {
      yield* flush();
      let said = '';
      if (step !== null) {
        said += `#${vertex} ERROR: ${message}\n------\n > ${step.title}:\n`;
        said += `${recent.map((text) => `${text}\n`).join('')}------\n`;
      }
      if (at > 0) said += excerpt(name, text, at, endLine);
      yield* say(said);
      const full = `failed to solve: ${message}`;
      yield* send({ errorDetail: { message: full }, error: full });
    },
    *checked(result) {
      yield* send({ check: result });
    },
    *warn(lines) {
      const count = lines.length;
      if (count === 0) return;
      const head = ` ${count} warning${count === 1 ? '' : 's'} found (use docker --debug to expand):\n`;
      yield* say(`\n${head}${lines.map((text) => ` - ${text}\n`).join('')}`);
    },
  };
}
