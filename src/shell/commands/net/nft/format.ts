/** Rules, chains and tables as `nft list` writes them. */
import { unreachable } from '../../../../base/index.ts';
import type { ChainInfo, RuleInfo, TableInfo } from '../../../../linux/net/netlink/filterRequests.ts';
import {
  type BaseChain,
  type CtState,
  formatIpv4,
  IPPROTO_ICMP,
  type Match,
  type Range,
  type RejectWith,
  type SetField,
  type Statement,
} from '../../../../network/index.ts';
import { icmpName } from '../iptables/icmpTypes.ts';
import { CT_STATES, FLAGS, ICMP_CODES, ICMP_TYPES, nameIn, UNITS } from './names.ts';
import { PROTOCOLS } from './values.ts';

export interface FormatOptions {
  /** -a */
  readonly handles: boolean;
  /** -s */
  readonly stateless: boolean;
  /** -t: sets without their elements. */
  readonly terse: boolean;
  /** -n: priorities of chains are numbers. */
  readonly numeric: boolean;
}

type Family = TableInfo['family'];

/** The order in which the extension conntrack tells states. */
const XT_STATES: readonly CtState[] = ['invalid', 'new', 'related', 'established', 'untracked'];

/** Whether iptables(8) has put something into a table. */
export const isManagedByIptables = ({ chains }: TableInfo): boolean =>
  chains.some(({ rules }) =>
    rules.some(({ statements }) => statements.some((each) => 'xt' in each && each.xt !== undefined)),
  );

export const handle = (number: number, { handles }: FormatOptions) => (handles ? ` # handle ${number}` : '');

/** `{ a, b }` for several, the value alone for one. */
function set(values: readonly string[], negate: boolean): string {
  const text = values.length === 1 ? values[0]! : `{ ${values.join(', ')} }`;
  return `${negate ? '!= ' : ''}${text}`;
}

export function addressText([low, high]: Range): string {
  if (low === high) return formatIpv4(low);
  const length = prefixLength([low, high]);
  return length === null ? `${formatIpv4(low)}-${formatIpv4(high)}` : `${formatIpv4(low)}/${length}`;
}

/** The length of the prefix that a range of numbers of 32 bits is; null when it is none. */
export function prefixLength([low, high]: Range): number | null {
  const size = high - low + 1;
  const bits = Math.log2(size);
  return Number.isInteger(bits) && low % size === 0 ? 32 - bits : null;
}

export const portText = ([low, high]: Range) => (low === high ? `${low}` : `${low}-${high}`);
const sorted = (ranges: readonly Range[]) => [...ranges].sort((a, b) => a[0] - b[0]);
/** A set's elements are listed by their size. */
const numbers = (values: readonly number[]) => [...values].sort((a, b) => a - b);

function protocolField(by: 'l4proto' | 'ip' | undefined, family: Family): string {
  return by === 'ip' || (by === undefined && family === 'ip') ? 'ip protocol' : 'meta l4proto';
}

export const protocolText = (number: number) => nameIn(PROTOCOLS, number) ?? `${number}`;
export const markText = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;
const quoted = (text: string) => `"${text}"`;

function flagsText(bits: number): string {
  return [...FLAGS]
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(',');
}

/** iptables tells in nft's language only the types that it has a name for itself. */
const isUntold = (type: number) => icmpName({ type, code: null }) === null;

