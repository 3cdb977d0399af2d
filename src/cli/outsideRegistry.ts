/**
 * A registry of this machine, `virtbook registry` say, at the same address of a simulated host: what its daemon is told to push to localhost:5000
 * comes there. The host has a program that listens; each connection is handed out over a Unix socket that this process has a connection to.
 */
import { connect } from 'node:net';
import { isOsError } from '../base/index.ts';
import {
  type Fd,
  type LinuxHost,
  type Program,
  type ProgramTable,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';
import { CommandError } from './commandError.ts';
import { Joint } from './joint.ts';
import type { RealTime } from './realTime.ts';

const NAME = 'outside-registry';
const SOCKET = '/run/outside-registry.sock';
const LOOPBACK = 0x7f00_0001;
const PIECE = 65_536;
/** Real milliseconds after which the program is looked for again. */
const START = 20;

/** Until one side has no more to say; the other is told. */
function* copy(from: Fd, to: Fd): Sys<void> {
  try {
    for (;;) {
      const bytes = yield* sys.read(from, PIECE);
      if (bytes.length === 0) break;
      yield* writeAll(to, bytes);
    }
    yield* sys.shutdown(to, 'wr');
  } catch (error) {
    // Whoever went away in the middle.
    if (!isOsError(error)) throw error;
  }
}

function* listenAt(fd: Fd, address: Parameters<typeof sys.bind>[1]): Sys<Fd> {
  yield* sys.bind(fd, address);
  yield* sys.listen(fd);
  return fd;
}

/** `outside-registry PORT` */
const program: Program = function* ({ argv }) {
  yield* sys.sigaction('CHLD', 'ignore');
  yield* sys.sigaction('PIPE', 'ignore');
  const outer = yield* listenAt(yield* sys.socket(), SOCKET);
  const address = { family: 'inet', address: LOOPBACK, port: Number(argv[1]) } as const;
  const inner = yield* listenAt(yield* sys.socket({ family: 'inet', type: 'stream' }), address);
  for (;;) {
    const client = yield* sys.accept(inner);
    const way = yield* sys.accept(outer);
    yield* sys.fork(function* () {
      for (const fd of [inner, outer]) yield* sys.close(fd);
      yield* sys.fork(function* () {
        yield* copy(client, way);
        return 0;
      });
      yield* copy(way, client);
      return 0;
    });
    for (const fd of [client, way]) yield* sys.close(fd);
  }
};

/** Throws CommandError for what is no port. */
export function registryPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw new CommandError(`--registry ${text}: the port of a registry of this machine is needed.`);
}

/** What a host needs that is to have such a registry. */
export const outsideRegistryPrograms: ProgramTable = new Map([[NAME, program]]);

/** Lets the registry at `port` of this machine be at that port of `host`, too. */
export function joinRegistry(host: LinuxHost, port: number, time: RealTime): void {
  host.spawn({ argv: [`/usr/local/bin/${NAME}`, `${port}`] });
  const wait = (): void => {
    const joint = new Joint(time, () => {
      // This one is in use: another takes its place.
      setImmediate(wait);
      return connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    });
    try {
      joint.open(host, SOCKET);
    } catch (error) {
      // It has only just been started.
      if (!isOsError(error)) throw error;
      setTimeout(wait, START);
    }
    time.run();
  };
  wait();
}
