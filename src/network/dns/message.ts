/** DNS messages (RFC 1035, 4). */
import { decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { read16, read32 } from '../packet/bytes.ts';
import { type DomainName, NameWriter, readName } from './name.ts';

export type DnsType = 'A' | 'NS' | 'CNAME' | 'SOA' | 'PTR' | 'MX' | 'TXT' | 'AAAA' | 'ANY';

const TYPES: Readonly<Record<DnsType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  ANY: 255,
};
const TYPE_NAMES = new Map(Object.entries(TYPES).map(([name, number]) => [number, name as DnsType]));

/** The number of a type, and the other way round: null for one that is not known here. */
export function dnsTypeNumber(type: DnsType): number {
  return TYPES[type];
}
export function dnsTypeName(number: number): DnsType | null {
  return TYPE_NAMES.get(number) ?? null;
}

/** RCODE (4.1.1), in the words of dig(1). */
export const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;
export type Rcode = (typeof RCODES)[number];

export interface DnsQuestion {
  readonly name: DomainName;
  /** A number, since types that are not known here are answered too. */
  readonly type: number;
}

/** What a record says, by its type. */
export type DnsData =
  | { readonly type: 'A'; readonly address: Ipv4 }
  | { readonly type: 'NS' | 'CNAME' | 'PTR'; readonly target: DomainName }
  | { readonly type: 'MX'; readonly preference: number; readonly target: DomainName }
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
  | {
      readonly type: 'SOA';
      readonly primary: DomainName;
      readonly mailbox: DomainName;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      /** How long "there is no such name" may be kept (RFC 2308). */
      readonly minimum: number;
    }
  | { readonly type: 'AAAA'; readonly bytes: Uint8Array }
  /** A type that is not known here (RFC 3597). */
  | { readonly type: 'UNKNOWN'; readonly number: number; readonly bytes: Uint8Array };

export interface DnsRecord {
  readonly name: DomainName;
  /** Seconds. */
  readonly ttl: number;
  readonly data: DnsData;
}

export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  /** 0 is a query; others are answered with NOTIMP. */
  readonly opcode: number;
  /** AA: the server is responsible for the name. */
  readonly authoritative: boolean;
  /** TC: there was more than fits. */
  readonly truncated: boolean;
  /** RD, RA. */
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

const HEADER = 12;
const CLASS_IN = 1;

/** Null for what is malformed. */
export function parseDns(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length < HEADER) return null;
  const flags = read16(bytes, 2);
  let at = HEADER;
  const questions: DnsQuestion[] = [];
  for (let i = 0; i < read16(bytes, 4); i++) {
    const name = readName(bytes, at);
    if (name === null || name.end + 4 > bytes.length) return null;
    questions.push({ name: name.name, type: read16(bytes, name.end) });
    at = name.end + 4;
  }
  const sections: DnsRecord[][] = [];
  for (let section = 0; section < 3; section++) {
    const records: DnsRecord[] = [];
    for (let i = 0; i < read16(bytes, 6 + 2 * section); i++) {
      const read = readRecord(bytes, at);
      if (read === null) return null;
      records.push(read.record);
      at = read.end;
    }
    sections.push(records);
  }
  return {
    id: read16(bytes, 0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    rcode: flags & 15,
    questions,
    answers: sections[0]!,
    authorities: sections[1]!,
    additionals: sections[2]!,
  };
}

function readRecord(bytes: Uint8Array, start: number): { record: DnsRecord; end: number } | null {
  const name = readName(bytes, start);
  if (name === null || name.end + 10 > bytes.length) return null;
  const at = name.end + 10;
  const length = read16(bytes, name.end + 8);
  if (at + length > bytes.length) return null;
  const data = readData(bytes, read16(bytes, name.end), at, length);
  if (data === null) return null;
  return { record: { name: name.name, ttl: read32(bytes, name.end + 4), data }, end: at + length };
}