/** `protocol` is of a statement just before, when a port or a flag says it again. */
function matchText(match: Match, family: Family, protocol: string): string {
  const not = 'negate' in match && match.negate ? '!= ' : '';
  switch (match.kind) {
    case 'device':
      return `${match.which === 'in' ? 'i' : 'o'}if${match.existing ? '' : 'name'} ${set(match.names.map(quoted), match.negate)}`;
    case 'address':
      return `ip ${match.which === 'source' ? 'saddr' : 'daddr'} ${set(sorted(match.ranges).map(addressText), match.negate)}`;
    case 'protocol':
      return `${protocolField(match.by, family)} ${set(numbers(match.protocols).map(protocolText), match.negate)}`;
    case 'port':
      return `${protocol} ${match.which === 'source' ? 'sport' : 'dport'} ${set(sorted(match.ranges).map(portText), match.negate)}`;
    case 'icmp':
      if (match.types === null) return 'ip protocol icmp';
      if (match.code !== null || (match.xt !== undefined && match.types.some(isUntold)))
        return 'xt match icmp';
      return `icmp type ${set(
        numbers(match.types).map((type) => nameIn(ICMP_TYPES, type) ?? `${type}`),
        match.negate,
      )}`;
    case 'tcpFlags':
      if (match.set === 0) return `tcp flags ! ${flagsText(match.mask)}`;
      return match.mask === match.set
        ? `tcp flags ${not}${flagsText(match.set)}`
        : `tcp flags ${not}${flagsText(match.set)} / ${flagsText(match.mask)}`;
    case 'ctState':
      if (match.xt !== undefined)
        return `ct state ${match.negate ? '! ' : ''}${XT_STATES.filter((state) => match.states.includes(state)).join(',')}`;
      return `ct state ${not}${CT_STATES.filter((state) => match.states.includes(state)).join(',')}`;
    case 'ctStatus':
      return `ct status ${not}${match.status}`;
    case 'mark': {
      const of = match.of === 'packet' ? 'meta' : 'ct';
      if (match.mask === 0xffff_ffff) return `${of} mark ${not}${markText(match.value)}`;
      return `${of} mark & ${markText(match.mask)} ${match.negate ? '!=' : '=='} ${markText(match.value)}`;
    }
    case 'addressType':
      return `fib ${match.which === 'source' ? 'saddr' : 'daddr'} type ${set(match.types, match.negate)}`;
    case 'limit': {
      const burst = match.burst === 5 ? '' : ` burst ${match.burst} packets`;
      return `limit rate ${match.over ? 'over ' : ''}${match.rate}/${nameIn(UNITS, match.per)}${burst}`;
    }
    case 'connections':
      return 'xt match connlimit';
    case 'text':
      return 'xt match string';
    case 'set':
      return `${fieldText(match.field, protocol)} ${not}@${match.set}`;
    // An extension that has nothing to say here leaves its place.
    case 'comment':
      return '';
    default:
      return unreachable(match);
  }
}

function fieldText(field: SetField, protocol: string): string {
  switch (field) {
    case 'source':
      return 'ip saddr';
    case 'destination':
      return 'ip daddr';
    case 'sourcePort':
      return `${protocol} sport`;
    case 'destinationPort':
      return `${protocol} dport`;
    case 'protocol':
      return 'meta l4proto';
    case 'ipProtocol':
      return 'ip protocol';
    case 'in':
      return 'iifname';
    case 'out':
      return 'oifname';
    case 'packetMark':
      return 'meta mark';
    case 'flowMark':
      return 'ct mark';
    default:
      return unreachable(field);
  }
}

/** Setting a packet's mark as the extension MARK is shown: what is taken away, and what is put in. */
function xtMarkText({ value, mask }: { readonly value: number; readonly mask: number }): string {
  const hex = (number: number) => `0x${number.toString(16)}`;
  if (mask === 0xffff_ffff) return `meta mark set ${hex(value)}`;
  if (mask === value) return `meta mark set mark or ${hex(value)}`;
  if (value === 0) return `meta mark set mark and ${hex(~mask >>> 0)}`;
  return `meta mark set mark and ${hex(~mask >>> 0)} xor ${hex(value)}`;
}

function rejectText(reject: RejectWith, family: Family): string {
  if (reject === 'tcp-reset') return 'reject with tcp reset';
  if (reject.icmpCode === 3) return 'reject';
  const name = nameIn(ICMP_CODES, reject.icmpCode) ?? `${reject.icmpCode}`;
  return `reject with ${family === 'inet' && name === 'admin-prohibited' ? 'icmpx' : 'icmp'} ${name}`;
}

