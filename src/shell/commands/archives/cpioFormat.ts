/** The newc format of cpio(5), in which an initramfs comes: headers of hexadecimal digits, name and contents each filled up to 4 bytes. */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../../base/index.ts';

export interface CpioEntry {
  readonly name: string;
  /** With the file's type. */
  readonly mode: number;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly device: { readonly major: number; readonly minor: number };
  /** A symbolic link's is its target. */
  readonly content: Uint8Array;
}

const MAGIC = '070701';
const HEADER = 110;
const TRAILER = 'TRAILER!!!';

const filled = (size: number) => Math.ceil(size / 4) * 4;

export function encodeCpio(entry: CpioEntry): Uint8Array {
  const name = encodeUtf8(`${entry.name}\0`);
  const { ino, mode, uid, gid, nlink, mtime, content, device } = entry;
  const fields = [
    ino,
    mode,
    uid,
    gid,
    nlink,
    mtime,
    content.length,
    0,
    0,
    device.major,
    device.minor,
    name.length,
    0,
  ];
  const header =
    MAGIC + fields.map((field) => (field >>> 0).toString(16).toUpperCase().padStart(8, '0')).join('');
  const start = filled(HEADER + name.length);
  const out = new Uint8Array(start + filled(content.length));
  out.set(encodeUtf8(header));
  out.set(name, HEADER);
  out.set(content, start);
  return out;
}

const nothing = { mode: 0, ino: 0, uid: 0, gid: 0, mtime: 0, device: { major: 0, minor: 0 } };

/** An archive ends in blocks of 512 bytes. */
export function cpioTrailer(length: number): Uint8Array {
  const last = encodeCpio({ ...nothing, name: TRAILER, nlink: 1, content: new Uint8Array(0) });
  const end = Math.ceil((length + last.length) / 512) * 512;
  return concatBytes([last, new Uint8Array(end - length - last.length)]);
}

export interface CpioArchive {
  readonly entries: readonly CpioEntry[];
  /** Where it ends. */
  readonly end: number;
  /** Why it ends too early, in the words of GNU cpio; the last entry's contents may be what there is of them. */
  readonly fault: string | null;
}

/** Entries up to the trailer. */
export function readCpio(bytes: Uint8Array): CpioArchive {
  const entries: CpioEntry[] = [];
  for (let at = 0; ; ) {
    const stop = (fault: string | null) => ({ entries, end: at, fault });
    if (at === bytes.length) return stop('premature end of archive');
    if (at + HEADER > bytes.length) return stop('premature end of file');
    const header = decodeUtf8(bytes.subarray(at, at + HEADER));
    if (!/^07070[12][0-9A-Fa-f]{104}$/.test(header)) return stop('this is no archive of the newc format');
    const field = (index: number) => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
    const size = field(6);
    const start = at + filled(HEADER + field(11));
    if (start > bytes.length) return stop('premature end of file');
    const name = decodeUtf8(bytes.subarray(at + HEADER, at + HEADER + field(11) - 1));
    at = start + filled(size);
    if (name === TRAILER) return stop(null);
    entries.push({
      name,
      ino: field(0),
      mode: field(1),
      uid: field(2),
      gid: field(3),
      nlink: field(4),
      mtime: field(5),
      device: { major: field(9), minor: field(10) },
      content: bytes.slice(start, start + size),
    });
    if (start + size > bytes.length) return stop('premature end of file');
  }
}
