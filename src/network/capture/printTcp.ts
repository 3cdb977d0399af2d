/** TCP segments in tcpdump(1)'s words: sequence numbers count from the first that was seen of a connection. */
import { formatIpv4 } from '../address/ipv4.ts';
import { read16, read32 } from '../packet/bytes.ts';
import type { Ipv4Header } from '../packet/ipv4.ts';
import { ACK } from '../packet/tcp.ts';
import { distance } from '../tcp/sequence.ts';

const FLAGS: readonly (readonly [number, string])[] = [
  [0x01, 'F'],
  [0x02, 'S'],
  [0x04, 'R'],
  [0x08, 'P'],
  [0x10, '.'],
  [0x20, 'U'],
  [0x40, 'E'],
  [0x80, 'W'],
];

/** The numbers that each direction of a connection counts from. */
interface Seen {
  sequence: number;
  acknowledgement: number;
}

export class TcpPrinter {
  readonly #absolute: boolean;
  readonly #seen = new Map<string, Seen>();

  constructor(absolute: boolean) {
    this.#absolute = absolute;
  }

  text(header: Ipv4Header, payload: Uint8Array): string {
    const source = formatIpv4(header.source);
    const destination = formatIpv4(header.destination);
    if (payload.length < 20) return `${source} > ${destination}: [|tcp]`;
    const from = `${source}.${read16(payload, 0)}`;
    const to = `${destination}.${read16(payload, 2)}`;
    const length = payload.length - (payload[12]! >> 4) * 4;
    if ((payload[12]! >> 4) * 4 < 20 || length < 0)
      return `${from} > ${to}: tcp ${payload.length} [bad hdr length ${(payload[12]! >> 4) * 4} - ${(payload[12]! >> 4) * 4 < 20 ? 'too short, < 20' : `too long, > ${payload.length}`}]`;
    const flags = payload[13]!;
    const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
    const parts = [`Flags [${names.join('') || 'none'}]`, ...this.#numbers(from, to, payload, length)];
    parts.push(`win ${read16(payload, 14)}`);
    if ((flags & 0x20) !== 0) parts.push(`urg ${read16(payload, 18)}`);
    const options = optionsText(payload.subarray(20, payload.length - length));
    if (options !== '') parts.push(`options [${options}]`);
    parts.push(`length ${length}`);
    return `${from} > ${to}: ${parts.join(', ')}`;
  }

  #numbers(from: string, to: string, payload: Uint8Array, length: number): string[] {
    const flags = payload[13]!;
    let sequence = read32(payload, 4);
    let acknowledgement = read32(payload, 8);
    const synchronising = (flags & 0x02) !== 0;
    if (!this.#absolute) {
      const [name, reverse] = from < to ? [`${from} ${to}`, false] : [`${to} ${from}`, true];
      const seen = this.#seen.get(name);
      if (seen === undefined || synchronising) {
        // A segment without SYN that is the first to be seen is printed with its own numbers as well.
        const fresh = { sequence, acknowledgement: (acknowledgement - 1) >>> 0 };
        const own = reverse ? { sequence: fresh.acknowledgement, acknowledgement: fresh.sequence } : fresh;
        if (seen === undefined || (flags & ACK) === 0) this.#seen.set(name, own);
        else if (reverse) seen.acknowledgement = sequence;
        else seen.sequence = sequence;
        if (synchronising && (flags & ACK) !== 0)
          acknowledgement = this.#relative(name, reverse, acknowledgement);
      } else {
        sequence = distance(sequence, reverse ? seen.acknowledgement : seen.sequence) >>> 0;
        acknowledgement = this.#relative(name, reverse, acknowledgement);
      }
    }
    const parts: string[] = [];
    if (length > 0) parts.push(`seq ${sequence}:${(sequence + length) >>> 0}`);
    else if ((flags & 0x07) !== 0) parts.push(`seq ${sequence}`);
    if ((flags & ACK) !== 0) parts.push(`ack ${acknowledgement}`);
    return parts;
  }

  #relative(name: string, reverse: boolean, acknowledgement: number): number {
    const seen = this.#seen.get(name)!;
    return distance(acknowledgement, reverse ? seen.sequence : seen.acknowledgement) >>> 0;
  }
}

function optionsText(bytes: Uint8Array): string {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    const length = kind < 2 ? 1 : (bytes[at + 1] ?? 0);
    if (length < 1 || at + length > bytes.length) return [...names, '[bad opt]'].join(',');
    if (kind === 0) names.push('eol');
    else if (kind === 1) names.push('nop');
    else if (kind === 2 && length === 4) names.push(`mss ${read16(bytes, at + 2)}`);
    else if (kind === 3 && length === 3) names.push(`wscale ${bytes[at + 2]}`);
    else if (kind === 4) names.push('sackOK');
    else if (kind === 8 && length === 10)
      names.push(`TS val ${read32(bytes, at + 2)} ecr ${read32(bytes, at + 6)}`);
    else names.push(`unknown-${kind}`);
    if (kind === 0) break;
    at += length;
  }
  return names.join(',');
}