function readData(bytes: Uint8Array, number: number, at: number, length: number): DnsData | null {
  const type = TYPE_NAMES.get(number);
  const raw = bytes.slice(at, at + length);
  switch (type) {
    case 'A':
      return length === 4 ? { type, address: read32(bytes, at) } : null;
    case 'AAAA':
      return length === 16 ? { type, bytes: raw } : null;
    case 'NS':
    case 'CNAME':
    case 'PTR': {
      const target = readName(bytes, at);
      return target?.end === at + length ? { type, target: target.name } : null;
    }
    case 'MX': {
      const target = length < 3 ? null : readName(bytes, at + 2);
      return target?.end === at + length
        ? { type, preference: read16(bytes, at), target: target.name }
        : null;
    }
    case 'TXT': {
      const texts: string[] = [];
      for (let i = 0; i < raw.length; i += 1 + raw[i]!) {
        if (i + 1 + raw[i]! > raw.length) return null;
        texts.push(decodeUtf8(raw.subarray(i + 1, i + 1 + raw[i]!)));
      }
      return { type, texts };
    }
    case 'SOA':
      return readSoa(bytes, at, length);
    default:
      return { type: 'UNKNOWN', number, bytes: raw };
  }
}

function readSoa(bytes: Uint8Array, at: number, length: number): DnsData | null {
  const primary = readName(bytes, at);
  const mailbox = primary === null ? null : readName(bytes, primary.end);
  if (primary === null || mailbox === null || mailbox.end + 20 !== at + length) return null;
  const number = (index: number) => read32(bytes, mailbox.end + 4 * index);
  return {
    type: 'SOA',
    primary: primary.name,
    mailbox: mailbox.name,
    serial: number(0),
    refresh: number(1),
    retry: number(2),
    expire: number(3),
    minimum: number(4),
  };
}

/** The message, with names compressed. */
export function buildDns(message: DnsMessage): Uint8Array {
  const out: number[] = [];
  const names = new NameWriter();
  const flags =
    (message.response ? 0x8000 : 0) |
    (message.opcode << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (message.truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    message.rcode;
  const { questions, answers, authorities, additionals } = message;
  const counts = [questions.length, answers.length, authorities.length, additionals.length];
  for (const word of [message.id, flags, ...counts]) push16(out, word);
  for (const question of questions) {
    out.push(...names.write(question.name, out.length));
    push16(out, question.type);
    push16(out, CLASS_IN);
  }
  for (const record of [...answers, ...authorities, ...additionals]) writeRecord(out, record, names);
  return Uint8Array.from(out);
}

function writeRecord(out: number[], record: DnsRecord, names: NameWriter): void {
  out.push(...names.write(record.name, out.length));
  push16(out, record.data.type === 'UNKNOWN' ? record.data.number : TYPES[record.data.type]);
  push16(out, CLASS_IN);
  push32(out, record.ttl);
  const lengthAt = out.length;
  push16(out, 0);
  writeData(out, record.data, names);
  const length = out.length - lengthAt - 2;
  out[lengthAt] = length >> 8;
  out[lengthAt + 1] = length & 255;
}

function writeData(out: number[], data: DnsData, names: NameWriter): void {
  switch (data.type) {
    case 'A':
      push32(out, data.address);
      break;
    case 'NS':
    case 'CNAME':
    case 'PTR':
      out.push(...names.write(data.target, out.length));
      break;
    case 'MX':
      push16(out, data.preference);
      out.push(...names.write(data.target, out.length));
      break;
    case 'TXT':
      for (const text of data.texts) {
        const bytes = encodeUtf8(text).subarray(0, 255);
        out.push(bytes.length, ...bytes);
      }
      break;
    case 'SOA':
      out.push(...names.write(data.primary, out.length));
      out.push(...names.write(data.mailbox, out.length));
      for (const number of [data.serial, data.refresh, data.retry, data.expire, data.minimum])
        push32(out, number);
      break;
    default:
      out.push(...data.bytes);
  }
}

function push16(out: number[], value: number): void {
  out.push((value >> 8) & 255, value & 255);
}

function push32(out: number[], value: number): void {
  out.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}
