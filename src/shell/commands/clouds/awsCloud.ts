/** What aws-sim keeps, how its errors are said, and what its machines need of an image. */
import { O_RDONLY, type Sys, sys } from '../../../linux/index.ts';
import { CloudError } from './command.ts';
import { writeVmdk } from './disks.ts';
import type { Requirements } from './examine.ts';
import { copyStored } from './link.ts';
import { CloudStore, cloudNow } from './store.ts';

export interface AwsImage {
  readonly ImageId: string;
  readonly Name: string;
  readonly Architecture: string;
  readonly BootMode: string;
  readonly RootDeviceName: string;
  readonly VolumeSizeGiB: number;
  /** Its snapshot is encrypted; it holds software of the marketplace: both end an export. */
  readonly Encrypted: boolean;
  readonly ProductCodes: readonly string[];
}

export interface AwsExport {
  readonly ExportImageTaskId: string;
  readonly ImageId: string;
  readonly DiskImageFormat: 'RAW' | 'VMDK';
  readonly Bucket: string;
  readonly Key: string;
  /** Seconds since 1970 at which it is done. */
  readonly ready: number;
  readonly done: boolean;
}

export interface AwsInstance {
  readonly InstanceId: string;
  readonly ImageId: string;
}

export interface AwsState {
  readonly images: readonly AwsImage[];
  readonly exports: readonly AwsExport[];
  readonly instances: readonly AwsInstance[];
  /** How many instances there have been. */
  readonly counted: number;
}

export const awsStore = new CloudStore<AwsState>('/var/lib/aws-sim', 's3', {
  images: [],
  exports: [],
  instances: [],
  counted: 0,
});

/**
 * Its machines have a virtio disk and no network: EC2's interfaces (ENA) have no counterpart among the book's devices. The data source is
 * what its metadata begins with.
 */
export const AWS_REQUIREMENTS: Requirements = {
  drivers: [{ name: 'virtio_blk', device: 'disk' }],
  datasource: 'ec2',
};

export const awsImagePath = (id: string) => `${awsStore.root}/images/${id}.raw`;

export const awsJson = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`;

/** An error of the service's, with its code. */
export const awsError = (code: string, message: string) => new CloudError(`(${code}) ${message}`);

/** Throws CloudError. */
export function awsImage({ images }: AwsState, id: string): AwsImage {
  const image = images.find(({ ImageId }) => ImageId === id);
  if (image === undefined) throw awsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return image;
}

/** Exports whose time has come become objects of the storage. Whoever asks anything finds them there. */
export function* settledState(): Sys<AwsState> {
  const state = yield* awsStore.state();
  const now = yield* cloudNow();
  const due = state.exports.filter(({ done, ready }) => !done && ready <= now);
  if (due.length === 0) return state;
  for (const { ImageId, DiskImageFormat, Bucket, Key } of due) {
    const from = yield* sys.open(awsImagePath(ImageId), O_RDONLY);
    const to = yield* awsStore.create(yield* awsStore.objectPath(Bucket, Key));
    if (DiskImageFormat === 'RAW') yield* copyStored(from, to);
    else yield* writeVmdk(from, to, `${ImageId}.vmdk`);
    yield* sys.close(from);
    yield* sys.close(to);
  }
  const exports = state.exports.map((task) => (due.includes(task) ? { ...task, done: true } : task));
  const settled = { ...state, exports };
  yield* awsStore.save(settled);
  return settled;
}
