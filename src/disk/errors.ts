/** What can be wrong with a disk image or what is asked of it. Errors of the file below it stay OsErrors. */

/**
 * - `format`: not an image of that kind, or damaged before anything could be read;
 * - `unsupported`: a valid image that uses what is not simulated, named in the message;
 * - `corrupt`: metadata that contradicts itself or leads outside of the file;
 * - `invalid`: a request that makes no sense for this image (size, options);
 * - `missing`: a snapshot, partition or file that is not there;
 * - `exists`: a name that is taken;
 * - `full`: no room left on the disk or in a table;
 * - `readonly`: a change of what is not opened for writing.
 */
export type DiskErrorCode =
  | 'format'
  | 'unsupported'
  | 'corrupt'
  | 'invalid'
  | 'missing'
  | 'exists'
  | 'full'
  | 'readonly';

/** A guest's or a learner's mistake about disks, or a damaged image. The message names the place. */
export class DiskError extends Error {
  readonly code: DiskErrorCode;
  constructor(code: DiskErrorCode, message: string) {
    super(message);
    this.name = 'DiskError';
    this.code = code;
  }
}

/** True when `error` is a {@link DiskError} with one of `codes` (any when none is given). */
export function isDiskError(error: unknown, ...codes: readonly DiskErrorCode[]): error is DiskError {
  return error instanceof DiskError && (codes.length === 0 || codes.includes(error.code));
}
