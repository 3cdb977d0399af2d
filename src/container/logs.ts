/** `docker logs`: the json-file log as a stream. */
import { encodeUtf8, MILLISECOND } from '../base/index.ts';
import { type Sys, sys } from '../linux/index.ts';
import { readText } from './files.ts';
import { frame } from './frames.ts';
import { type Exchange, isTrue } from './http.ts';
import { secondsOf } from './inspect.ts';
import { type Container, logPath } from './model.ts';

interface LogLine {
  readonly log: string;
  readonly stream: 'stdout' | 'stderr';
  readonly time: string;
}

function* linesOf(container: Container): Sys<LogLine[]> {
  const text = (yield* readText(logPath(container.ID))) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** Whether a line is of `since` (seconds.nanoseconds since 1970) or later. */
function isFrom(line: LogLine, since: string): boolean {
  const [seconds = '0', nanos = ''] = since.split('.');
  const own = secondsOf(line.time);
  if (own !== Number(seconds)) return own > Number(seconds);
  return (/\.(\d+)Z/.exec(line.time)?.[1] ?? '') >= nanos.padEnd(9, '0');
}

/** Of a container's output: of a terminal, or of frames. */
function streamType(tty: boolean): string {
  return `application/vnd.docker.${tty ? 'raw' : 'multiplexed'}-stream`;
}

/** Sends the log to `client`, and with `follow` what comes until the container ends. */
export function* logsTo(
  container: Container,
  query: ReadonlyMap<string, string>,
  client: Exchange,
): Sys<null> {
  yield* client.stream(streamType(container.Config.Tty));
  const tail = query.get('tail') ?? 'all';
  const send = function* (line: LogLine): Sys<void> {
    const bytes = encodeUtf8(isTrue(query.get('timestamps')) ? `${line.time} ${line.log}` : line.log);
    yield* client.write(container.Config.Tty ? bytes : frame(line.stream === 'stdout' ? 1 : 2, bytes));
  };
  const all = yield* linesOf(container);
  const since = query.get('since') ?? '0';
  const recent = all.filter((line) => isFrom(line, since));
  for (const line of /^\d+$/.test(tail) ? recent.slice(Math.max(0, recent.length - Number(tail))) : recent)
    yield* send(line);
  if (!isTrue(query.get('follow'))) return null;
  for (let sent = all.length; ; ) {
    const running = container.State.Running;
    const lines = yield* linesOf(container);
    for (const line of lines.slice(sent)) yield* send(line);
    sent = lines.length;
    if (!running || (yield* client.gone())) return null;
    yield* sys.nanosleep(100 * MILLISECOND);
  }
}
