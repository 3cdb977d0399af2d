/** qemu-img check, resize and snapshot. */
import {
  applySnapshot,
  type CheckResult,
  checkImage,
  createSnapshot,
  deleteSnapshot,
  findSnapshot,
  listSnapshots,
  Qcow2Image,
  VmdkImage,
} from '../../../disk/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { FORMAT, json, OUTPUT, oneFile, type QemuImgCommand, QUIET, wantsJson } from './commands.ts';
import { snapshotTable } from './describing.ts';
import { openChain, QemuImgError, settleChain } from './opening.ts';
import { parseSize } from './sizes.ts';

/** Exit statuses of `check`. */
const CORRUPT = 2;
const LEAKED = 3;
const NOT_CHECKABLE = 63;

function* check(parsed: Parsed): Sys<number> {
  const path = oneFile(parsed);
  const asJson = wantsJson(parsed);
  const repair = parsed.value('r') ?? 'none';
  if (repair !== 'none' && repair !== 'leaks' && repair !== 'all')
    throw new QemuImgError(`Unknown option value for -r (expecting 'leaks' or 'all'): ${repair}`, {
      usage: true,
    });
  const opened = yield* openChain(path, {
    format: parsed.value('f'),
    writable: repair !== 'none',
    repair: true,
  });
  const { image } = opened;
  if (image instanceof VmdkImage)
    throw new QemuImgError('checks of vmdk images are not simulated on this host', { status: NOT_CHECKABLE });
  if (!(image instanceof Qcow2Image))
    throw new QemuImgError('This image format does not support checks', { status: NOT_CHECKABLE });
  const tell = function* ({ messages }: CheckResult): Sys<void> {
    yield* writeAll(2, messages.map((message) => `${message}\n`).join(''));
  };
  const first = checkImage(image, repair);
  yield* opened.store.settle();
  if (!parsed.has('q')) yield* tell(first);
  const { leaksFixed, corruptionsFixed } = first;
  const fixed = leaksFixed + corruptionsFixed > 0;
  if (fixed && !asJson && !parsed.has('q'))
    yield* writeAll(
      1,
      `The following inconsistencies were found and repaired:\n\n    ${leaksFixed} leaked clusters\n    ${corruptionsFixed} corruptions\n\nDouble checking the fixed image now...\n`,
    );
  const result = fixed ? checkImage(image) : first;
  if (fixed && !parsed.has('q')) yield* tell(result);
  if (asJson) yield* writeAll(1, json(checkJson(path, result, first)));
  else if (!parsed.has('q')) yield* writeAll(1, checkText(result));
  return result.corruptions > 0 ? CORRUPT : result.leaks > 0 ? LEAKED : 0;
}

function checkText(result: CheckResult): string {
  const { corruptions, leaks, totalClusters, allocatedClusters, fragmentedClusters, compressedClusters } =
    result;
  const percent = (part: number, whole: number) => ((part * 100) / whole).toFixed(2);
  let text = corruptions + leaks === 0 ? 'No errors were found on the image.\n' : '';
  if (corruptions > 0)
    text += `\n${corruptions} errors were found on the image.\nData may be corrupted, or further writes to the image may corrupt it.\n`;
  if (leaks > 0)
    text += `\n${leaks} leaked clusters were found on the image.\nThis means waste of disk space, but no harm to data.\n`;
  if (totalClusters > 0 && allocatedClusters > 0)
    text += `${allocatedClusters}/${totalClusters} = ${percent(allocatedClusters, totalClusters)}% allocated, ${percent(fragmentedClusters, allocatedClusters)}% fragmented, ${percent(compressedClusters, allocatedClusters)}% compressed clusters\n`;
  return `${text}Image end offset: ${result.imageEndOffset}\n`;
}

/** Numbers that are 0 are left out, but for the errors of the check itself, of which there are none here. */
function checkJson(path: string, result: CheckResult, first: CheckResult): object {
  const some = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    'image-end-offset': result.imageEndOffset,
    ...some('compressed-clusters', result.compressedClusters),
    ...some('total-clusters', result.totalClusters),
    ...some('corruptions-fixed', first.corruptionsFixed),
    ...some('corruptions', result.corruptions),
    'check-errors': 0,
    ...some('leaks-fixed', first.leaksFixed),
    ...some('leaks', result.leaks),
    ...some('allocated-clusters', result.allocatedClusters),
    filename: path,
    format: 'qcow2',
    ...some('fragmented-clusters', result.fragmentedClusters),
  };
}

