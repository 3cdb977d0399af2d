/** Statements of a rule as iptables understands them: what it says of each in its options, and in its lists. */
import type { RuleInfo } from '../../../../linux/net/netlink/filterRequests.ts';
import type { Match, Range, RouteType, Statement } from '../../../../network/index.ts';
import { FLAGS, nameIn, UNITS } from '../nft/names.ts';
import { ANY_TYPE, icmpName } from './icmpTypes.ts';
import { ADDRESS_TYPES } from './matches.ts';
import { REJECT_TYPES } from './targets.ts';
import { addressPairText, portText, prefixOf, protocolName } from './values.ts';

/** A match or target: as options of a command, and in a list with numbers or with names. */
export interface Words {
  readonly options: string;
  list(numeric: boolean): string;
}

/** An address or a device with whether it is turned round. */
export interface Turned<T> {
  readonly value: T;
  readonly negate: boolean;
}

export interface Described {
  readonly protocol: Turned<number> | null;
  readonly input: Turned<string> | null;
  readonly output: Turned<string> | null;
  readonly source: Turned<Range> | null;
  readonly destination: Turned<Range> | null;
  readonly matches: readonly Words[];
  readonly counters: { readonly packets: number; readonly bytes: number };
  /** Name of the target or chain in lists; empty for none. */
  readonly target: string;
  readonly goes: 'jump' | 'goto';
  /** What a target says besides its name. */
  readonly decision: Words | null;
}

/** Null for a rule that iptables has no words for. */
export function describeRule({ statements }: Pick<RuleInfo, 'statements'>): Described | null {
  const counter = statements.find((each) => each.kind === 'counter');
  const basics = {
    protocol: null as Turned<number> | null,
    input: null as Turned<string> | null,
    output: null as Turned<string> | null,
    source: null as Turned<Range> | null,
    destination: null as Turned<Range> | null,
  };
  const matches: Words[] = [];
  let target: Pick<Described, 'target' | 'goes' | 'decision'> = { target: '', goes: 'jump', decision: null };
  for (let at = 0; at < statements.length; ) {
    const each = statements[at]!;
    if (each.kind === 'counter') at++;
    else if (takeBasic(each, basics)) at++;
    else if (isMatch(each)) {
      const group = groupAt(statements, at);
      const words = matchWords(group, basics.protocol?.value ?? 0);
      if (words === null) return null;
      matches.push(words);
      at += group.length;
    } else {
      const decision = targetWords(each);
      if (decision === null) return null;
      target = decision;
      at++;
    }
  }
  return { ...basics, matches, counters: counter ?? { packets: 0, bytes: 0 }, ...target };
}

const MATCH_KINDS: readonly Statement['kind'][] = [
  'device',
  'address',
  'protocol',
  'port',
  'icmp',
  'tcpFlags',
  'ctState',
  'ctStatus',
  'mark',
  'addressType',
  'limit',
  'connections',
  'text',
  'comment',
];
const isMatch = (statement: Statement): statement is Match => MATCH_KINDS.includes(statement.kind);

interface Basics {
  protocol: Turned<number> | null;
  input: Turned<string> | null;
  output: Turned<string> | null;
  source: Turned<Range> | null;
  destination: Turned<Range> | null;
}

/** True for what every rule has room for. */
function takeBasic(statement: Statement, basics: Basics): boolean {
  if (statement.kind === 'protocol' && statement.protocols.length === 1) {
    basics.protocol = { value: statement.protocols[0]!, negate: statement.negate };
    return true;
  }
  if (statement.kind === 'device' && statement.names.length === 1) {
    const device = { value: statement.names[0]!.replace(/\*$/, '+'), negate: statement.negate };
    if (statement.which === 'in') basics.input = device;
    else basics.output = device;
    return true;
  }
  if (statement.kind !== 'address' || statement.ranges.length !== 1) return false;
  const [value] = statement.ranges;
  if (prefixOf(value!) === null) return false;
  const address = { value: value!, negate: statement.negate };
  if (statement.which === 'source') basics.source = address;
  else basics.destination = address;
  return true;
}

/** The extension that holds a match. */
function holder(match: Match): string {
  if (match.xt !== undefined) return match.xt;
  switch (match.kind) {
    case 'port':
      return match.ranges.length > 1 ? 'multiport' : 'transport';
    case 'tcpFlags':
      return 'transport';
    case 'ctState':
    case 'ctStatus':
      return 'conntrack';
    case 'addressType':
      return 'addrtype';
    default:
      return match.kind;
  }
}

/** Several statements may be one extension's: ports and flags, and the types of both addresses. */
function groupAt(statements: readonly Statement[], at: number): readonly Match[] {
  const first = statements[at] as Match;
  const name = holder(first);
  const group = [first];
  if (name !== 'transport' && name !== 'addrtype') return group;
  for (const next of statements.slice(at + 1)) {
    if (!isMatch(next) || holder(next) !== name) break;
    group.push(next);
  }
  return group;
}

