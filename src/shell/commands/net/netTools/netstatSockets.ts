/** Lines of `netstat` about sockets (netstat.c of net-tools 2.10). */
import { decodeUtf8, SECOND } from '../../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { nameOf } from '../../../../linux/net/names.ts';
import type { SocketEnd, SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { formatIpv4 } from '../../../../network/index.ts';
import { accounts, namesIn, orNull } from '../../support.ts';

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
/** How much of a process's number and name. */
const PROGRAM_WIDTH = 19;

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

/** Who has which socket, by its inode: the last of those that have it, as they are found in /proc. */
export type Programs = ReadonlyMap<number, string>;

/** Reads who has the sockets; tells on standard error what the caller may not see. */
export function* readPrograms(sockets: readonly SocketInfo[]): Sys<Programs> {
  const programs = new Map<number, string>();
  for (const { inode, users } of sockets) {
    const [first] = users;
    if (first === undefined) continue;
    const bytes = yield* orNull(() => readFile(`/proc/${first.pid}/cmdline`));
    const [command = ''] = decodeUtf8(bytes ?? new Uint8Array()).split('\0');
    const name = command.startsWith('/') ? command.slice(command.lastIndexOf('/') + 1) : command;
    programs.set(inode, `${first.pid}/${name}`.slice(0, PROGRAM_WIDTH));
  }
  let hidden = false;
  for (const pid of (yield* namesIn('/proc')).filter((name) => /^\d+$/.test(name)))
    if ((yield* orNull(() => namesIn(`/proc/${pid}/fd`), 'EACCES')) === null) hidden = true;
  if (!hidden) return programs;
  const some =
    '(Not all processes could be identified, non-owned process info\n will not be shown, you would have to be root to see it all.)\n';
  const none = `(No info could be read for "-p": geteuid()=${yield* sys.geteuid()} but you should be root.)\n`;
  yield* writeAll(2, programs.size > 0 ? some : none);
  return programs;
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
