/** The extensions that decide (iptables-extensions(8)). */
import type { Action, NatRange, Range } from '../../../../network/index.ts';
import { UsageProblem, unsimulatedHere } from './errors.ts';
import { type Extension, extension, others } from './extension.ts';
import { markPair } from './matches.ts';
import { addressPair, numberOf } from './values.ts';

/** REJECT's answers and their ICMP codes. */
export const REJECT_TYPES: ReadonlyMap<string, number> = new Map([
  ['icmp-net-unreachable', 0],
  ['icmp-host-unreachable', 1],
  ['icmp-proto-unreachable', 2],
  ['icmp-port-unreachable', 3],
  ['icmp-net-prohibited', 9],
  ['icmp-host-prohibited', 10],
  ['icmp-admin-prohibited', 13],
]);
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'net-unreach': 'icmp-net-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'net-prohib': 'icmp-net-prohibited',
  'host-prohib': 'icmp-host-prohibited',
  'tcp-rst': 'tcp-reset',
  'admin-prohib': 'icmp-admin-prohibited',
};

function reject(): Extension<Action> {
  let made: Action = { kind: 'reject', with: { icmpCode: 3 } };
  return extension(
    'REJECT',
    {
      'reject-with': ([text]) => {
        const name = SHORT_NAMES[text!] ?? text!;
        const code = REJECT_TYPES.get(name);
        if (name !== 'tcp-reset' && code === undefined)
          throw new UsageProblem(`unknown reject type "${text}"`);
        made = { kind: 'reject', with: code === undefined ? 'tcp-reset' : { icmpCode: code } };
      },
    },
    () => [made],
  );
}

const LOG_OTHERS = ['log-tcp-sequence', 'log-tcp-options', 'log-ip-options', 'log-uid', 'log-macdecode'];

function log(): Extension<Action> {
  let prefix = '';
  return extension(
    'LOG',
    {
      'log-prefix': ([text]) => {
        if (text!.length > 29) throw new UsageProblem('Maximum prefix length 29 for --log-prefix');
        prefix = text!;
      },
      'log-level': ([text]) => {
        if (!['4', 'warn', 'warning'].includes(text!)) throw unsimulatedHere(`the level "${text}" of LOG`);
      },
      ...others('LOG', ...LOG_OTHERS),
    },
    () => [{ kind: 'log', prefix }],
    Object.fromEntries(LOG_OTHERS.map((each) => [each, 0])),
  );
}

function mark(): Extension<Action> {
  let made: { value: number; mask: number } | null = null;
  const number = (text: string) => numberOf(text, '--set-mark');
  return extension(
    'MARK',
    {
      'set-mark': ([text]) => {
        const { value, mask } = markPair(text!, '--set-mark');
        made = { value, mask: (mask | value) >>> 0 };
      },
      'set-xmark': ([text]) => {
        const { value, mask } = markPair(text!, '--set-xmark');
        if ((value & ~mask) !== 0) throw unsimulatedHere(`"${text}", which turns marks round,`);
        made = { value, mask };
      },
      'or-mark': ([text]) => {
        made = { value: number(text!), mask: number(text!) };
      },
      'and-mark': ([text]) => {
        made = { value: 0, mask: ~number(text!) >>> 0 };
      },
      ...others('MARK', 'xor-mark'),
    },
    () => {
      if (made === null)
        throw new UsageProblem('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
      return [{ kind: 'setMark', of: 'packet', ...made, xt: 'MARK' }];
    },
  );
}

const CT_OTHERS = ['helper', 'timeout', 'ctevents', 'expevents', 'zone', 'zone-orig', 'zone-reply'];

function notrack(name: 'NOTRACK' | 'CT'): Extension<Action> {
  let given = name === 'NOTRACK';
  return extension(
    name,
    {
      notrack: () => {
        given = true;
      },
      ...(name === 'CT' && others(name, ...CT_OTHERS)),
    },
    () => {
      if (!given) throw unsimulatedHere('CT without --notrack');
      return [{ kind: 'notrack', xt: 'CT' }];
    },
    { notrack: 0 },
  );
}

/** `[ADDRESS[-ADDRESS]][:PORT[-PORT]]` */
function natRange(text: string, option: string): NatRange {
  const [addresses = '', ports, ...more] = text.split(':');
  if (more.length > 0) throw new UsageProblem(`Bad IP address "${text}"`);
  return {
    addresses: addresses === '' ? null : addressPair(addresses, option),
    ports: ports === undefined ? null : portPair(ports, option),
  };
}

function portPair(text: string, option: string): Range {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw new UsageProblem(`Port \`${text}' not valid`);
  const low = Number(match[1]);
  const high = Number(match[2] ?? low);
  if (low < 1 || high > 65_535) throw new UsageProblem(`Port \`${text}' not valid`);
  if (high < low) throw new UsageProblem(`Port range \`${text}' funky for ${option}`);
  return [low, high];
}

/** What the kernel chooses by chance, in the NAT targets. */
const SWITCHES = { random: 0, 'random-fully': 0, persistent: 0 };

function translation(name: 'DNAT' | 'SNAT'): Extension<Action> {
  const option = name === 'DNAT' ? 'to-destination' : 'to-source';
  let range: NatRange | null = null;
  return extension<Action>(
    name,
    {
      [option]: ([text]) => {
        range = natRange(text!, `--${option}`);
      },
      ...(name === 'DNAT'
        ? others(name, 'random', 'persistent')
        : others(name, 'random', 'random-fully', 'persistent')),
    },
    () => {
      if (range === null) throw new UsageProblem(`${name}: option "--${option}" must be specified\n`);
      return [{ kind: name === 'DNAT' ? 'dnat' : 'snat', range, xt: name }];
    },
    SWITCHES,
  );
}

function toPorts(name: 'MASQUERADE' | 'REDIRECT'): Extension<Action> {
  let ports: Range | null = null;
  return extension<Action>(
    name,
    {
      'to-ports': ([text]) => {
        ports = portPair(text!, '--to-ports');
      },
      ...(name === 'MASQUERADE' ? others(name, 'random', 'random-fully') : others(name, 'random')),
    },
    () => [{ kind: name === 'MASQUERADE' ? 'masquerade' : 'redirect', ports, xt: name }],
    SWITCHES,
  );
}

const FACTORIES: Readonly<Record<string, () => Extension<Action>>> = {
  REJECT: reject,
  LOG: log,
  MARK: mark,
  NOTRACK: () => notrack('NOTRACK'),
  CT: () => notrack('CT'),
  DNAT: () => translation('DNAT'),
  SNAT: () => translation('SNAT'),
  MASQUERADE: () => toPorts('MASQUERADE'),
  REDIRECT: () => toPorts('REDIRECT'),
};

const STANDARD: Readonly<Record<string, Action>> = {
  ACCEPT: { kind: 'accept' },
  DROP: { kind: 'drop' },
  RETURN: { kind: 'return' },
};

/** What the real one has besides. */
const OTHERS =
  `AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK DSCP ECN HMARK IDLETIMER LED NETMAP NFLOG NFQUEUE QUEUE RATEEST SECMARK SET SYNPROXY
TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG`.split(/\s+/);

/** Null for what is a chain's name. Throws UsageProblem. */
export function loadTarget(name: string): Extension<Action> | null {
  const standard = Object.hasOwn(STANDARD, name) ? STANDARD[name] : undefined;
  if (standard !== undefined) return extension(name, {}, () => [standard]);
  if (OTHERS.includes(name)) throw unsimulatedHere(`the target "${name}"`);
  return Object.hasOwn(FACTORIES, name) ? FACTORIES[name]!() : null;
}
