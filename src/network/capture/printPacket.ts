/** IPv4 packets in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, type Ipv4Header, readIpv4Header } from '../packet/ipv4.ts';
import type { PrinterOptions } from './options.ts';
import { icmpText } from './printIcmp.ts';
import { TcpPrinter } from './printTcp.ts';
import { udpText } from './printUdp.ts';

const NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: 'ICMP',
  [IPPROTO_TCP]: 'TCP',
  [IPPROTO_UDP]: 'UDP',
};

export class PacketPrinter {
  readonly #verbose: boolean;
  readonly #quiet: boolean;
  readonly #tcp: TcpPrinter;

  constructor({ verbose = false, quiet = false, absoluteSequence = false }: PrinterOptions) {
    this.#verbose = verbose;
    this.#quiet = quiet;
    this.#tcp = new TcpPrinter(verbose, absoluteSequence, quiet);
  }

  /** Without `IP ` before it. What is quoted in an ICMP error may be cut off. */
  text(bytes: Uint8Array): string {
    if (bytes.length < 20) return `truncated-ip ${bytes.length}`;
    if (bytes[0]! >> 4 !== 4) return `version error: ${bytes[0]! >> 4} != 4`;
    const header = readIpv4Header(bytes);
    if (header.headerLength < 20) return `bad-hlen ${header.headerLength}`;
    if (header.totalLength < header.headerLength) return `bad-len ${header.totalLength}`;
    const payload = bytes.subarray(header.headerLength, header.totalLength);
    return this.#headerText(header) + this.#bodyText(header, payload);
  }

  #headerText(header: Ipv4Header): string {
    if (!this.#verbose) return '';
    const { tos, ttl, id, fragmentOffset, protocol, totalLength, dontFragment, moreFragments } = header;
    const flags = dontFragment ? (moreFragments ? '+, DF' : 'DF') : moreFragments ? '+' : 'none';
    const fields = [
      `tos 0x${tos.toString(16)}`,
      `ttl ${ttl}`,
      `id ${id}`,
      `offset ${fragmentOffset}`,
      `flags [${flags}]`,
      `proto ${NAMES[protocol] ?? 'unknown'} (${protocol})`,
      `length ${totalLength}`,
    ];
    return `(${fields.join(', ')})\n    `;
  }

  #bodyText(header: Ipv4Header, payload: Uint8Array): string {
    const source = formatIpv4(header.source);
    const destination = formatIpv4(header.destination);
    const ends = `${source} > ${destination}: `;
    const { protocol } = header;
    if (header.fragmentOffset > 0) return `${ends}ip-proto-${protocol}`;
    if (protocol === IPPROTO_ICMP) return ends + icmpText(header, payload, this.#verbose ? this : null);
    if (protocol === IPPROTO_TCP) return this.#tcp.text(header, payload);
    if (protocol === IPPROTO_UDP) return udpText(header, payload, this.#verbose, this.#quiet);
    return `${ends} ip-proto-${protocol} ${payload.length}`;
  }
}
