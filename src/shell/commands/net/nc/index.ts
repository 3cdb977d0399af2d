/** nc(1), as OpenBSD's: a TCP or UDP connection with standard input and output at this end. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Fd, type SocketAddress, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { connectWithin } from '../../../../linux/net/connect.ts';
import { LOOKUP_ERRORS, lookupHost, nameOf } from '../../../../linux/net/names.ts';
import { formatIpv4 } from '../../../../network/index.ts';
import type { CommandSpec, Parsed } from '../../options.ts';
import { Refused } from '../words.ts';
import { transfer } from './transfer.ts';

const SECOND = 1_000_000_000;
type Inet = Extract<SocketAddress, { family: 'inet' }>;

function secondsOf(parsed: Parsed, key: string): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  if (!/^-?\d+$/.test(text)) throw new Refused(`nc: invalid number of seconds: ${text}`, 1);
  return Number(text) < 0 ? null : Number(text) * SECOND;
}

/** One port or a range of them. Throws Refused. */
function portsOf(text: string): number[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw new Refused(`nc: port number invalid: ${text}`, 1);
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  for (const port of [low, high]) {
    if (port > 65_535) throw new Refused(`nc: port number too large: ${port}`, 1);
    if (port === 0) throw new Refused(`nc: port number too small: ${port}`, 1);
  }
  return Array.from({ length: Math.abs(high - low) + 1 }, (_, i) => Math.min(low, high) + i);
}

const settingsOf = (parsed: Parsed) => ({
  datagrams: parsed.has('u'),
  shutdownAfterInput: parsed.has('N'),
  lingering: secondsOf(parsed, 'q'),
  idle: secondsOf(parsed, 'w'),
  withoutInput: parsed.has('d'),
});

function* open(parsed: Parsed): Sys<Fd> {
  const fd = yield* sys.socket({ family: 'inet', type: parsed.has('u') ? 'dgram' : 'stream' });
  if (!parsed.has('u') && parsed.has('l')) yield* sys.setsockopt(fd, 'SO_REUSEADDR', 1);
  return fd;
}

function* addressOf(name: string, port: number): Sys<Inet> {
  const found = yield* lookupHost(name);
  if (found.kind !== 'found')
    throw new Refused(`nc: getaddrinfo for host "${name}" port ${port}: ${LOOKUP_ERRORS[found.kind]}`, 1);
  return { family: 'inet', address: found.addresses[0]!, port };
}

function* dial(parsed: Parsed): Sys<number> {
  const [host, portText] = parsed.operands;
  if (host === undefined)
    throw new Refused(
      'usage: nc [-dklNnuvz] [-p port] [-q seconds] [-s address] [-w seconds] [destination] [port]',
      1,
    );
  if (portText === undefined) throw new Refused('nc: missing port number', 1);
  const [datagrams, verbose, scan] = [parsed.has('u'), parsed.has('v'), parsed.has('z')];
  if (datagrams && (verbose || scan))
    throw new Refused('nc: -u with -v or -z is not simulated for a client', 1);
  let status = 1;
  for (const port of portsOf(portText)) {
    const to = yield* addressOf(host, port);
    const fd = yield* open(parsed);
    const source = parsed.value('p');
    if (source !== null || parsed.has('s')) {
      const from = yield* addressOf(parsed.value('s') ?? '0.0.0.0', portsOf(source ?? '1')[0]!);
      yield* sys.bind(fd, source === null ? { ...from, port: 0 } : from);
    }
    try {
      yield* connectWithin(fd, to, secondsOf(parsed, 'w'));
    } catch (error) {
      if (!isOsError(error)) throw error;
      const reason = strerror(error.code);
      const said = host === formatIpv4(to.address) ? host : `${host} (${formatIpv4(to.address)})`;
      if (verbose) yield* writeAll(2, `nc: connect to ${said} port ${port} (tcp) failed: ${reason}\n`);
      yield* sys.close(fd);
      continue;
    }
    const said = host === formatIpv4(to.address) ? host : `${host} (${formatIpv4(to.address)})`;
    if (verbose) yield* writeAll(2, `Connection to ${said} ${port} port [tcp/*] succeeded!\n`);
    status = 0;
    if (!scan) yield* transfer(fd, settingsOf(parsed));
    yield* sys.close(fd);
    if (!scan) break;
  }
  return status;
}

function* tellPeer(parsed: Parsed, peer: SocketAddress): Sys<void> {
  if (!parsed.has('v') || peer.family !== 'inet') return;
  const name = parsed.has('n') ? null : yield* nameOf(peer.address);
  yield* writeAll(2, `Connection received on ${name ?? formatIpv4(peer.address)} ${peer.port}\n`);
}

function* listen(parsed: Parsed): Sys<number> {
  const operands = [...parsed.operands];
  const portText = parsed.value('p') ?? operands.pop();
  if (portText === undefined) throw new Refused('nc: missing port number', 1);
  const host = operands.pop() ?? '0.0.0.0';
  const at = yield* addressOf(host, portsOf(portText)[0]!);
  const fd = yield* open(parsed);
  try {
    yield* sys.bind(fd, at);
    if (!parsed.has('u')) yield* sys.listen(fd, 1);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`nc: ${strerror(error.code)}`, 1);
  }
  const word = parsed.has('u') ? 'Bound' : 'Listening';
  if (parsed.has('v')) yield* writeAll(2, `${word} on ${host} ${at.port}\n`);
  if (parsed.has('u')) return yield* listenForDatagrams(fd, parsed);
  do {
    const connection = yield* sys.accept(fd);
    yield* tellPeer(parsed, yield* sys.getpeername(connection));
    yield* transfer(connection, settingsOf(parsed));
    yield* sys.close(connection);
  } while (parsed.has('k'));
  return 0;
}

/** The first one that says something is whom this end talks to. */
function* listenForDatagrams(fd: Fd, parsed: Parsed): Sys<number> {
  if (parsed.has('k')) throw new Refused('nc: -k with -u is not simulated', 1);
  const { data, from } = yield* sys.recvmsg(fd, 65_536);
  yield* sys.connect(fd, from);
  yield* tellPeer(parsed, from);
  yield* writeAll(1, data);
  yield* transfer(fd, settingsOf(parsed));
  return 0;
}

export const ncCommand: CommandSpec = {
  name: 'nc',
  usage: '[OPTION]... [DESTINATION] [PORT]',
  summary: 'Connect to a port, or listen on one, with standard input and output at this end.',
  options: [
    { short: '4', help: 'use IPv4' },
    { short: 'd', help: 'leave standard input alone' },
    { short: 'k', help: 'go on listening after a connection' },
    { short: 'l', help: 'listen' },
    { short: 'N', help: 'shut the connection down after the end of the input' },
    { short: 'n', help: 'no names' },
    { short: 'p', argument: 'PORT', help: 'local port' },
    { short: 'q', argument: 'SECONDS', help: 'leave so long after the end of the input' },
    { short: 's', argument: 'ADDRESS', help: 'local address' },
    { short: 'u', help: 'UDP instead of TCP' },
    { short: 'v', help: 'say what happens' },
    { short: 'w', argument: 'SECONDS', help: 'time to connect, and without anything' },
    { short: 'z', help: 'only connect, to all ports of a range' },
  ],
  *run(parsed) {
    try {
      if (parsed.has('l') && (parsed.has('s') || parsed.has('z')))
        throw new Refused('nc: cannot use -s or -z and -l', 1);
      return yield* parsed.has('l') ? listen(parsed) : dial(parsed);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      yield* writeAll(2, `${error.message}\n`);
      return error.status;
    }
  },
};
