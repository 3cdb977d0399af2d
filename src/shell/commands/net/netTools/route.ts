/** route(8) of net-tools: shows the main table, and makes and deletes its routes. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { answering, Refused } from '../words.ts';
import { changeRoute, ROUTE_USAGE } from './routeChange.ts';
import { routesText } from './routeText.ts';
import { VERSION } from './version.ts';

function* run(parsed: Parsed): Sys<number> {
  if (parsed.has('version')) {
    yield* writeAll(1, `${VERSION}\n`);
    return 0;
  }
  for (const other of ['cache', '6', 'symbolic', 'A'])
    if (parsed.has(other)) throw new UsageError(`the option "${other}" is not simulated`);
  const [action, ...words] = parsed.operands;
  if (action === undefined) {
    const extended = parsed.order.filter((each) => each === 'extend').length;
    const layout = extended === 0 ? 'usual' : extended === 1 ? 'windows' : 'both';
    yield* writeAll(1, yield* routesText(layout, parsed.has('numeric')));
    return 0;
  }
  if (action === 'flush') throw new Refused("Flushing `inet' routing table not supported", 3);
  if (action !== 'add' && action !== 'del' && action !== 'delete')
    throw new UsageError(`'${action}' is neither add nor del`);
  const change = action === 'add' ? 'add' : 'del';
  if (words.length === 0) {
    yield* writeAll(1, `${ROUTE_USAGE}\n`);
    return 0;
  }
  try {
    yield* changeRoute(change, words);
    return 0;
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`SIOC${change === 'add' ? 'ADD' : 'DEL'}RT: ${strerror(error.code)}`, 7);
  }
}

export const routeCommand: CommandSpec = {
  name: 'route',
  usage: '[-nee] | { add | del } [-host | -net] TARGET[/LENGTH] [SETTING]...',
  summary:
    'Show the routes of this host, or change them.\n' +
    'SETTING: netmask MASK, gw ADDRESS, metric NUMBER, reject, dev DEVICE.',
  usageStatus: 3,
  // For the options' sake these two words have another first letter from here on, as in the real one.
  rewrite: (argv) => argv.map((word) => word.replace(/^--?(net|host)$/, '#$1')),
  options: [
    { short: '4', help: 'routes of IPv4, as all are' },
    { short: 'e', long: 'extend', help: "netstat's columns; twice: all" },
    { short: 'F', long: 'fib', help: 'the table of routes, as is shown anyhow' },
    { short: 'n', long: 'numeric', help: 'numbers instead of names' },
    { short: 'v', long: 'verbose', help: 'say more, of which there is nothing' },
    { short: 'V', long: 'version', help: 'tell the version' },
    { short: '6', help: 'not simulated' },
    { short: 'A', argument: 'FAMILY', help: 'not simulated' },
    { short: 'C', long: 'cache', help: 'not simulated' },
    { short: 'N', long: 'symbolic', help: 'not simulated' },
  ],
  run: (parsed) => answering(1, () => run(parsed)),
};
