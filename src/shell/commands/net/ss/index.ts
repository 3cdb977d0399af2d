/** ss(8): the sockets of TCP and UDP. Ports are numbers, as on any host without /etc/services. */
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { readSockets, type SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { formatIpv4 } from '../../../../network/index.ts';
import { type CommandSpec, foreignOptions, type Parsed, UsageError } from '../../options.ts';
import { orNull } from '../../support.ts';
import { enterNamespace } from '../ip/netns.ts';
import { Refused } from '../words.ts';
import { COLUMNS, renderColumns } from './columns.ts';
import { extendedText, timerText, usersText } from './details.ts';
import { compileSocketFilter } from './filter.ts';
import { ALL_STATES, CONNECTIONS, chosenStates, LISTENING } from './states.ts';
import { summary } from './summary.ts';

const STATES: ReadonlyMap<SocketInfo['state'], string> = new Map([
  ['ESTABLISHED', 'ESTAB'],
  ['SYN-RECEIVED', 'SYN-RECV'],
  ['CLOSED', 'UNCONN'],
]);

function cells(socket: SocketInfo, parsed: Parsed, withState: boolean): string[] {
  const { protocol, state, receiveQueue, sendQueue, local, remote, device } = socket;
  const both = parsed.has('tcp') && parsed.has('udp');
  return [
    both ? protocol : '',
    withState ? (STATES.get(state) ?? state) : '',
    `${receiveQueue}`.padEnd(6),
    `${sendQueue}`.padEnd(6),
    `${formatIpv4(local.address)}${device === null ? '' : `%${device}`}:`,
    `${local.port}`,
    `${formatIpv4(remote?.address ?? 0)}:`,
    remote === null ? '*' : `${remote.port}`,
    [
      parsed.has('processes') && usersText(socket),
      // -e shows the timer as well.
      (parsed.has('options') || parsed.has('extended')) && timerText(socket),
      parsed.has('extended') && extendedText(socket),
    ]
      .filter((part) => part !== false)
      .join(''),
  ];
}

function* show(parsed: Parsed): Sys<number> {
  const namespace = parsed.value('net');
  if (parsed.has('summary')) {
    if (namespace !== null) yield* enterNamespace(namespace, 1);
    yield* writeAll(1, yield* summary());
    if (!parsed.has('tcp') && !parsed.has('udp') && parsed.operands.length === 0) return 0;
  } else if (!parsed.has('tcp') && !parsed.has('udp'))
    throw new UsageError('sockets other than those of TCP and UDP are not simulated: give -t or -u');
  const usual = parsed.has('all') ? ALL_STATES : parsed.has('listening') ? LISTENING : CONNECTIONS;
  const { states, rest } = chosenStates(parsed.operands, usual);
  const fits = compileSocketFilter(rest);
  if (namespace !== null && !parsed.has('summary')) yield* enterNamespace(namespace, 1);
  const sockets = (yield* readSockets()).filter(
    (socket) => parsed.has(socket.protocol) && states.includes(socket.state) && fits(socket),
  );
  const both = parsed.has('tcp') && parsed.has('udp');
  // A state that all have needs no column.
  const withState = states.length > 1;
  const title = COLUMNS.map(({ title }, i) => ((i === 0 && !both) || (i === 1 && !withState) ? '' : title));
  const rows = sockets.map((socket) => cells(socket, parsed, withState));
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  const lines = parsed.has('no-header') ? rows : [title, ...rows];
  yield* writeAll(1, renderColumns(lines, size?.cols ?? null));
  return 0;
}

function* run(parsed: Parsed): Sys<number> {
  try {
    return yield* show(parsed);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    yield* writeAll(2, `${error.message}\n`);
    return error.status;
  }
}

/** Of the real one. */
const FOREIGN = '6:ipv6 0:packet w:raw x:unix m:memory i:info r:resolve b:bpf E:events K:kill Z:context';

export const ssCommand: CommandSpec = {
  name: 'ss',
  usage: '[OPTION]... [state STATE] [EXPRESSION]',
  summary:
    'Show the sockets of TCP (-t) and UDP (-u): connections, and with -l those that listen.\n' +
    'EXPRESSION: sport|dport = :PORT, src|dst ADDRESS[/LENGTH][:PORT]; and, or, not, ( ).',
  usageStatus: 255,
  options: [
    { short: '4', long: 'ipv4', help: 'those of IPv4, as all are' },
    { short: 'a', long: 'all', help: 'connections and those that listen' },
    { short: 'e', long: 'extended', help: 'more of each: user, inode, control group' },
    { short: 'H', long: 'no-header', help: 'without the first line' },
    { short: 'l', long: 'listening', help: 'only those that listen' },
    { short: 'n', long: 'numeric', help: 'numbers instead of names, as is done anyhow' },
    { short: 'N', long: 'net', argument: 'NAME', help: 'of the network namespace NAME' },
    { short: 'o', long: 'options', help: 'timers' },
    { short: 'O', long: 'oneline', help: 'a line for each, as is done anyhow' },
    { short: 'p', long: 'processes', help: 'who has them open' },
    { short: 's', long: 'summary', help: 'how many there are of each kind' },
    { short: 't', long: 'tcp', help: 'TCP' },
    { short: 'u', long: 'udp', help: 'UDP' },
    ...foreignOptions(FOREIGN),
  ],
  run,
};
