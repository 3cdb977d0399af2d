/** The options of DHCP messages in tcpdump(1)'s words. */
import { decodeUtf8 } from '../../base/index.ts';
import { formatIpv4 } from '../address/ipv4.ts';
import { readMac } from '../address/mac.ts';
import type { DhcpMessage } from '../dhcp/message.ts';
import { read16, read32 } from '../packet/bytes.ts';

type Form = 'addresses' | 'seconds' | 'number16' | 'text' | 'type' | 'codes' | 'client';

/** Names and forms of the options that are printed in words. */
const OPTIONS: Readonly<Record<number, readonly [string, Form]>> = {
  1: ['Subnet-Mask', 'addresses'],
  3: ['Default-Gateway', 'addresses'],
  6: ['Domain-Name-Server', 'addresses'],
  12: ['Hostname', 'text'],
  15: ['Domain-Name', 'text'],
  26: ['MTU', 'number16'],
  28: ['BR', 'addresses'],
  50: ['Requested-IP', 'addresses'],
  51: ['Lease-Time', 'seconds'],
  53: ['DHCP-Message', 'type'],
  54: ['Server-ID', 'addresses'],
  55: ['Parameter-Request', 'codes'],
  56: ['MSG', 'text'],
  57: ['MSZ', 'number16'],
  58: ['RN', 'seconds'],
  59: ['RB', 'seconds'],
  60: ['Vendor-Class', 'text'],
  61: ['Client-ID', 'client'],
  66: ['TFTP', 'text'],
  67: ['BF', 'text'],
};
const TYPE_WORDS = ['Discover', 'Offer', 'Request', 'Decline', 'ACK', 'NACK', 'Release', 'Inform'];

export function optionLines(message: DhcpMessage): string[] {
  return [...message.options].flatMap(([code, value]) => {
    const [name, form] = OPTIONS[code] ?? ['Unknown', null];
    const head = `\t    ${name} (${code}), length ${value.length}: `;
    return form === null ? [head + unknownText(value)] : valueLines(head, form, value);
  });
}

function valueLines(head: string, form: Form, value: Uint8Array): string[] {
  switch (form) {
    case 'addresses':
      return [head + words(value, 4, (at) => formatIpv4(read32(value, at)))];
    case 'seconds':
      return [head + words(value, 4, (at) => String(read32(value, at)))];
    case 'number16':
      return [head + words(value, 2, (at) => String(read16(value, at)))];
    case 'text':
      return [`${head}"${decodeUtf8(value)}"`];
    case 'type':
      return [head + (TYPE_WORDS[(value[0] ?? 0) - 1] ?? `Unknown (${value[0]})`)];
    case 'client':
      if (value.length === 7 && value[0] === 1) return [`${head}ether ${readMac(value, 1)}`];
      return [
        `${head}hardware-type ${value[0] ?? 0}, ${[...value.subarray(1)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
      ];
    default:
      return requestLines(head, value);
  }
}

/** Options without a known form are printed by their length: in words of four bytes, of two, or byte by byte. */
function unknownText(value: Uint8Array): string {
  if (value.length % 2 === 1) return [...value].join('.');
  if (value.length % 4 === 2) return words(value, 2, (at) => String(read16(value, at)));
  return words(value, 4, (at) => String(read32(value, at)));
}

function words(value: Uint8Array, size: number, word: (at: number) => string): string {
  const out: string[] = [];
  for (let at = 0; at + size <= value.length; at += size) out.push(word(at));
  return out.join(',');
}

/** The options that are asked for, by name, four in a line. */
function requestLines(head: string, value: Uint8Array): string[] {
  const names = [...value].map((code) => `${OPTIONS[code]?.[0] ?? 'Unknown'} (${code})`);
  const lines = [head];
  for (let at = 0; at < names.length; at += 4) lines.push(`\t      ${names.slice(at, at + 4).join(', ')}`);
  return lines;
}
