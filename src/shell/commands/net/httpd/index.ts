/** httpd(1), busybox's: a small web server for the files of a directory, a process a client. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Fd, type SocketAddress, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { formatIpv4, parseIpv4 } from '../../../../network/index.ts';
import type { CommandSpec, Parsed } from '../../options.ts';
import { Refused } from '../words.ts';
import { answer, refusal } from './answer.ts';
import { readHead } from './request.ts';

const HTTP_PORT = 80;

/** Of -p: `PORT` or `IP:PORT`. Throws Refused. */
function addressOf(text: string | null): SocketAddress {
  const [, ip, port = `${HTTP_PORT}`] = /^(?:(.*):)?(\d+)$/.exec(text ?? `${HTTP_PORT}`) ?? [];
  const address = ip === undefined ? 0 : parseIpv4(ip);
  if (address === null || Number(port) > 65_535) throw new Refused(`httpd: bad address '${text}'`, 1);
  return { family: 'inet', address, port: Number(port) };
}

function* listenAt(address: SocketAddress): Sys<Fd> {
  const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
  try {
    yield* sys.setsockopt(fd, 'SO_REUSEADDR', 1);
    yield* sys.bind(fd, address);
    yield* sys.listen(fd, 9);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`httpd: bind: ${strerror(error.code)}`, 1);
  }
  return fd;
}

const LATE = Symbol('a head that did not come in time');

function* headOf(client: Fd): Sys<string | null | typeof LATE> {
  try {
    return yield* readHead(client);
  } catch (error) {
    if (isOsError(error, 'ETIMEDOUT')) return LATE;
    throw error;
  }
}

function* serve(client: Fd, verbose: boolean): Sys<void> {
  try {
    const head = yield* headOf(client);
    if (head === null) return;
    const { status, bytes } = head === LATE ? yield* refusal(408) : yield* answer(head);
    const peer = yield* sys.getpeername(client);
    if (verbose && peer.family === 'inet')
      yield* writeAll(2, `${formatIpv4(peer.address)}:${peer.port}: response:${status}\n`);
    yield* writeAll(client, bytes);
  } catch (error) {
    // The client has gone.
    if (!isOsError(error)) throw error;
  }
}

function* serveAll(listener: Fd, verbose: boolean): Sys<number> {
  for (const signal of ['CHLD', 'PIPE'] as const) yield* sys.sigaction(signal, 'ignore');
  for (;;) {
    const client = yield* sys.accept(listener);
    yield* sys.fork(function* () {
      yield* sys.close(listener);
      yield* serve(client, verbose);
      return 0;
    });
    yield* sys.close(client);
  }
}

function* run(parsed: Parsed): Sys<number> {
  const home = parsed.value('h') ?? '.';
  try {
    yield* sys.chdir(home);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`httpd: can't change directory to '${home}': ${strerror(error.code)}`, 1);
  }
  const listener = yield* listenAt(addressOf(parsed.value('p')));
  const verbose = parsed.has('v');
  if (parsed.has('f')) return yield* serveAll(listener, verbose);
  yield* sys.fork(function* () {
    yield* sys.setsid();
    const nowhere = yield* sys.open('/dev/null', 2);
    for (const fd of [0, 1, 2]) yield* sys.dup2(nowhere, fd);
    return yield* serveAll(listener, verbose);
  });
  return 0;
}

export const httpdCommand: CommandSpec = {
  name: 'httpd',
  usage: '[-fv] [-p [IP:]PORT] [-h HOME]',
  summary: 'Listen for incoming HTTP requests',
  options: [
    { short: 'f', help: 'run in the foreground' },
    { short: 'h', argument: 'HOME', help: 'the directory whose files are served (default .)' },
    { short: 'p', argument: '[IP:]PORT', help: 'where to listen (default *:80)' },
    { short: 'v', help: 'tell of each answer' },
  ],
  *run(parsed) {
    try {
      return yield* run(parsed);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      yield* writeAll(2, `${error.message}\n`);
      return error.status;
    }
  },
};
