/** The extensions that decide (iptables-extensions(8)). */
import type { Action, NatRange, Range } from '../../../../network/index.ts';
import { SERVICES } from '../nft/values.ts';
import { UsageProblem, unsimulatedHere } from './errors.ts';
import { type Extension, extension, flag, others, type Taking } from './extension.ts';
import { addressPair, markPair, numberOf, unsigned } from './values.ts';

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

/** What is kept of a prefix. */
const LONGEST_PREFIX = 29;
const LEVELS = 'alert crit debug emerg error info notice panic warn warning'.split(' ');
const LOG_OTHERS = ['log-tcp-sequence', 'log-tcp-options', 'log-ip-options', 'log-uid', 'log-macdecode'];

function log(): Extension<Action> {
  let prefix = '';
  return extension(
    'LOG',
    {
      'log-prefix': ([text]) => {
        prefix = text!.slice(0, LONGEST_PREFIX);
      },
      'log-level': ([text]) => {
        if (!(unsigned(text!) <= 7) && !LEVELS.includes(text!.toLowerCase()))
          throw new UsageProblem(`log level "${text}" unknown\n`);
        if (!['4', 'warn', 'warning'].includes(text!)) throw unsimulatedHere(`the level "${text}" of LOG`);
      },
      ...others('LOG', LOG_OTHERS, 0),
    },
    () => [{ kind: 'log', prefix }],
  );
}

/** In the order in which the real one looks for two that exclude each other. */
const MARK_OPTIONS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'];

function mark(): Extension<Action> {
  let made: { value: number; mask: number } | null = null;
  let given: string | null = null;
  const take =
    (option: string, read: (text: string) => { value: number; mask: number }): Taking =>
    ([text]) => {
      if (given !== null) {
        const [first, second] = [given, option].sort(
          (a, b) => MARK_OPTIONS.indexOf(a) - MARK_OPTIONS.indexOf(b),
        );
        throw new UsageProblem(`MARK: option "--${first}" cannot be used together with "--${second}".\n`);
      }
      given = option;
      made = read(text!);
    };
  return extension(
    'MARK',
    {
      'set-mark': take('set-mark', (text) => {
        const { value, mask } = markPair(text, 'MARK', 'set-mark');
        return { value, mask: (mask | value) >>> 0 };
      }),
      'set-xmark': take('set-xmark', (text) => {
        const pair = markPair(text, 'MARK', 'set-xmark');
        if ((pair.value & ~pair.mask) !== 0) throw unsimulatedHere(`"${text}", which turns marks round,`);
        return pair;
      }),
      'or-mark': take('or-mark', (text) => {
        const bits = numberOf(text, 'MARK', 'or-mark');
        return { value: bits, mask: bits };
      }),
      'and-mark': take('and-mark', (text) => ({ value: 0, mask: ~numberOf(text, 'MARK', 'and-mark') >>> 0 })),
      ...others('MARK', ['xor-mark']),
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
      notrack: flag(() => {
        given = true;
      }),
      ...(name === 'CT' && others(name, CT_OTHERS)),
    },
    () => {
      if (!given) throw unsimulatedHere('CT without --notrack');
      return [{ kind: 'notrack', xt: 'CT' }];
    },
  );
}

/** `[ADDRESS[-ADDRESS]][:PORT[-PORT]]` */
function natRange(text: string): NatRange {
  const [addresses = '', ports, ...more] = text.split(':');
  if (more.length > 0) throw new UsageProblem(`Bad IP address "${text}"`);
  return {
    addresses: addresses === '' ? null : addressPair(addresses),
    ports: ports === undefined ? null : portPair(ports),
  };
}

/** Throws UsageProblem. */
function port(text: string): number {
  const number = SERVICES.get(text) ?? unsigned(text);
  if (!(number <= 65_535)) throw new UsageProblem(`Port \`${text}' not valid`);
  if (number === 0) throw unsimulatedHere('port 0 of a translation');
  return number;
}

function portPair(text: string): Range {
  const [first = '', second = first, ...more] = text.split('-');
  // A sign is no part of a range.
  const ends = first === '' ? [text, text] : [first, second];
  const pair: Range = [port(ends[0]!), port(ends[1]!)];
  if (pair[1] < pair[0]) throw new UsageProblem(`Port range \`${second}' funky`);
  if (more.length > 0) throw new UsageProblem(`Garbage after port range: \`-${more.join('-')}'`);
  return pair;
}

function translation(name: 'DNAT' | 'SNAT'): Extension<Action> {
  const option = name === 'DNAT' ? 'to-destination' : 'to-source';
  let range: NatRange | null = null;
  return extension<Action>(
    name,
    {
      [option]: ([text]) => {
        range = natRange(text!);
      },
      // What the kernel chooses by chance.
      ...others(name, ['random', 'persistent', ...(name === 'SNAT' ? ['random-fully'] : [])], 0),
    },
    () => {
      if (range === null) throw new UsageProblem(`${name}: option "--${option}" must be specified\n`);
      return [{ kind: name === 'DNAT' ? 'dnat' : 'snat', range, xt: name }];
    },
  );
}

function toPorts(name: 'MASQUERADE' | 'REDIRECT'): Extension<Action> {
  let ports: Range | null = null;
  return extension<Action>(
    name,
    {
      'to-ports': ([text]) => {
        ports = portPair(text!);
      },
      ...others(name, ['random', ...(name === 'MASQUERADE' ? ['random-fully'] : [])], 0),
    },
    () => [{ kind: name === 'MASQUERADE' ? 'masquerade' : 'redirect', ports, xt: name }],
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
