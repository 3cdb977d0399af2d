/** `docker logs`: the json-file log as a stream. */
import { concatBytes, encodeUtf8, MILLISECOND } from '../base/index.ts';
import { type Sys, sys } from '../linux/index.ts';
import { frame } from './frames.ts';
import { type Exchange, isTrue } from './http.ts';
import { secondsOf } from './inspect.ts';
import { logSettings } from './logOptions.ts';
import { type LogLine, LogReader } from './logReader.ts';
import { type Container, EngineError, hasProcess, logPath } from './model.ts';

/** Less than zero when a line is older than `instant`, seconds.nanoseconds since 1970. */
function compareTime(line: LogLine, instant: string): number {
  const [seconds = '0', nanos = ''] = instant.split('.');
  const own = secondsOf(line.time);
  if (own !== Number(seconds)) return own - Number(seconds);
  return Number((/\.(\d+)Z/.exec(line.time)?.[1] ?? '').padEnd(9, '0')) - Number(nanos.padEnd(9, '0'));
}

/** Of a container's output: of a terminal, or of frames. */
function streamType(tty: boolean): string {
  return `application/vnd.docker.${tty ? 'raw' : 'multiplexed'}-stream`;
}

/** What has been printed on the streams `stdout` and `stderr`, as it is sent to who attaches. Throws EngineError where it is not kept. */
export function* pastOutput(container: Container, streams: ReadonlySet<string>): Sys<Uint8Array> {
  const { ID, Config, HostConfig } = container;
  requireReadable(HostConfig.LogConfig.Type);
  const log = new LogReader(logPath(ID), logSettings(container));
  const lines = (yield* log.next()).filter(({ stream }) => streams.has(stream));
  yield* log.close();
  return concatBytes(
    lines.map(({ stream, log: text }) =>
      Config.Tty ? encodeUtf8(text) : frame(stream === 'stdout' ? 1 : 2, encodeUtf8(text)),
    ),
  );
}

/** Go's url.QueryEscape. */
const queryEscape = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

/** What the driver has added, as `--details` shows it. */
const attributesText = ({ attrs = {} }: LogLine) =>
  Object.entries(attrs)
    .map(([key, value]) => `${queryEscape(key)}=${queryEscape(value)}`)
    .join(',');

function requireReadable(driver: string): void {
  if (driver === 'none') throw new EngineError(501, 'configured logging driver does not support reading');
}

/** Sends the log to `client`, and with `follow` what comes until the container ends. */
export function* logsTo(
  container: Container,
  query: ReadonlyMap<string, string>,
  client: Exchange,
): Sys<null> {
  const wanted = new Set(['stdout', 'stderr'].filter((stream) => isTrue(query.get(stream))));
  if (wanted.size === 0) throw new EngineError(400, 'Bad parameters: you must choose at least one stream');
  requireReadable(container.HostConfig.LogConfig.Type);
  const { Tty } = container.Config;
  yield* client.stream(streamType(Tty));
  const until = query.get('until') ?? '0';
  let over = false;
  const send = function* (line: LogLine): Sys<void> {
    if (until !== '0' && compareTime(line, until) > 0) over = true;
    if (over || !wanted.has(line.stream)) return;
    const text = isTrue(query.get('details')) ? `${attributesText(line)} ${line.log}` : line.log;
    const bytes = encodeUtf8(isTrue(query.get('timestamps')) ? `${line.time} ${text}` : text);
    yield* client.write(Tty ? bytes : frame(line.stream === 'stdout' ? 1 : 2, bytes));
  };
  const log = new LogReader(logPath(container.ID), logSettings(container));
  const since = query.get('since') ?? '0';
  const tail = query.get('tail') ?? 'all';
  const recent = (yield* log.next()).filter((line) => compareTime(line, since) >= 0);
  const last = /^\d+$/.test(tail) ? recent.slice(Math.max(0, recent.length - Number(tail))) : recent;
  for (const line of last) yield* send(line);
  if (!isTrue(query.get('follow'))) return null;
  for (;;) {
    const running = hasProcess(container.State);
    for (const line of yield* log.next()) yield* send(line);
    if (!running || over || (yield* client.gone())) return null;
    yield* sys.nanosleep(100 * MILLISECOND);
  }
}
