/** Values in iptables' rules. */
import { broadcastOf, formatIpv4, networkOf, parseIpv4, type Range } from '../../../../network/index.ts';
import { PROTOCOLS, SERVICES } from '../nft/values.ts';
import { UsageProblem, unsimulatedHere } from './errors.ts';

/** /etc/protocols and /etc/services, as far as a small host has them. */
export function protocolNumber(text: string): number {
  if (text === 'all') return 0;
  const lower = text.toLowerCase();
  const number = PROTOCOLS.get(lower) ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN);
  if (!(number >= 0 && number <= 255)) throw new UsageProblem(`unknown protocol "${lower}" specified`);
  return number;
}

export function protocolName(number: number): string {
  for (const [name, each] of PROTOCOLS) if (each === number) return name;
  return `${number}`;
}

/** A port by its name or number. Throws UsageProblem. */
function port(text: string): number {
  const number = SERVICES.get(text) ?? unsigned(text);
  if (!(number <= 65_535)) throw new UsageProblem(`invalid port/service \`${text}' specified`);
  return number;
}

/** `80`, `http`, `1000:2000`, `1024:`, `:100`. Throws UsageProblem. */
export function portRange(text: string): Range {
  const at = text.indexOf(':');
  const [first, second] = at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  const low = first === '' && second !== null ? 0 : port(first);
  const high = second === null ? low : second === '' ? 65_535 : port(second);
  if (high < low) throw new UsageProblem('invalid portrange (min > max)');
  return [low, high];
}

/** A part of multiport's list, both of whose ends must be told. Throws UsageProblem. */
export function listedPorts(text: string): Range {
  const [first = '', second = first] = text.split(/:(.*)/s);
  const range: Range = [port(first), port(second)];
  if (text.includes(':') && range[0] >= range[1]) throw new UsageProblem('invalid portrange specified');
  return range;
}

/** What udp takes for ports, decimal only; larger numbers have 16 bits of theirs taken. Throws UsageProblem. */
export function datagramPorts(text: string, option: string): Range {
  const parts = text.split(':');
  if (parts.length > 2)
    throw new UsageProblem(`udp: Too many components for option "--${option}" (max: 2)\n`);
  const [low, high] = parts.map((part, i) => {
    if (part === '' && parts.length > 1) return i === 0 ? 0 : 65_535;
    const number = SERVICES.get(part) ?? (/^\d+$/.test(part) ? Number(part) : Number.NaN);
    if (Number.isNaN(number)) throw new UsageProblem(`Port "${part}" does not resolve to anything.\n`);
    return number & 0xffff;
  });
  return [low!, high ?? low!];
}

const serviceName = (number: number) => {
  for (const [name, each] of SERVICES) if (each === number) return name;
  return `${number}`;
};

export function portText([low, high]: Range, numeric = true): string {
  const one = (number: number) => (numeric ? `${number}` : serviceName(number));
  return low === high ? one(low) : `${one(low)}:${one(high)}`;
}

/** As strtoul(3) reads it: decimal, hexadecimal with 0x, octal with 0; NaN for anything else and for more than 32 bits. */
export function unsigned(text: string): number {
  if (!/^\+?(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(text)) return Number.NaN;
  const number = Number(text.replace(/^\+/, '').replace(/^0(?=\d)/, '0o'));
  return number <= 0xffff_ffff ? number : Number.NaN;
}

/** A number of an extension's option. Throws UsageProblem. */
export function numberOf(text: string, extension: string, option: string, most = 0xffff_ffff): number {
  const number = unsigned(text);
  if (!(number <= most))
    throw new UsageProblem(
      `${extension}: bad value for option "--${option}", or out of range (0-${most}).\n`,
    );
  return number;
}

/** A mark: `VALUE` or `VALUE/MASK`. Throws UsageProblem. */
export function markPair(
  text: string,
  extension: string,
  option: string,
): { readonly value: number; readonly mask: number } {
  const at = text.indexOf('/');
  const [value, mask] = [unsigned(at < 0 ? text : text.slice(0, at)), unsigned(text.slice(at + 1))];
  if (Number.isNaN(value) || Number.isNaN(mask))
    throw new UsageProblem(`${extension}: bad integer value for option "--${option}", or out of range.\n`);
  return { value, mask: at < 0 ? 0xffff_ffff : mask };
}

/** `/24` or `/255.255.255.0` as a length. */
export function maskLength(text: string): number {
  if (/^\d+$/.test(text)) {
    if (Number(text) > 32) throw new UsageProblem(`invalid mask \`${text}' specified`);
    return Number(text);
  }
  const mask = parseIpv4(text);
  if (mask === null) throw new UsageProblem(`invalid mask \`${text}' specified`);
  const length = Math.clz32(~mask >>> 0);
  if (networkOf(0xffff_ffff, length) !== mask) throw unsimulatedHere(`the mask "${text}" with holes`);
  return length;
}

export const prefixRange = (address: number, length: number): Range => [
  networkOf(address, length),
  broadcastOf(address, length),
];

/** The prefix that a range is; null when it is none. */
export function prefixOf([low, high]: Range): { readonly address: number; readonly length: number } | null {
  const length = 32 - Math.log2(high - low + 1);
  if (!Number.isInteger(length) || networkOf(low, length) !== low) return null;
  return { address: low, length };
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9`. Throws UsageProblem. */
export function addressPair(text: string): Range {
  const at = text.indexOf('-');
  const words = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
  const [low, high = low!] = words.map((word) => {
    const address = parseIpv4(word);
    if (address === null) throw new UsageProblem(`Bad IP address "${word}"`);
    return address;
  });
  if (high < low!) throw unsimulatedHere(`the range "${text}", whose end comes first,`);
  return [low!, high];
}

export const addressPairText = ([low, high]: Range) =>
  low === high ? formatIpv4(low) : `${formatIpv4(low)}-${formatIpv4(high)}`;
