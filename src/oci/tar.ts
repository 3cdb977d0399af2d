/** tar archives: POSIX ustar with pax headers (pax(1)) for what ustar cannot hold. Synchronous, and the same bytes for the same input. */
import { concatBytes, encodeUtf8 } from '../base/index.ts';
import type { SparseMap } from './gnuTar.ts';

export type TarType = 'file' | 'dir' | 'symlink' | 'link' | 'chr' | 'blk' | 'fifo';

export interface TarEntry {
  /** Without a leading slash; directories without a slash at the end. */
  readonly name: string;
  readonly type: TarType;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of the owners, which tar(1) goes by before the numbers; absent when there are none, as in layers. */
  readonly user?: string;
  readonly group?: string;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of a file with holes, what is stored of it. */
  readonly content: Uint8Array;
  /** Where the contents lie in a file with holes, which GNU's format has. */
  readonly sparse?: SparseMap;
  /** Target of a symbolic or hard link. */
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  /** Extended attributes, written as SCHILY.xattr. records. */
  readonly xattrs: Readonly<Record<string, string>>;
}

export const BLOCK = 512;
export const typeFlags: Record<TarType, string> = {
  file: '0',
  link: '1',
  symlink: '2',
  chr: '3',
  blk: '4',
  dir: '5',
  fifo: '6',
};

/** A damaged archive; says at which byte. `cutOff`: it ends too early. */
export class TarError extends Error {
  readonly cutOff: boolean;
  /** The entry in which it ends, with what there is of its contents. */
  readonly partial: TarEntry | null;
  constructor(message: string, cutOff = false, partial: TarEntry | null = null) {
    super(message);
    this.name = 'TarError';
    this.cutOff = cutOff;
    this.partial = partial;
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
  entry: Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'user' | 'group' | 'mtime' | 'target' | 'major' | 'minor'>,
): Uint8Array {
  const out = new Uint8Array(BLOCK);
  const put = (at: number, width: number, text: string) => {
    const bytes = encodeUtf8(text);
    out.set(bytes.subarray(0, width), at);
  };
  const octal = (at: number, width: number, value: number) =>
    put(at, width, (fits(value, width) ? value : 0).toString(8).padStart(width - 1, '0'));
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
  put(265, 31, entry.user ?? '');
  put(297, 31, entry.group ?? '');
  octal(329, 8, entry.major);
  octal(337, 8, entry.minor);
  const sum = out.reduce((total, byte) => total + byte, 0);
  put(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return out;
}

/** Whether a number can stand in a field of `width` bytes: octal digits and a NUL. What cannot goes into a pax record. */
const fits = (value: number, width: number): boolean => value >= 0 && value < 8 ** (width - 1);

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
  if (!fits(entry.uid, 8)) out += record('uid', `${entry.uid}`);
  if (!fits(entry.gid, 8)) out += record('gid', `${entry.gid}`);
  if (!fits(entry.mtime, 12)) out += record('mtime', `${entry.mtime}`);
  for (const key of Object.keys(entry.xattrs).sort())
    out += record(`SCHILY.xattr.${key}`, entry.xattrs[key]!);
  return out;
}

/** The two blocks of zeros that end an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

/** The blocks of one entry: its pax records where it needs any, its header, its contents. */
export function encodeEntry(entry: TarEntry): Uint8Array {
  const parts: Uint8Array[] = [];
  const name = entry.type === 'dir' ? `${entry.name}/` : entry.name;
  const pax = encodeUtf8(paxRecords(entry, name));
  if (pax.length > 0) {
    const about = { mode: 0o644, uid: 0, gid: 0, mtime: entry.mtime, target: '', major: 0, minor: 0 };
    parts.push(header('PaxHeaders.0/x', 'x', pax.length, about), padded(pax));
  }
  const content = entry.type === 'file' ? entry.content : new Uint8Array(0);
  parts.push(header(name, typeFlags[entry.type], content.length, entry), padded(content));
  return concatBytes(parts);
}

/** The bytes of an archive of `entries`, in their order. */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  return concatBytes([...entries.map(encodeEntry), TAR_END]);
}
