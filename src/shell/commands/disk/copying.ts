/** qemu-img convert, commit and rebase. */
import {
  commitImage,
  copyImage,
  emptyImage,
  openImage,
  type Progress,
  Qcow2Image,
  rebaseImage,
} from '../../../disk/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { FORMAT, formatOptions, oneFile, PROGRESS, type QemuImgCommand, QUIET } from './commands.ts';
import { makeImage, planImage } from './creating.ts';
import {
  backingPath,
  createStore,
  formatOf,
  type OpenedImage,
  openChain,
  QemuImgError,
  requireOther,
  settleChain,
} from './opening.ts';

const percent = (part: number) => `    (${(part * 100).toFixed(2)}/100%)\r`;

/** Does a long work step by step, each of which reaches the files before the next one starts; shows how far it is. */
function* stepwise(parsed: Parsed, steps: Iterable<Progress>, settle: () => Sys<void>): Sys<void> {
  const shown = parsed.has('p') && !parsed.has('q');
  let last = 0;
  if (shown) yield* writeAll(1, percent(0));
  for (const { done, total } of steps) {
    yield* settle();
    if (!shown || done / total < last + 0.01) continue;
    last = done / total;
    yield* writeAll(1, percent(last));
  }
  yield* settle();
  if (shown) yield* writeAll(1, `${percent(1)}\n`);
}

function* convert(parsed: Parsed): Sys<number> {
  const [source, target, ...rest] = parsed.operands;
  if (source === undefined || target === undefined) throw new QemuImgError('Must specify image file name');
  if (rest.length > 0) throw new QemuImgError('joining several images is not simulated on this host');
  const opened = yield* openChain(source, { format: parsed.value('f') });
  const format = formatOf(parsed.value('O') ?? 'raw');
  const plan = planImage(format, formatOptions(parsed));
  if (plan.given.has('backing_file') || plan.given.has('backing_fmt'))
    throw new QemuImgError("option 'backing_file' is not simulated for convert on this host");
  if (parsed.has('c') && format === 'raw')
    throw new QemuImgError('Compression not supported for this file format');
  const size = plan.size ?? opened.image.size;
  if (size < opened.image.size) throw new QemuImgError(`size=${size} is less than the source has`);
  yield* requireOther(target, opened, `error while converting ${format}`);
  const store = yield* createStore(target);
  makeImage(store, plan, size);
  const image = openImage(store, format);
  yield* stepwise(parsed, copyImage(opened.image, image, { compress: parsed.has('c') }), function* () {
    yield* settleChain(opened);
    yield* store.settle();
  });
  return 0;
}

function* commit(parsed: Parsed): Sys<number> {
  const path = oneFile(parsed);
  const opened = yield* openChain(path, { format: parsed.value('f'), writable: true, writableBacking: true });
  if (opened.backing === null) throw new QemuImgError('Image does not have a backing file');
  yield* stepwise(parsed, commitImage(opened.image), () => settleChain(opened));
  // With snapshots the image stays as it is: they may need what it holds.
  if (!parsed.has('d') && opened.image instanceof Qcow2Image && opened.image.header.snapshotCount === 0)
    emptyImage(opened.image);
  yield* settleChain(opened);
  if (!parsed.has('q')) yield* writeAll(1, 'Image committed.\n');
  return 0;
}

function* rebase(parsed: Parsed): Sys<number> {
  const path = oneFile(parsed);
  const unsafe = parsed.has('u');
  const name = parsed.value('b');
  const format = parsed.value('F');
  if (name === null && !unsafe)
    throw new QemuImgError('Must specify backing file (-b) or use unsafe mode (-u)', { usage: true });
  if (format !== null) formatOf(format, `Invalid format name: '${format}'`);
  const opened = yield* openChain(path, { format: parsed.value('f'), writable: true, chain: !unsafe });
  const { image } = opened;
  const below = name === null || name === '' ? null : name;
  const target =
    unsafe || below === null ? null : yield* openTarget(backingPath(path, below), format, opened);
  if (!(image instanceof Qcow2Image))
    throw new QemuImgError(`Could not change the backing file to '${name ?? ''}': Operation not supported`);
  if (below !== null && format === null)
    throw new QemuImgError(
      `Could not change the backing file to '${below}': backing format must be specified`,
    );
  if (!unsafe) {
    yield* stepwise(parsed, rebaseImage(image, target?.image ?? null), function* () {
      yield* settleChain(target);
      yield* settleChain(opened);
    });
  }
  image.setBacking(below, below === null ? null : format);
  yield* opened.store.settle();
  return 0;
}

function* openTarget(path: string, format: string | null, overlay: OpenedImage): Sys<OpenedImage> {
  try {
    return yield* openChain(path, { format, locked: overlay.store });
  } catch (error) {
    if (!(error instanceof QemuImgError)) throw error;
    throw new QemuImgError(error.message.replace('Could not open', 'Could not open new backing file'));
  }
}

export const copying: readonly QemuImgCommand[] = [
  {
    name: 'convert',
    usage: '[-c] [-p] [-q] [-f fmt] [-O output_fmt] [-o options] filename output_filename',
    help: 'copy an image to another format',
    options: [
      { short: 'c', help: 'compress (qcow2 only)' },
      PROGRESS,
      QUIET,
      FORMAT,
      { short: 'O', argument: 'FMT', help: 'format of the new image; raw unless given' },
      { short: 'o', argument: 'OPTIONS', help: 'NAME=VALUE,… of the format' },
    ],
    unsimulated: 'object image-opts target-image-opts target-is-zero bitmaps salvage U C n t T B F l S r m W',
    run: convert,
  },
  {
    name: 'commit',
    usage: '[-q] [-f fmt] [-d] [-p] filename',
    help: 'write what an image holds into its backing file',
    options: [QUIET, FORMAT, { short: 'd', help: 'do not empty the image' }, PROGRESS],
    unsimulated: 'object image-opts t b r',
    run: commit,
  },
  {
    name: 'rebase',
    usage: '[-q] [-f fmt] [-p] [-u] -b backing_file [-F backing_fmt] filename',
    help: 'put an image over another backing file',
    options: [
      QUIET,
      FORMAT,
      PROGRESS,
      { short: 'u', help: 'change the name alone: the new file must have the same contents' },
      { short: 'b', argument: 'FILE', help: "the new backing file; '' for none" },
      { short: 'F', argument: 'FMT', help: 'its format' },
    ],
    unsimulated: 'object image-opts U t T',
    run: rebase,
  },
];