function statementText(
  statement: Statement,
  family: Family,
  protocol: string,
  options: FormatOptions,
): string {
  switch (statement.kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'notrack':
      return statement.kind;
    case 'jump':
    case 'goto':
      return `${statement.kind} ${statement.chain}`;
    case 'reject':
      return rejectText(statement.with, family);
    case 'counter':
      return options.stateless ? 'counter' : `counter packets ${statement.packets} bytes ${statement.bytes}`;
    case 'log':
      return statement.prefix === '' ? 'log' : `log prefix "${statement.prefix}"`;
    case 'setMark':
      if (statement.xt !== undefined) return xtMarkText(statement);
      return `${statement.of === 'packet' ? 'meta' : 'ct'} mark set ${markText(statement.value)}`;
    case 'masquerade':
    case 'redirect':
      return statement.ports === null ? statement.kind : `${statement.kind} to :${portText(statement.ports)}`;
    case 'snat':
    case 'dnat': {
      const { addresses, ports } = statement.range;
      const address = addresses === null ? '' : rangeText(addresses);
      const to = ports === null ? address : `${address}:${portText(ports)}`;
      return `${statement.kind} ${family === 'inet' ? 'ip ' : ''}to ${to}`;
    }
    default:
      return matchText(statement, family, protocol);
  }
}

const rangeText = ([low, high]: Range) =>
  low === high ? formatIpv4(low) : `${formatIpv4(low)}-${formatIpv4(high)}`;

/** Whether what follows says the protocol again. In a table of both families IPv4's field says more than that. */
function isImplied(statements: RuleInfo['statements'], at: number, family: Family): boolean {
  const here = statements[at]!;
  if (here.kind !== 'protocol' || here.negate || here.protocols.length > 1) return false;
  if (here.by === 'ip' && family !== 'ip') return false;
  const again = here.by === 'ip' && here.protocols[0] === IPPROTO_ICMP ? ['icmp'] : ['port', 'tcpFlags'];
  return statements
    .slice(at + 1)
    .some((each) => again.includes(kindOf(each)) && !('xt' in each && each.xt !== undefined));
}

/** A port that is looked up in a set is a port. */
const kindOf = (each: Statement): string =>
  each.kind === 'set' && (each.field === 'sourcePort' || each.field === 'destinationPort')
    ? 'port'
    : each.kind;

/** The protocol before a port or TCP's flags is not said twice. */
export function ruleText(rule: RuleInfo, family: Family, options: FormatOptions): string {
  const parts: string[] = [];
  let protocol = 'th';
  for (const [i, statement] of rule.statements.entries()) {
    if (statement.kind === 'protocol') protocol = protocolText(statement.protocols[0]!);
    if (!isImplied(rule.statements, i, family))
      parts.push(statementText(statement, family, protocol, options));
  }
  if (rule.comment !== null) parts.push(`comment "${rule.comment}"`);
  return `${parts.join(' ')}${handle(rule.handle, options)}`;
}

/** Standard names of priorities, for hooks that have them, with what is added or taken away. */
export function priorityText({ hook, priority }: BaseChain): string {
  const names: readonly (readonly [string, number])[] = [
    ['raw', -300],
    ['mangle', -150],
    ...(hook === 'prerouting' ? [['dstnat', -100] as const] : []),
    ['filter', 0],
    ['security', 50],
    ...(hook === 'postrouting' ? [['srcnat', 100] as const] : []),
  ];
  for (const [name, value] of names) {
    const away = priority - value;
    if (away === 0) return name;
    if (Math.abs(away) <= 10) return `${name} ${away > 0 ? '+' : '-'} ${Math.abs(away)}`;
  }
  return `${priority}`;
}

export function chainText(chain: ChainInfo, family: Family, options: FormatOptions, rules = true): string {
  const { base } = chain;
  const head = `\tchain ${chain.name} {${handle(chain.handle, options)}\n`;
  const hook =
    base === null
      ? ''
      : `\t\ttype ${base.type} hook ${base.hook} priority ${options.numeric ? base.priority : priorityText(base)}; policy ${base.policy};\n`;
  const lines = rules ? chain.rules.map((rule) => `\t\t${ruleText(rule, family, options)}\n`).join('') : '';
  return `${head}${hook}${lines}\t}\n`;
}
