/** Devices as iproute2's tools find and name them. */

import type { Sys } from '../../../linux/index.ts';
import { type LinkInfo, rtnetlink } from '../../../linux/net/netlink/requests.ts';
import { Refused } from './words.ts';

export class Links {
  readonly all: readonly LinkInfo[];

  constructor(all: readonly LinkInfo[]) {
    this.all = all;
  }

  byName(name: string): LinkInfo | null {
    return this.all.find((link) => link.name === name) ?? null;
  }

  byIndex(index: number): LinkInfo | null {
    return this.all.find((link) => link.index === index) ?? null;
  }

  name(index: number): string {
    return this.byIndex(index)?.name ?? `if${index}`;
  }

  /** Throws Refused when there is none. */
  need(name: string, message = `Cannot find device "${name}"`, status = 1): LinkInfo {
    const link = this.byName(name);
    if (link === null) throw new Refused(message, status);
    return link;
  }

  /** `vnet0`, or `veth0@eth0` with what is at its other end or below it. */
  label(link: LinkInfo): string {
    if (link.link === 0) return link.name;
    return `${link.name}@${link.linkNamespace === null ? this.name(link.link) : `if${link.link}`}`;
  }

  /** Flags as ip-link(8) shows them, in its order. */
  flags(link: LinkInfo): string {
    const below = link.linkNamespace === null ? this.byIndex(link.link) : null;
    const flags = [
      link.up && !isRunning(link) && 'NO-CARRIER',
      link.kind === 'loopback' && 'LOOPBACK',
      link.kind !== 'loopback' && 'BROADCAST',
      link.multicast && 'MULTICAST',
      !link.arp && 'NOARP',
      link.allMulticast && 'ALLMULTI',
      link.promiscuous && 'PROMISC',
      link.up && 'UP',
      link.up && link.carrier && 'LOWER_UP',
      below !== null && !below.up && 'M-DOWN',
    ];
    return `<${flags.filter((flag) => flag !== false).join(',')}>`;
  }
}

/** IFF_RUNNING. */
export const isRunning = ({ operState }: LinkInfo) => operState === 'UP' || operState === 'UNKNOWN';

export function* readLinks(): Sys<Links> {
  return new Links(yield* rtnetlink('RTM_GETLINK', null));
}
