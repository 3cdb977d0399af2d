/** Filter expressions: the part of pcap-filter(7) that speaks of addresses, ports and protocols. */
import {
  ETH_P_ARP,
  ETH_P_IP,
  type EthernetFrame,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Ipv4Header,
  inPrefix,
  isGroupMac,
  parseArp,
  parseEthernet,
  parseIpv4,
  parseIpv4Packet,
  parseMac,
  parsePrefix,
} from '../../../../network/index.ts';
import { Refused } from '../words.ts';

/** A frame, taken apart as far as filters look. */
interface Seen {
  readonly frame: EthernetFrame;
  readonly ip: Ipv4Header | null;
  /** Source and destination of IPv4, or sender and target of ARP. */
  readonly addresses: readonly [number, number] | null;
  readonly ports: readonly [number, number] | null;
}

type Test = (seen: Seen) => boolean;

function look(bytes: Uint8Array): Seen | null {
  const frame = parseEthernet(bytes);
  if (frame === null) return null;
  const ip = frame.type === ETH_P_IP ? parseIpv4Packet(frame.payload) : null;
  const arp = frame.type === ETH_P_ARP ? parseArp(frame.payload) : null;
  const addresses: Seen['addresses'] =
    ip !== null ? [ip.source, ip.destination] : arp !== null ? [arp.senderAddress, arp.targetAddress] : null;
  return { frame, ip, addresses, ports: ip === null ? null : portsOf(ip, frame.payload) };
}

/** Of the first fragment only. */
function portsOf(ip: Ipv4Header, packet: Uint8Array): readonly [number, number] | null {
  const at = ip.headerLength;
  if ((ip.protocol !== IPPROTO_TCP && ip.protocol !== IPPROTO_UDP) || ip.fragmentOffset > 0) return null;
  if (packet.length < at + 4) return null;
  return [(packet[at]! << 8) | packet[at + 1]!, (packet[at + 2]! << 8) | packet[at + 3]!];
}

const PROTOCOLS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['ip', ({ frame }) => frame.type === ETH_P_IP],
  ['arp', ({ frame }) => frame.type === ETH_P_ARP],
  ['icmp', ({ ip }) => ip?.protocol === IPPROTO_ICMP],
  ['tcp', ({ ip }) => ip?.protocol === IPPROTO_TCP],
  ['udp', ({ ip }) => ip?.protocol === IPPROTO_UDP],
  ['ip6', ({ frame }) => frame.type === 0x86dd],
]);

const syntaxError = () => new Refused("tcpdump: can't parse filter expression: syntax error", 1);

class Parser {
  readonly #words: string[];

  constructor(text: string) {
    this.#words = text.match(/[()!]|&&|\|\||[^\s()!]+/g) ?? [];
  }

  parse(): Test {
    const test = this.#or();
    if (this.#words.length > 0) throw syntaxError();
    return test;
  }

  #take(...names: readonly string[]): boolean {
    if (!names.includes(this.#words[0] ?? '')) return false;
    this.#words.shift();
    return true;
  }

  /** `and` and `or` bind alike, from left to right. */
  #or(): Test {
    let left = this.#not();
    for (;;) {
      const before = left;
      if (this.#take('and', '&&')) {
        const right = this.#not();
        left = (seen) => before(seen) && right(seen);
      } else if (this.#take('or', '||')) {
        const right = this.#not();
        left = (seen) => before(seen) || right(seen);
      } else return left;
    }
  }

  #not(): Test {
    if (this.#take('not', '!')) {
      const test = this.#not();
      return (seen) => !test(seen);
    }
    if (!this.#take('(')) return this.#primitive();
    const inner = this.#or();
    if (!this.#take(')')) throw syntaxError();
    return inner;
  }

  /** `[PROTOCOL] [src|dst] [host|net|port] VALUE`, or a protocol alone. */
  #primitive(): Test {
    if (this.#take('ether')) return this.#ether();
    if (this.#take('broadcast')) return ({ frame }) => frame.destination === 'ff:ff:ff:ff:ff:ff';
    if (this.#take('multicast')) return ({ frame }) => isGroupMac(frame.destination);
    if (this.#take('vlan')) return this.#vlan();
    const word = this.#words[0] ?? '';
    const protocol = PROTOCOLS.get(word);
    if (protocol !== undefined) {
      this.#words.shift();
      if (!['src', 'dst', 'host', 'net', 'port'].includes(this.#words[0] ?? '')) return protocol;
      const rest = this.#directed();
      return (seen) => protocol(seen) && rest(seen);
    }
    return this.#directed();
  }

  #directed(): Test {
    const sides = this.#take('src') ? [0] : this.#take('dst') ? [1] : [0, 1];
    if (this.#take('port')) {
      const port = this.#number(65_535);
      return ({ ports }) => ports !== null && sides.some((side) => ports[side] === port);
    }
    if (this.#take('net')) {
      const prefix = parsePrefix(this.#value());
      if (prefix === null) throw syntaxError();
      return ({ addresses }) =>
        addresses !== null && sides.some((side) => inPrefix(addresses[side]!, prefix));
    }
    const named = this.#take('host');
    if (!named && sides.length === 2) throw syntaxError();
    const address = parseIpv4(this.#value());
    if (address === null) throw syntaxError();
    return ({ addresses }) => addresses !== null && sides.some((side) => addresses[side] === address);
  }

  #ether(): Test {
    if (this.#take('broadcast')) return ({ frame }) => frame.destination === 'ff:ff:ff:ff:ff:ff';
    if (this.#take('multicast')) return ({ frame }) => isGroupMac(frame.destination);
    const sides = this.#take('src')
      ? ['source']
      : this.#take('dst')
        ? ['destination']
        : ['source', 'destination'];
    this.#take('host');
    const mac = parseMac(this.#value());
    if (mac === null) throw syntaxError();
    return ({ frame }) => sides.some((side) => frame[side as 'source' | 'destination'] === mac);
  }

  #vlan(): Test {
    const id = /^\d+$/.test(this.#words[0] ?? '') ? this.#number(4095) : null;
    return ({ frame }) => frame.vlan !== null && (id === null || frame.vlan.id === id);
  }

  #value(): string {
    const word = this.#words.shift();
    if (word === undefined) throw syntaxError();
    return word;
  }

  #number(most: number): number {
    const word = this.#value();
    if (!/^\d+$/.test(word) || Number(word) > most) throw syntaxError();
    return Number(word);
  }
}

/** What an expression lets through; everything for an empty one. Throws Refused. */
export function compileFilter(text: string): (frame: Uint8Array) => boolean {
  if (text.trim() === '') return () => true;
  const test = new Parser(text).parse();
  return (bytes) => {
    const seen = look(bytes);
    return seen !== null && test(seen);
  };
}
