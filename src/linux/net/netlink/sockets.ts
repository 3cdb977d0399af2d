/** Messages about sockets. */
import type { NetworkSocket, TcpConnection, TcpSocket, UdpSocket } from '../../../network/index.ts';
import { capable } from '../../credentials/credentials.ts';
import type { Task } from '../../tasks/task.ts';
import { type HostNamespace, RoomSocketFile } from '../socketFile.ts';
import type { SocketInfo } from './socketRequests.ts';

type UsersOf = (socket: NetworkSocket | null) => SocketInfo['users'];

/** Descriptors of other users' processes need CAP_SYS_PTRACE. */
function usersSeen(task: Task): UsersOf {
  const users = new Map<NetworkSocket, { name: string; pid: number; fd: number }[]>();
  const { pid: ns } = task.namespaces;
  const { credentials } = task;
  for (const [pid, other] of ns.tasks) {
    const owner = other.credentials;
    if (!other.alive) continue;
    if (owner.uid !== credentials.euid && !capable(credentials, owner.userNs, 'CAP_SYS_PTRACE')) continue;
    for (const [fd, file] of other.fds.entries()) {
      if (!(file instanceof RoomSocketFile)) continue;
      const known = users.get(file.roomSocket) ?? [];
      users.set(file.roomSocket, [...known, { name: other.comm, pid, fd }]);
    }
  }
  return (socket) => (socket === null ? [] : (users.get(socket) ?? []));
}

const end = ({ address, port }: { address: number; port: number }) => ({ address, port });

const listenerInfo = (socket: TcpSocket, usersOf: UsersOf): SocketInfo => ({
  protocol: 'tcp',
  state: 'LISTEN',
  receiveQueue: socket.queue.waiting,
  sendQueue: socket.queue.backlog,
  local: end(socket.local),
  remote: null,
  device: socket.device?.name ?? null,
  users: usersOf(socket),
});

const connectionInfo = (connection: TcpConnection, usersOf: UsersOf): SocketInfo => ({
  protocol: 'tcp',
  state: connection.state,
  receiveQueue: connection.received.length,
  sendQueue: connection.sendBuffer.length,
  local: end(connection.local),
  remote: end(connection.remote),
  device: connection.options.device?.name ?? null,
  users: usersOf(connection.socket),
});

const datagramInfo = (socket: UdpSocket, usersOf: UsersOf): SocketInfo => ({
  protocol: 'udp',
  state: socket.remote === null ? 'CLOSED' : 'ESTABLISHED',
  receiveQueue: socket.receiveQueue,
  sendQueue: 0,
  local: end(socket.local),
  remote: socket.remote === null ? null : end(socket.remote),
  device: socket.device?.name ?? null,
  users: usersOf(socket),
});

const byPort = (a: SocketInfo, b: SocketInfo) => a.local.port - b.local.port;

export function readSocketInfos({ network }: HostNamespace, task: Task): readonly SocketInfo[] {
  const usersOf = usersSeen(task);
  const datagrams = [...network.udp.sockets]
    .filter(({ local }) => local.port !== 0)
    .map((socket) => datagramInfo(socket, usersOf));
  const listeners = network.tcp.listeners.map((socket) => listenerInfo(socket, usersOf));
  const connections = network.tcp.connections.map((each) => connectionInfo(each, usersOf));
  return [...datagrams.sort(byPort), ...listeners.sort(byPort), ...connections.sort(byPort)];
}
