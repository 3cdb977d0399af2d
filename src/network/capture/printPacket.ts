/** IPv4 packets in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, type Ipv4Header, parseIpv4Packet } from '../packet/ipv4.ts';
import type { PrinterOptions } from './printer.ts';
import { icmpText } from './printIcmp.ts';
import { TcpPrinter } from './printTcp.ts';
import { udpText } from './printUdp.ts';

export class PacketPrinter {
  readonly #options: PrinterOptions;
  readonly #tcp: TcpPrinter;

  constructor(options: PrinterOptions) {
    this.#options = options;
    this.#tcp = new TcpPrinter(options.absoluteSequence ?? false);
  }

  line(bytes: Uint8Array): string {
    const header = parseIpv4Packet(bytes);
    if (header === null) return 'IP [|ip]';
    const payload = bytes.subarray(header.headerLength, header.totalLength);
    return `IP ${this.#verbose(header)}${this.#body(header, payload)}`;
  }

  #verbose(header: Ipv4Header): string {
    if (!this.#options.verbose) return '';
    const { tos, ttl, id, fragmentOffset, protocol, totalLength } = header;
    const flags = [header.dontFragment ? 'DF' : '', header.moreFragments ? '+' : ''].filter(
      (each) => each !== '',
    );
    const names: Record<number, string> = {
      [IPPROTO_ICMP]: 'ICMP',
      [IPPROTO_TCP]: 'TCP',
      [IPPROTO_UDP]: 'UDP',
    };
    const name = names[protocol] ?? 'unknown';
    return `(tos 0x${tos.toString(16)}, ttl ${ttl}, id ${id}, offset ${fragmentOffset}, flags [${flags.length > 0 ? flags.join('') : 'none'}], proto ${name} (${protocol}), length ${totalLength})\n    `;
  }

  #body(header: Ipv4Header, payload: Uint8Array): string {
    const source = formatIpv4(header.source);
    const destination = formatIpv4(header.destination);
    const ends = `${source} > ${destination}: `;
    const { protocol } = header;
    const name =
      protocol === IPPROTO_ICMP
        ? 'icmp'
        : protocol === IPPROTO_TCP
          ? 'tcp'
          : protocol === IPPROTO_UDP
            ? 'udp'
            : `ip-proto-${protocol}`;
    if (header.fragmentOffset > 0) return `${ends}${name}`;
    if (protocol === IPPROTO_ICMP) return `${ends}${icmpText(payload)}`;
    if (protocol === IPPROTO_TCP) return this.#tcp.text(header, payload);
    if (protocol === IPPROTO_UDP) return udpText(header, payload);
    return `${ends} ip-proto-${protocol} ${payload.length}`;
  }
}
