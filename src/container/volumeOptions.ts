/** Volumes that are something else than their directory: the local driver mounts `device` there while a container runs. moby's volume/local. */
import { isOsError, strerror } from '../base/index.ts';
import { MNT_DETACH, type Sys, sys } from '../linux/index.ts';
import { readText, resolveWithin, statOrNull, writeText } from './files.ts';
import { type Container, EngineError, hasProcess, type MountPoint, volumePath } from './model.ts';
import { parseMountWords } from './runtime/mounting.ts';

/** The volume's opts.json. */
interface Options {
  readonly MountType: string;
  readonly MountOpts: string;
  readonly MountDevice: string;
  readonly Quota: { readonly Size: number };
}

const optionsPath = (name: string) => `${volumePath(name)}/opts.json`;

/** Of `docker volume create -o`: type, device, o. */
export function* saveOptions(name: string, given: Readonly<Record<string, string>>): Sys<void> {
  if (Object.keys(given).length === 0) return;
  const options: Options = {
    MountType: given.type ?? '',
    MountOpts: given.o ?? '',
    MountDevice: given.device ?? '',
    Quota: { Size: 0 },
  };
  yield* writeText(optionsPath(name), JSON.stringify(options), 0o600);
}

function* optionsOf(name: string): Sys<Options | null> {
  const text = yield* readText(optionsPath(name));
  return text === null ? null : (JSON.parse(text) as Options);
}

/** As `docker volume inspect` has them. */
export function* shownOptions(name: string): Sys<Record<string, string> | null> {
  const options = yield* optionsOf(name);
  if (options === null) return null;
  const { MountDevice: device, MountOpts: o, MountType: type } = options;
  return Object.fromEntries(Object.entries({ device, o, type }).filter(([, value]) => value !== ''));
}

export function* needsMount(name: string): Sys<boolean> {
  const options = yield* optionsOf(name);
  return options !== null && (options.MountDevice !== '' || options.MountType !== '');
}

const dataPath = (name: string) => `${volumePath(name)}/_data`;

function* isMounted(name: string): Sys<boolean> {
  return ((yield* readText('/proc/self/mountinfo')) ?? '').includes(` ${dataPath(name)} `);
}

/** Whether what is in the image at its place is to be copied there: a tmpfs would forget it. */
export function* isFilled(name: string): Sys<boolean> {
  return (yield* optionsOf(name))?.MountType !== 'tmpfs';
}

/** Mounts it unless it is mounted already. Throws EngineError. */
export function* mountVolume(name: string): Sys<void> {
  const { MountType, MountOpts, MountDevice } = (yield* optionsOf(name))!;
  if (yield* isMounted(name)) return;
  const { flags, data } = parseMountWords(MountOpts.split(',').filter((word) => word !== ''));
  try {
    yield* sys.mount(MountDevice, dataPath(name), MountType, flags, data);
  } catch (error) {
    if (!isOsError(error)) throw error;
    const what = [
      `mount ${MountDevice}:${dataPath(name)}`,
      ...(flags === 0 ? [] : [`flags: 0x${flags.toString(16)}`]),
      ...(data === '' ? [] : [`data: ${data}`]),
    ].join(', ');
    const why = `failed to mount local volume: ${what}: ${strerror(error.code).toLowerCase()}`;
    throw new EngineError(500, `error while mounting volume '${dataPath(name)}': ${why}`);
  }
}

/** The directory of a volume that a point is of, links followed but not out of the volume. Throws EngineError where there is none. */
export function* subpathOf({ Source, Subpath = '' }: MountPoint): Sys<string> {
  const inside = yield* resolveWithin(Source, Subpath, 255);
  const path = `${Source}/${inside ?? Subpath}`;
  if (inside !== null && (yield* statOrNull(path)) !== null) return path;
  throw new EngineError(400, `cannot access path ${Source}/${Subpath}: no such file or directory`);
}

/** After the last of its users has ended. */
export function* unmountVolume(name: string, users: readonly Container[]): Sys<void> {
  if (users.some(({ State }) => hasProcess(State))) return;
  try {
    yield* sys.umount(dataPath(name), MNT_DETACH);
  } catch (error) {
    // It was not mounted: its container has not come that far.
    if (!isOsError(error, 'EINVAL')) throw error;
  }
}
