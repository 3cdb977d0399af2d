/** ping's socket: one that can only ping where the kernel gives it, as iputils asks for first, and a raw one otherwise. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Fd, type Sys, sys } from '../../../../linux/index.ts';
import { IPPROTO_ICMP } from '../../../../network/index.ts';
import { orNull } from '../../support.ts';
import { Refused } from '../words.ts';
import { type PingMessage, readMessage, readQueued, readReply } from './messages.ts';

/** More than any packet, in bytes. */
const LONGEST = 65_536;

export interface PingSocket {
  readonly fd: Fd;
  readonly kind: 'dgram' | 'raw';
  /** Of the requests; a socket that can only ping puts in its own. */
  readonly id: number;
}

/** Neither net.ipv4.ping_group_range nor CAP_NET_RAW may allow it. Throws Refused. */
export function* openPingSocket(): Sys<PingSocket> {
  const id = (yield* sys.getpid()) & 0xffff;
  try {
    const fd = yield* orNull(
      () => sys.socket({ family: 'inet', type: 'dgram', protocol: IPPROTO_ICMP }),
      'EACCES',
    );
    if (fd === null)
      return {
        fd: yield* sys.socket({ family: 'inet', type: 'raw', protocol: IPPROTO_ICMP }),
        kind: 'raw',
        id,
      };
    yield* sys.setsockopt(fd, 'IP_RECVERR', 1);
    yield* sys.setsockopt(fd, 'IP_RECVTTL', 1);
    return { fd, kind: 'dgram', id };
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`ping: socktype: SOCK_RAW\nping: socket: ${strerror(error.code)}`, 2);
  }
}

/** What has come, after poll(2) has said so; null for what is none of ours. */
export function* received(socket: PingSocket): Sys<PingMessage | null> {
  if (socket.kind === 'raw') {
    const { data } = yield* sys.recvmsg(socket.fd, LONGEST);
    return readMessage(data, socket.id);
  }
  // The errors first: an answer does not wake whoever reads while one stands in the queue.
  const error = yield* orNull(() => sys.recverr(socket.fd), 'EAGAIN');
  return error === null ? readReply(yield* sys.recvmsg(socket.fd, LONGEST)) : readQueued(error);
}

/** The next error of the queue; null when it is empty. */
export function* queued({ fd, kind }: PingSocket): Sys<PingMessage | null> {
  if (kind === 'raw') return null;
  const error = yield* orNull(() => sys.recverr(fd), 'EAGAIN');
  return error === null ? null : readQueued(error);
}
