/** tar archives: POSIX ustar with pax headers (pax(1)) for what ustar cannot hold. Synchronous, and the same bytes for the same input. */
import { assert, concatBytes, decodeUtf8, encodeUtf8 } from '../base/index.ts';

export type TarType = 'file' | 'dir' | 'symlink' | 'link' | 'chr' | 'blk' | 'fifo';

export interface TarEntry {
  /** Without a leading slash; directories without a slash at the end. */
  readonly name: string;
  readonly type: TarType;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly content: Uint8Array;
  /** Target of a symbolic or hard link. */
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  /** Extended attributes, written as SCHILY.xattr. records. */
  readonly xattrs: Readonly<Record<string, string>>;
}

const BLOCK = 512;
const typeFlags: Record<TarType, string> = {
  file: '0',
  link: '1',
  symlink: '2',
  chr: '3',
  blk: '4',
  dir: '5',
  fifo: '6',
};

/** A damaged archive; says at which byte. */
export class TarError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TarError';
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % BLOCK;
  return rest === 0 ? bytes : concatBytes([bytes, new Uint8Array(BLOCK - rest)]);
}

function header(
  name: string,
  flag: string,
  size: number,
  entry: Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtime' | 'target' | 'major' | 'minor'>,
): Uint8Array {
  const out = new Uint8Array(BLOCK);
  const put = (at: number, width: number, text: string) => {
    const bytes = encodeUtf8(text);
    out.set(bytes.subarray(0, width), at);
  };
  const octal = (at: number, width: number, value: number) =>
    put(at, width, value.toString(8).padStart(width - 1, '0'));
  put(0, 100, name);
  octal(100, 8, entry.mode);
  octal(108, 8, entry.uid);
  octal(116, 8, entry.gid);
  octal(124, 12, size);
  octal(136, 12, entry.mtime);
  put(148, 8, '        ');
  put(156, 1, flag);
  put(157, 100, entry.target);
  put(257, 6, 'ustar\0');
  put(263, 2, '00');
  octal(329, 8, entry.major);
  octal(337, 8, entry.minor);
  const sum = out.reduce((total, byte) => total + byte, 0);
  put(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return out;
}

/** One pax record: its own length in front. */
function record(key: string, value: string): string {
  const body = ` ${key}=${value}\n`;
  const size = encodeUtf8(body).length;
  let length = size + 1;
  while (`${length}`.length + size !== length) length++;
  return `${length}${body}`;
}

function paxRecords(entry: TarEntry, name: string): string {
  let out = '';
  if (encodeUtf8(name).length > 100) out += record('path', name);
  if (encodeUtf8(entry.target).length > 100) out += record('linkpath', entry.target);
  for (const key of Object.keys(entry.xattrs).sort())
    out += record(`SCHILY.xattr.${key}`, entry.xattrs[key]!);
  return out;
}

/** The bytes of an archive of `entries`, in their order. */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const name = entry.type === 'dir' ? `${entry.name}/` : entry.name;
    const pax = encodeUtf8(paxRecords(entry, name));
    if (pax.length > 0) {
      const about = { mode: 0o644, uid: 0, gid: 0, mtime: entry.mtime, target: '', major: 0, minor: 0 };
      parts.push(header('PaxHeaders.0/x', 'x', pax.length, about), padded(pax));
    }
    const content = entry.type === 'file' ? entry.content : new Uint8Array(0);
    parts.push(header(name, typeFlags[entry.type], content.length, entry), padded(content));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return concatBytes(parts);
}

interface Overrides {
  path?: string;
  linkpath?: string;
  xattrs: Record<string, string>;
}

function parsePax(bytes: Uint8Array): Overrides {
  const found: Overrides = { xattrs: {} };
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const length = Number(decodeUtf8(bytes.subarray(at, space)));
    if (!(length > 0)) throw new TarError(`a pax record at byte ${at} has no length`);
    const text = decodeUtf8(bytes.subarray(space + 1, at + length - 1));
    const equals = text.indexOf('=');
    const key = text.slice(0, equals);
    const value = text.slice(equals + 1);
    if (key === 'path' || key === 'linkpath') found[key] = value;
    else if (key.startsWith('SCHILY.xattr.')) found.xattrs[key.slice('SCHILY.xattr.'.length)] = value;
    at += length;
  }
  return found;
}

/** The entries of an archive. Throws TarError when it is damaged. */
export function readTar(bytes: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  let pax: Overrides = { xattrs: {} };
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return entries;
    const text = (from: number, width: number) =>
      decodeUtf8(block.subarray(from, from + width)).replace(/\0[\s\S]*$/, '');
    const number = (from: number, width: number) => Number.parseInt(text(from, width).trim() || '0', 8);
    requireChecksum(block, at, number(148, 8));
    const size = number(124, 12);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (body.length < size) throw new TarError(`the archive ends inside the file at byte ${at}`);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const flag = text(156, 1) || '0';
    if (flag === 'x') {
      pax = parsePax(body);
      continue;
    }
    if (flag === 'L') {
      longName = decodeUtf8(body).replace(/\0+$/, '');
      continue;
    }
    if (flag === 'g') continue;
    const type = (Object.keys(typeFlags) as TarType[]).find((key) => typeFlags[key] === flag);
    if (type === undefined) throw new TarError(`an entry of the unknown type '${flag}' before byte ${at}`);
    const prefix = text(345, 155);
    const name = pax.path ?? longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
    entries.push({
      name: name.replace(/^(\.?\/)+/, '').replace(/\/+$/, ''),
      type,
      mode: number(100, 8) & 0o7777,
      uid: number(108, 8),
      gid: number(116, 8),
      mtime: number(136, 12),
      content: type === 'file' ? body.slice() : new Uint8Array(0),
      target: pax.linkpath ?? text(157, 100),
      major: number(329, 8),
      minor: number(337, 8),
      xattrs: pax.xattrs,
    });
    pax = { xattrs: {} };
    longName = undefined;
  }
  throw new TarError('the archive has no end: it was cut off');
}

function requireChecksum(block: Uint8Array, at: number, wanted: number): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  assert(block.length === BLOCK, 'a tar header is one block');
  if (sum !== wanted)
    throw new TarError(`the header at byte ${at} is damaged: its checksum is ${sum}, it says ${wanted}`);
}
