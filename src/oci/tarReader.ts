/** Reading tar archives of any maker: POSIX ustar and pax, GNU's long names and base-256 numbers. */
import { decodeUtf8 } from '../base/index.ts';
import { SparseReader } from './gnuTar.ts';
import { BLOCK, type TarEntry, TarError, type TarType, typeFlags } from './tar.ts';

/** What records before an entry say in place of its header. */
interface Overrides {
  path?: string;
  linkpath?: string;
  uname?: string;
  gname?: string;
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
    if (key === 'path' || key === 'linkpath' || key === 'uname' || key === 'gname') found[key] = value;
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

function entryOf(header: Header, path: string, type: TarType, pax: Overrides, content: Uint8Array): TarEntry {
  const name = plain(path);
  const user = pax.uname ?? header.text(265, 32);
  const group = pax.gname ?? header.text(297, 32);
  return {
    name: name === '.' ? '' : name,
    type,
    mode: header.number(100, 8) & 0o7777,
    uid: pax.uid ?? header.number(108, 8),
    gid: pax.gid ?? header.number(116, 8),
    ...(user !== '' && { user }),
    ...(group !== '' && { group }),
    mtime: pax.mtime ?? header.number(136, 12),
    content: type === 'file' ? content : new Uint8Array(0),
    target: pax.linkpath ?? header.text(157, 100),
    major: header.number(329, 8),
    minor: header.number(337, 8),
    xattrs: pax.xattrs,
  };
}

/** Reads an archive piece by piece, as it comes: give `take` the `wanted` bytes until it has `ended`. */
export class TarDecoder {
  /** How many bytes the next `take` must get; fewer say that the archive is cut off there. */
  wanted = BLOCK;
  /** The block of zeros that ends the archive was read. */
  ended = false;
  /** The name of the entry taken last, with all the slashes and dots that the archive has. */
  path = '';
  /** Of the bytes taken up to now. */
  #at = 0;
  #header: { readonly fields: Header; readonly flag: string; readonly size: number } | null = null;
  #pax: Overrides = { xattrs: {} };
  readonly #allowsSparse: boolean;
  /** The map of the file with holes whose contents come next. */
  #sparse: SparseReader | null = null;

  /** `sparse`: files with holes are given with their map; without it they are of an unknown type. */
  constructor(options: { readonly sparse?: boolean } = {}) {
    this.#allowsSparse = options.sparse ?? false;
  }

  /** A header was taken, and what belongs to it not yet. */
  get inside(): boolean {
    return this.#header !== null;
  }

  /** Where the archive's next entry begins: what was read up to the end, without the block of zeros. */
  get offset(): number {
    return this.ended ? this.#at - BLOCK : this.#at;
  }

  /** The entry that `bytes` complete, if they do. Throws TarError; after one for a header, the next block may be tried. */
  take(bytes: Uint8Array): TarEntry | null {
    const start = this.#at;
    this.#at += bytes.length;
    if (this.#header === null) {
      if (bytes.length < BLOCK) throw new TarError('the archive has no end: it was cut off', true);
      this.#takeHeader(bytes, start);
      // An entry without contents is complete with its header.
      return this.#header === null || this.wanted > 0 ? null : this.#takeBody(bytes.subarray(0, 0));
    }
    const missing = bytes.length < this.wanted;
    if (this.#sparse?.more && !missing) {
      this.#sparse.block(bytes);
      this.#wantBody(this.#header.size);
      return this.wanted > 0 ? null : this.#takeBody(bytes.subarray(0, 0));
    }
    // What there is of a file with holes is not worth having: which bytes they are is not known for certain.
    if (missing && this.#sparse !== null)
      throw new TarError(`the archive ends inside the file at byte ${start - BLOCK}`, true);
    const entry = this.#takeBody(bytes.subarray(0, this.#header.size));
    if (missing) throw new TarError(`the archive ends inside the file at byte ${start - BLOCK}`, true, entry);
    return entry;
  }

  #takeHeader(block: Uint8Array, at: number): void {
    if (block.every((byte) => byte === 0)) {
      this.ended = true;
      return;
    }
    const fields = new Header(block, at);
    const flag = fields.text(156, 1) || '0';
    const described = flag === 'x' || flag === 'g' ? undefined : this.#pax.size;
    const size = described ?? fields.number(124, 12);
    this.#header = { fields, flag, size };
    if (flag === 'S' && this.#allowsSparse) this.#sparse = new SparseReader(block);
    this.#wantBody(size);
  }

  /** Contents in whole blocks, after what is left of a map. */
  #wantBody(size: number): void {
    this.wanted = this.#sparse?.more ? BLOCK : Math.ceil(size / BLOCK) * BLOCK;
  }

  #takeBody(body: Uint8Array): TarEntry | null {
    const { fields, flag } = this.#header!;
    const sparse = this.#sparse;
    this.#header = null;
    this.#sparse = null;
    this.wanted = BLOCK;
    const longText = () => decodeUtf8(body).replace(/\0+$/, '');
    if (flag === 'x') this.#pax = parsePax(body);
    else if (flag === 'L') this.#pax.path ??= longText();
    else if (flag === 'K') this.#pax.linkpath ??= longText();
    else if (flag !== 'g') {
      const pax = this.#pax;
      this.#pax = { xattrs: {} };
      const type =
        sparse === null
          ? (Object.keys(typeFlags) as TarType[]).find((key) => typeFlags[key] === flag)
          : 'file';
      if (type === undefined)
        throw new TarError(`an entry of the unknown type '${flag}' before byte ${this.#at}`);
      this.path = pax.path ?? fields.name;
      const entry = entryOf(fields, this.path, type, pax, body);
      return sparse === null ? entry : { ...entry, sparse: sparse.map(body.length) };
    }
    return null;
  }
}

/** The entries of an archive. Throws TarError when it is damaged. */
export function readTar(bytes: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  const decoder = new TarDecoder();
  for (let at = 0; ; ) {
    const part = bytes.subarray(at, at + decoder.wanted);
    at += part.length;
    const entry = decoder.take(part);
    if (decoder.ended) return entries;
    if (entry !== null) entries.push(entry);
  }
}
