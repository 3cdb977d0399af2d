/** Object storage of a cloud: copying files there and back, and listing. */
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { baseName, orNull } from '../support.ts';
import { asCaller } from './caller.ts';
import { CloudError } from './command.ts';
import { send } from './link.ts';
import type { CloudStore } from './store.ts';

export interface Copied {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly seconds: number;
}

type AnyStore = CloudStore<object>;

const numbers = (bytes: number, seconds: number) => `${bytes} ${seconds}`;

function copied(text: string): Pick<Copied, 'bytes' | 'seconds'> {
  const [bytes = 0, seconds = 0] = text.split(' ').map(Number);
  return { bytes, seconds };
}

/** Brings a file of the caller's into a bucket; it is there when all of it is. Throws CloudError. */
export function* upload(store: AnyStore, local: string, address: string): Sys<Copied> {
  const { bucket, key } = store.address(address);
  const name = key === '' || key.endsWith('/') ? `${key}${baseName(local)}` : key;
  const path = yield* store.objectPath(bucket, name);
  // Two uploads may go on at once.
  const draft = `${store.root}/incoming-${yield* sys.getpid()}`;
  const to = yield* store.create(draft);
  const told = yield* asCaller(local, function* () {
    const from = yield* sys.open(local, O_RDONLY);
    if ((yield* sys.fstat(from)).mode >> 12 !== 0o10) throw new CloudError(`${local} is no regular file`);
    const { bytes, seconds } = yield* send(from, to);
    return numbers(bytes, seconds);
  });
  yield* sys.close(to);
  yield* sys.rename(draft, path);
  return { from: local, to: `${store.scheme}://${bucket}/${name}`, ...copied(told) };
}

/** Brings an object into a file of the caller's. Throws CloudError. */
export function* download(store: AnyStore, address: string, local: string): Sys<Copied> {
  const from = yield* store.openObject(address);
  const { key } = store.address(address);
  let path = local;
  const told = yield* asCaller(local, function* () {
    const stat = yield* orNull(() => sys.stat(local), 'ENOENT', 'ENOTDIR');
    if (stat !== null && stat.mode >> 12 === 0o04) path = `${local.replace(/\/+$/, '')}/${baseName(key)}`;
    const to = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    const { bytes, seconds } = yield* send(from, to);
    return numbers(bytes, seconds);
  });
  return { from: address, to: path, ...copied(told) };
}

/** One way or the other, as the two names say. Throws CloudError. */
export function* copy(store: AnyStore, operands: readonly string[]): Sys<Copied> {
  const [from, to, more] = operands;
  if (from === undefined || to === undefined || more !== undefined)
    throw new CloudError('a source and a destination are needed, and no more');
  const start = `${store.scheme}://`;
  if (from.startsWith(start) === to.startsWith(start))
    throw new CloudError(
      `one of the two must be an address that begins with ${start}, the other a file here`,
    );
  return from.startsWith(start) ? yield* download(store, from, to) : yield* upload(store, from, to);
}

/** Prints with `line` what is stored at an address; its buckets when there is none. */
export function* list(
  store: AnyStore,
  address: string | undefined,
  line: (object: { key: string; size: number; seconds: number }, bucket: string) => string,
  bucketLine: (bucket: string) => string,
): Sys<void> {
  if (address === undefined) return yield* writeAll(1, (yield* store.buckets()).map(bucketLine).join(''));
  const { bucket, key } = store.address(address);
  const objects = (yield* store.objects(bucket)).filter((object) => object.key.startsWith(key));
  if (objects.length === 0 && key !== '') throw new CloudError(`nothing is stored at ${address}`);
  yield* writeAll(1, objects.map((object) => line(object, bucket)).join(''));
}
