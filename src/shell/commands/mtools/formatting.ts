/** mkfs.vfat(8): an empty FAT file system in an image. */
import { isOsError, strerror } from '../../../base/index.ts';
import { formatFat, isDiskError, RawImage, SECTOR, sliceOf } from '../../../disk/index.ts';
import { O_RDWR, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { FileStore } from '../disk/fileStore.ts';
import { type CommandSpec, needOperand, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { nowSeconds } from './volume.ts';

/** A number of an option; null when it was not given. */
function numberOf(parsed: Parsed, key: string, pattern: RegExp, base = 10): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  if (!pattern.test(text)) throw new UsageError(`'${text}' is no value for -${key}`);
  return Number.parseInt(text, base);
}

function* format(parsed: Parsed): Sys<number> {
  const [path, more] = parsed.operands;
  if (more !== undefined) throw new UsageError('the size in blocks is not simulated: the file has one');
  const bits = numberOf(parsed, 'F', /^(16|32)$/) as 16 | 32 | null;
  const sectorsPerCluster = numberOf(parsed, 's', /^\d+$/);
  const offset = numberOf(parsed, 'offset', /^\d+$/) ?? 0;
  const volumeId = numberOf(parsed, 'i', /^[0-9a-fA-F]{1,8}$/, 16) ?? (yield* nowSeconds());
  const label = parsed.value('n');
  yield* writeAll(1, 'mkfs.fat 4.2 (2021-01-31)\n');
  const store = yield* FileStore.over(yield* sys.open(path!, O_RDWR));
  const disk = new RawImage(store);
  const device = sliceOf(disk, offset, Math.floor(disk.size / SECTOR) - offset);
  formatFat(device, {
    bits: bits ?? (device.size > 512 * 2 ** 20 ? 32 : 16),
    volumeId,
    hidden: offset,
    ...(label !== null && { label: label.toUpperCase() }),
    ...(sectorsPerCluster !== null && { sectorsPerCluster }),
  });
  yield* store.settle();
  return 0;
}

export const mkfsVfat: CommandSpec = {
  name: 'mkfs.vfat',
  usage: '[OPTION]... FILE',
  summary: 'Make an empty FAT file system in a file; what was in it is lost.',
  options: [
    { short: 'F', argument: 'BITS', help: '16 or 32; FAT12 is not simulated' },
    { short: 'n', argument: 'LABEL', help: "the volume's label" },
    { short: 'i', argument: 'ID', help: "the volume's serial number, hexadecimal" },
    { short: 's', argument: 'SECTORS', help: 'sectors in a cluster' },
    { short: 'a', help: 'no alignment, which is never done here' },
    { long: 'offset', argument: 'SECTOR', help: 'where in the file the file system begins' },
  ],
  *run(parsed) {
    needOperand(parsed);
    try {
      return yield* format(parsed);
    } catch (error) {
      if (isOsError(error))
        yield* complain('mkfs.vfat', `unable to open ${parsed.operands[0]}: ${strerror(error.code)}`);
      else if (isDiskError(error)) yield* complain('mkfs.vfat', error.message);
      else throw error;
      return 1;
    }
  },
};
