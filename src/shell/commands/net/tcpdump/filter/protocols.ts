/** Protocols that filter expressions name: by which frames they are carried, and what their names mean. */
import { ETH_P_ARP, ETH_P_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../../../../../network/index.ts';
import { PROTOCOLS } from '../../nft/values.ts';
import { badFilter, notSimulated } from './errors.ts';
import {
  any,
  ETH_P_IPV6,
  ETH_P_RARP,
  hasType,
  IPPROTO_SCTP,
  ip6Protocol,
  ipProtocol,
  type Test,
} from './frame.ts';

/** Protocols of the link layer, by their types. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ['ip', ETH_P_IP],
  ['arp', ETH_P_ARP],
  ['rarp', ETH_P_RARP],
  ['ip6', ETH_P_IPV6],
]);

/** Protocols of IPv4 and, where `ip6` says so, of IPv6 as well. */
const CARRIED: ReadonlyMap<string, { readonly number: number; readonly ip6: boolean }> = new Map([
  ['icmp', { number: IPPROTO_ICMP, ip6: false }],
  ['igmp', { number: 2, ip6: false }],
  ['tcp', { number: IPPROTO_TCP, ip6: true }],
  ['igrp', { number: 9, ip6: false }],
  ['udp', { number: IPPROTO_UDP, ip6: true }],
  ['esp', { number: 50, ip6: true }],
  ['ah', { number: 51, ip6: true }],
  ['pim', { number: 103, ip6: true }],
  ['vrrp', { number: 112, ip6: false }],
  ['carp', { number: 112, ip6: false }],
  ['sctp', { number: IPPROTO_SCTP, ip6: true }],
]);

const LINK = ['ether', 'link', 'fddi', 'tr', 'wlan'];
const ICMPV6 = 58;

export const isProtocol = (word: string) =>
  LINK.includes(word) || TYPES.has(word) || CARRIED.has(word) || word === 'icmp6';

export const isLink = (word: string | null) => word !== null && LINK.includes(word);

/** The number of what IPv4 carries; null for other protocols. */
export const carriedNumber = (word: string) => CARRIED.get(word)?.number ?? null;

/** A protocol's name alone (`gen_proto_abbrev`, gencode.c). Throws Refused. */
export function protocolTest(word: string, shift: number): Test {
  if (isLink(word)) throw badFilter('link layer applied in wrong context');
  if (word === 'icmp6') return ip6Protocol(ICMPV6, shift);
  const type = TYPES.get(word);
  if (type !== undefined) return hasType(type, shift);
  const { number, ip6 } = CARRIED.get(word)!;
  return ip6 ? any(ipProtocol(number, shift), ip6Protocol(number, shift)) : ipProtocol(number, shift);
}

/** pcap_nametoeproto(3PCAP). */
const ETHER_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ...TYPES,
  ['mopdl', 0x6001],
  ['moprc', 0x6002],
  ['decnet', 0x6003],
  ['lat', 0x6004],
  ['sca', 0x6007],
  ['atalk', 0x809b],
  ['aarp', 0x80f3],
  ['loopback', 0x9000],
]);

/** `proto` behind another protocol's name: what that carries (`gen_proto`). Throws Refused. */
export function carriedTest(by: string | null, value: string | number, shift: number): Test {
  if (isLink(by)) {
    const type = typeof value === 'number' ? value : ETHER_PROTOCOLS.get(value);
    if (type === undefined) throw badFilter(`unknown ether proto '${value}'`);
    if (type <= 1500) throw notSimulated(`a protocol of LLC ("ether proto ${value}")`);
    return hasType(type, shift);
  }
  if (by === 'arp' || by === 'rarp') throw badFilter(`${by} does not encapsulate another protocol`);
  if (by !== null && by !== 'ip' && by !== 'ip6') throw badFilter(`'${by} proto' is bogus`);
  const number = typeof value === 'number' ? value : (PROTOCOLS.get(value) ?? carriedNumber(value));
  if (number === null) throw badFilter(`unknown ip proto '${value}'`);
  if (by === 'ip') return ipProtocol(number, shift);
  if (by === 'ip6') return ip6Protocol(number, shift);
  return any(ipProtocol(number, shift), ip6Protocol(number, shift));
}
