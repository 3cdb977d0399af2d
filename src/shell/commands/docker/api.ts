/** The client's side of the engine's API: requests, refusals, streams. */
import { isOsError } from '../../../base/index.ts';
import {
  type Address,
  type Answer,
  CLIENT_VERSION,
  type Connection,
  DialError,
  FrameReader,
  Outbox,
  type RawStream,
  type Response,
  request,
  requestStream,
  send,
} from '../../../container/index.ts';
import {
  type Fd,
  type PollReply,
  type PollRequest,
  type SignalName,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { orNull } from '../support.ts';
import { type Daemon, daemon } from './daemon.ts';
import { KeySequence } from './detachKeys.ts';
import { DockerError } from './dockerError.ts';

export { DockerError } from './dockerError.ts';

/** Runs `call`, which sends a request to the daemon; why it cannot be reached becomes a DockerError. */
export function* reach<T>(call: (to: Address) => Sys<T>, method = 'GET', path = ''): Sys<T> {
  const there = daemon();
  try {
    return yield* call(there.address);
  } catch (error) {
    throw told(error, there, method, path);
  }
}

/** The error itself when it does not say why a daemon cannot be reached. */
function told(error: unknown, { name, url }: Daemon, method: string, path: string): unknown {
  const gone = `Cannot connect to the Docker daemon at ${name}. Is the docker daemon running?`;
  if (error instanceof DialError) {
    if (/connection refused|i\/o timeout/.test(error.message)) return new DockerError(gone);
    const verb = method[0] + method.slice(1).toLowerCase();
    return new DockerError(
      `error during connect: ${verb} "${url}/v${CLIENT_VERSION}${path}": ${error.message}`,
    );
  }
  if (isOsError(error, 'EACCES')) {
    return new DockerError(
      `permission denied while trying to connect to the Docker daemon socket at ${name}: connect: permission denied`,
    );
  }
  return isOsError(error, 'ENOENT', 'ECONNREFUSED') ? new DockerError(gone) : error;
}

export const messageOf = (response: Response): string =>
  String((response.body as { message?: string } | null)?.message ?? '');

/** The answer's body; a refusal becomes a DockerError. */
export function* api(method: string, path: string, body: unknown = null, status = 1): Sys<unknown> {
  const response = yield* reach((to) => request(to, method, path, body), method, path);
  if (response.status >= 400)
    throw new DockerError(`Error response from daemon: ${messageOf(response)}`, status);
  return response.body;
}

/** As `api`, but refusals come back. With a `connection` others can follow on it. */
export function tryApi(
  method: string,
  path: string,
  body: unknown = null,
  connection: Connection | null = null,
): Sys<Response> {
  return reach(
    (to) =>
      connection === null ? request(to, method, path, body) : connection.request(to, method, path, body),
    method,
    path,
  );
}

/** A raw stream; a refusal becomes a DockerError without "Error response from daemon" when `plain`. */
export function* stream(path: string, body: unknown = null, status = 1, plain = false): Sys<RawStream> {
  const answer = yield* reach((to) => requestStream(to, path, body), 'POST', path);
  if ('fd' in answer) return answer;
  throw new DockerError(
    plain ? messageOf(answer) : `Error response from daemon: ${messageOf(answer)}`,
    status,
  );
}

/** An answer that comes in pieces, whose reader closes it; a refusal becomes a DockerError. */
export function* answerTo(
  method: string,
  path: string,
  body: unknown = null,
  status = 1,
  headers: Readonly<Record<string, string>> = {},
): Sys<Answer> {
  const answer = yield* reach((to) => send(to, method, path, { body, headers }), method, path);
  if (answer.status < 400) return answer;
  const refusal = yield* answer.whole();
  yield* answer.close();
  throw new DockerError(`Error response from daemon: ${messageOf(refusal)}`, status);
}

/** Puts a stream of the daemon's on both outputs: bytes of a terminal, or frames. */
export function* showOutput(answer: Answer, tty: boolean): Sys<void> {
  const frames = new FrameReader();
  for (let bytes = yield* answer.next(); bytes.length > 0; bytes = yield* answer.next()) {
    if (tty) yield* writeAll(1, bytes);
    else for (const part of frames.push(bytes)) yield* writeAll(part.stream === 2 ? 2 : 1, part.bytes);
  }
  yield* answer.close();
}

export interface Attachment {
  readonly tty: boolean;
  /** Send standard input. */
  readonly input: boolean;
  /** Bytes that leave the other side alone; only of a terminal. */
  readonly keys: Uint8Array;
  /** What a caught signal is passed on to. */
  readonly onSignal?: (signal: SignalName) => Sys<void>;
  /** How many times SIGINT or SIGTERM is sent until the client ends, with the other side left as it is. */
  readonly patience: 1 | 3;
  /** Told the terminal's size at first and whenever it changes. */
  readonly resize?: (rows: number, cols: number) => Sys<void>;
}

const passedOn: readonly SignalName[] = ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2'];

const ending: readonly SignalName[] = ['INT', 'TERM'];

/**
 * Bytes both ways until the other side closes, the keys for it are typed, or signals end it. A terminal is in raw mode meanwhile. Throws
 * DockerError when patience is at its end.
 */
export function* relay(
  { fd, first }: RawStream,
  attachment: Attachment,
): Sys<'closed' | 'detached' | 'interrupted'> {
  const { tty, input, onSignal, resize } = attachment;
  let { patience }: { patience: number } = attachment;
  const caught = onSignal === undefined ? ending : passedOn;
  const before = tty && input ? yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF') : null;
  if (before !== null)
    yield* sys.tcsetattr(0, {
      icanon: false,
      echo: false,
      isig: false,
      icrnl: false,
      iexten: false,
      opost: false,
    });
  for (const signal of caught) yield* sys.sigaction(signal, 'catch');
  if (resize !== undefined) {
    yield* sys.sigaction('WINCH', 'catch');
    yield* tellSize(resize);
  }
  const frames = new FrameReader();
  const show = function* (bytes: Uint8Array): Sys<void> {
    if (tty) return yield* writeAll(1, bytes);
    for (const part of frames.push(bytes)) yield* writeAll(part.stream === 2 ? 2 : 1, part.bytes);
  };
  const keys = before === null ? null : new KeySequence(attachment.keys);
  const toDaemon = new Outbox();
  let reading = input;
  try {
    yield* show(first);
    for (;;) {
      // While the program does not read, its input waits here; what it prints is shown.
      const requests: PollRequest[] = [{ fd, events: toDaemon.waiting ? 'inout' : 'in' }];
      if (reading && !toDaemon.waiting) requests.push({ fd: 0, events: 'in' });
      let replies: readonly PollReply[];
      try {
        replies = yield* sys.poll(requests, null);
      } catch (error) {
        if (!isOsError(error, 'EINTR')) throw error;
        for (const signal of yield* sys.takeSignals()) {
          if (signal === 'WINCH' && resize !== undefined) yield* tellSize(resize);
          if (ending.includes(signal) && --patience === 0) {
            if (attachment.patience === 1) return 'interrupted';
            throw new DockerError('\ngot 3 SIGTERM/SIGINTs, forcefully exiting');
          }
          if (signal !== 'WINCH' && onSignal !== undefined) yield* onSignal(signal);
        }
        continue;
      }
      for (const reply of replies) {
        if (reply.fd === fd && toDaemon.waiting && (reply.out || reply.hup)) yield* flush(toDaemon, fd);
        if (!reply.in && !reply.hup) continue;
        const bytes = yield* sys.read(reply.fd, 65_536);
        if (reply.fd === fd) {
          if (bytes.length === 0) return 'closed';
          yield* show(bytes);
        } else if (bytes.length > 0) {
          const { passed, complete } = keys?.push(bytes) ?? { passed: bytes, complete: false };
          toDaemon.put(passed);
          if (!complete) continue;
          const [room] = yield* sys.poll([{ fd, events: 'out' }], 0);
          if (room!.out) yield* flush(toDaemon, fd);
          return 'detached';
        } else {
          reading = false;
          yield* sys.shutdown(fd, 'wr');
        }
      }
    }
  } finally {
    if (before !== null) yield* sys.tcsetattr(0, before);
    yield* sys.close(fd);
    // What comes from now on is too late to be passed on.
    for (const signal of caught) yield* sys.sigaction(signal, 'ignore');
  }
}

/** A daemon that takes no more (the program has ended) does not end the client, as whoever reads its output may. */
function* flush(outbox: Outbox, fd: Fd): Sys<void> {
  yield* sys.sigaction('PIPE', 'ignore');
  yield* outbox.flush(fd);
  yield* sys.sigaction('PIPE', 'default');
}

function* tellSize(resize: (rows: number, cols: number) => Sys<void>): Sys<void> {
  try {
    const { rows, cols } = yield* sys.tcgetwinsize(1);
    yield* resize(rows, cols);
  } catch (error) {
    if (!isOsError(error, 'ENOTTY', 'EBADF')) throw error;
  }
}
