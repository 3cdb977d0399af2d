/** Configuration files of the system's. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import type { Sys } from '../program.ts';
import { readFile } from '../stdio.ts';

/** A file of the system's, which is empty when it cannot be read. */
export function* textOf(path: string): Sys<string> {
  try {
    return decodeUtf8(yield* readFile(path));
  } catch (error) {
    if (isOsError(error)) return '';
    throw error;
  }
}
