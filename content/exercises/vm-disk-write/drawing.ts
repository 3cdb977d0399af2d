/** Descriptor chains, rings and disk as lines of text, the offending one marked. */
import { type Case, dataLength, FAULTS, FLUSH, IN, OUT, type Request, SECTOR } from './cases.ts';
import {
  type Chain,
  type Descriptor,
  hex,
  INDIRECT,
  type Laid,
  NEXT,
  RAM,
  UNANSWERED,
  usedElement,
  usedIndex,
  WRITE,
} from './machine.ts';
import { STATUS_NAMES } from './reference.ts';

const MARK = '◀';

export function typeName(type: number): string {
  if (type === IN) return 'IN (read)';
  if (type === OUT) return 'OUT (write)';
  return type === FLUSH ? 'FLUSH' : `type ${type}`;
}

/** `OUT (write), sector 31, 1024 bytes in 2 descriptors`. */
export function requestText(request: Request): string {
  const { type, fault } = request;
  const parts = [typeName(type)];
  if (type === IN || type === OUT) {
    const bytes = dataLength(request);
    const count = (type === IN ? request.writable : request.readable).length;
    parts.push(`sector ${sectorText(request.sector)}`, `${bytes} bytes`);
    if (count !== 2)
      parts.push(`${count} descriptor${count === 1 ? '' : 's'} to ${type === IN ? 'write' : 'read'}`);
  }
  if (request.atEnd) parts.push('up to the last byte of the guest’s memory');
  return fault === undefined ? parts.join(', ') : `${parts.join(', ')}: ${FAULTS[fault]}`;
}

export function sectorText(sector: number): string {
  for (const power of [63, 53, 40, 32, 31]) {
    const rest = sector - 2 ** power;
    if (rest >= 0 && rest < 4096) return rest === 0 ? `2^${power}` : `2^${power} + ${rest}`;
  }
  return `${sector}`;
}

/** What each descriptor holds, in words: a part of the header, data, the status. */
function contents(request: Request, chain: Chain): string[] {
  let read = 0;
  return chain.descriptors.map(({ length, flags }, i) => {
    if ((flags & WRITE) !== 0) {
      const last = chain.descriptors.slice(i + 1).every((later) => (later.flags & WRITE) === 0);
      if (!last || request.fault === 'no status') return 'data';
      return length === 1 ? 'status' : 'data, status';
    }
    const from = read;
    read += length;
    if (from >= 16) return 'data';
    return read > 16 ? 'header, data' : length === 16 ? 'header' : 'part of the header';
  });
}

/** Which descriptor a fault is in, and what is wrong there. */
function offence(request: Request, chain: Chain, size: number): { at: number; what: string } | null {
  const { fault } = request;
  if (fault === undefined) return null;
  const data =
    request.type === OUT
      ? request.readable.length - 1
      : request.readable.length + request.writable.length - 2;
  switch (fault) {
    case 'loop':
      return { at: data, what: 'next is this descriptor again' };
    case 'next':
      return { at: data, what: `next is ${chain.descriptors[data]!.next}, the table has ${size} entries` };
    case 'head':
      return { at: 0, what: `the head is ${chain.head}, the table has ${size} entries` };
    case 'short header':
      return { at: 0, what: 'a header has 16 bytes' };
    case 'no status':
      return { at: chain.descriptors.length - 1, what: 'the last; none is to be written' };
    case 'order':
      return { at: request.readable.length + 1, what: 'to be read, after one to be written' };
    case 'indirect':
      return { at: data, what: 'INDIRECT was not offered' };
    default:
      return { at: data, what: 'not all of it is the guest’s memory' };
  }
}

/** What fits beside code and terminal without being cut off. */
const WIDTH = 36;

/** Words in lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** What follows a descriptor, where it is not simply the next line. */
function leadsTo({ flags, next }: Descriptor, following: Descriptor | undefined): string | null {
  if ((flags & NEXT) === 0 || next === following?.index) return null;
  return `next: ${next}`;
}

