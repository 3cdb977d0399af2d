/** Connections over TCP, by name. Importing this file provides them. */
import { isOsError, type OsError, SECOND } from '../../base/index.ts';
import { type Fd, type Sys, sys } from '../../linux/index.ts';
import { connectWithin } from '../../linux/net/connect.ts';
import { lookupHost } from '../../linux/net/names.ts';
import { resolverConfig } from '../../linux/net/resolver.ts';
import { formatIpv4 } from '../../network/index.ts';
import { DialError, provideDial } from './dialing.ts';

/** As the daemon's transport sets it. */
const TIMEOUT = 30 * SECOND;

const words: Partial<Record<OsError['code'], string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

function* addressOf(host: string): Sys<number> {
  const found = yield* lookupHost(host);
  if (found.kind === 'found') return found.addresses[0]!;
  const server = (yield* resolverConfig())?.nameservers[0];
  const where = server === undefined ? '' : ` on ${formatIpv4(server)}:53`;
  const silent = found.kind === 'again' && server !== undefined;
  throw new DialError(`dial tcp: lookup ${host}${where}: ${silent ? 'i/o timeout' : 'no such host'}`);
}

function* connect(host: string, port: number): Sys<Fd> {
  const address = yield* addressOf(host);
  let fd: Fd | null = null;
  try {
    fd = yield* sys.socket({ family: 'inet', type: 'stream' });
    yield* connectWithin(fd, { family: 'inet', address, port }, TIMEOUT);
    return fd;
  } catch (error) {
    if (fd !== null) yield* sys.close(fd);
    if (!isOsError(error)) throw error;
    throw new DialError(
      `dial tcp ${formatIpv4(address)}:${port}: ${words[error.code] ?? `connect: ${error.message.toLowerCase()}`}`,
    );
  }
}

provideDial(connect);