const not = (negate: boolean) => (negate ? '! ' : '');
const flagNames = (bits: number) =>
  [...FLAGS]
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name.toUpperCase())
    .join(',') || 'NONE';
const hex = (number: number) => `0x${number.toString(16)}`;
const hexByte = (number: number) => `0x${number.toString(16).toUpperCase().padStart(2, '0')}`;

/** A word as a shell and iptables-restore read it. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function matchWords(group: readonly Match[], protocol: number): Words | null {
  const [match] = group as [Match];
  switch (match.kind) {
    case 'port':
    case 'tcpFlags':
      return holder(match) === 'multiport' && match.kind === 'port'
        ? multiportWords(match)
        : transportWords(group, protocolName(protocol));
    case 'icmp': {
      const { types, code, negate } = match;
      if (types !== null && types.length !== 1) return null;
      const type = types?.[0] ?? ANY_TYPE;
      const option = types === null ? 'any' : code === null ? `${type}` : `${type}/${code}`;
      const name = icmpName({ type, code });
      const numbers = `${negate ? 'icmp !type' : 'icmptype'} ${type}${code === null ? '' : ` code ${code}`}`;
      return {
        options: `-m icmp ${not(negate)}--icmp-type ${option}`,
        list: (numeric) => (numeric || name === null ? numbers : `icmp ${negate ? '!' : ''}${name}`),
      };
    }
    case 'ctState':
    case 'ctStatus': {
      const states = match.kind === 'ctStatus' ? [match.status] : inOrder(match.states);
      const text = states.join(',').toUpperCase();
      if (holder(match) === 'state')
        return {
          options: `-m state ${not(match.negate)}--state ${text}`,
          list: () => `${match.negate ? '!' : ''}state ${text}`,
        };
      return {
        options: `-m conntrack ${not(match.negate)}--ctstate ${text}`,
        list: () => `${not(match.negate)}ctstate ${text}`,
      };
    }
    case 'mark': {
      if (match.of !== 'packet') return null;
      const text = `${hex(match.value)}${match.mask === 0xffff_ffff ? '' : `/${hex(match.mask)}`}`;
      return {
        options: `-m mark ${not(match.negate)}--mark ${text}`,
        list: () => `mark match ${not(match.negate)}${text}`,
      };
    }
    case 'limit': {
      if (match.over) return null;
      const unit = nameIn(UNITS, match.per);
      const short = { second: 'sec', minute: 'min', hour: 'hour', day: 'day' }[unit ?? ''];
      if (short === undefined) return null;
      const burst = match.burst === 5 ? '' : ` --limit-burst ${match.burst}`;
      return {
        options: `-m limit --limit ${match.rate}/${short}${burst}`,
        list: () => `limit: avg ${match.rate}/${short} burst ${match.burst}`,
      };
    }
    case 'connections': {
      const { over, limit, length } = match;
      const side = match.of === 'source' ? 's' : 'd';
      return {
        options: `-m connlimit --connlimit-${over ? 'above' : 'upto'} ${limit} --connlimit-mask ${length} --connlimit-${side}addr`,
        list: () => `#conn ${side === 's' ? 'src' : 'dst'}/${length} ${over ? '>' : '<='} ${limit}`,
      };
    }
    case 'text':
      return stringWords(match);
    case 'comment':
      return {
        options: `-m comment --comment ${quoted(match.text)}`,
        list: () => `/* ${match.text} */`,
      };
    case 'addressType':
      return addressTypeWords(group);
    default:
      return null;
  }
}

function stringWords({ text, algorithm, from, to, ignoreCase, negate }: Match & { kind: 'text' }): Words {
  const quotedText = `"${text.replace(/["\\]/g, '\\$&')}"`;
  const bounds = (first: string, last: string) =>
    `${from === 0 ? '' : ` ${first} ${from}`}${to === 65_535 ? '' : ` ${last} ${to}`}`;
  return {
    options: `-m string ${not(negate)}--string ${quotedText} --algo ${algorithm}${bounds('--from', '--to')}${ignoreCase ? ' --icase' : ''}`,
    list: () =>
      `STRING match ${negate ? '! ' : ' '}${quotedText} ALGO name ${algorithm}${bounds('FROM', 'TO')}${ignoreCase ? ' ICASE' : ''}`,
  };
}

const STATE_ORDER = ['invalid', 'new', 'related', 'established', 'untracked'] as const;
const inOrder = (states: readonly string[]) => STATE_ORDER.filter((each) => states.includes(each));

function multiportWords(match: Match & { kind: 'port' }): Words {
  const which = match.which === 'source' ? 'sports' : 'dports';
  const ports = (numeric: boolean) => match.ranges.map((range) => portText(range, numeric)).join(',');
  return {
    options: `-m multiport ${not(match.negate)}--${which} ${ports(true)}`,
    list: (numeric) => `multiport ${which} ${match.negate ? ' !' : ''}${ports(numeric)}`,
  };
}