/** One chain, two lines or more for each descriptor, joined in its order. `note` marks one that is at fault without breaking a rule. */
export function chainText(
  request: Request,
  chain: Chain,
  size: number,
  note: { at: number; what: string } | null = null,
): string {
  const marked = offence(request, chain, size) ?? note;
  const what = contents(request, chain);
  const end = chain.descriptors.length - 1;
  const lines = chain.descriptors.flatMap((descriptor, i) => {
    const { index, address, length, flags } = descriptor;
    const direction = (flags & WRITE) !== 0 ? 'WRITE' : '';
    const joint = i === 0 ? (end === 0 ? '─' : '┬') : i === end ? '┴' : '┼';
    const first = `${`${index}`.padStart(3)} ${joint} ${what[i]!.padEnd(13)}${`${length}`.padStart(6)} ${direction}`;
    const more = [hex(address) + ((flags & INDIRECT) !== 0 ? ' INDIRECT' : '')];
    const leads = leadsTo(descriptor, chain.descriptors[i + 1]);
    if (leads !== null) more.push(leads);
    if (marked?.at === i) more.push(...wrap(`${MARK} ${marked.what}`, WIDTH - 6));
    const bar = i === end ? ' ' : '│';
    return [first.trimEnd(), ...more.map((line) => `    ${bar} ${line}`)];
  });
  return [`desc  ${'holds'.padEnd(13)} bytes flags`, ...lines].join('\n');
}

/** What the driver offers, before the doorbell. */
export function beforeText(
  tried: Case,
  laid: Laid,
  number: number,
  note: { at: number; what: string } | null,
): string {
  const request = tried.requests[number];
  const disk = `disk: ${tried.sectors} sectors${tried.readOnly ? ', read-only' : ''}${tried.broken === undefined ? '' : `; the host fails to ${tried.broken}`}`;
  const rings = [
    `queue of ${tried.size} entries`,
    `available index ${(tried.start + tried.requests.length) & 0xffff}${tried.noInterrupt ? ', NO_INTERRUPT' : ''}`,
    `used index ${tried.start}`,
  ].join('\n');
  if (request === undefined) return `${rings}\n${disk}`;
  const chain = laid.chains[number]!;
  const slot = (tried.start + number) % tried.size;
  return [
    rings,
    `available slot ${slot}: head ${chain.head}`,
    chainText(request, chain, tried.size, note),
    disk,
  ].join('\n');
}

/** What the guest sees after the call. */
export function afterText(
  tried: Case,
  laid: Laid,
  ram: Uint8Array,
  image: Uint8Array,
  number: number,
): string {
  const lines = [`used index ${usedIndex(ram)}`];
  const request = tried.requests[number];
  if (request !== undefined) {
    const { id, length } = usedElement(ram, tried, number);
    const slot = (tried.start + number) % tried.size;
    lines.push(`used slot ${slot}: id ${id}, length ${length}`);
    const status = statusByte(laid.chains[number]!, ram);
    if (status !== null && request.fault === undefined) lines.push(`status: ${statusText(status)}`);
  }
  const changed: number[] = [];
  for (let sector = 0; sector * SECTOR < image.length; sector++) {
    const [from, to] = [sector * SECTOR, (sector + 1) * SECTOR];
    const before = laid.image.subarray(from, to);
    if (before.length === 0 || image.subarray(from, to).some((byte, i) => byte !== before[i]))
      changed.push(sector);
  }
  const listed = changed.slice(0, 8).join(', ') + (changed.length > 8 ? ', …' : '');
  lines.push(changed.length === 0 ? 'image: unchanged' : `image: other bytes in sector ${listed}`);
  return lines.join('\n');
}

export function statusText(status: number): string {
  const name = STATUS_NAMES[status];
  if (name !== undefined) return `${status} (${name})`;
  return status === UNANSWERED ? 'not written' : `${status}, which is none`;
}

/** The chain's last byte to be written, as it lies in memory; null when it has none. */
export function statusByte(chain: Chain, ram: Uint8Array): number | null {
  const last = chain.descriptors.findLast(({ flags, length }) => (flags & WRITE) !== 0 && length > 0);
  if (last === undefined) return null;
  return ram[last.address - RAM + last.length - 1] ?? null;
}
