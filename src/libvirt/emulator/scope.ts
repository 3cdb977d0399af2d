/**
 * The control group of an emulator: a scope in machine.slice, as systemd-machined makes it when libvirt asks. The emulator is in the scope
 * itself; libvirt's further groups below it, one for each vCPU, are not made.
 */
import { isOsError } from '../../base/index.ts';
import { O_WRONLY, type Path, type Sys, sys, writeAll } from '../../linux/index.ts';

const MOUNT = '/sys/fs/cgroup';
const SLICE = `${MOUNT}/machine.slice`;

/** The machine's name without what such names cannot have, escaped as in systemd.unit(5): `machine-qemu\x2d1\x2dweb.scope`. */
function scopeName(id: number, domain: string): string {
  const machine = `qemu-${id}-${domain.replaceAll(/[^a-z0-9.-]/gi, '')}`.slice(0, 64);
  return `machine-${machine.replaceAll('-', '\\x2d')}.scope`;
}

/** Makes the scope of the machine with that number; null on a host without control groups. */
export function* makeScope(id: number, domain: string): Sys<Path | null> {
  const scope = `${SLICE}/${scopeName(id, domain)}`;
  try {
    yield* sys.access(`${MOUNT}/cgroup.procs`, 0);
  } catch (error) {
    if (!isOsError(error)) throw error;
    return null;
  }
  yield* makeGroup(SLICE);
  yield* put(`${SLICE}/cgroup.subtree_control`, '+cpu +memory +pids');
  yield* makeGroup(scope);
  return scope;
}

export function* joinScope(scope: Path): Sys<void> {
  yield* put(`${scope}/cgroup.procs`, '0');
}

/** Takes the scope away, unless somebody has put something else there. */
export function* removeScope(scope: Path): Sys<void> {
  try {
    yield* sys.rmdir(scope);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

function* makeGroup(path: Path): Sys<void> {
  try {
    yield* sys.mkdir(path, 0o755);
  } catch (error) {
    if (!isOsError(error, 'EEXIST')) throw error;
  }
}

function* put(path: Path, text: string): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY);
  try {
    yield* writeAll(fd, text);
  } finally {
    yield* sys.close(fd);
  }
}
