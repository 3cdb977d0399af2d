/** Lines in tcpdump(1)'s format (`tcpdump -n`, without the time): link level and ARP here, the rest by protocol. */
import { formatIpv4 } from '../address/ipv4.ts';
import { ZERO_MAC } from '../address/mac.ts';
import { ARP_REPLY, ARP_REQUEST, parseArp } from '../packet/arp.ts';
import { ETH_P_ARP, ETH_P_IP, type EthernetFrame, parseEthernet } from '../packet/ethernet.ts';
import { PacketPrinter } from './printPacket.ts';

export interface PrinterOptions {
  /** `-e`: the link-level header. */
  readonly linkLevel?: boolean;
  /** `-S`: TCP's sequence numbers as they are, not counted from the connection's first. */
  readonly absoluteSequence?: boolean;
  /** `-v`: the IPv4 header. */
  readonly verbose?: boolean;
}

export class FramePrinter {
  readonly #options: PrinterOptions;
  readonly #packets: PacketPrinter;

  constructor(options: PrinterOptions = {}) {
    this.#options = options;
    this.#packets = new PacketPrinter(options);
  }

  /** What a frame is; a frame that makes no sense is told as tcpdump does. */
  line(bytes: Uint8Array): string {
    const frame = parseEthernet(bytes);
    if (frame === null) return '[|ether]';
    return this.#linkLevel(frame, bytes.length) + this.#payload(frame);
  }

  #linkLevel(frame: EthernetFrame, length: number): string {
    if (!this.#options.linkLevel) return '';
    const { source, destination, vlan, type } = frame;
    const addresses = `${source} > ${destination}`;
    if (vlan === null) return `${addresses}, ${ethertype(type)}, length ${length}: `;
    return `${addresses}, ethertype 802.1Q (0x8100), length ${length}: vlan ${vlan.id}, p ${vlan.priority >> 1}${vlan.priority & 1 ? ', DEI' : ''}, ${ethertype(type)}, `;
  }

  #payload(frame: EthernetFrame): string {
    if (frame.type === ETH_P_ARP) return arpLine(frame.payload);
    if (frame.type === ETH_P_IP) return this.#packets.line(frame.payload);
    return `ethertype Unknown (0x${hex16(frame.type)}), length ${frame.payload.length}`;
  }
}

function ethertype(type: number): string {
  const name = type === ETH_P_IP ? 'IPv4' : type === ETH_P_ARP ? 'ARP' : 'Unknown';
  return `ethertype ${name} (0x${hex16(type)})`;
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, '0');
}

function arpLine(payload: Uint8Array): string {
  const packet = parseArp(payload);
  if (packet === null) return '[|ARP]';
  const { operation, senderMac, targetMac } = packet;
  const sender = formatIpv4(packet.senderAddress);
  const target = formatIpv4(packet.targetAddress);
  const length = `, length ${payload.length}`;
  if (operation === ARP_REPLY) return `ARP, Reply ${sender} is-at ${senderMac}${length}`;
  if (operation !== ARP_REQUEST) return `ARP, unknown operation ${operation}${length}`;
  const known = targetMac === ZERO_MAC ? '' : ` (${targetMac})`;
  return `ARP, Request who-has ${target}${known} tell ${sender}${length}`;
}
