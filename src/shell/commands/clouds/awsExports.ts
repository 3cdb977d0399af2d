/** Exports of aws-sim: what may leave the cloud, and as what. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import { type AwsExport, awsError, awsImage, awsJson, settledState, awsStore as store } from './awsCloud.ts';
import { type CloudCommand, CloudError, required } from './command.ts';
import { cloudNow } from './store.ts';

/** Virtual seconds that an export takes; the real one takes minutes to hours. */
const EXPORT_SECONDS = 2;
const FORMATS = ['RAW', 'VMDK', 'VHD'];

/** `S3Bucket=NAME[,S3Prefix=PREFIX]` */
function placeOf(text: string): { bucket: string; prefix: string } {
  const parts = new Map(
    text.split(',').map((part): [string, string] => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const bucket = parts.get('S3Bucket');
  const unknown = [...parts.keys()].find((key) => key !== 'S3Bucket' && key !== 'S3Prefix');
  if (bucket === undefined || unknown !== undefined)
    throw awsError('InvalidParameterValue', '--s3-export-location is S3Bucket=NAME[,S3Prefix=PREFIX]');
  return { bucket, prefix: parts.get('S3Prefix') ?? '' };
}

/** As Amazon's guide lists what cannot be exported. Throws CloudError. */
function requireExportable(state: Parameters<typeof awsImage>[0], id: string): void {
  const { Encrypted, ProductCodes } = awsImage(state, id);
  if (Encrypted)
    throw awsError('NotExportable', `Image ${id} has an encrypted snapshot, which cannot be exported.`);
  if (ProductCodes.length > 0)
    throw awsError(
      'NotExportable',
      `Image ${id} contains software supplied by AWS or its marketplace (${ProductCodes.join(', ')}), which cannot be exported.`,
    );
}

function* exportImage(id: string, format: string, target: string): Sys<void> {
  const state = yield* settledState();
  awsImage(state, id);
  if (!FORMATS.includes(format))
    throw awsError('InvalidParameterValue', `Invalid disk image format ${format}: ${FORMATS.join(', ')}`);
  if (format !== 'RAW' && format !== 'VMDK')
    throw new CloudError(`an export as ${format} is not simulated: RAW and VMDK are`);
  requireExportable(state, id);
  const { bucket, prefix } = placeOf(target);
  const task = `export-ami-${String(state.exports.length + 1).padStart(17, '0')}`;
  const Key = `${prefix}${task}.${format.toLowerCase()}`;
  yield* store.objectPath(bucket, Key);
  const ready = (yield* cloudNow()) + EXPORT_SECONDS;
  const made: AwsExport = {
    ExportImageTaskId: task,
    ImageId: id,
    DiskImageFormat: format,
    Bucket: bucket,
    Key,
    ready,
    done: false,
  };
  yield* store.save({ ...state, exports: [...state.exports, made] });
  yield* writeAll(1, awsJson(taskOf(made)));
}

function taskOf({ ExportImageTaskId, ImageId, DiskImageFormat, Bucket, Key, done }: AwsExport): object {
  const how = done
    ? { Status: 'completed' }
    : { Progress: '20', Status: 'active', StatusMessage: 'converting' };
  return {
    ExportImageTaskId,
    ImageId,
    DiskImageFormat,
    S3ExportLocation: { S3Bucket: Bucket, S3Key: Key },
    ...how,
  };
}

export const exportCommands: readonly CloudCommand[] = [
  {
    words: 'ec2 describe-images',
    usage: '',
    summary: 'Show the images of this account.',
    options: [],
    *run() {
      const { images } = yield* settledState();
      yield* writeAll(1, awsJson({ Images: images }));
    },
  },
  {
    words: 'ec2 export-image',
    usage: '--image-id ID --disk-image-format RAW|VMDK --s3-export-location S3Bucket=NAME[,S3Prefix=PREFIX]',
    summary: 'Begin to write an image into a file in a bucket.',
    options: [
      { long: 'image-id', argument: 'ID', help: 'the image, ami-…' },
      { long: 'disk-image-format', argument: 'FORMAT', help: 'RAW or VMDK; VHD is not simulated' },
      { long: 's3-export-location', argument: 'PLACE', help: 'S3Bucket=NAME,S3Prefix=PREFIX' },
    ],
    run: (parsed) =>
      exportImage(
        required(parsed, 'image-id'),
        required(parsed, 'disk-image-format'),
        required(parsed, 's3-export-location'),
      ),
  },
  {
    words: 'ec2 describe-export-image-tasks',
    usage: '',
    summary: 'Show how far exports are, and where their files are.',
    options: [],
    *run() {
      const { exports } = yield* settledState();
      yield* writeAll(1, awsJson({ ExportImageTasks: exports.map(taskOf) }));
    },
  },
];
