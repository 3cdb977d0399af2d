/** /proc/net/sockstat: how many sockets there are, as Linux' net/ipv4/proc.c counts them. */
import { PAGE } from '../cgroup/values.ts';
import type { Task } from '../tasks/task.ts';
import { RawFile, StreamFile } from './inet.ts';
import type { SocketInfo } from './netlink/socketRequests.ts';
import { readSocketInfos } from './netlink/sockets.ts';
import { filesOf, openSockets } from './openSockets.ts';
import { PacketFile } from './packetFile.ts';
import { PingFile } from './pingFile.ts';
import { unixSockets } from './procUnix.ts';
import type { HostNamespace } from './socketFile.ts';

/** Pages that what waits to be sent and read takes. */
const pages = (sockets: readonly SocketInfo[]) =>
  Math.ceil(
    sockets.reduce(
      (sum, { state, receiveQueue, sendQueue }) =>
        state === 'LISTEN' ? sum : sum + receiveQueue + sendQueue,
      0,
    ) / PAGE,
  );

export function statisticsText(space: HostNamespace, task: Task): string {
  const all = readSocketInfos(space, task);
  const over = all.filter(({ timer }) => timer?.name === 'timewait');
  const tcp = all.filter((socket) => socket.protocol === 'tcp' && !over.includes(socket));
  const udp = all.filter(({ protocol }) => protocol === 'udp');
  const raw = filesOf(space, task, RawFile).length;
  const others = filesOf(space, task, PacketFile).length + filesOf(space, task, PingFile).length;
  // What waits for accept(2) is open still; who has closed the file has left an orphan.
  const orphans = tcp.filter(({ inode, shut }) => inode === 0 && (shut?.send ?? false)).length;
  // Allocated ones are counted over all namespaces, those without a port or a connection as well.
  const streams = openSockets(task).flatMap((file) => (file instanceof StreamFile ? [file.roomSocket] : []));
  const allocated = streams.reduce((sum, { queue }) => sum + 1 + queue.waiting, orphans);
  const fragments = space.network.ip.fragments;
  const used = tcp.length + udp.length + raw + others + unixSockets(space, task).length;
  return [
    `sockets: used ${used}`,
    `TCP: inuse ${tcp.length} orphan ${orphans} tw ${over.length} alloc ${allocated} mem ${pages(tcp)}`,
    `UDP: inuse ${udp.length} mem ${pages(udp)}`,
    'UDPLITE: inuse 0',
    `RAW: inuse ${raw}`,
    `FRAG: inuse ${fragments.packets} memory ${fragments.bytes}`,
    '',
  ].join('\n');
}
