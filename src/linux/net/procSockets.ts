/** Sockets in /proc/net: proc_pid_net(5), Linux' Documentation/networking/proc_net_tcp.rst, and the lines that net/ipv4 and af_packet.c print. */
import { MILLISECOND } from '../../base/index.ts';
import type { TcpState } from '../../network/index.ts';
import type { Task } from '../tasks/task.ts';
import { hex, littleEndian } from './hexNumbers.ts';
import { RawFile } from './inet.ts';
import type { SocketEnd, SocketInfo } from './netlink/socketRequests.ts';
import { readSocketInfos } from './netlink/sockets.ts';
import { filesOf } from './openSockets.ts';
import { PacketFile } from './packetFile.ts';
import { PingFile } from './pingFile.ts';
import type { HostNamespace } from './socketFile.ts';

/** Where the kernel has a socket is nobody's business (kptr_restrict). */
export const POINTER = '0'.repeat(16);
/** A clock tick of times(2), in nanoseconds. */
const TICK = 10 * MILLISECOND;

const STATES: readonly TcpState[] = [
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
];
const TIMERS = { on: 1, timewait: 3, persist: 4 } as const;
/** One slot for each 2 MiB of the memory that most hosts have. */
const UDP_SLOTS = 2048;
const RAW_SLOTS = 256;
const PING_SLOTS = 64;
/** Lines are filled up to so many characters. */
const [TCP_LINE, UDP_LINE] = [149, 127] as const;

const COLUMNS =
  'sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

const endText = (end: SocketEnd | null) => `${littleEndian(end?.address ?? 0)}:${hex(end?.port ?? 0, 4)}`;

interface Line {
  readonly slot: number;
  readonly local: SocketEnd;
  readonly remote: SocketEnd | null;
  readonly state: TcpState;
  readonly queues: readonly [send: number, receive: number];
  readonly timer: SocketInfo['timer'];
  readonly uid: number;
  readonly inode: number;
}

/** What the lines of all kinds begin with. */
function lineText(
  { slot, local, remote, state, queues, timer, uid, inode }: Line,
  width: number,
  task: Task,
): string {
  const waits = timer === null ? 0 : Math.floor(timer.left / TICK);
  const clock = `${hex(timer === null ? 0 : TIMERS[timer.name], 2)}:${hex(waits, 8)}`;
  const [send, receive] = queues.map((bytes) => hex(bytes, 8));
  return [
    `${`${slot}`.padStart(width)}: ${endText(local)} ${endText(remote)} ${hex(STATES.indexOf(state) + 1, 2)}`,
    `${send}:${receive} ${clock} ${hex(timer?.retries ?? 0, 8)}`,
    `${`${task.credentials.userNs.uidSeen(uid)}`.padStart(5)} ${'0'.padStart(8)} ${inode}`,
  ].join(' ');
}

export function tcpText(space: HostNamespace, task: Task): string {
  const lines = readSocketInfos(space, task)
    .filter(({ protocol }) => protocol === 'tcp')
    .map((socket, slot) => {
      const { state, timer, receiveQueue, sendQueue, pace } = socket;
      const listens = state === 'LISTEN';
      const over = timer?.name === 'timewait';
      const queues = over ? ([0, 0] as const) : ([listens ? 0 : sendQueue, receiveQueue] as const);
      const begun = lineText({ ...socket, slot, queues }, 4, task);
      // A timer holds its socket as well. Delayed acknowledgements have none here.
      const held = `${begun} ${timer === null || over ? 1 : 2} ${POINTER}`;
      if (over || pace === null) return held;
      return `${held} ${Math.floor(pace.timeout / TICK)} 0 0 ${pace.window} ${pace.threshold ?? -1}`;
    });
  return [`  ${COLUMNS}`, ...lines].map((line) => `${line.padEnd(TCP_LINE)}\n`).join('');
}

/** Of sockets that are sorted into slots. */
function slotsText(
  lines: readonly { readonly line: Line; readonly drops: number }[],
  task: Task,
  width: number,
): string[] {
  return [...lines]
    .sort((a, b) => a.line.slot - b.line.slot)
    .map(({ line, drops }) => `${lineText(line, width, task)} 2 ${POINTER} ${drops}`);
}

const stateOf = (remote: unknown): TcpState => (remote === null ? 'CLOSED' : 'ESTABLISHED');

export function udpText(space: HostNamespace, task: Task): string {
  const lines = readSocketInfos(space, task)
    .filter(({ protocol }) => protocol === 'udp')
    .map((socket) => {
      const { local, receiveQueue, drops } = socket;
      return { line: { ...socket, slot: local.port % UDP_SLOTS, queues: [0, receiveQueue] as const }, drops };
    });
  return [`   ${COLUMNS} ref pointer drops`, ...slotsText(lines, task, 5)]
    .map((line) => `${line.padEnd(UDP_LINE)}\n`)
    .join('');
}

export function pingText(space: HostNamespace, task: Task): string {
  const lines = filesOf(space, task, PingFile)
    .filter(({ roomSocket }) => roomSocket.local.port !== 0)
    .map((file) => {
      const { local, remote, receiveQueue, drops } = file.roomSocket;
      return {
        line: {
          ...{ slot: local.port % PING_SLOTS, local, remote, state: stateOf(remote), timer: null },
          ...{ queues: [0, receiveQueue] as const, uid: file.owner?.uid ?? 0, inode: file.stat().ino },
        },
        drops,
      };
    });
  return [`  ${COLUMNS} ref pointer drops`, ...slotsText(lines, task, 5)]
    .map((line) => `${line.padEnd(UDP_LINE)}\n`)
    .join('');
}

/** The port is the protocol. */
export function rawText(space: HostNamespace, task: Task): string {
  const lines = filesOf(space, task, RawFile).map((file) => {
    const { protocol, local, remote, receiveQueue, drops } = file.roomSocket;
    return {
      line: {
        ...{ slot: protocol % RAW_SLOTS, local: { address: local, port: protocol } },
        ...{ remote: remote === null ? null : { address: remote, port: 0 }, state: stateOf(remote) },
        ...{ timer: null, queues: [0, receiveQueue] as const },
        ...{ uid: file.owner?.uid ?? 0, inode: file.stat().ino },
      },
      drops,
    };
  });
  return [`  ${COLUMNS} ref pointer drops`, ...slotsText(lines, task, 4)].map((line) => `${line}\n`).join('');
}

/** SOCK_RAW of socket(2). */
const RAW_TYPE = 3;

export function packetText(space: HostNamespace, task: Task): string {
  const lines = filesOf(space, task, PacketFile).map((file) => {
    const { protocol, device, receiveQueue } = file.roomSocket;
    const uid = task.credentials.userNs.uidSeen(file.owner?.uid ?? 0);
    const fields = [
      ...[POINTER, '3'.padEnd(6), `${RAW_TYPE}`.padEnd(4), hex(protocol, 4).toLowerCase(), ' '],
      ...[`${device?.index ?? 0}`.padEnd(5), '1', `${receiveQueue}`.padEnd(6)],
      ...[`${uid}`.padEnd(6), `${file.stat().ino}`.padEnd(6)],
    ];
    return `${fields.join(' ')}\n`;
  });
  return `sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n${lines.join('')}`;
}
