/** aws-sim: a small part of Amazon's command line, for a cloud that is simulated on this host. */
import { O_RDONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { calendar, pad } from '../support.ts';
import { type CloudClient, type CloudCommand, CloudError, required } from './command.ts';
import { copyStored, sizeText } from './link.ts';
import { copy, list } from './storage.ts';
import { CloudStore, cloudNow } from './store.ts';

interface AwsImage {
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

interface AwsExport {
  readonly ExportImageTaskId: string;
  readonly ImageId: string;
  readonly Bucket: string;
  readonly Key: string;
  /** Seconds since 1970 at which it is done. */
  readonly ready: number;
  readonly done: boolean;
}

interface AwsState {
  readonly images: readonly AwsImage[];
  readonly exports: readonly AwsExport[];
}

const store = new CloudStore<AwsState>('/var/lib/aws-sim', 's3', { images: [], exports: [] });

/** Virtual seconds that an export takes; the real one takes minutes to hours. */
const EXPORT_SECONDS = 2;
const FORMATS = ['RAW', 'VMDK', 'VHD'];

const json = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`;

const clientError = (code: string, message: string) => new CloudError(`(${code}) ${message}`);

/** Exports whose time has come become objects of the storage. Whoever asks anything finds them there. */
function* settle(): Sys<AwsState> {
  const state = yield* store.state();
  const now = yield* cloudNow();
  const due = state.exports.filter(({ done, ready }) => !done && ready <= now);
  if (due.length === 0) return state;
  for (const { ImageId, Bucket, Key } of due) {
    const from = yield* sys.open(`${store.root}/images/${ImageId}.raw`, O_RDONLY);
    const to = yield* store.create(yield* store.objectPath(Bucket, Key));
    yield* copyStored(from, to);
    yield* sys.close(from);
    yield* sys.close(to);
  }
  const exports = state.exports.map((task) => (due.includes(task) ? { ...task, done: true } : task));
  const settled = { ...state, exports };
  yield* store.save(settled);
  return settled;
}

/** `S3Bucket=NAME[,S3Prefix=PREFIX]` */
function location(text: string): { bucket: string; prefix: string } {
  const parts = new Map(
    text.split(',').map((part): [string, string] => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const bucket = parts.get('S3Bucket');
  const unknown = [...parts.keys()].find((key) => key !== 'S3Bucket' && key !== 'S3Prefix');
  if (bucket === undefined || unknown !== undefined)
    throw clientError('InvalidParameterValue', '--s3-export-location is S3Bucket=NAME[,S3Prefix=PREFIX]');
  return { bucket, prefix: parts.get('S3Prefix') ?? '' };
}

function* exportImage(id: string, format: string, target: string): Sys<void> {
  const state = yield* settle();
  const image = state.images.find(({ ImageId }) => ImageId === id);
  if (image === undefined)
    throw clientError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  if (!FORMATS.includes(format))
    throw clientError('InvalidParameterValue', `Invalid disk image format ${format}: ${FORMATS.join(', ')}`);
  if (format !== 'RAW') throw new CloudError(`an export as ${format} is not simulated: RAW is`);
  if (image.Encrypted)
    throw clientError('NotExportable', `Image ${id} has an encrypted snapshot, which cannot be exported.`);
  if (image.ProductCodes.length > 0)
    throw clientError(
      'NotExportable',
      `Image ${id} contains software supplied by AWS or its marketplace (${image.ProductCodes.join(', ')}), which cannot be exported.`,
    );
  const { bucket, prefix } = location(target);
  const task = `export-ami-${String(state.exports.length + 1).padStart(17, '0')}`;
  const Key = `${prefix}${task}.raw`;
  yield* store.objectPath(bucket, Key);
  const ready = (yield* cloudNow()) + EXPORT_SECONDS;
  const made = { ExportImageTaskId: task, ImageId: id, Bucket: bucket, Key, ready, done: false };
  yield* store.save({ ...state, exports: [...state.exports, made] });
  yield* writeAll(1, json(taskOf(made)));
}

function taskOf({ ExportImageTaskId, ImageId, Bucket, Key, done }: AwsExport): object {
  const state = done
    ? { Status: 'completed' }
    : { Progress: '20', Status: 'active', StatusMessage: 'converting' };
  return {
    ExportImageTaskId,
    ImageId,
    DiskImageFormat: 'RAW',
    S3ExportLocation: { S3Bucket: Bucket, S3Key: Key },
    ...state,
  };
}

function* run(body: () => Sys<void>): Sys<void> {
  yield* settle();
  yield* body();
}

const commands: readonly CloudCommand[] = [
  {
    words: 'ec2 describe-images',
    usage: '',
    summary: 'Show the images of this account.',
    options: [],
    *run() {
      const { images } = yield* settle();
      yield* writeAll(1, json({ Images: images }));
    },
  },
  {
    words: 'ec2 export-image',
    usage: '--image-id ID --disk-image-format RAW --s3-export-location S3Bucket=NAME[,S3Prefix=PREFIX]',
    summary: 'Begin to write an image into a file in a bucket.',
    options: [
      { long: 'image-id', argument: 'ID', help: 'the image, ami-…' },
      { long: 'disk-image-format', argument: 'FORMAT', help: 'RAW; VMDK and VHD are not simulated' },
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
      const { exports } = yield* settle();
      yield* writeAll(1, json({ ExportImageTasks: exports.map(taskOf) }));
    },
  },
  {
    words: 's3 ls',
    usage: '[s3://BUCKET[/PREFIX]]',
    summary: 'List buckets, or what is stored in one.',
    options: [],
    run: ({ operands: [address] }) =>
      run(() =>
        list(
          store,
          address,
          ({ key, size, seconds }) => `${when(seconds)} ${String(size).padStart(10)} ${key}\n`,
          (bucket) => `${when(0)} ${bucket}\n`,
        ),
      ),
  },
  {
    words: 's3 cp',
    usage: 'SOURCE DESTINATION',
    summary: 'Copy an object s3://BUCKET/KEY to a file, or a file to an object.',
    options: [],
    run: ({ operands }) =>
      run(function* () {
        const { from, to, bytes, seconds } = yield* copy(store, operands);
        const verb = from.startsWith('s3://') ? 'download' : 'upload';
        yield* writeAll(
          1,
          `${verb}: ${from} to ${to}\nCompleted ${sizeText(bytes)} in ${seconds.toFixed(2)} s\n`,
        );
      }),
  },
];

/** As `aws s3 ls` has it; the buckets were there from the beginning. */
function when(seconds: number): string {
  const { year, month, day, hour, minute, second } = calendar(seconds || 1_767_225_600);
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

export const awsSim: CloudClient = {
  name: 'aws-sim',
  summary:
    "A cloud that is simulated on this host, with a small part of Amazon's command line: images, their export, and storage.",
  commands,
  usageStatus: 252,
  errorStatus: 254,
  complaint: ({ words }, message) =>
    message.startsWith('(')
      ? `\nAn error occurred ${message.replace(/^(\(\S+\)) /, (_, code: string) => `${code} when calling the ${operation(words)} operation: `)}`
      : `\naws-sim ${words}: ${message}`,
};

/** `ec2 export-image` → `ExportImage` */
const operation = (words: string) =>
  words
    .split(' ')
    .at(-1)!
    .split('-')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
