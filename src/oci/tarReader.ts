/** Reading tar archives of any maker: POSIX ustar and pax, GNU's long names and base-256 numbers. */
import { decodeUtf8 } from '../base/index.ts';
import { BLOCK, type TarEntry, TarError, type TarType, typeFlags } from './tar.ts';

/** What records before an entry say in place of its header. */
interface Overrides {
  path?: string;
  linkpath?: string;
  size?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  readonly xattrs: Record<string, string>;
}

const XATTR = 'SCHILY.xattr.';

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
    else if (key === 'size' || key === 'uid' || key === 'gid') found[key] = Number(value);
    else if (key === 'mtime') found.mtime = Math.floor(Number(value));
    else if (key.startsWith(XATTR)) found.xattrs[key.slice(XATTR.length)] = value;
    at += length;
  }
  return found;
}

/** The fields of one header block. */
class Header {
  readonly #block: Uint8Array;

  constructor(block: Uint8Array, at: number) {
    this.#block = block;
    let sum = 0;
    for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
    const wanted = this.number(148, 8);
    if (sum !== wanted)
      throw new TarError(`the header at byte ${at} is damaged: its checksum is ${sum}, it says ${wanted}`);
  }

  text(from: number, width: number): string {
    const field = this.#block.subarray(from, from + width);
    const end = field.indexOf(0);
    return decodeUtf8(end < 0 ? field : field.subarray(0, end));
  }

  /** Octal digits; with the first bit set, GNU's base-256 number in two's complement. */
  number(from: number, width: number): number {
    const first = this.#block[from]!;
    if ((first & 0x80) === 0) return Number.parseInt(this.text(from, width).trim() || '0', 8);
    let value = (first & 0x40) === 0 ? first & 0x3f : (first & 0x7f) - 0x80;
    for (let i = 1; i < width; i++) value = value * 256 + this.#block[from + i]!;
    return value;
  }

  /** The bytes at 345 are part of the name in POSIX archives alone; old GNU ones keep times there. */
  get name(): string {
    const prefix = this.text(257, 6) === 'ustar' ? this.text(345, 155) : '';
    return prefix === '' ? this.text(0, 100) : `${prefix}/${this.text(0, 100)}`;
  }
}

/** Without leading slashes and dots, and without a slash at the end. */
const plain = (name: string) => name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');

function entryOf(header: Header, type: TarType, pax: Overrides, content: Uint8Array): TarEntry {
  const name = plain(pax.path ?? header.name);
  return {
    name: name === '.' ? '' : name,
    type,
    mode: header.number(100, 8) & 0o7777,
    uid: pax.uid ?? header.number(108, 8),
    gid: pax.gid ?? header.number(116, 8),
    mtime: pax.mtime ?? header.number(136, 12),
    content: type === 'file' ? content.slice() : new Uint8Array(0),
    target: pax.linkpath ?? header.text(157, 100),
    major: header.number(329, 8),
    minor: header.number(337, 8),
    xattrs: pax.xattrs,
  };
}

/** The entries of an archive. Throws TarError when it is damaged. */
export function readTar(bytes: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  let pax: Overrides = { xattrs: {} };
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return entries;
    const header = new Header(block, at);
    const flag = header.text(156, 1) || '0';
    const size = flag === 'x' || flag === 'g' ? header.number(124, 12) : (pax.size ?? header.number(124, 12));
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (body.length < size) throw new TarError(`the archive ends inside the file at byte ${at}`);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const longText = () => decodeUtf8(body).replace(/\0+$/, '');
    if (flag === 'x') pax = parsePax(body);
    else if (flag === 'L') pax.path ??= longText();
    else if (flag === 'K') pax.linkpath ??= longText();
    else if (flag !== 'g') {
      const type = (Object.keys(typeFlags) as TarType[]).find((key) => typeFlags[key] === flag);
      if (type === undefined) throw new TarError(`an entry of the unknown type '${flag}' before byte ${at}`);
      entries.push(entryOf(header, type, pax, body));
      pax = { xattrs: {} };
    }
  }
  throw new TarError('the archive has no end: it was cut off');
}
