/** Types of sets: how elements are read and written, and what can be looked up in them. */
import {
  broadcastOf,
  networkOf,
  type Range,
  type SetField,
  type SetKey,
  type SetType,
} from '../../../../network/index.ts';
import { addressText, markText, portText, prefixLength, protocolText } from './format.ts';
import { NftError, part, type Token } from './tokens.ts';
import {
  addressRange,
  isNumeral,
  markNumber,
  portRange,
  prefixLengthOf,
  protocolNumber,
  rangeBetween,
  wholeAddress,
} from './values.ts';

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

/** `5`, `1-0x10`, `0x10/28`; throws NftError. */
function markRange(token: Token): Range {
  const [word, digits] = token.quoted ? [token.text] : token.text.split('/');
  if (digits === undefined) return rangeBetween(token, markNumber);
  const value = markNumber(part(token, 0, word!.length));
  const length = prefixLengthOf(token, digits);
  return [networkOf(value, length), broadcastOf(value, length)];
}

/** A device's name, or what names begin with and a `*`. */
function deviceName(token: Token): string {
  if (token.text === '') throw new NftError('Empty string is not allowed', token);
  if (token.text.length > 15) throw new NftError('String exceeds maximum length of 16', token);
  if (token.text === '*') throw new NftError('All-wildcard strings are not supported', token);
  return token.text;
}

export const TYPES: Readonly<Record<SetType, TypeInfo>> = {
  ipv4_addr: {
    title: 'IPv4 address',
    read: (token) => (isNumeral(token.text) ? numberKey(wholeAddress(token)) : addressRange(token)),
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
    read: (token) => rangeBetween(token, protocolNumber),
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
