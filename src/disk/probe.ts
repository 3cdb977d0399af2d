/** Opening an image by its format, and finding that out. */
import type { ByteStore } from './byteStore.ts';
import type { DiskImage } from './image.ts';
import { checkImage } from './qcow2/check.ts';
import { FEATURES } from './qcow2/features.ts';
import { isQcow2, readHeader } from './qcow2/header.ts';
import { Qcow2Image } from './qcow2/qcow2Image.ts';
import { RawImage } from './rawImage.ts';
import { isVmdk } from './vmdk/sparseExtent.ts';
import { VmdkImage } from './vmdk/vmdkImage.ts';

export type ImageFormat = DiskImage['format'];
export const IMAGE_FORMATS: readonly ImageFormat[] = ['raw', 'qcow2', 'vmdk'];

/** What the first bytes look like. A guest can write another format's header to a raw disk: probing is a guess. */
export function probeFormat(store: ByteStore): ImageFormat {
  if (isVmdk(store)) return 'vmdk';
  return isQcow2(store) ? 'qcow2' : 'raw';
}

/** The backing file that an image names, and the format it says that has. Throws as {@link openImage}. */
export function backingFileOf(
  store: ByteStore,
  format: ImageFormat,
): { file: string; format: string | null } | null {
  if (format !== 'qcow2') return null;
  const { backingFile, backingFormat } = readHeader(store);
  return backingFile === null ? null : { file: backingFile, format: backingFormat };
}

/**
 * Opens an image over `backing`, the opened image that {@link backingFileOf} names. One that was being written when its program
 * ended ("dirty") is put right first when it is opened for writing. `repair`: it will be checked, damaged or not.
 */
export function openImage(
  store: ByteStore,
  format: ImageFormat,
  options: { backing?: DiskImage | null; writable?: boolean; repair?: boolean } = {},
): RawImage | Qcow2Image | VmdkImage {
  if (format === 'raw') return new RawImage(store);
  if (format === 'vmdk') return new VmdkImage(store);
  const image = Qcow2Image.open(store, options);
  if (image.writable && options.repair !== true && (image.header.incompatible & FEATURES.dirty) !== 0)
    checkImage(image, 'all');
  return image;
}
