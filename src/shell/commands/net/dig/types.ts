/** Types of records by their names, and what they say as master files have it (RFC 1035, 5). */
import { toHex } from '../../../../base/index.ts';
import {
  type DnsData,
  type DnsType,
  dnsTypeNumber,
  formatIpv4,
  formatIpv6,
} from '../../../../network/index.ts';

const NAMES: readonly DnsType[] = ['A', 'NS', 'CNAME', 'SOA', 'PTR', 'MX', 'TXT', 'AAAA', 'ANY'];

/** Null for what is no type here. */
export function typeOf(word: string): number | null {
  const upper = word.toUpperCase();
  const known = NAMES.find((name) => name === upper);
  if (known !== undefined) return dnsTypeNumber(known);
  const number = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  return number === undefined || Number(number) > 65_535 ? null : Number(number);
}

export function typeText(number: number): string {
  return NAMES.find((name) => dnsTypeNumber(name) === number) ?? `TYPE${number}`;
}

/** With its last dot. */
export const fullName = (name: string) => (name === '' ? '.' : `${name}.`);

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

export function dataType(data: DnsData): string {
  return data.type === 'UNKNOWN' ? typeText(data.number) : data.type;
}

export function dataText(data: DnsData): string {
  switch (data.type) {
    case 'A':
      return formatIpv4(data.address);
    case 'AAAA':
      return formatIpv6(data.bytes);
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return fullName(data.target);
    case 'MX':
      return `${data.preference} ${fullName(data.target)}`;
    case 'TXT':
      return data.texts.map(quoted).join(' ');
    case 'SOA': {
      const { primary, mailbox, serial, refresh, retry, expire, minimum } = data;
      const numbers = [serial, refresh, retry, expire, minimum].join(' ');
      return `${fullName(primary)} ${fullName(mailbox)} ${numbers}`;
    }
    case 'UNKNOWN': {
      const hex = toHex(data.bytes).toUpperCase();
      return `\\# ${data.bytes.length}${hex === '' ? '' : ` ${hex}`}`;
    }
  }
}
