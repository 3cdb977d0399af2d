/**
 * Images of gcloud-sim. The import rules are those of Google's guide to importing boot disks by hand; unlike the real `images create`, it
 * looks into the disk at once, as the precheck tool does.
 */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { diskInArchive } from './archive.ts';
import { type CloudCommand, CloudError, oneOperand, required } from './command.ts';
import { diskIn, GIB_BYTES, saveDisk, sizeOf } from './disks.ts';
import { reasonsAgainst } from './examine.ts';
import { GCLOUD_NAME, GCLOUD_REQUIREMENTS, gcloudStore as store, table } from './gcloudCloud.ts';
import { cloudNow, isoTime } from './store.ts';

export const imagePath = (name: string) => `${store.root}/images/${name}.raw`;

function sizeReasons(bytes: number): string[] {
  if (bytes > 0 && bytes % GIB_BYTES === 0) return [];
  const whole = Math.max(1, Math.ceil(bytes / GIB_BYTES));
  return [`disk.raw has ${bytes} bytes, which are no whole GiB: ${whole} GiB are ${whole * GIB_BYTES} bytes`];
}

function* create(name: string, source: string): Sys<void> {
  if (!GCLOUD_NAME.test(name))
    throw new CloudError(`'${name}' is no name: small letters, digits and -, a letter first`);
  const state = yield* store.state();
  if (state.images.some((image) => image.name === name))
    throw new CloudError(`The resource 'images/${name}' already exists`);
  const archive = yield* store.openObject(source);
  const entry = yield* diskInArchive(archive);
  yield* sys.close(archive);
  const bytes = sizeOf(entry);
  const reasons = sizeReasons(bytes);
  if (bytes >= 512) reasons.push(...reasonsAgainst(diskIn(entry), GCLOUD_REQUIREMENTS));
  if (reasons.length > 0)
    throw new CloudError(
      `The image cannot be imported:\n${reasons.map((reason) => ` - ${reason}`).join('\n')}`,
    );
  yield* saveDisk(store, imagePath(name), entry);
  const image = { name, sizeGb: bytes / GIB_BYTES, source, created: isoTime(yield* cloudNow()) };
  yield* store.save({ ...state, images: [...state.images, image] });
  yield* writeAll(
    1,
    `Created [global/images/${name}].\n${table(['NAME', 'DISK_SIZE_GB', 'STATUS'], [[name, `${image.sizeGb}`, 'READY']])}`,
  );
}

export const imageCommands: readonly CloudCommand[] = [
  {
    words: 'compute images create',
    usage: 'NAME --source-uri=gs://BUCKET/OBJECT',
    summary: 'Make an image of a disk.raw in a tar archive of the old GNU format, compressed with gzip.',
    options: [{ long: 'source-uri', argument: 'ADDRESS', help: 'the archive in the storage' }],
    run: (parsed) => create(oneOperand(parsed, 'NAME'), required(parsed, 'source-uri')),
  },
  {
    words: 'compute images list',
    usage: '',
    summary: 'List the images.',
    options: [],
    *run() {
      const { images } = yield* store.state();
      if (images.length === 0) return yield* writeAll(2, 'Listed 0 items.\n');
      const rows = images.map(({ name, sizeGb, created }) => [name, `${sizeGb}`, created, 'READY']);
      yield* writeAll(1, table(['NAME', 'DISK_SIZE_GB', 'CREATED', 'STATUS'], rows));
    },
  },
  {
    words: 'compute images delete',
    usage: 'NAME',
    summary: 'Delete an image; instances made of it stay.',
    options: [],
    *run(parsed) {
      const name = oneOperand(parsed, 'NAME');
      const state = yield* store.state();
      if (!state.images.some((image) => image.name === name))
        throw new CloudError(`The resource 'images/${name}' was not found`);
      yield* store.save({ ...state, images: state.images.filter((image) => image.name !== name) });
      yield* sys.unlink(imagePath(name));
      yield* writeAll(2, `Deleted [global/images/${name}].\n`);
    },
  },
];
