/** qemu-img info, map and compare. */
import {
  type ChainStatus,
  chainRuns,
  firstDifference,
  type ImageFormat,
  listSnapshots,
  QCOW2_FEATURES,
  Qcow2Image,
  type Snapshot,
  VmdkImage,
} from '../../../disk/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { calendar, pad } from '../support.ts';
import { FORMAT, json, OUTPUT, oneFile, type QemuImgCommand, QUIET, wantsJson } from './commands.ts';
import { type OpenedImage, openChain, QemuImgError } from './opening.ts';
import { humanSize } from './sizes.ts';

/** The table of `qemu-img snapshot -l`; empty without snapshots. */
export function snapshotTable(snapshots: readonly Snapshot[]): string {
  if (snapshots.length === 0) return '';
  const row = (id: string, tag: string, size: string, date: string, clock: string, count: string) =>
    `${id.padEnd(9)} ${tag.padEnd(16)} ${size.padStart(8)} ${date.padStart(19)} ${clock.padStart(12)} ${count.padStart(10)}\n`;
  const lines = snapshots.map(({ id, name, vmStateSize, seconds, vmClock }) => {
    const { year, month, day, hour, minute, second } = calendar(seconds);
    const ran = Math.floor(vmClock / 1e6);
    const time = Math.floor(ran / 1000);
    const clock = `${pad(Math.floor(time / 3600))}:${pad(Math.floor(time / 60) % 60)}:${pad(time % 60)}.${pad(ran % 1000, 3)}`;
    const date = `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
    return row(id, name, humanSize(vmStateSize), date, clock, '0');
  });
  return `Snapshot list:\n${row('ID', 'TAG', 'VM SIZE', 'DATE', 'VM CLOCK', 'ICOUNT')}${lines.join('')}`;
}

/** What is particular to qcow2, in the order it is shown. */
function formatSpecific(image: Qcow2Image): readonly (readonly [string, string | number | boolean])[] {
  const { version, compatible, incompatible, refcountOrder } = image.header;
  const modern = version >= 3;
  return [
    ['compat', modern ? '1.1' : '0.10'],
    ['compression type', 'zlib'],
    ...(modern ? [['lazy refcounts', (compatible & QCOW2_FEATURES.lazyRefcounts) !== 0] as const] : []),
    ['refcount bits', 2 ** refcountOrder],
    ...(modern
      ? [['corrupt', (incompatible & QCOW2_FEATURES.corrupt) !== 0] as const, ['extended l2', false] as const]
      : []),
  ];
}

function vmdkLines(path: string, image: VmdkImage): string[] {
  const { cid, parentCid, createType } = image.descriptor;
  return [
    `cluster_size: ${image.clusterSize}`,
    'Format specific information:',
    `    cid: ${cid}`,
    `    parent cid: ${parentCid}`,
    `    create type: ${createType}`,
    '    extents:',
    '        [0]:',
    ...(image.compressed ? ['            compressed: true'] : []),
    `            virtual size: ${image.size}`,
    `            filename: ${path}`,
    `            cluster size: ${image.clusterSize}`,
    '            format: ',
  ];
}

/** The same as JSON. */
function vmdkSpecific(path: string, image: VmdkImage): object {
  const { cid, parentCid, createType } = image.descriptor;
  const extent = {
    ...(image.compressed && { compressed: true }),
    'virtual-size': image.size,
    filename: path,
    'cluster-size': image.clusterSize,
    format: '',
  };
  return {
    type: 'vmdk',
    data: { cid, 'parent-cid': parentCid, 'create-type': createType, extents: [extent] },
  };
}

const isDirty = (image: OpenedImage['image']) =>
  image instanceof Qcow2Image && (image.header.incompatible & QCOW2_FEATURES.dirty) !== 0;

function* infoText({ path, format, image, store, backingFile }: OpenedImage): Sys<string> {
  const { blocks } = yield* sys.fstat(store.fd);
  const lines = [
    `image: ${path}`,
    `file format: ${format}`,
    `virtual size: ${humanSize(image.size)} (${image.size} bytes)`,
    `disk size: ${humanSize(blocks * 512)}`,
  ];
  if (image instanceof VmdkImage) return `${[...lines, ...vmdkLines(path, image)].join('\n')}\n`;
  if (!(image instanceof Qcow2Image)) return `${lines.join('\n')}\n`;
  lines.push(`cluster_size: ${image.clusterSize}`);
  if (isDirty(image)) lines.push('cleanly shut down: no');
  if (backingFile !== null) {
    const { name, path: actual, format: below } = backingFile;
    lines.push(`backing file: ${name}${actual === name ? '' : ` (actual path: ${actual})`}`);
    if (below !== null) lines.push(`backing file format: ${below}`);
  }
  const specific = formatSpecific(image).map(([name, value]) => `    ${name}: ${value}\n`);
  return `${lines.join('\n')}\n${snapshotTable(listSnapshots(image))}Format specific information:\n${specific.join('')}`;
}

function* infoJson({ path, format, image, store, backingFile }: OpenedImage): Sys<object> {
  const { blocks } = yield* sys.fstat(store.fd);
  const qcow2 = image instanceof Qcow2Image ? image : null;
  const vmdk = image instanceof VmdkImage ? image : null;
  const snapshots = qcow2 === null ? [] : listSnapshots(qcow2);
  return {
    ...(backingFile?.format && { 'backing-filename-format': backingFile.format }),
    ...(snapshots.length > 0 && {
      snapshots: snapshots.map(({ id, name, seconds, nanoseconds, vmClock, vmStateSize }) => ({
        icount: 0,
        'vm-clock-nsec': vmClock % 1e9,
        name,
        'date-sec': seconds,
        'date-nsec': nanoseconds,
        'vm-clock-sec': Math.floor(vmClock / 1e9),
        id,
        'vm-state-size': vmStateSize,
      })),
    }),
    'virtual-size': image.size,
    filename: path,
    ...((qcow2 ?? vmdk) !== null && { 'cluster-size': (qcow2 ?? vmdk)!.clusterSize }),
    format,
    'actual-size': blocks * 512,
    ...(qcow2 && {
      'format-specific': {
        type: 'qcow2',
        data: Object.fromEntries(
          formatSpecific(qcow2).map(([name, value]) => [name.replaceAll(' ', '-'), value]),
        ),
      },
    }),
    ...(vmdk && { 'format-specific': vmdkSpecific(path, vmdk) }),
    ...(backingFile && { 'full-backing-filename': backingFile.path, 'backing-filename': backingFile.name }),
    'dirty-flag': isDirty(image),
  };
}

function* info(parsed: Parsed): Sys<number> {
  const first = oneFile(parsed);
  const asJson = wantsJson(parsed);
  const images: OpenedImage[] = [];
  let next: { path: string; format: string | null } | null = { path: first, format: parsed.value('f') };
  while (next !== null) {
    const { path }: { path: string } = next;
    if (images.some((each) => each.path === path))
      throw new QemuImgError(`Backing file '${path}' creates an infinite loop.`);
    const opened: OpenedImage = yield* openChain(path, { format: next.format, chain: false });
    images.push(opened);
    next = parsed.has('backing-chain') ? opened.backingFile : null;
  }
  if (asJson) {
    const parts: object[] = [];
    for (const each of images) parts.push(yield* infoJson(each));
    yield* writeAll(1, json(parsed.has('backing-chain') ? parts : parts[0]));
    return 0;
  }
  const texts: string[] = [];
  for (const each of images) texts.push(yield* infoText(each));
  yield* writeAll(1, texts.join('\n'));
  return 0;
}

type Run = Omit<ChainStatus, 'image'> & { start: number; path: string; format: ImageFormat };

/** Neighbouring runs that go on in the same file are one. */
function merged(opened: OpenedImage): Run[] {
  const paths = new Map<unknown, string>();
  for (let each: OpenedImage | null = opened; each !== null; each = each.backing)
    paths.set(each.image, each.path);
  const runs: Run[] = [];
  for (const { image, ...run } of chainRuns(opened.image)) {
    const last = runs.at(-1);
    const goesOn =
      last !== undefined &&
      last.kind === run.kind &&
      last.present === run.present &&
      last.depth === run.depth &&
      last.compressed === run.compressed &&
      (last.offset === null ? run.offset === null : run.offset === last.offset + last.length);
    if (goesOn) runs[runs.length - 1] = { ...last, length: last.length + run.length };
    else runs.push({ ...run, path: paths.get(image)!, format: image.format });
  }
  return runs;
}

const hex = (value: number) => (value === 0 ? '0' : `0x${value.toString(16)}`);

function* map(parsed: Parsed): Sys<number> {
  const path = oneFile(parsed);
  const asJson = wantsJson(parsed);
  const opened = yield* openChain(path, { format: parsed.value('f') });
  const runs = merged(opened);
  yield* opened.store.settle();
  if (asJson) {
    const lines = runs.map(({ start, length, depth, present, kind, offset, format }) => {
      // A qcow2 cluster with a place is data for QEMU, though it was never written.
      const data = kind === 'data' || (format === 'qcow2' && offset !== null);
      const where = offset === null ? '' : `, "offset": ${offset}`;
      return `{ "start": ${start}, "length": ${length}, "depth": ${depth}, "present": ${present}, "zero": ${kind === 'zero'}, "data": ${data}${where}}`;
    });
    yield* writeAll(1, `[${lines.join(',\n')}]\n`);
    return 0;
  }
  yield* writeAll(1, `${'Offset'.padEnd(16)}${'Length'.padEnd(16)}${'Mapped to'.padEnd(16)}File\n`);
  for (const { start, length, kind, offset, path: file } of runs) {
    if (kind !== 'data') continue;
    if (offset === null) throw new QemuImgError('File contains external, encrypted or compressed clusters.');
    yield* writeAll(1, `${[start, length, offset].map((each) => hex(each).padEnd(16)).join('')}${file}\n`);
  }
  return 0;
}

function* compare(parsed: Parsed): Sys<number> {
  const [first, second, ...rest] = parsed.operands;
  if (first === undefined || second === undefined || rest.length > 0)
    throw new QemuImgError('Expecting two image file names', { usage: true });
  const say = (text: string) => (parsed.has('q') ? writeAll(1, '') : writeAll(1, text));
  try {
    const a = yield* openChain(first, { format: parsed.value('f') });
    const b = yield* openChain(second, { format: parsed.value('F') });
    const difference = firstDifference(a.image, b.image);
    yield* a.store.settle();
    yield* b.store.settle();
    const common = Math.min(a.image.size, b.image.size);
    if (a.image.size !== b.image.size && (difference === null || difference >= common))
      yield* say('Warning: Image size mismatch!\n');
    yield* say(
      difference === null
        ? 'Images are identical.\n'
        : `Content mismatch at offset ${difference - (difference % 512)}!\n`,
    );
    return difference === null ? 0 : 1;
  } catch (error) {
    // 1 says that they differ: what cannot be compared ends otherwise.
    if (error instanceof QemuImgError) throw new QemuImgError(error.message, { status: 2 });
    throw error;
  }
}

export const describing: readonly QemuImgCommand[] = [
  {
    name: 'info',
    usage: '[-f fmt] [--output=ofmt] [--backing-chain] filename',
    help: 'tell what an image is',
    options: [FORMAT, OUTPUT, { long: 'backing-chain', help: 'and those below it' }],
    unsimulated: 'object image-opts U',
    run: info,
  },
  {
    name: 'map',
    usage: '[-f fmt] [--output=ofmt] filename',
    help: 'tell where in which file the bytes lie',
    options: [FORMAT, OUTPUT],
    unsimulated: 'object image-opts start-offset max-length U',
    run: map,
  },
  {
    name: 'compare',
    usage: '[-f fmt] [-F fmt] [-q] filename1 filename2',
    help: 'tell whether two images have the same contents',
    options: [FORMAT, { short: 'F', argument: 'FMT', help: 'format of the second image' }, QUIET],
    unsimulated: 'object image-opts T p s U',
    run: compare,
  },
];
