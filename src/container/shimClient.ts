/** The daemon's side of a container's shim: commands over its socket. */
import { isOsError } from '../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../linux/index.ts';
import { type Container, shimAddress } from './model.ts';
import { spawnShim } from './shim.ts';

/** A connection to the container's shim, after a command; null when there is none. */
export function* askShim(container: Container, command: string): Sys<Fd | null> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, shimAddress(container.ID));
  } catch (error) {
    if (!isOsError(error, 'ECONNREFUSED')) throw error;
    yield* sys.close(fd);
    return null;
  }
  yield* writeAll(fd, `${command}\n`);
  return fd;
}

/** As `askShim`; a shim is started when there is none. */
export function* askLiveShim(container: Container, command: string): Sys<Fd> {
  const known = yield* askShim(container, command);
  if (known !== null) return known;
  yield* spawnShim(container);
  return (yield* askShim(container, command))!;
}
