/** A partition as a device of its own: nothing in it reaches the rest of the disk. */
import { type BlockDevice, SECTOR } from '../image.ts';
import { requireInside } from '../rawImage.ts';

/** Sectors `start` … `start + sectors` − 1 of `disk`. Throws DiskError `invalid` when they are not on it. */
export function sliceOf(disk: BlockDevice, start: number, sectors: number): BlockDevice {
  requireInside(disk, start * SECTOR, sectors * SECTOR);
  const size = sectors * SECTOR;
  return {
    size,
    read(offset, length) {
      requireInside({ size }, offset, length);
      return disk.read(start * SECTOR + offset, length);
    },
    write(offset, data) {
      requireInside({ size }, offset, data.length);
      disk.write(start * SECTOR + offset, data);
    },
    flush: () => disk.flush(),
  };
}
