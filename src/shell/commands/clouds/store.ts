/** What a simulated cloud keeps: a directory of the host that only its own programs can enter, with its records in one file. */
import { decodeUtf8, isOsError } from '../../../base/index.ts';
import {
  type Fd,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { namesIn, orNull } from '../support.ts';
import { CloudError } from './command.ts';

export class CloudStore<State extends object> {
  readonly root: string;
  readonly #empty: State;
  /** How its storage is written in addresses: `s3` or `gs`. */
  readonly scheme: string;

  constructor(root: string, scheme: string, empty: State) {
    this.root = root;
    this.scheme = scheme;
    this.#empty = empty;
  }

  *state(): Sys<State> {
    const bytes = yield* orNull(() => readFile(`${this.root}/state.json`), 'ENOENT', 'ENOTDIR');
    return bytes === null ? structuredCopy(this.#empty) : (JSON.parse(decodeUtf8(bytes)) as State);
  }

  /** In one step: the old records stay until the new ones are there in full. */
  *save(state: State): Sys<void> {
    const draft = `${this.root}/state.json.new`;
    const fd = yield* this.create(draft);
    yield* writeAll(fd, `${JSON.stringify(state, null, 2)}\n`);
    yield* sys.close(fd);
    yield* sys.rename(draft, `${this.root}/state.json`);
  }

  *create(path: string): Sys<Fd> {
    return yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  }

  /** Makes the directories above a path below the root. Who knows a name in them can get there: the hypervisor's processes are others. */
  *parents(path: string): Sys<void> {
    for (let at = path.indexOf('/', this.root.length + 1); at > 0; at = path.indexOf('/', at + 1))
      yield* orNull(() => sys.mkdir(path.slice(0, at), 0o711), 'EEXIST');
  }

  /** `s3://bucket/key` → bucket and key. Throws CloudError. */
  address(text: string): { bucket: string; key: string } {
    const match = new RegExp(`^${this.scheme}://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?$`).exec(text);
    const key = match?.[2] ?? '';
    if (match === null || key.split('/').some((part) => part === '..' || part === '.'))
      throw new CloudError(`${text} is no address of the form ${this.scheme}://BUCKET/NAME`);
    return { bucket: match[1]!, key };
  }

  *buckets(): Sys<string[]> {
    return (yield* orNull(() => namesIn(`${this.root}/buckets`), 'ENOENT')) ?? [];
  }

  /** Where an object lies, whether it is there or not. Throws CloudError when there is no such bucket. */
  *objectPath(bucket: string, key: string): Sys<string> {
    const known = yield* this.buckets();
    if (!known.includes(bucket))
      throw new CloudError(`the bucket ${bucket} does not exist; there is ${known.join(', ') || 'none'}`);
    // A name may have slashes: it is one file here, whose name shows them so that nothing can be above it.
    return `${this.root}/buckets/${bucket}/${key.replaceAll('%', '%25').replaceAll('/', '%2F')}`;
  }

  *objects(bucket: string): Sys<{ key: string; size: number; seconds: number }[]> {
    const folder = yield* this.objectPath(bucket, '');
    const found: { key: string; size: number; seconds: number }[] = [];
    for (const name of yield* namesIn(folder)) {
      const { size, mtime } = yield* sys.stat(`${folder}${name}`);
      found.push({ key: name.replaceAll('%2F', '/').replaceAll('%25', '%'), size, seconds: mtime.sec });
    }
    return found;
  }

  /** Throws CloudError when there is no such object. */
  *openObject(address: string): Sys<Fd> {
    const { bucket, key } = this.address(address);
    const path = yield* this.objectPath(bucket, key);
    try {
      if (key === '') throw new CloudError(`${address} names no object`);
      return yield* sys.open(path, O_RDONLY);
    } catch (error) {
      if (!isOsError(error, 'ENOENT', 'EISDIR')) throw error;
      throw new CloudError(`there is no object ${address}`);
    }
  }
}

const structuredCopy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Seconds since 1970. */
export function* cloudNow(): Sys<number> {
  return (yield* sys.clock_gettime('realtime')).sec;
}

/** `2026-01-05T09:00:00.000Z` */
export const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
