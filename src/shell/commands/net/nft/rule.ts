/** A rule of nft's language as the kernel's statements. */
import {
  type Match,
  parseIpv4,
  type Range,
  type RejectWith,
  type RouteType,
  type Statement,
} from '../../../../network/index.ts';
import { unsimulated } from '../words.ts';
import { CT_STATES, FLAGS, ICMP_CODES, ICMP_TYPES, ICMPX_CODES, UNITS } from './names.ts';
import { NftError, type Token, type Tokens } from './tokens.ts';
import {
  addressRange,
  listOf,
  markNumber,
  oneOf,
  PROTOCOLS,
  portRange,
  protocolNumber,
  rangeBetween,
  setLookup,
  valuesOf,
} from './values.ts';

export interface ParsedRule {
  readonly statements: readonly Statement[];
  readonly comment: string | null;
}

/** What the real language has besides, told apart from what is no language at all. */
const OTHERS = new Set([
  'ip6',
  'ether',
  'arp',
  'icmpv6',
  'vlan',
  'th',
  'sctp',
  'dccp',
  'socket',
  'osf',
  'rt',
  'ipsec',
  'exthdr',
  'queue',
  'dup',
  'fwd',
  'tproxy',
  'synproxy',
  'flow',
  'set',
  'add',
  'update',
  'meter',
  'map',
  'vmap',
  'quota',
  'iifgroup',
  'oifgroup',
  'skuid',
  'skgid',
  'iiftype',
  'oiftype',
  'pkttype',
  'numgen',
  'jhash',
  'symhash',
  'continue',
  'last',
  'mark',
  'xt',
]);

/** Up to the end of the line. Throws NftError, Refused. */
export function parseRule(tokens: Tokens): ParsedRule {
  const statements: Statement[] = [];
  let comment: string | null = null;
  for (;;) {
    const token = tokens.peek();
    if (token === null || (!token.quoted && (token.text === ';' || token.text === '}'))) break;
    if (tokens.take('comment')) comment = tokens.next().text;
    else statements.push(...statement(tokens));
  }
  if (statements.length === 0) throw new NftError('syntax error, unexpected newline', tokens.peek());
  return { statements, comment };
}

function statement(tokens: Tokens): readonly Statement[] {
  const token = tokens.next();
  switch (token.text) {
    case 'ip':
      return [ipMatch(tokens)];
    case 'tcp':
    case 'udp':
      return transport(tokens, token.text);
    case 'icmp':
      return [icmpMatch(tokens)];
    case 'iif':
    case 'oif':
    case 'iifname':
    case 'oifname':
      return [deviceMatch(tokens, token.text)];
    case 'meta':
      return [meta(tokens)];
    case 'ct':
      return [ct(tokens)];
    case 'fib':
      return [fib(tokens)];
    case 'limit':
      return [limit(tokens)];
    case 'counter':
      return [counter(tokens)];
    case 'accept':
    case 'drop':
    case 'return':
    case 'notrack':
      return [{ kind: token.text }];
    case 'jump':
    case 'goto':
      return [{ kind: token.text, chain: tokens.next().text }];
    case 'reject':
      return [{ kind: 'reject', with: rejectWith(tokens) }];
    case 'log':
      return [log(tokens)];
    case 'snat':
    case 'dnat':
      return [translation(tokens, token.text === 'snat' ? 'snat' : 'dnat')];
    case 'masquerade':
    case 'redirect':
      return [{ kind: token.text, ports: tokens.take('to') ? portsAfterColon(tokens) : null }];
    default:
      if (OTHERS.has(token.text)) throw unsimulated('nft', `"${token.text}" in rules`);
      throw new NftError(`syntax error, unexpected ${token.quoted ? 'quoted string' : 'string'}`, token);
  }
}

function ipMatch(tokens: Tokens): Match {
  const first = tokens.last!;
  const field = tokens.next();
  if (field.text === 'saddr' || field.text === 'daddr') {
    const looked = setLookup(tokens, field.text === 'saddr' ? 'source' : 'destination', first);
    if (looked !== null) return looked;
    const { values, negate } = valuesOf(tokens, addressRange);
    return {
      kind: 'address',
      which: field.text === 'saddr' ? 'source' : 'destination',
      ranges: values,
      negate,
    };
  }
  if (field.text !== 'protocol') throw unsimulated('nft', `"ip ${field.text}"`);
  const looked = setLookup(tokens, 'ipProtocol', first);
  if (looked !== null) return looked;
  const { values, negate } = valuesOf(tokens, protocolNumber);
  return { kind: 'protocol', protocols: values, negate, by: 'ip' };
}

