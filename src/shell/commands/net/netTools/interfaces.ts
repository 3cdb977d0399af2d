/** Interfaces as net-tools counts them: each device, and each label of an address that is not its device's name (`eth0:1`). */
import type { Sys } from '../../../../linux/index.ts';
import { type AddressInfo, type LinkInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { isRunning, type Links, readLinks } from '../links.ts';

export interface Interface {
  readonly name: string;
  readonly link: LinkInfo;
  /** The first address with its name as label: all that the old requests can tell (SIOCGIFADDR, netdevice(7)). */
  readonly address: AddressInfo | null;
}

/** What a name is sorted by: letters, a number behind them, and the number of an alias; names of another form come after those. */
function sortKey(name: string): readonly [letters: string, other: number, number: number, alias: number] {
  const [, number, alias] = /^\D*(\d+)(?::(\d+))?$/.exec(name) ?? [];
  return [/^\D*/.exec(name)![0], number === undefined ? 1 : 0, Number(number ?? 0), Number(alias ?? -1)];
}

/** eth2 before eth10, and eth0:1 between eth0 and eth1 (`nstrcmp` of lib/nstrcmp.c). */
function compareNames(a: string, b: string): number {
  const [left, right] = [
    [...sortKey(a), a],
    [...sortKey(b), b],
  ];
  const at = left.findIndex((part, i) => part !== right[i]);
  return at < 0 ? 0 : left[at]! < right[at]! ? -1 : 1;
}

export class Interfaces {
  readonly #links: Links;
  readonly #addresses: readonly AddressInfo[];

  constructor(links: Links, addresses: readonly AddressInfo[]) {
    this.#links = links;
    this.#addresses = addresses;
  }

  get all(): readonly Interface[] {
    const names = new Set(this.#links.all.map(({ name }) => name));
    for (const { label } of this.#addresses) names.add(label);
    return [...names].sort(compareNames).flatMap((name) => this.find(name) ?? []);
  }

  /** What stands after a colon is of no device: of a name that no address has, the device is known all the same. */
  find(name: string): Interface | null {
    const link = this.#links.byName(name.replace(/:.*/, ''));
    if (link === null) return null;
    const address = this.#addresses.find(({ index, label }) => index === link.index && label === name);
    return { name, link, address: address ?? null };
  }
}

export function* readInterfaces(): Sys<Interfaces> {
  return new Interfaces(yield* readLinks(), yield* rtnetlink('RTM_GETADDR', null));
}

/** The flags of netdevice(7) that devices here can have, in the order of their names in ifconfig's line. */
const FLAGS: readonly {
  readonly name: string;
  readonly letter: string;
  readonly bit: number;
  readonly of: (link: LinkInfo) => boolean;
}[] = [
  { name: 'UP', letter: 'U', bit: 0x1, of: ({ up }) => up },
  { name: 'BROADCAST', letter: 'B', bit: 0x2, of: ({ kind }) => kind !== 'loopback' },
  { name: 'LOOPBACK', letter: 'L', bit: 0x8, of: ({ kind }) => kind === 'loopback' },
  { name: 'RUNNING', letter: 'R', bit: 0x40, of: (link) => link.up && isRunning(link) },
  { name: 'NOARP', letter: 'O', bit: 0x80, of: ({ arp }) => !arp },
  { name: 'PROMISC', letter: 'P', bit: 0x100, of: ({ promiscuous }) => promiscuous },
  { name: 'ALLMULTI', letter: 'A', bit: 0x200, of: ({ allMulticast }) => allMulticast },
  { name: 'MULTICAST', letter: 'M', bit: 0x1000, of: ({ multicast }) => multicast },
];

/** `4163<UP,BROADCAST,RUNNING,MULTICAST>` */
export function flagsText(link: LinkInfo): string {
  const set = FLAGS.filter(({ of }) => of(link));
  return `${set.reduce((sum, { bit }) => sum | bit, 0)}<${set.map(({ name }) => name).join(',')}>`;
}

/** `BMRU`: `ife_print_short` of lib/interface.c has an order of its own. */
export function flagLetters(link: LinkInfo): string {
  const order = 'ABLMPORU';
  const set = FLAGS.filter(({ of }) => of(link)).map(({ letter }) => letter);
  return set.sort((a, b) => order.indexOf(a) - order.indexOf(b)).join('');
}
