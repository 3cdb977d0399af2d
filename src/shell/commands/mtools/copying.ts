/** mcopy(1) and mtype(1): files into and out of a FAT file system. */
import { isOsError, strerror } from '../../../base/index.ts';
import { isDiskError } from '../../../disk/index.ts';
import { O_CREAT, O_TRUNC, O_WRONLY, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, needOperand, type Parsed, UsageError } from '../options.ts';
import { baseName, complain, joinPath, orNull } from '../support.ts';
import {
  drivePath,
  IMAGE,
  isHostDirectory,
  isOnDrive,
  MtoolsError,
  mtoolsStatus,
  nowSeconds,
  openVolume,
  type Volume,
} from './volume.ts';

/** A file's bytes, or a message. */
function* sourceBytes(volume: Volume | null, name: string): Sys<Uint8Array | string> {
  if (!isOnDrive(name)) {
    try {
      if (yield* isHostDirectory(name)) return `Skipping "${name}", is a directory`;
      return yield* readFile(name);
    } catch (error) {
      if (!isOsError(error)) throw error;
      return `${name}: ${strerror(error.code)}`;
    }
  }
  try {
    const path = drivePath(name);
    if (path === '/' || volume!.fs.find(path)?.directory) return `Skipping "${name}", is a directory`;
    return volume!.fs.readFile(path);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return `File "${name}" not found`;
  }
}

const exists = (name: string) => `"${name}" exists; mtools would ask what to do: -o overwrites it`;

/** Into the file system. A message, or null when it went well. */
function* put(
  volume: Volume,
  target: string,
  source: string,
  bytes: Uint8Array,
  replace: boolean,
): Sys<string | null> {
  let path = drivePath(target);
  try {
    if (path === '/' || target.endsWith('/') || volume.fs.find(path)?.directory)
      path = joinPath(path, baseName(source));
    const there = volume.fs.find(path);
    if (there?.directory) return `Skipping "${source}", a directory has its name`;
    if (there !== null && !replace) return exists(`::${path}`);
    volume.fs.writeFile(path, bytes, yield* nowSeconds());
    return null;
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return error.code === 'full'
      ? 'Disk full'
      : error.code === 'missing'
        ? `Bad target ${target}`
        : error.message;
  }
}

/** Into the host's files; `-` is standard output. */
function* take(target: string, source: string, bytes: Uint8Array, replace: boolean): Sys<string | null> {
  if (target === '-') {
    yield* writeAll(1, bytes);
    return null;
  }
  const path = (yield* isHostDirectory(target)) ? joinPath(target, baseName(source.slice(2))) : target;
  try {
    if (!replace && (yield* orNull(() => sys.stat(path), 'ENOENT')) !== null) return exists(path);
    const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    yield* writeAll(fd, bytes);
    yield* sys.close(fd);
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return `${path}: ${strerror(error.code)}`;
  }
}

function* copy(parsed: Parsed): Sys<number> {
  const names = [...parsed.operands];
  // A single name is copied here.
  const target = names.length === 1 && isOnDrive(names[0]!) ? '.' : names.pop()!;
  if (names.length === 0) throw new UsageError('a source and a target are needed');
  const inside = isOnDrive(target);
  if (!inside && !names.every(isOnDrive))
    throw new UsageError('sources or target must be on the image, with ::');
  const volume = yield* openVolume(parsed, inside);
  if (names.length > 1 && !(inside || (yield* isHostDirectory(target))))
    throw new MtoolsError(`Bad target ${target}`);
  const replace = parsed.has('o') || parsed.has('n');
  let status = 0;
  for (const name of names) {
    const bytes = yield* sourceBytes(volume, name);
    const message =
      typeof bytes === 'string'
        ? bytes
        : inside
          ? yield* put(volume, target, name, bytes, replace)
          : yield* take(target, name, bytes, replace);
    if (message === null) continue;
    status = 1;
    yield* isOnDrive(name) || (inside && !message.startsWith(name))
      ? complain('mcopy', message)
      : writeAll(2, `${message}\n`);
  }
  yield* volume.settle();
  return status;
}

export const mcopy: CommandSpec = {
  name: 'mcopy',
  usage: '-i FILE[@@OFFSET] [-no] SOURCE... TARGET',
  summary: 'Copy files into a FAT file system in a disk image (TARGET ::PATH) or out of it (SOURCE ::PATH).',
  options: [
    IMAGE,
    { short: 'o', help: 'overwrite files that are there on the image' },
    { short: 'n', help: "overwrite the host's files" },
  ],
  run: (parsed) => {
    needOperand(parsed);
    return mtoolsStatus(() => copy(parsed));
  },
};

export const mtype: CommandSpec = {
  name: 'mtype',
  usage: '-i FILE[@@OFFSET] ::FILE...',
  summary: 'Show files of a FAT file system in a disk image.',
  options: [IMAGE],
  run: (parsed) => {
    needOperand(parsed);
    return mtoolsStatus(function* () {
      const volume = yield* openVolume(parsed, false);
      let status = 0;
      for (const name of parsed.operands) {
        const bytes = yield* sourceBytes(volume, isOnDrive(name) ? name : `::${name}`);
        if (typeof bytes !== 'string') {
          yield* writeAll(1, bytes);
          continue;
        }
        status = 1;
        yield* complain('mtype', bytes);
      }
      yield* volume.settle();
      return status;
    });
  },
};
