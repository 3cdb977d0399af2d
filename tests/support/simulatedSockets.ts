/** Runs the lines of socketCases.ts on the network room, with sockets that never wait: the same words as realSockets.py. */
import { decodeUtf8, encodeUtf8, isOsError, OsError, SECOND } from '../../src/base/index.ts';
import {
  DummyDevice,
  formatIpv4,
  type NetworkNamespace,
  randomMac,
  type SocketAddress,
  type TcpSocket,
  type UdpSocket,
} from '../../src/network/index.ts';
import type { NetworkCase } from './networkCases.ts';
import { address, ip, NetworkWorld } from './networkHosts.ts';

type Each =
  | { readonly kind: 'tcp'; readonly socket: TcpSocket }
  | { readonly kind: 'udp'; readonly socket: UdpSocket };

export function simulateSockets({ lines }: NetworkCase): string[] {
  const world = new NetworkWorld('sockets');
  const host = world.host('host');
  const dummy = new DummyDevice(world.context, 'd0', randomMac(world.context.random));
  host.add(dummy);
  dummy.setUp(true);
  address(host, dummy, '10.0.0.1/24');
  const sockets = new Map<string, Each>();
  return lines.flatMap((line) => {
    try {
      const outcome = run(world, host, sockets, line);
      world.run(SECOND / 50);
      return outcome === null ? [] : [outcome];
    } catch (error) {
      if (!isOsError(error)) throw error;
      world.run(SECOND / 50);
      return [error.code];
    }
  });
}

function end(of: SocketAddress): string {
  return `${formatIpv4(of.address)}:${of.port >= 32_768 ? 'any' : of.port}`;
}

/** A call that would wait says EAGAIN. */
function now<T>(value: T | null): T {
  if (value === null) throw new OsError('EAGAIN');
  return value;
}

function run(
  world: NetworkWorld,
  host: NetworkNamespace,
  sockets: Map<string, Each>,
  line: string,
): string | null {
  const [verb, name, ...words] = line.split(' ') as [string, string, ...string[]];
  const port = (word: string) =>
    word.startsWith('@') ? sockets.get(word.slice(1))!.socket.local.port : Number(word);
  if (verb === 'open') {
    const kind = words[0] as 'tcp' | 'udp';
    sockets.set(name, kind === 'tcp' ? { kind, socket: host.tcp.open() } : { kind, socket: host.udp.open() });
    return null;
  }
  if (verb === 'wait') {
    world.run(Number(name) * SECOND);
    return null;
  }
  const each = sockets.get(name)!;
  const { socket } = each;
  switch (verb) {
    case 'reuse':
      socket.reuseAddress = true;
      return null;
    case 'broadcast':
      socket.broadcast = true;
      return null;
    case 'bind':
      socket.bind(ip(words[0]!), port(words[1]!));
      return null;
    case 'local':
      return end(socket.local);
    case 'peer':
      if (socket.remote === null) throw new OsError('ENOTCONN');
      return end(socket.remote);
    case 'error':
      return socket.takeError() ?? 'none';
    case 'poll': {
      const { in: readable, out, hup, error } = socket.poll();
      return [readable && 'in', out && 'out', hup && 'hup', error && 'error'].filter(Boolean).join(' ');
    }
    case 'close':
      socket.close();
      sockets.delete(name);
      return null;
    default:
      return each.kind === 'tcp'
        ? tcp(each.socket, sockets, verb, words, port)
        : udp(each.socket, verb, words, port);
  }
}

function udp(
  socket: UdpSocket,
  verb: string,
  words: readonly string[],
  port: (word: string) => number,
): string | null {
  switch (verb) {
    case 'connect':
      socket.connect(ip(words[0]!), port(words[1]!));
      return null;
    case 'send':
      socket.send(encodeUtf8(words[0]!));
      return null;
    case 'sendto':
      socket.send(encodeUtf8(words[0]!), { address: ip(words[1]!), port: port(words[2]!) });
      return null;
    case 'recv': {
      const got = now(socket.receive());
      return `${decodeUtf8(got.data.subarray(0, Number(words[0])))} from ${end(got.from)}`;
    }
    case 'peek':
      return decodeUtf8(now(socket.peek()).data.subarray(0, Number(words[0])));
    default:
      throw new Error(`unknown verb ${verb}`);
  }
}

function tcp(
  socket: TcpSocket,
  sockets: Map<string, Each>,
  verb: string,
  words: readonly string[],
  port: (word: string) => number,
): string | null {
  switch (verb) {
    case 'listen':
      socket.listen(Number(words[0]));
      return null;
    case 'connect':
      if (socket.connecting) throw new OsError('EALREADY');
      if (!socket.connect(ip(words[0]!), port(words[1]!))) throw new OsError('EINPROGRESS');
      return null;
    case 'accept': {
      const taken = now(socket.accept());
      sockets.set(words[0]!, { kind: 'tcp', socket: taken });
      return `from ${end(taken.remote ?? taken.connection!.remote)}`;
    }
    case 'send':
      now(socket.send(encodeUtf8(words[0]!)));
      return null;
    case 'recv':
      return decodeUtf8(now(socket.receive(Number(words[0]))));
    case 'peek':
      return decodeUtf8(now(socket.receive(Number(words[0]), true)));
    case 'shutdown':
      socket.shutdown(words[0] as 'rd' | 'wr');
      return null;
    case 'abort':
      socket.abort();
      return null;
    default:
      throw new Error(`unknown verb ${verb}`);
  }
}
