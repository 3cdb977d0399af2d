/** ifconfig(8) of net-tools: interfaces as the old requests of netdevice(7) know them. */
import { type Program, type Sys, writeAll } from '../../../../linux/index.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { answering, Refused } from '../words.ts';
import { changeInterface, SETTINGS } from './ifconfigChange.ts';
import { type Interface, readInterfaces } from './interfaces.ts';
import { longText, shortText, shortTitle } from './interfaceText.ts';
import { VERSION } from './version.ts';

const USAGE = `Usage:
  ifconfig [-a] [-v] [-s] <interface> [[inet] <address>[/<prefixlen>]]
  [broadcast <address>]  [netmask <address>]
  [hw ether <address>]  [mtu <NN>]
  [[-]arp]  [[-]allmulti]
  [[-]multicast]  [[-]promisc]
  [txqueuelen <NN>]
  [name <newname>]
  [up|down] ...
`;

interface Options {
  readonly all: boolean;
  readonly short: boolean;
}

function* show(name: string | null, { all, short }: Options): Sys<number> {
  const interfaces = yield* readInterfaces();
  if (short) yield* writeAll(1, shortTitle('Iface      '));
  const text = (each: Interface) => (short ? shortText(each) : longText(each));
  if (name === null) {
    const shown = interfaces.all.filter(({ link }) => all || link.up);
    yield* writeAll(1, shown.map(text).join(''));
    return 0;
  }
  const found = interfaces.find(name);
  if (found === null) throw new Refused(`${name}: error fetching interface information: Device not found`, 1);
  yield* writeAll(1, text(found));
  return 0;
}

function* run(args: readonly string[]): Sys<number> {
  let options: Options = { all: false, short: false };
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const option = args[at]!;
    if (option === '-a') options = { ...options, all: true };
    else if (option === '-s') options = { ...options, short: true };
    else if (['-V', '-version', '--version'].includes(option)) {
      yield* writeAll(2, `${VERSION}\n`);
      return 0;
    } else if (['-?', '-h', '-help', '--help'].includes(option)) {
      yield* writeAll(2, USAGE);
      return 0;
    } else if (option !== '-v')
      throw new Refused(
        `ifconfig: option \`${option}' not recognised.\nifconfig: \`--help' gives usage information.`,
        1,
      );
  }
  const [name, ...words] = args.slice(at);
  if (name === undefined || words.length === 0) return yield* show(name ?? null, options);
  return yield* changeInterface(name, words, USAGE);
}

export const ifconfigProgram: Program = ({ argv }) => answering(1, () => run(argv.slice(1)));

export const ifconfigCompletion: CompletionSpec = {
  options: [
    { name: '-a', help: 'those that are down, too' },
    { name: '-s', help: 'a line for each' },
  ],
  subcommands: new Map(SETTINGS.map((name) => [name, { operands: 'none' }])),
};
