/** Terminals of containers: in the container's own devpts, with the master held by who runs it. runc's docs/terminals.md "New Terminal". */
import { isOsError, strerror } from '../../base/index.ts';
import { type Fd, type Path, type Pid, type Sys, sys, type WindowSize } from '../../linux/index.ts';
import { type IdMapping, RuntimeError } from './spec.ts';

export interface Console {
  readonly master: Fd;
  /** Its path in the container. */
  readonly path: Path;
  /** Its path on the host, as long as the process `pid` is there. */
  readonly outside: Path;
}

/** A new terminal of the container whose process `pid` is; throws RuntimeError when that has no devpts. */
export function* openConsole(pid: Pid, size: WindowSize): Sys<Console> {
  const root = `/proc/${pid}/root`;
  try {
    const [master, outside] = yield* sys.openpty(size, `${root}/dev/pts`);
    yield* sys.setcloexec(master, true);
    return { master, outside, path: outside.slice(root.length) };
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RuntimeError(`open /dev/ptmx: ${strerror(error.code).toLowerCase()}`);
  }
}

/** Makes `uid` of the container its owner, before the process that has become that user opens it. */
export function* ownConsole(
  console: Console,
  uid: number,
  mappings: readonly IdMapping[] | undefined,
): Sys<void> {
  const range = mappings?.find(({ containerID, size }) => uid >= containerID && uid < containerID + size);
  const owner = range === undefined ? uid : range.hostID + uid - range.containerID;
  yield* sys.chown(console.outside, owner, -1);
}
