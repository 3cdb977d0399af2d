/** A device as `ip -j link` and `ip -j address` tell it. */
import type { LinkInfo } from '../../../../linux/net/netlink/requests.ts';
import type { Json } from '../json.ts';
import type { Links } from '../links.ts';
import { unsimulated } from '../words.ts';
import type { IpOptions } from './options.ts';

/** The other end or what lies below: by its name, or by its number where that is in another namespace. */
export function otherEnd(links: Links, link: LinkInfo): { readonly [key: string]: Json | undefined } {
  if (link.link === 0) return {};
  return link.linkNamespace === null ? { link: links.name(link.link) } : { link_index: link.link };
}

export const flagNames = (links: Links, link: LinkInfo): Json =>
  links
    .flags(link)
    .slice(1, -1)
    .split(',')
    .filter((flag) => flag !== '');

/** `mode` stands in `ip link` alone. */
export function linkJson(
  links: Links,
  link: LinkInfo,
  options: IpOptions,
  mode: boolean,
): { readonly [key: string]: Json | undefined } {
  if (options.details) throw unsimulated('ip', 'the option "-d" with "-j"');
  const loopback = link.kind === 'loopback';
  const head = { ...otherEnd(links, link), ifname: link.name };
  if (options.brief)
    return {
      ...head,
      operstate: link.operState,
      ...(mode && { address: link.mac, flags: flagNames(links, link) }),
    };
  return {
    ifindex: link.index,
    ...head,
    flags: flagNames(links, link),
    mtu: link.mtu,
    qdisc: link.qdisc,
    ...(link.master !== 0 && { master: links.name(link.master) }),
    operstate: link.operState,
    ...(mode && { linkmode: 'DEFAULT' }),
    group: 'default',
    txqlen: link.queueLength,
    link_type: loopback ? 'loopback' : 'ether',
    address: link.mac,
    broadcast: loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff',
    ...(link.linkNamespace !== null && { link_netnsid: link.linkNamespace }),
    ...(mode && link.alias !== '' && { ifalias: link.alias }),
  };
}

/** Of `-s`; stands last. */
export function statisticsJson({ statistics: s }: LinkInfo): { readonly [key: string]: Json } {
  return {
    stats64: {
      rx: {
        bytes: s.rxBytes,
        packets: s.rxPackets,
        errors: s.rxErrors,
        dropped: s.rxDropped,
        over_errors: 0,
        multicast: s.rxMulticast,
      },
      tx: {
        bytes: s.txBytes,
        packets: s.txPackets,
        errors: s.txErrors,
        dropped: s.txDropped,
        carrier_errors: 0,
        collisions: 0,
      },
    },
  };
}
