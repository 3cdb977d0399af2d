/** Lines in tcpdump(1)'s format (`tcpdump -n`, without the time): link level and ARP here, the rest by protocol. */
import { formatIpv4 } from '../address/ipv4.ts';
import { ZERO_MAC } from '../address/mac.ts';
import { ARP_REPLY, ARP_REQUEST, parseArp } from '../packet/arp.ts';
import { ETH_P_ARP, ETH_P_IP, ETH_P_RARP, type EthernetFrame, parseEthernet } from '../packet/ethernet.ts';
import { asciiText, hexLines } from './hex.ts';
import { PacketPrinter } from './printPacket.ts';

export interface PrinterOptions {
  /** `-e`: the link-level header. */
  readonly linkLevel?: boolean;
  /** `-S`: TCP's sequence numbers as they are, not counted from the connection's first. */
  readonly absoluteSequence?: boolean;
  /** `-x`, `-X`, `-A`: the packet's bytes, behind the line. */
  readonly dump?: 'x' | 'X' | 'A';
  /** `-v`: the IPv4 header, checksums, and what is inside of errors. */
  readonly verbose?: boolean;
}

export class FramePrinter {
  readonly #options: PrinterOptions;
  readonly #packets: PacketPrinter;

  constructor(options: PrinterOptions = {}) {
    this.#options = options;
    this.#packets = new PacketPrinter(options.verbose ?? false, options.absoluteSequence ?? false);
  }

  /** What a frame is, in one line or, where tcpdump takes more, several; a frame that makes no sense is told as tcpdump does. */
  line(bytes: Uint8Array): string {
    const frame = parseEthernet(bytes);
    if (frame === null) return '[|ether]';
    return this.#described(frame, bytes.length) + this.#dumped(frame);
  }

  #dumped(frame: EthernetFrame): string {
    const { dump } = this.#options;
    if (dump === undefined) return '';
    if (dump === 'A') return `\n${asciiText(frame.payload)}`;
    return `\n${hexLines(frame.payload, dump === 'X').join('\n')}`;
  }

  #described(frame: EthernetFrame, length: number): string {
    const { linkLevel, verbose, dump } = this.#options;
    const header = linkLevelText(frame, length);
    // The protocol's name stands where no header has told it.
    const name = (text: string) => (linkLevel ? header : text);
    if (frame.type === ETH_P_ARP || frame.type === ETH_P_RARP)
      return name('ARP, ') + arpText(frame.payload, verbose ?? false);
    if (frame.type === ETH_P_IP) return name('IP ') + this.#packets.text(frame.payload);
    // What nothing is known of is dumped unasked.
    const bytes = dump === 'x' || dump === 'X' ? [] : hexLines(frame.payload);
    return [header, ...bytes].join('\n');
  }
}

function linkLevelText(frame: EthernetFrame, length: number): string {
  const { source, destination, vlan, type } = frame;
  const addresses = `${source} > ${destination}`;
  if (vlan === null) return `${addresses}, ${ethertype(type)}, length ${length}: `;
  const priority = `p ${vlan.priority >> 1}${(vlan.priority & 1) === 1 ? ', DEI' : ''}`;
  return `${addresses}, ethertype 802.1Q (0x8100), length ${length}: vlan ${vlan.id}, ${priority}, ${ethertype(type)}, `;
}

const ETHERTYPES: Readonly<Record<number, string>> = {
  [ETH_P_IP]: 'IPv4',
  [ETH_P_ARP]: 'ARP',
  [ETH_P_RARP]: 'Reverse ARP',
  [0x86dd]: 'IPv6',
};

function ethertype(type: number): string {
  return `ethertype ${ETHERTYPES[type] ?? 'Unknown'} (0x${type.toString(16).padStart(4, '0')})`;
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
