/** The operands of dd: `bs=4k count=2 conv=notrunc`. */
import { UsageError } from '../options.ts';

export interface DdSettings {
  readonly input: string | null;
  readonly output: string | null;
  readonly ibs: number;
  readonly obs: number;
  /** With bs= a short read is written as it is, not gathered into whole blocks. */
  readonly direct: boolean;
  /** In blocks, or with `bytes` in bytes; null: all. */
  readonly count: Amount | null;
  readonly skip: Amount;
  readonly seek: Amount;
  readonly conv: ReadonlySet<string>;
  readonly iflag: ReadonlySet<string>;
  readonly oflag: ReadonlySet<string>;
  readonly status: 'default' | 'none' | 'noxfer' | 'progress';
}

export interface Amount {
  readonly value: number;
  readonly bytes: boolean;
}

/** Ends dd with status 1, without the line about --help. */
export class DdEnd extends Error {}

const units: Readonly<Record<string, number>> = { '': 1, c: 1, w: 2, b: 512 };
const PREFIXES = 'KMGTP';

function unitOf(suffix: string): number | null {
  if (units[suffix] !== undefined) return units[suffix];
  const match = /^([kKMGTP])(iB|B)?$/.exec(suffix);
  if (match === null) return null;
  return (match[2] === 'B' ? 1000 : 1024) ** (PREFIXES.indexOf(match[1]!.toUpperCase()) + 1);
}

/** `2x512`, `4k`, `1MB`. */
function bytesOf(text: string): number {
  let product = 1;
  for (const factor of text.split('x')) {
    const match = /^(\d+)([A-Za-z]*)$/.exec(factor);
    const unit = match === null ? null : unitOf(match[2]!);
    if (unit === null) throw new DdEnd(`invalid number: ‘${text}’`);
    product *= Number(match![1]) * unit;
  }
  if (!Number.isSafeInteger(product))
    throw new DdEnd(`invalid number: ‘${text}’: Value too large for defined data type`);
  return product;
}

function blockSize(text: string): number {
  const size = bytesOf(text);
  if (size === 0) throw new DdEnd(`invalid number: ‘${text}’`);
  return size;
}

/** A number that ends in B counts bytes, not blocks. */
function amountOf(text: string): Amount {
  const bytes = /^\d+B$|[^kKMGTPi]B$/.test(text);
  return { value: bytesOf(bytes ? text.slice(0, -1) : text), bytes };
}

const conversions = [
  'notrunc',
  'sync',
  'noerror',
  'fsync',
  'fdatasync',
  'ucase',
  'lcase',
  'swab',
  'excl',
  'nocreat',
  'sparse',
];
const inputFlags = ['fullblock', 'count_bytes', 'skip_bytes', 'direct'];
const outputFlags = ['append', 'seek_bytes', 'direct', 'dsync', 'sync'];

function wordsOf(text: string, known: readonly string[], what: string): string[] {
  const words = text.split(',');
  for (const word of words) if (!known.includes(word)) throw new UsageError(`invalid ${what}: ‘${word}’`);
  return words;
}

export function settingsOf(operands: readonly string[]): DdSettings {
  const given = new Map<string, string>();
  const conv: string[] = [];
  const iflag: string[] = [];
  const oflag: string[] = [];
  for (const operand of operands) {
    const at = operand.indexOf('=');
    const [key, value] = [operand.slice(0, at), operand.slice(at + 1)];
    if (key === 'conv') conv.push(...wordsOf(value, conversions, 'conversion'));
    else if (key === 'iflag') iflag.push(...wordsOf(value, inputFlags, 'input flag'));
    else if (key === 'oflag') oflag.push(...wordsOf(value, outputFlags, 'output flag'));
    else if (/^(if|of|bs|ibs|obs|count|skip|iseek|seek|oseek|status)$/.test(key))
      given.set(key.replace(/^iseek$/, 'skip').replace(/^oseek$/, 'seek'), value);
    else throw new UsageError(`unrecognized operand ‘${operand}’`);
    if (/^(bs|ibs|obs)$/.test(key)) blockSize(value);
    if (/^(count|i?skip|o?seek)$/.test(key)) amountOf(value);
  }
  if (conv.includes('ucase') && conv.includes('lcase'))
    throw new UsageError('cannot combine lcase and ucase');
  if (conv.includes('excl') && conv.includes('nocreat'))
    throw new UsageError('cannot combine excl and nocreat');
  const status = given.get('status') ?? 'default';
  if (status !== 'default' && status !== 'none' && status !== 'noxfer' && status !== 'progress')
    throw new UsageError(`invalid status level: ‘${status}’`);
  const bs = given.get('bs');
  const amount = (key: string, flagged: boolean): Amount | null => {
    const text = given.get(key);
    if (text === undefined) return null;
    const found = amountOf(text);
    return { value: found.value, bytes: found.bytes || flagged };
  };
  const none = { value: 0, bytes: false };
  return {
    input: given.get('if') ?? null,
    output: given.get('of') ?? null,
    ibs: blockSize(bs ?? given.get('ibs') ?? '512'),
    obs: blockSize(bs ?? given.get('obs') ?? '512'),
    direct: bs !== undefined && !['ucase', 'lcase', 'swab'].some((word) => conv.includes(word)),
    count: amount('count', iflag.includes('count_bytes')),
    skip: amount('skip', iflag.includes('skip_bytes')) ?? none,
    seek: amount('seek', oflag.includes('seek_bytes')) ?? none,
    conv: new Set(conv),
    iflag: new Set(iflag),
    oflag: new Set(oflag),
    status,
  };
}
