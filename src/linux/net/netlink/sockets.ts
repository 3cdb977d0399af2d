/** Messages about sockets. */
import { SECOND } from '../../../base/index.ts';
import type {
  NetworkNamespace,
  NetworkSocket,
  TcpConnection,
  TcpSocket,
  UdpSocket,
} from '../../../network/index.ts';
import type { Cgroup } from '../../cgroup/cgroup.ts';
import { capable } from '../../credentials/credentials.ts';
import type { Task } from '../../tasks/task.ts';
import { type HostNamespace, RoomSocketFile } from '../socketFile.ts';
import type { SocketInfo } from './socketRequests.ts';

/** What the files say of their sockets. */
interface Opened {
  users: SocketInfo['users'];
  readonly inode: number;
  readonly uid: number;
  readonly cgroup: string | null;
}

type OpenedOf = (socket: NetworkSocket | null) => Opened | null;

/** Below the root that the caller sees; of one outside only the number is known. */
function cgroupSeen(cgroup: Cgroup, { namespaces }: Task): string {
  const { root } = namespaces.cgroup;
  if (!cgroup.isWithin(root)) return `unreachable:${cgroup.id.toString(16)}`;
  if (root.parent === null) return cgroup.path;
  return cgroup.path.slice(root.path.length) || '/';
}

/**
 * Whose a socket is, is known of all of them; processes only of the caller's namespace, and descriptors of other users' processes need
 * CAP_SYS_PTRACE.
 */
function openedSeen(task: Task): OpenedOf {
  const opened = new Map<NetworkSocket, Opened>();
  const { pid: ns } = task.namespaces;
  const { credentials } = task;
  for (const other of ns.top.tasks.values()) {
    const owner = other.credentials;
    if (!other.alive) continue;
    const pid = other.pid.seenFrom(ns);
    const seen =
      pid !== 0 && (owner.uid === credentials.euid || capable(credentials, owner.userNs, 'CAP_SYS_PTRACE'));
    for (const [fd, file] of other.fds.entries()) {
      if (!(file instanceof RoomSocketFile)) continue;
      const known = opened.get(file.roomSocket) ?? {
        users: [],
        inode: file.stat().ino,
        uid: file.owner?.uid ?? 0,
        cgroup: file.owner === null ? null : cgroupSeen(file.owner.cgroup, task),
      };
      if (seen) known.users = [...known.users, { name: other.comm, pid, fd }];
      opened.set(file.roomSocket, known);
    }
  }
  return (socket) => (socket === null ? null : (opened.get(socket) ?? null));
}

/** Numbers of sockets, given when somebody first asks (`sock_gen_cookie`). */
const cookies = new WeakMap<object, number>();
const lastCookies = new WeakMap<NetworkNamespace, number>();

function cookieOf(network: NetworkNamespace, socket: object): number {
  const known = cookies.get(socket);
  if (known !== undefined) return known;
  const cookie = (lastCookies.get(network) ?? 0) + 1;
  lastCookies.set(network, cookie);
  cookies.set(socket, cookie);
  return cookie;
}

const end = ({ address, port }: { address: number; port: number }) => ({ address, port });

const ownership = (opened: Opened | null) => ({
  uid: opened?.uid ?? 0,
  cgroup: opened?.cgroup ?? null,
  inode: opened?.inode ?? 0,
  users: opened?.users ?? [],
});

const listenerInfo = (socket: TcpSocket, network: NetworkNamespace, openedOf: OpenedOf): SocketInfo => ({
  protocol: 'tcp',
  state: 'LISTEN',
  receiveQueue: socket.queue.waiting,
  sendQueue: socket.queue.backlog,
  local: end(socket.local),
  remote: null,
  device: socket.device?.name ?? null,
  ...ownership(openedOf(socket)),
  cookie: cookieOf(network, socket),
  shut: { receive: false, send: false },
  timer: null,
  pace: { timeout: FIRST_TIMEOUT, window: FIRST_WINDOW, threshold: 0 },
  drops: 0,
});

/** Nobody has it, and it only waits until the peer has surely heard: a time-wait socket of the kernel, whatever its state is called. */
const isTimeWait = ({ state, socket }: TcpConnection) =>
  state === 'TIME-WAIT' || (state === 'FIN-WAIT-2' && socket === null);

function timerOf(connection: TcpConnection): SocketInfo['timer'] {
  const { now, retries } = connection;
  const left = (timer: 'retransmit' | 'persist' | 'end') => {
    const time = connection.timer(timer);
    return time === null ? null : time - now;
  };
  const [again, probe, ending] = [left('retransmit'), left('persist'), left('end')];
  if (isTimeWait(connection) && ending !== null) return { name: 'timewait', left: ending, retries: 0 };
  if (again !== null) return { name: 'on', left: again, retries };
  return probe === null ? null : { name: 'persist', left: probe, retries };
}

/** What a connection begins with: tcp(7)'s initial timeout, and segments (RFC 6928). */
const FIRST_TIMEOUT = SECOND;
const FIRST_WINDOW = 10;
/** The threshold of slow start that is none yet. */
const ENDLESS = 0x7fffffff;

function paceOf({ roundTrip, congestion, mss }: TcpConnection): SocketInfo['pace'] {
  const { window, threshold } = congestion;
  return {
    timeout: roundTrip.timeout,
    window: Math.floor(window / mss),
    threshold: threshold === ENDLESS ? null : Math.floor(threshold / mss),
  };
}

const connectionInfo = (
  connection: TcpConnection,
  network: NetworkNamespace,
  openedOf: OpenedOf,
): SocketInfo => ({
  protocol: 'tcp',
  state: connection.state,
  receiveQueue: connection.received.length,
  sendQueue: connection.sendBuffer.length,
  local: end(connection.local),
  remote: end(connection.remote),
  device: connection.options.device?.name ?? null,
  ...ownership(openedOf(connection.socket)),
  cookie: cookieOf(network, connection),
  shut: isTimeWait(connection)
    ? null
    : { receive: connection.finReceived || connection.readShut, send: connection.finQueued },
  timer: timerOf(connection),
  pace: paceOf(connection),
  drops: 0,
});

const datagramInfo = (socket: UdpSocket, network: NetworkNamespace, openedOf: OpenedOf): SocketInfo => ({
  protocol: 'udp',
  state: socket.remote === null ? 'CLOSED' : 'ESTABLISHED',
  receiveQueue: socket.receiveQueue,
  sendQueue: 0,
  local: end(socket.local),
  remote: socket.remote === null ? null : end(socket.remote),
  device: socket.device?.name ?? null,
  ...ownership(openedOf(socket)),
  cookie: cookieOf(network, socket),
  shut: { receive: false, send: false },
  timer: null,
  pace: null,
  drops: socket.drops,
});

const byPort = (a: SocketInfo, b: SocketInfo) => a.local.port - b.local.port;

export function readSocketInfos({ network }: HostNamespace, task: Task): readonly SocketInfo[] {
  const openedOf = openedSeen(task);
  const datagrams = [...network.udp.sockets]
    .filter(({ local }) => local.port !== 0)
    .map((socket) => datagramInfo(socket, network, openedOf));
  const listeners = network.tcp.listeners.map((socket) => listenerInfo(socket, network, openedOf));
  const connections = network.tcp.connections.map((each) => connectionInfo(each, network, openedOf));
  return [...datagrams.sort(byPort), ...listeners.sort(byPort), ...connections.sort(byPort)];
}