function* resize(parsed: Parsed): Sys<number> {
  const text = parsed.value('size');
  if (text === null) throw new QemuImgError('Not enough arguments', { usage: true });
  const path = oneFile(parsed);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const amount = parseSize(text.slice(sign.length));
  if (amount === null)
    throw new QemuImgError(
      "Parameter 'size' expects a non-negative number below 2^64\nOptional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\nand exabytes, respectively.",
    );
  const opened = yield* openChain(path, { format: parsed.value('f'), writable: true });
  const { image } = opened;
  const before = image.size;
  const size = sign === '+' ? before + amount : sign === '-' ? before - amount : amount;
  if (size <= 0) throw new QemuImgError('New image size must be positive');
  if (image instanceof VmdkImage) throw new QemuImgError('Image format driver does not support resize');
  if (size < before && !parsed.has('shrink')) {
    throw new QemuImgError(
      "Use the --shrink option to perform a shrink operation.\nqemu-img: warning: Shrinking an image will delete all data beyond the shrunken image's end. Before performing such an operation, make sure there is no important data there.",
    );
  }
  image.resize(size);
  yield* settleChain(opened);
  if (!parsed.has('q')) yield* writeAll(1, 'Image resized.\n');
  return 0;
}

function* snapshot(parsed: Parsed): Sys<number> {
  const path = oneFile(parsed);
  const actions = ['l', 'c', 'a', 'd'].filter((each) => parsed.has(each));
  if (actions.length > 1 || parsed.order.filter((each) => actions.includes(each)).length > 1)
    throw new QemuImgError("Cannot mix '-l', '-a', '-c', '-d'", { usage: true });
  const [action] = actions;
  if (action === undefined) return 0;
  const opened = yield* openChain(path, { format: parsed.value('f'), writable: action !== 'l' });
  const { image } = opened;
  if (action === 'l') {
    if (image instanceof Qcow2Image) yield* writeAll(1, snapshotTable(listSnapshots(image)));
    return 0;
  }
  const name = parsed.value(action)!;
  if (!(image instanceof Qcow2Image)) throw new QemuImgError(withoutSnapshots(action, name));
  if (action === 'c') {
    const { sec, nsec } = yield* sys.clock_gettime('realtime');
    createSnapshot(image, name, { seconds: sec, nanoseconds: nsec });
  } else if (findSnapshot(image, name) === null)
    throw new QemuImgError(
      action === 'a'
        ? `Could not apply snapshot '${name}': Failed to load snapshot: No such file or directory`
        : `Could not delete snapshot '${name}': snapshot not found`,
    );
  else if (action === 'a') applySnapshot(image, name);
  else deleteSnapshot(image, name);
  yield* opened.store.settle();
  return 0;
}

function withoutSnapshots(action: string, name: string): string {
  if (action === 'c') return `Could not create snapshot '${name}': -95 (Operation not supported)`;
  if (action === 'd') return `Could not delete snapshot '${name}': snapshot not found`;
  return `Could not apply snapshot '${name}': Block format 'raw' does not support internal snapshots`;
}

export const changing: readonly QemuImgCommand[] = [
  {
    name: 'check',
    usage: '[-q] [-f fmt] [--output=ofmt] [-r [leaks | all]] filename',
    help: 'look for errors, and repair them',
    options: [QUIET, FORMAT, OUTPUT, { short: 'r', argument: 'WHAT', help: 'repair leaks or all' }],
    unsimulated: 'object image-opts T U',
    run: check,
  },
  {
    name: 'resize',
    usage: '[-f fmt] [-q] [--shrink] filename [+ | -]size',
    help: 'change the size of the disk',
    options: [
      FORMAT,
      QUIET,
      { long: 'shrink', help: 'though data behind the new end is lost' },
      { long: 'size', argument: 'SIZE', help: 'the new size, as the last word' },
    ],
    unsimulated: 'object image-opts preallocation',
    run: resize,
  },
  {
    name: 'snapshot',
    usage: '[-q] [-l | -a snapshot | -c snapshot | -d snapshot] filename',
    help: 'keep states of the disk within the image',
    options: [
      QUIET,
      FORMAT,
      { short: 'l', help: 'list them' },
      { short: 'a', argument: 'SNAPSHOT', help: 'go back to one' },
      { short: 'c', argument: 'SNAPSHOT', help: 'make one' },
      { short: 'd', argument: 'SNAPSHOT', help: 'forget one' },
    ],
    unsimulated: 'object image-opts U',
    run: snapshot,
  },
];
