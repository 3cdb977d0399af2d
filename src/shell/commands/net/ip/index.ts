/** ip(8): devices, addresses, routes, neighbours. */
import { type Program, type Sys, writeAll } from '../../../../linux/index.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { answering, expand, Refused, unsimulated, Words } from '../words.ts';
import { addressObject } from './address.ts';
import { linkObject } from './link.ts';
import { monitorObject } from './monitor.ts';
import { neighbourObject } from './neighbour.ts';
import { enterNamespace, netnsObject } from './netns.ts';
import type { IpObject, IpOptions } from './options.ts';
import { routeObject } from './route.ts';
import { ruleObject } from './rule.ts';
import { tuntapObject } from './tuntap.ts';

/** In the order of the real tool, which decides what a shortened name means. */
const OBJECTS: readonly (readonly [string, IpObject | null])[] = [
  ['address', addressObject],
  ['addrlabel', null],
  ['maddress', null],
  ['route', routeObject],
  ['rule', ruleObject],
  ['neighbor', neighbourObject],
  ['neighbour', neighbourObject],
  ['ntable', null],
  ['ntbl', null],
  ['link', linkObject],
  ['l2tp', null],
  ['fou', null],
  ['ila', null],
  ['macsec', null],
  ['tunnel', null],
  ['tunl', null],
  ['tuntap', tuntapObject],
  ['tap', tuntapObject],
  ['token', null],
  ['tcpmetrics', null],
  ['monitor', monitorObject],
  ['xfrm', null],
  ['mroute', null],
  ['mrule', null],
  ['netns', (words, options, env) => netnsObject(words, env, options)],
  ['netconf', null],
  ['vrf', null],
  ['sr', null],
  ['nexthop', null],
  ['mptcp', null],
  ['ioam', null],
  ['stats', null],
];

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | monitor | neighbour | netns | route | rule | tuntap }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -4 | -o[neline] | -br[ief] |
                    -n[etns] NAME | -j[son] | -p[retty] | -t[imestamp] | -ts[hort] }
`;
const VERSION = 'ip utility, iproute2-6.1.0\n';

/** Options of the real tool that are not simulated. */
const OTHER_OPTIONS = [
  '6',
  'family',
  'color',
  'resolve',
  'loops',
  'batch',
  'force',
  'rcvbuf',
  'all',
  'human-readable',
  'iec',
  'Numeric',
  'echo',
];

/** Options before the object, and the rest. Throws Refused. */
function parseOptions(args: readonly string[]): {
  options: IpOptions;
  rest: readonly string[];
  print: string | null;
  namespace: string | null;
} {
  let options: IpOptions = {
    brief: false,
    details: false,
    statistics: 0,
    oneline: false,
    timestamps: null,
    json: false,
    pretty: false,
  };
  let namespace: string | null = null;
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const word = args[at]!.replace(/^--?/, '');
    const long = (name: string, least: number) => word.length >= least && name.startsWith(word);
    if (word === '4' || word === '0') continue;
    if (long('brief', 2)) options = { ...options, brief: true };
    else if (long('statistics', 1) || word === 'stats')
      options = { ...options, statistics: options.statistics + 1 };
    else if (long('details', 1)) options = { ...options, details: true };
    else if (long('netns', 1)) {
      const name = args[++at];
      if (name === undefined) throw new Refused('Command line is not complete. Try option "help"', 255);
      namespace = name;
    } else if (long('timestamp', 1)) options = { ...options, timestamps: 'long' };
    else if (long('tshort', 2)) options = { ...options, timestamps: 'short' };
    else if (long('json', 1)) options = { ...options, json: true };
    else if (long('pretty', 1)) options = { ...options, pretty: true };
    else if (long('oneline', 1)) options = { ...options, oneline: true };
    else if (long('Version', 1)) return { options, rest: [], print: VERSION, namespace };
    else if (long('help', 1)) return { options, rest: [], print: USAGE, namespace };
    else if (OTHER_OPTIONS.some((name) => name.startsWith(word)))
      throw unsimulated('ip', `the option "${args[at]}"`);
    else throw new Refused(`Option "${args[at]}" is unknown, try "ip -help".`, 255);
  }
  return { options, rest: args.slice(at), print: null, namespace };
}

function* run(args: readonly string[], env: ReadonlyMap<string, string>): Sys<number> {
  const { options, rest, print, namespace } = parseOptions(args);
  if (print !== null) {
    yield* writeAll(1, print);
    return 0;
  }
  const [word, ...words] = rest;
  if (word === undefined) throw new Refused(USAGE.trimEnd(), 255);
  if (word === 'help') {
    yield* writeAll(1, USAGE);
    return 0;
  }
  const name = expand(
    word,
    OBJECTS.map(([each]) => each),
  );
  if (name === null) throw new Refused(`Object "${word}" is unknown, try "ip help".`, 1);
  const object = OBJECTS.find(([each]) => each === name)![1];
  if (object === null) throw unsimulated('ip', `"ip ${name}"`);
  if (options.statistics > 1) throw unsimulated('ip', 'the option "-s" given twice');
  if (namespace !== null) yield* enterNamespace(namespace);
  return yield* object(new Words(words), options, env);
}

export const ipProgram: Program = ({ argv, env }) => answering(2, () => run(argv.slice(1), env));

const commands = (names: readonly string[]): CompletionSpec => ({
  subcommands: new Map(names.map((name) => [name, { operands: 'none' }])),
});

export const ipCompletion: CompletionSpec = {
  subcommands: new Map([
    ['address', commands(['add', 'change', 'delete', 'flush', 'replace', 'show'])],
    ['link', commands(['add', 'delete', 'set', 'show'])],
    ['monitor', commands(['address', 'label', 'link', 'neigh', 'route'])],
    ['neighbour', commands(['add', 'change', 'delete', 'flush', 'replace', 'show'])],
    ['netns', commands(['add', 'delete', 'exec', 'identify', 'list', 'pids'])],
    ['route', commands(['add', 'change', 'delete', 'flush', 'get', 'replace', 'show'])],
    ['rule', commands(['show'])],
    ['tuntap', commands(['add', 'delete', 'show'])],
  ]),
};
