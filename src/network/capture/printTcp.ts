/** TCP segments in tcpdump(1)'s words: sequence numbers count from those of the first segment with ACK that was seen. */
import { decodeUtf8 } from '../../base/index.ts';
import { formatIpv4 } from '../address/ipv4.ts';
import { read16, read32, write16 } from '../packet/bytes.ts';
import { transportChecksum } from '../packet/checksum.ts';
import { IPPROTO_TCP, type Ipv4Header } from '../packet/ipv4.ts';
import { ACK, SYN } from '../packet/tcp.ts';

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
const HTTP_PORTS = [80, 8080];
const HTTP_START =
  /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|CONNECT|PATCH)[ \r\n]|^HTTP\/[0-9.]+ [0-9]{3}([ \r\n]|$)/;

/** Where the numbers of a connection count from: those of the end that sorts first, and of the other. */
interface Bases {
  first: number;
  second: number;
}

export class TcpPrinter {
  readonly #verbose: boolean;
  readonly #absolute: boolean;
  readonly #quiet: boolean;
  readonly #bases = new Map<string, Bases>();

  constructor(verbose: boolean, absolute: boolean, quiet: boolean) {
    this.#verbose = verbose;
    this.#absolute = absolute;
    this.#quiet = quiet;
  }

  text(header: Ipv4Header, payload: Uint8Array): string {
    const source = formatIpv4(header.source);
    const destination = formatIpv4(header.destination);
    if (payload.length < 4) return `${source} > ${destination}:  [|tcp]`;
    const from = `${source}.${read16(payload, 0)}`;
    const to = `${destination}.${read16(payload, 2)}`;
    if (payload.length < 20) return `${from} > ${to}:  [|tcp]`;
    const total = header.totalLength - header.headerLength;
    const offset = (payload[12]! >> 4) * 4;
    if (offset < 20)
      return `${from} > ${to}: tcp ${total - offset} [bad hdr length ${offset} - too short, < 20]`;
    const length = total - offset;
    if (this.#quiet)
      return `${from} > ${to}: tcp ${length}${length < 0 ? ` [bad hdr length ${offset} - too long, > ${total}]` : ''}`;
    if (length < 0) return `${from} > ${to}: tcp ${length} [bad hdr length ${offset} - too long, > ${total}]`;
    const flags = payload[13]!;
    const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
    const parts = [`Flags [${names.join('') || 'none'}]`];
    if (this.#verbose && payload.length === total) parts.push(checksumText(header, payload));
    parts.push(...this.#numbers(from, to, payload, length), `win ${read16(payload, 14)}`);
    if ((flags & 0x20) !== 0) parts.push(`urg ${read16(payload, 18)}`);
    const options = optionsText(payload.subarray(20, offset));
    if (options !== '') parts.push(`options [${options}]`);
    parts.push(`length ${length}`);
    return `${from} > ${to}: ${parts.join(', ')}${this.#contents(payload, offset)}`;
  }

  #numbers(from: string, to: string, payload: Uint8Array, length: number): string[] {
    const flags = payload[13]!;
    let sequence = read32(payload, 4);
    let acknowledgement = read32(payload, 8);
    if (!this.#absolute && (flags & ACK) !== 0) {
      const forward = from < to;
      const key = forward ? `${from} ${to}` : `${to} ${from}`;
      const bases = this.#bases.get(key);
      if (bases === undefined || (flags & SYN) !== 0) {
        const other = (acknowledgement - 1) >>> 0;
        this.#bases.set(
          key,
          forward ? { first: sequence, second: other } : { first: other, second: sequence },
        );
      } else {
        sequence = (sequence - (forward ? bases.first : bases.second)) >>> 0;
        acknowledgement = (acknowledgement - (forward ? bases.second : bases.first)) >>> 0;
      }
    }
    const parts: string[] = [];
    if (length > 0) parts.push(`seq ${sequence}:${(sequence + length) >>> 0}`);
    else if ((flags & 0x07) !== 0) parts.push(`seq ${sequence}`);
    if ((flags & ACK) !== 0) parts.push(`ack ${acknowledgement}`);
    return parts;
  }

  /** The first line of HTTP, or with `-v` all of what is there. */
  #contents(payload: Uint8Array, offset: number): string {
    const data = payload.subarray(offset);
    if (
      data.length === 0 ||
      !HTTP_PORTS.some((port) => port === read16(payload, 0) || port === read16(payload, 2))
    )
      return '';
    const text = decodeUtf8(data);
    if (!HTTP_START.test(text)) return ': HTTP';
    const whole = text.endsWith('\n');
    const lines = (whole ? text.replace(/\r?\n$/, '') : `${text} [|http]`).split(/\r?\n/);
    if (!this.#verbose) return `: HTTP: ${lines[0]}`;
    return `: HTTP, length: ${data.length}${lines.map((line) => `\n\t${line}`).join('')}`;
  }
}

function checksumText(header: Ipv4Header, payload: Uint8Array): string {
  const told = read16(payload, 16);
  const copy = payload.slice();
  write16(copy, 16, 0);
  const right = transportChecksum(header.source, header.destination, IPPROTO_TCP, copy);
  const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`;
  return `cksum ${hex(told)} (${told === right ? 'correct' : `incorrect -> ${hex(right)}`})`;
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
