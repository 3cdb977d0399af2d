/** Types of sets: how elements are read and written, and what can be looked up in them. */
import type { Range, SetField, SetKey, SetType } from '../../../../network/index.ts';
import { addressText, markText, portText, prefixLength, protocolText } from './format.ts';
import { NftError, type Token } from './tokens.ts';
import { addressRange, markNumber, portRange, protocolNumber } from './values.ts';

interface TypeInfo {
  /** In the tool's messages. */
  readonly title: string;
  /** Throws NftError. */
  readonly read: (token: Token) => SetKey;
  readonly text: (key: SetKey) => string;
  /** How many elements stand in a line (`calculate_delim` of src/expression.c). */
  readonly inLine: number;
}

const numberKey = (value: number): Range => [value, value];
const rangeOf = (key: SetKey): Range => (typeof key === 'string' ? [0, 0] : key);

/** `1-0x10`; throws NftError. */
function markRange(token: Token): Range {
  const [low, high = low] = token.text.split('-', 2).map((text) => markNumber({ ...token, text }));
  if (high! < low!) throw new NftError('Range has zero or negative size', token);
  return [low!, high!];
}

/** A device's name, or what names begin with and a `*`. */
function deviceName(token: Token): string {
  if (token.text === '*') throw new NftError('All-wildcard strings are not supported', token);
  return token.text;
}

/** `6-17`, which is written in numbers. */
function protocolRange(token: Token): Range {
  const match = /^(\d+)-(\d+)$/.exec(token.text);
  if (match === null) return numberKey(protocolNumber(token));
  const range: Range = [Number(match[1]), Number(match[2])];
  if (range[1] < range[0]) throw new NftError('Range has zero or negative size', token);
  return range;
}

export const TYPES: Readonly<Record<SetType, TypeInfo>> = {
  ipv4_addr: {
    title: 'IPv4 address',
    read: (token) => (/^\d+$/.test(token.text) ? numberKey(markNumber(token)) : addressRange(token)),
    text: (key) => addressText(rangeOf(key)),
    inLine: 2,
  },
  inet_service: {
    title: 'internet network service',
    read: portRange,
    text: (key) => portText(rangeOf(key)),
    inLine: 5,
  },
  inet_proto: {
    title: 'Internet protocol',
    read: protocolRange,
    text: (key) => {
      const [low, high] = rangeOf(key);
      return low === high ? protocolText(low) : `${low}-${high}`;
    },
    inLine: 5,
  },
  mark: {
    title: 'packet mark',
    read: markRange,
    text: (key) => {
      const [low, high] = rangeOf(key);
      if (low === high) return markText(low);
      const length = prefixLength([low, high]);
      return length === null ? `${markText(low)}-${markText(high)}` : `${markText(low)}/${length}`;
    },
    inLine: 5,
  },
  ifname: {
    title: 'network interface name',
    read: deviceName,
    text: (key) => `"${key}"`,
    inLine: 1,
  },
};

/** Types of the real language that are not there. */
export const OTHER_TYPES = [
  'ipv6_addr',
  'ether_addr',
  'icmp_type',
  'icmpv6_type',
  'ct_state',
  'ct_label',
  'iface_index',
  'iface_type',
  'uid',
  'gid',
  'realm',
  'classid',
  'pkt_type',
  'verdict',
  'string',
  'integer',
];

/** What a field is of. */
export const FIELD_TYPES: Readonly<Record<SetField, SetType>> = {
  source: 'ipv4_addr',
  destination: 'ipv4_addr',
  sourcePort: 'inet_service',
  destinationPort: 'inet_service',
  protocol: 'inet_proto',
  ipProtocol: 'inet_proto',
  in: 'ifname',
  out: 'ifname',
  packetMark: 'mark',
  flowMark: 'mark',
};
