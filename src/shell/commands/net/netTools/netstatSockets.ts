/** Lines of `netstat` about sockets (netstat.c of net-tools 2.10). */
import { SECOND } from '../../../../base/index.ts';
import type { Sys } from '../../../../linux/index.ts';
import { nameOf } from '../../../../linux/net/names.ts';
import type { SocketEnd, SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { formatIpv4 } from '../../../../network/index.ts';
import { accounts } from '../../support.ts';
import { PROGRAM_WIDTH, type Programs } from './programs.ts';

export interface SocketColumns {
  readonly numericHosts: boolean;
  readonly numericUsers: boolean;
  /** -W: addresses are not cut off. */
  readonly wide: boolean;
  /** -e: user and inode. */
  readonly extended: boolean;
  /** -p */
  readonly programs: boolean;
  /** -o */
  readonly timers: boolean;
}

const STATES: ReadonlyMap<SocketInfo['state'], string> = new Map([
  ['SYN-SENT', 'SYN_SENT'],
  ['SYN-RECEIVED', 'SYN_RECV'],
  ['FIN-WAIT-1', 'FIN_WAIT1'],
  ['FIN-WAIT-2', 'FIN_WAIT2'],
  ['TIME-WAIT', 'TIME_WAIT'],
  ['CLOSED', 'CLOSE'],
  ['CLOSE-WAIT', 'CLOSE_WAIT'],
  ['LAST-ACK', 'LAST_ACK'],
]);

/** How much of an address and a port is shown, as far as it is not {@link SocketColumns.wide}. */
const END_WIDTH = 22;
export function socketTitle(columns: SocketColumns): string {
  return [
    'Proto Recv-Q Send-Q Local Address           Foreign Address         State      ',
    columns.extended && ' User       Inode     ',
    columns.programs && ` ${'PID/Program name'.padEnd(PROGRAM_WIDTH + 1)}`,
    columns.timers && ' Timer',
    '\n',
  ]
    .filter((part) => part !== false)
    .join('');
}

/** Ports are numbers, as on any host without /etc/services. */
function* endText(end: SocketEnd | null, columns: SocketColumns): Sys<string> {
  const { address, port } = end ?? { address: 0, port: 0 };
  const name = columns.numericHosts || address === 0 ? null : yield* nameOf(address);
  const host = name ?? formatIpv4(address);
  const service = port === 0 ? '*' : `${port}`;
  const kept = columns.wide ? host.length : Math.min(host.length, END_WIDTH - service.length);
  return `${host.slice(0, kept)}:${service}`;
}

function timerText({ protocol, timer }: SocketInfo): string {
  if (protocol === 'udp' || timer === null) return 'off (0.00/0/0)';
  const left = (timer.left / SECOND).toFixed(2);
  if (timer.name === 'persist') return `probe (${left}/0/${timer.retries})`;
  return `${timer.name} (${left}/${timer.retries}/0)`;
}

function stateText({ protocol, state }: SocketInfo): string {
  if (protocol === 'udp') return state === 'ESTABLISHED' ? state : '';
  return STATES.get(state) ?? state;
}

/** The line of a socket. */
export function* socketLine(socket: SocketInfo, columns: SocketColumns, programs: Programs): Sys<string> {
  const { protocol, state, receiveQueue, sendQueue, uid, inode } = socket;
  const named = columns.extended && !columns.numericUsers;
  const user = named ? (yield* accounts()).find((each) => each.uid === uid)?.name : undefined;
  // How many may wait for accept(2) is no queue of /proc/net/tcp.
  const sending = state === 'LISTEN' ? 0 : sendQueue;
  const [local, remote] = [yield* endText(socket.local, columns), yield* endText(socket.remote, columns)];
  return [
    `${protocol.padEnd(5)} ${`${receiveQueue}`.padStart(6)} ${`${sending}`.padStart(6)} `,
    `${local.padEnd(23)} ${remote.padEnd(23)} ${stateText(socket).padEnd(11)}`,
    columns.extended && ` ${(user ?? `${uid}`).padEnd(10)} ${`${inode}`.padEnd(10)}`,
    columns.programs && ` ${(programs.get(inode) ?? '-').padEnd(PROGRAM_WIDTH + 1)}`,
    columns.timers && ` ${timerText(socket)}`,
    '\n',
  ]
    .filter((part) => part !== false)
    .join('');
}
