/** Lines in tcpdump(1)'s format (`tcpdump -n`, without the time): link level and ARP here, the rest by protocol. */
import { formatIpv4 } from '../address/ipv4.ts';
import { ZERO_MAC } from '../address/mac.ts';
import { ARP_REPLY, ARP_REQUEST, parseArp } from '../packet/arp.ts';
import { ETH_P_ARP, ETH_P_IP, ETH_P_RARP, type EthernetFrame, parseEthernet } from '../packet/ethernet.ts';
import { asciiText, hexLines } from './hex.ts';
import type { PrinterOptions } from './options.ts';
import { PacketPrinter } from './printPacket.ts';

export class FramePrinter {
  readonly #options: PrinterOptions;
  readonly #packets: PacketPrinter;

  constructor(options: PrinterOptions = {}) {
    this.#options = options;
    this.#packets = new PacketPrinter(options);
  }

  /** What a frame is, in one line or, where tcpdump takes more, several; a frame that makes no sense is told as tcpdump does. */
  line(bytes: Uint8Array): string {
    const frame = parseEthernet(bytes);
    if (frame === null) return '[|ether]';
    return this.#described(frame, bytes.length) + this.#dumped(frame, bytes);
  }

  #dumped(frame: EthernetFrame, whole: Uint8Array): string {
    const { dump } = this.#options;
    if (dump === undefined) return '';
    const bytes = dump.length === 2 ? whole : frame.payload;
    if (dump.startsWith('A')) return `\n${asciiText(bytes)}`;
    return `\n${hexLines(bytes, dump.startsWith('X')).join('\n')}`;
  }

  #described(frame: EthernetFrame, length: number): string {
    const { linkLevel, verbose, dump, quiet = false } = this.#options;
    const header = linkLevelText(frame, length, quiet);
    // The protocol's name stands where no header has told it.
    const name = (text: string) => (linkLevel ? header : text);
    if (frame.type === ETH_P_ARP || frame.type === ETH_P_RARP)
      return name('ARP, ') + arpText(frame.payload, verbose ?? false);
    if (frame.type === ETH_P_IP) return name('IP ') + this.#packets.text(frame.payload);
    // What nothing is known of is dumped unasked.
    const unasked = !quiet && (dump === undefined || dump.startsWith('A'));
    const bytes = unasked ? hexLines(frame.payload) : [];
    return [header, ...bytes].join('\n');
  }
}

function linkLevelText(frame: EthernetFrame, length: number, quiet: boolean): string {
  const { source, destination, vlan, type } = frame;
  const addresses = `${source} > ${destination}`;
  if (vlan === null) return `${addresses}, ${ethertype(type, quiet)}, length ${length}: `;
  const priority = `p ${vlan.priority >> 1}${(vlan.priority & 1) === 1 ? ', DEI' : ''}`;
  return `${addresses}, ${ethertype(ETH_P_8021Q, quiet)}, length ${length}: vlan ${vlan.id}, ${priority}, ${ethertype(type, quiet)}, `;
}

const ETH_P_8021Q = 0x8100;

const ETHERTYPES: Readonly<Record<number, string>> = {
  [ETH_P_IP]: 'IPv4',
  [ETH_P_ARP]: 'ARP',
  [ETH_P_RARP]: 'Reverse ARP',
  [ETH_P_8021Q]: '802.1Q',
  [0x86dd]: 'IPv6',
};

function ethertype(type: number, quiet: boolean): string {
  const name = ETHERTYPES[type];
  const number = `(0x${type.toString(16).padStart(4, '0')})`;
  if (quiet) return name ?? `Unknown Ethertype ${number}`;
  return `ethertype ${name ?? 'Unknown'} ${number}`;
}

function arpText(payload: Uint8Array, verbose: boolean): string {
  const packet = parseArp(payload);
  if (packet === null) return '[|arp]';
  const { operation, senderMac, targetMac } = packet;
  const sender = formatIpv4(packet.senderAddress);
  const target = formatIpv4(packet.targetAddress);
  const head = verbose ? 'Ethernet (len 6), IPv4 (len 4), ' : '';
  const tail = `, length ${payload.length}`;
  if (operation === ARP_REPLY) return `${head}Reply ${sender} is-at ${senderMac}${tail}`;
  if (operation === 3) return `${head}Reverse Request who-is ${targetMac} tell ${senderMac}${tail}`;
  if (operation !== ARP_REQUEST)
    return `${head}${operation === 4 ? `Reverse Reply ${targetMac} at ${target}` : `Unknown (${operation})`}${tail}`;
  const known = targetMac === ZERO_MAC ? '' : ` (${targetMac})`;
  return `${head}Request who-has ${target}${known} tell ${sender}${tail}`;
}
