/** Sockets: socket(7), ip(7), packet(7), unix(7). */
import { encodeUtf8 } from '../../../../base/index.ts';
import type { SocketAddress, SocketSpec } from '../../../../linux/index.ts';
import { formatIpv4 } from '../../../../network/index.ts';
import { ADDRESS, quoted } from '../values.ts';
import { type Done, type Formats, filled, type Show, shown } from './types.ts';

const families = { inet: 'AF_INET', packet: 'AF_PACKET', netlink: 'AF_NETLINK' } as const;
const types = { stream: 'SOCK_STREAM', dgram: 'SOCK_DGRAM', raw: 'SOCK_RAW' } as const;
const internetProtocols: Readonly<Record<number, string>> = {
  0: 'IPPROTO_IP',
  1: 'IPPROTO_ICMP',
  6: 'IPPROTO_TCP',
  17: 'IPPROTO_UDP',
  255: 'IPPROTO_RAW',
};
const netlinkProtocols: Readonly<Record<number, string>> = {
  0: 'NETLINK_ROUTE',
  4: 'NETLINK_SOCK_DIAG',
  12: 'NETLINK_NETFILTER',
};
const etherTypes: Readonly<Record<number, string>> = {
  3: 'ETH_P_ALL',
  2048: 'ETH_P_IP',
  2054: 'ETH_P_ARP',
  34525: 'ETH_P_IPV6',
};

const etherType = (inNetworkOrder: number) => {
  const type = ((inNetworkOrder & 0xff) << 8) | (inNetworkOrder >> 8);
  return `htons(${etherTypes[type] ?? `0x${type.toString(16)}`})`;
};

function protocolText({ family, protocol = 0 }: SocketSpec): string {
  if (family === 'packet') return etherType(protocol);
  const names = family === 'inet' ? internetProtocols : netlinkProtocols;
  return names[protocol] ?? `0x${protocol.toString(16)}`;
}

/** An address and its size in bytes. */
function address(to: string | SocketAddress): [string, number] {
  if (typeof to === 'string') {
    const isAbstract = to.startsWith('\0');
    const text = isAbstract ? `@${quoted(to.slice(1))}` : quoted(to);
    // sun_family before it; a path ends in a NUL, an abstract name begins with one.
    return [`{sa_family=AF_UNIX, sun_path=${text}}`, 2 + encodeUtf8(to).length + (isAbstract ? 0 : 1)];
  }
  if (to.family === 'inet') {
    const where = `sin_port=htons(${to.port}), sin_addr=inet_addr("${formatIpv4(to.address)}")`;
    return [`{sa_family=AF_INET, ${where}}`, 16];
  }
  const device = `sll_protocol=${etherType(to.protocol ?? 0)}, sll_ifindex=${to.device}`;
  return [`{sa_family=AF_PACKET, ${device}, ...}`, 20];
}

const told = (done: Done<SocketAddress>) => {
  if (done === null) return [ADDRESS, ADDRESS];
  const [text, size] = address(done.value);
  return [text, `[${size}]`];
};

const levelOf = (name: string) => {
  const level = /^(SO|IP|TCP|PACKET|ICMP)_/.exec(name)?.[1] ?? 'SO';
  return level === 'SO' ? 'SOL_SOCKET' : `SOL_${level}`;
};
const optionValue = (show: Show, value: number | string): [string, number] =>
  typeof value === 'string' ? [show.text(value), encodeUtf8(value).length] : [`[${value}]`, 4];

/** recvmsg(2)'s structure: name, data, and the flags. */
function message(show: Show, from: string | null, data: Uint8Array, room: number, flags: string): string {
  const name = from === null ? 'msg_name=NULL, msg_namelen=0' : `msg_name=${from}`;
  return `{${name}, msg_iov=[{iov_base=${show.text(data)}, iov_len=${room}}], msg_iovlen=1, msg_flags=${flags}}`;
}

type Calls =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'sendto'
  | 'recvmsg'
  | 'recverr'
  | 'getsockname'
  | 'getpeername'
  | 'setsockopt'
  | 'getsockopt'
  | 'shutdown'
  | 'socketpair';

export const socketFormats: Formats<Calls> = {
  socket(show, done, spec) {
    const call =
      spec === undefined
        ? shown('socket', 'AF_UNIX', 'SOCK_STREAM', 0)
        : shown('socket', families[spec.family], types[spec.type], protocolText(spec));
    return done ? { ...call, result: show.fd(done.value) } : call;
  },
  bind: (show, _, fd, to) => shown('bind', show.fd(fd), ...address(to)),
  listen: (show, _, fd, backlog = 0) => shown('listen', show.fd(fd), backlog),
  accept: (show, done, fd) =>
    filled(1, shown('accept', show.fd(fd), 'NULL', 'NULL'), done ? show.fd(done.value) : undefined),
  connect: (show, _, fd, to) => shown('connect', show.fd(fd), ...address(to)),
  sendto: (show, _, fd, data, to) =>
    shown(
      'sendto',
      show.fd(fd),
      show.text(data),
      data.length,
      0,
      ...(to === null ? ['NULL', 0] : address(to)),
    ),
  recvmsg(show, done, fd, count) {
    if (done === null) return filled(1, shown('recvmsg', show.fd(fd), ADDRESS, 0));
    const { data, from } = done.value;
    const text = message(show, address(from)[0], data, count, '0');
    return filled(1, shown('recvmsg', show.fd(fd), text, 0), String(data.length));
  },
  recverr(show, done, fd) {
    if (done === null) return filled(1, shown('recvmsg', show.fd(fd), ADDRESS, 'MSG_ERRQUEUE'));
    const { data } = done.value;
    const text = message(show, null, data, data.length, 'MSG_ERRQUEUE');
    return filled(1, shown('recvmsg', show.fd(fd), text, 'MSG_ERRQUEUE'), String(data.length));
  },
  getsockname: (show, done, fd) => filled(1, shown('getsockname', show.fd(fd), ...told(done)), '0'),
  getpeername: (show, done, fd) => filled(1, shown('getpeername', show.fd(fd), ...told(done)), '0'),
  setsockopt: (show, _, fd, name, value) =>
    shown('setsockopt', show.fd(fd), levelOf(name), name, ...optionValue(show, value)),
  getsockopt(show, done, fd, name) {
    const [text, size] = done ? optionValue(show, done.value) : [ADDRESS, ADDRESS];
    return filled(
      3,
      shown('getsockopt', show.fd(fd), levelOf(name), name, text, done ? `[${size}]` : size),
      '0',
    );
  },
  shutdown: (show, _, fd, how) => shown('shutdown', show.fd(fd), `SHUT_${how.toUpperCase()}`),
  socketpair(show, done) {
    const ends = done ? `[${done.value.map((fd) => show.fd(fd)).join(', ')}]` : ADDRESS;
    return filled(3, shown('socketpair', 'AF_UNIX', 'SOCK_STREAM', 0, ends), '0');
  },
};
