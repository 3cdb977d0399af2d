/** Values in iptables' rules. */
import { broadcastOf, formatIpv4, networkOf, parseIpv4, type Range } from '../../../../network/index.ts';
import { PROTOCOLS, portNumber, SERVICES } from '../nft/values.ts';
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

function port(text: string): number {
  const number = portNumber(text);
  if (number === null) throw new UsageProblem(`invalid port/service \`${text}' specified`);
  return number;
}

/** `80`, `http`, `1000:2000`, `1024:`, `:100`. */
export function portRange(text: string): Range {
  const parts = text.split(':');
  if (parts.length > 2) throw new UsageProblem(`invalid port/service \`${text}' specified`);
  const low = parts[0] === '' ? 0 : port(parts[0]!);
  const high = parts.length === 1 ? low : parts[1] === '' ? 65_535 : port(parts[1]!);
  if (high < low) throw new UsageProblem(`invalid portrange (min > max)`);
  return [low, high];
}

const serviceName = (number: number) => {
  for (const [name, each] of SERVICES) if (each === number) return name;
  return `${number}`;
};

export function portText([low, high]: Range, numeric = true): string {
  const one = (number: number) => (numeric ? `${number}` : serviceName(number));
  return low === high ? one(low) : `${one(low)}:${one(high)}`;
}

/** A number in the range: decimal, hexadecimal with 0x. */
export function numberOf(text: string, what: string, most = 0xffff_ffff): number {
  const number = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(number <= most)) throw new UsageProblem(`bad value for option "${what}", or out of range`);
  return number;
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

/** `10.0.0.1`, `10.0.0.1-10.0.0.9`. */
export function addressPair(text: string, what: string): Range {
  const parts = text.split('-');
  const [low, high = low] = parts.map(parseIpv4);
  if (low === null || low === undefined || high === null || high === undefined || parts.length > 2)
    throw new UsageProblem(`Bad IP address "${text.split('-')[0]}"`);
  if (high < low) throw new UsageProblem(`Bad IP range "${text}" for ${what}`);
  return [low, high];
}

export const addressPairText = ([low, high]: Range) =>
  low === high ? formatIpv4(low) : `${formatIpv4(low)}-${formatIpv4(high)}`;
