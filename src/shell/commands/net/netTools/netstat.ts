/** netstat(8) of net-tools: sockets, routes and interfaces. */
import { SECOND } from '../../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { readSockets, type SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { type CommandSpec, foreignOptions, type Parsed, UsageError } from '../../options.ts';
import { answering, Refused } from '../words.ts';
import { readInterfaces } from './interfaces.ts';
import { longText, shortText, shortTitle } from './interfaceText.ts';
import { type SocketColumns, socketLine, socketTitle } from './netstatSockets.ts';
import { unixText } from './netstatUnix.ts';
import { readPrograms } from './programs.ts';
import { routesText } from './routeText.ts';
import { VERSION } from './version.ts';

/** Those of the real one that are not there. */
const FOREIGN =
  '6:inet6 A:protocol=FAMILY C:cache g:groups M:masquerade N:symbolic s:statistics S:sctp U:udplite w:raw Z:context';

const times = (parsed: Parsed, option: string) => parsed.order.filter((each) => each === option).length;

/** Sockets that listen have no port at their other end; those of UDP that anybody may send to count as such. */
const isServer = ({ protocol, state, remote }: SocketInfo) =>
  protocol === 'tcp' ? state === 'LISTEN' : remote === null;

function* socketsText(parsed: Parsed): Sys<string> {
  const [all, listening] = [parsed.has('all'), parsed.has('listening')];
  const every = !['tcp', 'udp', 'unix'].some((each) => parsed.has(each));
  const programs = parsed.has('programs') ? yield* readPrograms() : null;
  const which = all ? 'servers and established' : listening ? 'only servers' : 'w/o servers';
  const shows = (server: boolean) => all || server === listening;
  const unix = every || parsed.has('unix') ? yield* unixText(which, shows, programs) : '';
  if (!every && !parsed.has('tcp') && !parsed.has('udp')) return unix;
  const shown = (yield* readSockets()).filter(
    (each) => (every || parsed.has(each.protocol)) && shows(isServer(each)),
  );
  const columns: SocketColumns = {
    numericHosts: parsed.has('numeric') || parsed.has('numeric-hosts'),
    numericUsers: parsed.has('numeric') || parsed.has('numeric-users'),
    wide: parsed.has('wide'),
    extended: parsed.has('extend'),
    programs: programs !== null,
    timers: parsed.has('timers'),
  };
  let text = `Active Internet connections (${which})\n${socketTitle(columns)}`;
  for (const protocol of ['tcp', 'udp'])
    for (const each of shown)
      if (each.protocol === protocol) text += yield* socketLine(each, columns, programs ?? new Map());
  return text + unix;
}

function* interfacesText(parsed: Parsed): Sys<string> {
  const shown = (yield* readInterfaces()).all.filter(({ link }) => parsed.has('all') || link.up);
  const long = parsed.has('extend');
  const lines = shown.map(long ? longText : shortText);
  return `Kernel Interface table\n${long ? '' : shortTitle('Iface             ')}${lines.join('')}`;
}

/** Once is the usual number of columns here, and none what -e gives route. */
function* tableText(parsed: Parsed): Sys<string> {
  const layouts = ['windows', 'usual', 'both'] as const;
  const layout = layouts[Math.min(times(parsed, 'extend'), 2)]!;
  return yield* routesText(layout, parsed.has('numeric') || parsed.has('numeric-hosts'));
}

function* run(parsed: Parsed): Sys<number> {
  if (parsed.has('version')) {
    yield* writeAll(1, `${VERSION}\n`);
    return 0;
  }
  if (parsed.has('bluetooth'))
    throw new Refused(
      "netstat: feature `AF BLUETOOTH' not supported.\nPlease recompile `net-tools' with newer kernel source or full configuration.",
      1,
    );
  const [routes, interfaces] = [parsed.has('route'), parsed.has('interfaces')];
  if (routes && interfaces) throw new UsageError('give one of -r and -i');
  const text = routes ? tableText : interfaces ? interfacesText : socketsText;
  for (;;) {
    yield* writeAll(1, yield* text(parsed));
    if (!parsed.has('continuous')) return 0;
    yield* sys.nanosleep(SECOND);
  }
}

export const netstatCommand: CommandSpec = {
  name: 'netstat',
  usage: '[-tuxanlpeoWc] | -r [-ne] | -i [-ae]',
  summary:
    'Show the sockets of TCP, UDP and the Unix domain, the routes (-r) or the interfaces (-i) of this host.',
  usageStatus: 3,
  options: [
    { short: '4', long: 'inet', help: 'those of IPv4, as all are' },
    { short: 'a', long: 'all', help: 'all of them' },
    { short: 'c', long: 'continuous', help: 'again each second' },
    { short: 'e', long: 'extend', help: 'more of each' },
    { short: 'f', long: 'bluetooth', help: 'what Debian has left out' },
    { short: 'F', long: 'fib', help: 'the table of routes, as is shown anyhow' },
    { short: 'i', long: 'interfaces', help: 'interfaces' },
    { short: 'l', long: 'listening', help: 'only sockets that listen' },
    { short: 'n', long: 'numeric', help: 'numbers instead of names' },
    { long: 'numeric-hosts', help: 'of hosts' },
    { long: 'numeric-ports', help: 'of ports, as is done anyhow' },
    { long: 'numeric-users', help: 'of users' },
    { short: 'o', long: 'timers', help: 'timers' },
    { short: 'p', long: 'programs', help: 'who has the sockets' },
    { short: 'r', long: 'route', help: 'routes' },
    { short: 't', long: 'tcp', help: 'sockets of TCP' },
    { short: 'u', long: 'udp', help: 'sockets of UDP' },
    { short: 'v', long: 'verbose', help: 'say more, of which there is nothing' },
    { short: 'V', long: 'version', help: 'tell the version' },
    { short: 'W', long: 'wide', help: 'addresses are not cut off' },
    { short: 'x', long: 'unix', help: 'sockets of the Unix domain' },
    ...foreignOptions(FOREIGN),
  ],
  run: (parsed) => answering(1, () => run(parsed)),
};
