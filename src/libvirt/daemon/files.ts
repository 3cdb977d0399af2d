/** Files of the daemon's own. */
import { isOsError } from '../../base/index.ts';
import { O_CREAT, O_TRUNC, O_WRONLY, type Sys, sys, writeAll } from '../../linux/index.ts';

/** In one step, also for a power cut: the old file stays until the new one is there in full. Throws OsError, and nothing is changed. */
export function* writeWhole(path: string, contents: Uint8Array | string): Sys<void> {
  const draft = `${path}.libvirt-new`;
  try {
    const fd = yield* sys.open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
    try {
      yield* writeAll(fd, contents);
      yield* sys.fsync(fd);
    } finally {
      yield* sys.close(fd);
    }
    yield* sys.rename(draft, path);
  } catch (error) {
    yield* removeIfThere(draft);
    throw error;
  }
}

export function* removeIfThere(path: string): Sys<void> {
  try {
    yield* sys.unlink(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}
