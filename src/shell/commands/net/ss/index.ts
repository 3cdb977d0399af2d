/** ss(8): the sockets of TCP and UDP. Ports are numbers, as on any host without /etc/services. */
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { readSockets, type SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { formatIpv4 } from '../../../../network/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { orNull } from '../../support.ts';
import { COLUMNS, renderColumns } from './columns.ts';

const STATES: ReadonlyMap<SocketInfo['state'], string> = new Map([
  ['ESTABLISHED', 'ESTAB'],
  ['SYN-RECEIVED', 'SYN-RECV'],
  ['CLOSED', 'UNCONN'],
]);

/** Of those that are shown without -a and -l. */
const NOT_CONNECTED: readonly SocketInfo['state'][] = ['LISTEN', 'CLOSED', 'TIME-WAIT', 'SYN-RECEIVED'];

function isShown({ state, protocol }: SocketInfo, parsed: Parsed): boolean {
  const [tcp, udp] = [parsed.has('tcp'), parsed.has('udp')];
  if (!(protocol === 'tcp' ? tcp : udp)) return false;
  if (parsed.has('all')) return true;
  if (parsed.has('listening')) return state === 'LISTEN' || state === 'CLOSED';
  return !NOT_CONNECTED.includes(state);
}

const usersText = ({ users }: SocketInfo) =>
  users.length === 0
    ? ''
    : ` users:(${users.map(({ name, pid, fd }) => `("${name}",pid=${pid},fd=${fd})`).join(',')})`;

function cells(socket: SocketInfo, parsed: Parsed): string[] {
  const { protocol, state, receiveQueue, sendQueue, local, remote, device } = socket;
  const both = parsed.has('tcp') && parsed.has('udp');
  return [
    both ? protocol : '',
    STATES.get(state) ?? state,
    `${receiveQueue}`.padEnd(6),
    `${sendQueue}`.padEnd(6),
    `${formatIpv4(local.address)}${device === null ? '' : `%${device}`}:`,
    `${local.port}`,
    `${formatIpv4(remote?.address ?? 0)}:`,
    remote === null ? '*' : `${remote.port}`,
    parsed.has('processes') ? usersText(socket) : '',
  ];
}

function* run(parsed: Parsed): Sys<number> {
  const refused = foreign.find(({ long }) => parsed.has(long));
  if (refused !== undefined)
    throw new UsageError(`the option -${refused.short} (--${refused.long}) is not simulated`);
  if (parsed.operands.length > 0)
    throw new UsageError(`filters ("${parsed.operands.join(' ')}") are not simulated`);
  if (!parsed.has('tcp') && !parsed.has('udp'))
    throw new UsageError('sockets other than those of TCP and UDP are not simulated: give -t or -u');
  const sockets = (yield* readSockets()).filter((socket) => isShown(socket, parsed));
  const both = parsed.has('tcp') && parsed.has('udp');
  const title = COLUMNS.map(({ title }, i) => (i === 0 && !both ? '' : title));
  const rows = sockets.map((socket) => cells(socket, parsed));
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  const lines = parsed.has('no-header') ? rows : [title, ...rows];
  yield* writeAll(1, renderColumns(lines, size?.cols ?? null));
  return 0;
}

/** Of the real one. */
const FOREIGN =
  '6:ipv6 0:packet w:raw x:unix e:extended m:memory i:info o:options s:summary r:resolve b:bpf E:events K:kill Z:context';

const foreign = FOREIGN.split(' ').map((pair) => {
  const [short = '', long = ''] = pair.split(':');
  return { short, long, help: 'not simulated' };
});

export const ssCommand: CommandSpec = {
  name: 'ss',
  usage: '[OPTION]...',
  summary: 'Show the sockets of TCP (-t) and UDP (-u): connections, and with -l those that listen.',
  usageStatus: 255,
  options: [
    { short: '4', long: 'ipv4', help: 'those of IPv4, as all are' },
    { short: 'a', long: 'all', help: 'connections and those that listen' },
    { short: 'H', long: 'no-header', help: 'without the first line' },
    { short: 'l', long: 'listening', help: 'only those that listen' },
    { short: 'n', long: 'numeric', help: 'numbers instead of names, as is done anyhow' },
    { short: 'p', long: 'processes', help: 'who has them open' },
    { short: 't', long: 'tcp', help: 'TCP' },
    { short: 'u', long: 'udp', help: 'UDP' },
    ...foreign,
  ],
  run,
};