/** A port belongs to its protocol, which is matched before. */
function transport(tokens: Tokens, name: 'tcp' | 'udp'): readonly Match[] {
  const protocol: Match = { kind: 'protocol', protocols: [PROTOCOLS.get(name)!], negate: false };
  const first = tokens.last!;
  const field = tokens.next();
  if (field.text === 'sport' || field.text === 'dport') {
    const looked = setLookup(tokens, field.text === 'sport' ? 'sourcePort' : 'destinationPort', first);
    if (looked !== null) return [protocol, looked];
    const { values, negate } = valuesOf(tokens, portRange);
    const which = field.text === 'sport' ? 'source' : 'destination';
    return [protocol, { kind: 'port', which, ranges: values, negate }];
  }
  if (name !== 'tcp' || field.text !== 'flags') throw unsimulated('nft', `"${name} ${field.text}"`);
  const flag = (token: Token) => FLAGS.get(oneOf(token, [...FLAGS.keys()]))!;
  const sum = (values: readonly number[]) => values.reduce((all, each) => all | each, 0);
  const { values, negate } = listOf(tokens, flag);
  if (tokens.peek()?.text === '&' || tokens.peek()?.text === '(')
    throw unsimulated('nft', '"&" in "tcp flags"');
  const set = sum(values);
  if (!tokens.take('/')) {
    if (values.length > 1) throw unsimulated('nft', 'several "tcp flags" without a mask');
    return [protocol, { kind: 'tcpFlags', mask: set, set, negate }];
  }
  return [protocol, { kind: 'tcpFlags', mask: sum(listOf(tokens, flag).values), set, negate }];
}

function icmpMatch(tokens: Tokens): Match {
  const field = tokens.next();
  if (field.text !== 'type') throw unsimulated('nft', `"icmp ${field.text}"`);
  const type = (token: Token) =>
    /^\d+$/.test(token.text) && Number(token.text) < 256
      ? Number(token.text)
      : ICMP_TYPES.get(oneOf(token, [...ICMP_TYPES.keys()]))!;
  const { values, negate } = valuesOf(tokens, type);
  return { kind: 'icmp', types: values, code: null, negate };
}

function deviceMatch(tokens: Tokens, field: string): Statement {
  const existing = !field.endsWith('name');
  const looked = existing ? null : setLookup(tokens, field.startsWith('i') ? 'in' : 'out', tokens.last!);
  if (looked !== null) return looked;
  const { values, negate } = valuesOf(tokens, (token) => {
    if (existing) tokens.devices.push(token);
    return token.text;
  });
  const which = field.startsWith('i') ? 'in' : 'out';
  return { kind: 'device', which, names: values, negate, ...(existing && { existing }) };
}

function meta(tokens: Tokens): Statement {
  const first = tokens.last!;
  const field = tokens.next();
  switch (field.text) {
    case 'l4proto': {
      const looked = setLookup(tokens, 'protocol', first);
      if (looked !== null) return looked;
      const { values, negate } = valuesOf(tokens, protocolNumber);
      return { kind: 'protocol', protocols: values, negate, by: 'l4proto' };
    }
    case 'iif':
    case 'oif':
    case 'iifname':
    case 'oifname':
      return deviceMatch(tokens, field.text);
    case 'mark':
      return mark(tokens, 'packet', first);
    default:
      throw unsimulated('nft', `"meta ${field.text}"`);
  }
}

function mark(tokens: Tokens, of: 'packet' | 'flow', first: Token): Statement {
  if (tokens.take('set')) return { kind: 'setMark', of, value: markNumber(tokens.next()), mask: 0xffff_ffff };
  const looked = setLookup(tokens, of === 'packet' ? 'packetMark' : 'flowMark', first);
  if (looked !== null) return looked;
  const { values, negate } = valuesOf(tokens, (token) => {
    const [low, high] = rangeBetween(token, markNumber);
    if (low !== high) throw unsimulated('nft', 'a range of marks in a rule');
    return low;
  });
  if (values.length !== 1) throw unsimulated('nft', 'a set of marks');
  return { kind: 'mark', of, value: values[0]!, mask: 0xffff_ffff, negate };
}

