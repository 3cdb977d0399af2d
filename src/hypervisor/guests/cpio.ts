/** Archives in cpio's "newc" format, as a kernel's initial file system comes: a header of text, the name, the contents, each padded. */
import { concatBytes, encodeUtf8 } from '../../base/index.ts';

/** One entry of an archive. */
export interface CpioEntry {
  /** A path without a slash before it. */
  readonly name: string;
  /** Kind and permissions as in stat(2), for example 0o100644. */
  readonly mode: number;
  /** A file's contents, or a symbolic link's target. */
  readonly bytes: Uint8Array;
}

const HEADER_SIZE = 110;
const TRAILER: CpioEntry = { name: 'TRAILER!!!', mode: 0, bytes: new Uint8Array() };

/** Owner root, no times, inode numbers by position: equal entries give equal bytes. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts = [...entries, TRAILER].map((entry, index) => {
    const name = encodeUtf8(`${entry.name}\0`);
    const inode = entry === TRAILER ? 0 : index + 1;
    const size = entry.bytes.length;
    const fields = [inode, entry.mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    const head = concatBytes([encodeUtf8(header), name, padding(HEADER_SIZE + name.length)]);
    return concatBytes([head, entry.bytes, padding(size)]);
  });
  return concatBytes(parts);
}

function padding(size: number): Uint8Array {
  return new Uint8Array(-size & 3);
}