function transportWords(group: readonly Match[], protocol: string): Words {
  const options: string[] = [];
  const lists: ((numeric: boolean) => string)[] = [];
  // Here ports come first.
  const [ports, flags] = [true, false].map((port) => group.filter(({ kind }) => (kind === 'port') === port));
  for (const match of [...ports!, ...flags!]) {
    if (match.kind === 'port') {
      const [range] = match.ranges;
      // That is any port, and not worth a word.
      if (range![0] === 0 && range![1] === 65_535 && !match.negate) continue;
      const side = match.which === 'source' ? 's' : 'd';
      const several = range![0] === range![1] ? '' : 's';
      options.push(`${not(match.negate)}--${side}port ${portText(range!)}`);
      lists.push((numeric) => `${side}pt${several}:${match.negate ? '!' : ''}${portText(range!, numeric)}`);
    } else if (match.kind === 'tcpFlags') {
      const [mask, set] = [flagNames(match.mask), flagNames(match.set)];
      options.push(`${not(match.negate)}--tcp-flags ${mask} ${set}`);
      const numbers = `${hexByte(match.mask)}/${hexByte(match.set)}`;
      lists.push((numeric) => `flags:${match.negate ? '!' : ''}${numeric ? numbers : `${mask}/${set}`}`);
    }
  }
  return {
    options: ['-m', protocol, ...options].join(' '),
    list: (numeric) => [protocol, ...lists.map((each) => each(numeric))].join(' '),
  };
}

function addressTypeWords(group: readonly Match[]): Words {
  const types = (list: readonly RouteType[]) =>
    ADDRESS_TYPES.filter((each) => list.includes(each))
      .join(',')
      .toUpperCase();
  const parts = group.flatMap((each) => (each.kind === 'addressType' ? [each] : []));
  const side = (which: 'source' | 'destination') => (which === 'source' ? 'src' : 'dst');
  return {
    options: `-m addrtype ${parts.map((each) => `${not(each.negate)}--${side(each.which)}-type ${types(each.types)}`).join(' ')}`,
    list: () =>
      `ADDRTYPE match ${parts.map((each) => `${side(each.which)}-type ${each.negate ? '!' : ''}${types(each.types)}`).join(' ')}`,
  };
}

type Target = Pick<Described, 'target' | 'goes' | 'decision'>;

const plain = (target: string, goes: Target['goes'] = 'jump'): Target => ({ target, goes, decision: null });
const saying = (target: string, options: string, list: string, numericList = list): Target => ({
  target,
  goes: 'jump',
  decision: { options, list: (numeric) => (numeric ? numericList : list) },
});

function targetWords(statement: Statement): Target | null {
  switch (statement.kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return plain(statement.kind.toUpperCase());
    case 'jump':
    case 'goto':
      return plain(statement.chain, statement.kind);
    case 'reject': {
      const how =
        statement.with === 'tcp-reset' ? 'tcp-reset' : nameIn(REJECT_TYPES, statement.with.icmpCode);
      return how === null ? null : saying('REJECT', `--reject-with ${how}`, `reject-with ${how}`);
    }
    case 'log': {
      const prefix = statement.prefix === '' ? '' : ` prefix "${statement.prefix}"`;
      const options = statement.prefix === '' ? '' : `--log-prefix ${quoted(statement.prefix)}`;
      return saying('LOG', options, `LOG level warn${prefix}`, `LOG flags 0 level 4${prefix}`);
    }
    case 'setMark': {
      if (statement.of !== 'packet') return null;
      const { value, mask } = statement;
      return saying('MARK', `--set-xmark ${hex(value)}/${hex(mask)}`, `MARK ${markText(value, mask)}`);
    }
    case 'notrack':
      return saying('CT', '', 'NOTRACK');
    case 'masquerade':
    case 'redirect': {
      const name = statement.kind.toUpperCase();
      if (statement.ports === null) return plain(name);
      const ports = dashed(statement.ports);
      const words = statement.kind === 'masquerade' ? 'masq ports:' : 'redir ports';
      return saying(name, `--to-ports ${ports}`, `${words} ${ports}`);
    }
    case 'snat':
    case 'dnat': {
      const { addresses, ports } = statement.range;
      const address = addresses === null ? '' : addressPairText(addresses);
      const to = ports === null ? address : `${address}:${dashed(ports)}`;
      const option = statement.kind === 'snat' ? 'to-source' : 'to-destination';
      return saying(statement.kind.toUpperCase(), `--${option} ${to}`, `to:${to}`);
    }
    default:
      return null;
  }
}

const dashed = ([low, high]: Range) => (low === high ? `${low}` : `${low}-${high}`);

function markText(value: number, mask: number): string {
  if (value === 0) return `and ${hex(~mask >>> 0)}`;
  if (value === mask) return `or ${hex(value)}`;
  return mask === 0xffff_ffff ? `set ${hex(value)}` : `xset ${hex(value)}/${hex(mask)}`;
}
