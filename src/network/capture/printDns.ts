/** DNS messages in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { formatIpv6 } from '../address/ipv6Text.ts';
import { type DnsData, type DnsMessage, type DnsRecord, dnsTypeName, parseDns } from '../dns/message.ts';

const RCODE_TEXT = ['', ' FormErr', ' ServFail', ' NXDomain', ' NotImp', ' Refused'];

export function dnsText(data: Uint8Array, verbose: boolean): string {
  const message = parseDns(data);
  if (message === null) return `[|domain] (${data.length})`;
  return message.response ? responseText(message, data.length, verbose) : queryText(message, data.length);
}

function queryText(message: DnsMessage, length: number): string {
  const plus = message.recursionDesired ? '+' : '';
  const counts = [
    [message.answers.length, 'a'],
    [message.authorities.length, 'n'],
    [message.additionals.length, 'au'],
  ] as const;
  const more = counts.filter(([count]) => count > 0).map(([count, name]) => ` [${count}${name}]`);
  const questions = message.questions.map((each) => ` ${typeText(each.type)}? ${each.name}.`);
  return `${message.id}${plus}${more.join('')}${questions.join('')} (${length})`;
}

function responseText(message: DnsMessage, length: number, verbose: boolean): string {
  const { authoritative, recursionAvailable, truncated, answers, authorities, additionals } = message;
  const flags = `${authoritative ? '*' : ''}${recursionAvailable ? '' : '-'}${truncated ? '|' : ''}`;
  const rcode = RCODE_TEXT[message.rcode] ?? ` Resp${message.rcode}`;
  const counts = `${answers.length}/${authorities.length}/${additionals.length}`;
  const records =
    answers.length > 0 ? ` ${answers.map((record) => recordText(record, verbose)).join(', ')}` : '';
  return `${message.id}${rcode}${flags} ${counts}${records} (${length})`;
}

function typeText(number: number): string {
  return dnsTypeName(number) ?? `Type${number}`;
}

function recordText(record: DnsRecord, verbose: boolean): string {
  const { data } = record;
  const owner = verbose ? `${record.name}. ` : '';
  return owner + (data.type === 'UNKNOWN' ? `Type${data.number}` : `${data.type}${dataText(data, verbose)}`);
}

function dataText(data: DnsData, verbose: boolean): string {
  switch (data.type) {
    case 'A':
      return ` ${formatIpv4(data.address)}`;
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return ` ${data.target}.`;
    case 'MX':
      return ` ${data.target}. ${data.preference}`;
    case 'TXT':
      return data.texts.map((text) => ` "${text}"`).join('');
    case 'AAAA':
      return ` ${formatIpv6(data.bytes)}`;
    case 'SOA': {
      const { primary, mailbox, serial, refresh, retry, expire, minimum } = data;
      return verbose ? ` ${primary}. ${mailbox}. ${serial} ${refresh} ${retry} ${expire} ${minimum}` : '';
    }
    default:
      return '';
  }
}
