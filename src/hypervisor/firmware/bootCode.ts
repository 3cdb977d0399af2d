/** What a disk boots by, as bytes: the code of its sector 0, and the loader with size and checksum filled in. */
import { assert } from '../../base/index.ts';
import { parseElf } from '../../machine/index.ts';
import { guestBootSector, guestLoader } from '../guests/images.ts';

const SECTOR = 512;
/** Bytes of code in sector 0, before the disk's identity and the partition table. */
export const BOOT_CODE_SIZE = 440;

/** The code of sector 0, padded to {@link BOOT_CODE_SIZE} bytes. */
export function bootSectorCode(): Uint8Array {
  return padded(codeOf(guestBootSector()), BOOT_CODE_SIZE);
}

/**
 * The loader, whole sectors, for the sectors behind the first or as a network's boot file. Its head is a magic, its size in sectors,
 * and a word that makes the sum of all its words 0: whoever runs it looks at these first.
 */
export function loaderImage(): Uint8Array {
  const code = codeOf(guestLoader());
  const image = padded(code, Math.ceil(code.length / SECTOR) * SECTOR);
  const view = new DataView(image.buffer);
  view.setUint32(4, image.length / SECTOR, true);
  let sum = 0;
  for (let at = 0; at < image.length; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0;
  view.setUint32(8, -sum >>> 0, true);
  return image;
}

function codeOf(file: Uint8Array): Uint8Array {
  const [segment, more] = parseElf(file).segments;
  assert(segment !== undefined && more === undefined, 'boot code is one segment');
  return segment.data;
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  assert(bytes.length <= size, `${bytes.length} bytes do not fit ${size}`);
  const result = new Uint8Array(size);
  result.set(bytes);
  return result;
}
