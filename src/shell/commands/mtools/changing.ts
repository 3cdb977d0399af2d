/** mdel(1) and mmd(1): files removed, directories made. */
import { type DiskError, isDiskError } from '../../../disk/index.ts';
import type { Sys } from '../../../linux/index.ts';
import { type CommandSpec, needOperand, type Parsed } from '../options.ts';
import { complain } from '../support.ts';
import { drivePath, IMAGE, mtoolsStatus, nowSeconds, openVolume, type Volume } from './volume.ts';

/** Does `change` to each operand; says why one could not be changed. */
function* each(
  name: string,
  parsed: Parsed,
  change: (volume: Volume, path: string, now: number) => void,
  why: (error: DiskError, operand: string) => string,
): Sys<number> {
  const volume = yield* openVolume(parsed, true);
  const now = yield* nowSeconds();
  let status = 0;
  for (const operand of parsed.operands) {
    try {
      change(volume, drivePath(operand), now);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      status = 1;
      yield* complain(name, why(error, operand));
    }
  }
  yield* volume.settle();
  return status;
}

export const mdel: CommandSpec = {
  name: 'mdel',
  usage: '-i FILE[@@OFFSET] ::FILE...',
  summary: 'Remove files of a FAT file system in a disk image.',
  options: [IMAGE],
  run: (parsed) => {
    needOperand(parsed);
    const remove = ({ fs }: Volume, path: string) => {
      // A directory is left to mrd, which is not here: find() tells it from a file.
      if (fs.find(path)?.directory) return;
      fs.remove(path);
    };
    return mtoolsStatus(() =>
      each('mdel', parsed, remove, (error, operand) =>
        error.code === 'missing' ? `File "${operand}" not found` : error.message,
      ),
    );
  },
};

export const mmd: CommandSpec = {
  name: 'mmd',
  usage: '-i FILE[@@OFFSET] ::DIRECTORY...',
  summary: 'Make directories on a FAT file system in a disk image.',
  options: [IMAGE],
  run: (parsed) => {
    needOperand(parsed);
    return mtoolsStatus(() =>
      each(
        'mmd',
        parsed,
        ({ fs }, path, now) => fs.makeDirectory(path, now),
        (error, operand) =>
          error.code === 'exists' ? `"${operand}" exists` : `Cannot make ${operand}: ${error.message}`,
      ),
    );
  },
};