function ct(tokens: Tokens): Statement {
  const first = tokens.last!;
  const field = tokens.next();
  switch (field.text) {
    case 'state': {
      const { values, negate } = listOf(tokens, (token) => oneOf(token, CT_STATES));
      return { kind: 'ctState', states: values, negate };
    }
    case 'status': {
      const { values, negate } = valuesOf(tokens, (token) => oneOf(token, ['snat', 'dnat'] as const));
      if (values.length !== 1) throw unsimulated('nft', 'a set of "ct status"');
      return { kind: 'ctStatus', status: values[0]!, negate };
    }
    case 'mark':
      return mark(tokens, 'flow', first);
    default:
      throw unsimulated('nft', `"ct ${field.text}"`);
  }
}

function fib(tokens: Tokens): Match {
  const which = tokens.next();
  if (which.text !== 'daddr' && which.text !== 'saddr') throw unsimulated('nft', `"fib ${which.text}"`);
  const field = tokens.next();
  if (field.text !== 'type') throw unsimulated('nft', `"fib ${which.text} ${field.text}"`);
  const names: readonly RouteType[] = [
    'unicast',
    'local',
    'broadcast',
    'unreachable',
    'blackhole',
    'prohibit',
  ];
  const { values, negate } = valuesOf(tokens, (token) => oneOf(token, names));
  return {
    kind: 'addressType',
    which: which.text === 'saddr' ? 'source' : 'destination',
    types: values,
    negate,
  };
}

function limit(tokens: Tokens): Match {
  tokens.expect('rate');
  const over = tokens.take('over');
  if (!over) tokens.take('until');
  const token = tokens.next();
  const match = /^(\d+)\/(\w+)$/.exec(token.text);
  const per = UNITS.get(match?.[2] ?? '');
  if (match === null || per === undefined) throw unsimulated('nft', `the rate "${token.text}"`);
  let burst = 5;
  if (tokens.take('burst')) {
    burst = Number(tokens.next().text);
    tokens.expect('packets');
  }
  if (!(burst >= 0)) throw tokens.unexpected();
  return { kind: 'limit', rate: Number(match[1]), per, burst, over };
}

function counter(tokens: Tokens): Statement {
  if (!tokens.take('packets')) return { kind: 'counter', packets: 0, bytes: 0 };
  const packets = Number(tokens.next().text);
  tokens.expect('bytes');
  const bytes = Number(tokens.next().text);
  if (!Number.isSafeInteger(packets) || !Number.isSafeInteger(bytes)) throw tokens.unexpected();
  return { kind: 'counter', packets, bytes };
}

function rejectWith(tokens: Tokens): RejectWith {
  if (!tokens.take('with')) return { icmpCode: 3 };
  if (tokens.take('tcp')) {
    tokens.expect('reset');
    return 'tcp-reset';
  }
  const codes = tokens.take('icmpx') ? ICMPX_CODES : ICMP_CODES;
  if (codes === ICMP_CODES) tokens.expect('icmp');
  tokens.take('type');
  return { icmpCode: codes.get(oneOf(tokens.next(), [...codes.keys()]))! };
}

function log(tokens: Tokens): Statement {
  const word = tokens.peek()?.text;
  if (word === 'level' || word === 'group' || word === 'flags' || word === 'snaplen')
    throw unsimulated('nft', `"log ${word}"`);
  return { kind: 'log', prefix: tokens.take('prefix') ? tokens.next().text : '' };
}

/** `:80` or `:1000-2000`. */
function portsAfterColon(tokens: Tokens): Range {
  const token = tokens.next();
  if (!token.text.startsWith(':'))
    throw new NftError('syntax error, unexpected string, expecting colon', token);
  return portRange({ ...token, text: token.text.slice(1) });
}

/** `snat to ADDRESS[-ADDRESS][:PORT[-PORT]]`; in a table for both families `ip` stands before `to`. */
function translation(tokens: Tokens, kind: 'snat' | 'dnat'): Statement {
  tokens.take('ip');
  tokens.expect('to');
  const token = tokens.next();
  const [first = '', last] = token.text.split(':');
  const addresses = first === '' ? null : addressRange({ ...token, text: first });
  if (first.includes('/') || (first !== '' && parseIpv4(first) === null && !first.includes('-')))
    throw unsimulated('nft', 'a prefix to translate to');
  const ports = last === undefined ? null : portRange({ ...token, text: last });
  const word = tokens.peek()?.text;
  if (word === 'random' || word === 'fully-random' || word === 'persistent' || word === 'map')
    throw unsimulated('nft', `"${word}" of "${kind}"`);
  return { kind, range: { addresses, ports } };
}
