/** Imports of aws-sim, as Amazon's guide to VM Import has them: which files it takes, and what it finds on the disk. */
import { isDiskError, openImage, type RawImage, SECTOR, type VmdkImage } from '../../../disk/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { FileStore } from '../disk/fileStore.ts';
import {
  AWS_REQUIREMENTS,
  type AwsImage,
  awsImagePath,
  awsJson,
  settledState,
  awsStore as store,
} from './awsCloud.ts';
import { type CloudCommand, CloudError, required } from './command.ts';
import { GIB_BYTES } from './disks.ts';
import { reasonsAgainst } from './examine.ts';

/** What VM Import takes, and which of it is simulated. */
const FORMATS = ['OVA', 'RAW', 'VHD', 'VHDX', 'VMDK'];
const SIMULATED = ['RAW', 'VMDK'];
const PIECE = 65_536;

/** `Format=RAW,UserBucket={S3Bucket=NAME,S3Key=KEY}` */
function containerOf(text: string): { format: string; bucket: string; key: string } {
  const match = /^Format=(\w+),UserBucket=\{S3Bucket=([^,}]+),S3Key=([^,}]+)\}$/.exec(text);
  if (match === null)
    throw new CloudError('--disk-containers is Format=RAW,UserBucket={S3Bucket=NAME,S3Key=KEY}, in quotes');
  const [, format = '', bucket = '', key = ''] = match;
  if (!FORMATS.includes(format.toUpperCase()))
    throw new CloudError(`(InvalidParameter) The format ${format} is none of ${FORMATS.join(', ')}`);
  if (!SIMULATED.includes(format.toUpperCase()))
    throw new CloudError(`an import of ${format} is not simulated: ${SIMULATED.join(' and ')} are`);
  return { format: format.toUpperCase(), bucket, key };
}

type Disk = RawImage | VmdkImage;

function diskOf(file: FileStore, format: string): Disk {
  try {
    return openImage(file, format === 'RAW' ? 'raw' : 'vmdk') as Disk;
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new CloudError(`(ClientError) Disk validation failed [${error.message}]`);
  }
}

/** Writes what of a disk is stored into a file of `size` bytes. */
function* writeDisk(disk: Disk, path: string, size: number): Sys<void> {
  const fd = yield* store.create(path);
  for (let at = 0; at < disk.size; ) {
    const { length, kind } = disk.status(at, disk.size - at);
    for (let from = at; kind === 'data' && from < at + length; from += PIECE) {
      yield* sys.lseek(fd, from, 'set');
      yield* writeAll(fd, disk.read(from, Math.min(PIECE, at + length - from)));
    }
    at += length;
  }
  yield* sys.ftruncate(fd, size);
  yield* sys.close(fd);
}

function* importImage(containers: string, description: string | null): Sys<void> {
  const state = yield* settledState();
  const { format, bucket, key } = containerOf(containers);
  const fd = yield* store.openObject(`${store.scheme}://${bucket}/${key}`);
  const file = yield* FileStore.over(fd);
  const disk = diskOf(file, format);
  const reasons = disk.size < SECTOR ? ['the disk is empty'] : reasonsAgainst(disk, AWS_REQUIREMENTS);
  if (reasons.length > 0) throw new CloudError(`(ClientError) ${reasons.join('; ')}`);
  const number = String(state.images.length + 1).padStart(3, '0');
  const id = `ami-0${number}${'0123456789abc'}`;
  // Volumes are whole GiB: what is missing is added, and reads as zeros.
  const gib = Math.ceil(disk.size / GIB_BYTES);
  yield* writeDisk(disk, awsImagePath(id), gib * GIB_BYTES);
  yield* file.settle();
  yield* sys.close(fd);
  const image: AwsImage = {
    ImageId: id,
    Name: description ?? `import-${number}`,
    Architecture: 'riscv32',
    BootMode: 'legacy-bios',
    RootDeviceName: '/dev/vda1',
    VolumeSizeGiB: gib,
    Encrypted: false,
    ProductCodes: [],
  };
  yield* store.save({ ...state, images: [...state.images, image] });
  yield* writeAll(
    1,
    awsJson({ ImportTaskId: `import-ami-${number.padStart(17, '0')}`, ImageId: id, Status: 'completed' }),
  );
}

export const importCommands: readonly CloudCommand[] = [
  {
    words: 'ec2 import-image',
    usage: '--disk-containers Format=RAW|VMDK,UserBucket={S3Bucket=NAME,S3Key=KEY} [--description NAME]',
    summary: 'Make an image of a disk in a bucket, and say what stands in the way.',
    options: [
      {
        long: 'disk-containers',
        argument: 'CONTAINER',
        help: 'Format=RAW,UserBucket={S3Bucket=NAME,S3Key=KEY}',
      },
      { long: 'description', argument: 'NAME', help: 'what the image is called' },
    ],
    run: (parsed) => importImage(required(parsed, 'disk-containers'), parsed.value('description')),
  },
];
