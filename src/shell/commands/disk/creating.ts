/** qemu-img create and measure. */
import {
  createQcow2,
  type DiskImage,
  type ImageFormat,
  isDiskError,
  type Measured,
  measureQcow2,
  Qcow2Image,
  type Qcow2Options,
} from '../../../disk/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { FORMAT, formatOptions, json, OUTPUT, type QemuImgCommand, QUIET, wantsJson } from './commands.ts';
import type { FileStore } from './fileStore.ts';
import { backingPath, createStore, formatOf, openChain, QemuImgError } from './opening.ts';
import { parseSize } from './sizes.ts';

const SECTOR = 512;
const FIRST_BLOCK = 4096;
const BAD_SIZE =
  'Invalid image size specified. You may use k, M, G, T, P or E suffixes for\nqemu-img: kilobytes, megabytes, gigabytes, terabytes, petabytes and exabytes.';

/** What is to be made, from -o and the older options. */
export interface ImagePlan {
  readonly format: ImageFormat;
  /** As asked for; null: as large as the backing file. */
  readonly size: number | null;
  readonly qcow2: Omit<Qcow2Options, 'size'>;
  /** Words of -o that the "Formatting" line repeats. */
  readonly given: ReadonlyMap<string, string>;
}

const QCOW2_OPTIONS = [
  'size',
  'compat',
  'cluster_size',
  'refcount_bits',
  'preallocation',
  'backing_file',
  'backing_fmt',
];
/** Options with one value that is simulated. */
const FIXED = new Map([
  ['lazy_refcounts', 'off'],
  ['extended_l2', 'off'],
  ['compression_type', 'zlib'],
]);

/** Reads the options of a format. Throws QemuImgError for unknown and not simulated ones. */
export function planImage(format: ImageFormat, options: Map<string, string>): ImagePlan {
  if (format === 'vmdk')
    throw new QemuImgError('vmdk is simulated for reading only: raw and qcow2 can be made');
  for (const [name, value] of options) {
    if (format === 'qcow2' && FIXED.has(name)) {
      if (value !== FIXED.get(name)) throw new QemuImgError(`${name}=${value} is not simulated on this host`);
    } else if (!(format === 'raw' ? ['size', 'preallocation'] : QCOW2_OPTIONS).includes(name)) {
      if (format === 'raw' && name.startsWith('backing_'))
        throw new QemuImgError("Backing file not supported for file format 'raw'");
      throw new QemuImgError(`Invalid parameter '${name}'`);
    }
  }
  const number = (name: string, otherwise: number) => {
    const text = options.get(name);
    const value = text === undefined ? otherwise : parseSize(text);
    if (value === null)
      throw new QemuImgError(
        `Parameter '${name}' expects a non-negative number below 2^64\nOptional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\nand exabytes, respectively.`,
      );
    return value;
  };
  const preallocation = options.get('preallocation') ?? 'off';
  if (format === 'qcow2' && preallocation !== 'off' && preallocation !== 'metadata')
    throw new QemuImgError(`preallocation=${preallocation} is not simulated on this host`);
  const compat = options.get('compat') ?? '1.1';
  if (!['1.1', 'v3', '0.10', 'v2'].includes(compat))
    throw new QemuImgError(`Parameter 'compat' does not accept value '${compat}'`);
  return {
    format,
    size: options.has('size') ? number('size', 0) : null,
    given: options,
    qcow2: {
      clusterSize: number('cluster_size', 65_536),
      refcountBits: number('refcount_bits', 16),
      version: compat === '0.10' || compat === 'v2' ? 2 : 3,
      preallocation: preallocation === 'metadata' ? 'metadata' : 'off',
    },
  };
}

/** Makes an image of `size` bytes in `store`. Throws QemuImgError with the format's reason. */
export function makeImage(
  store: FileStore,
  plan: ImagePlan,
  size: number,
  backing: { file: string; format: string; image: DiskImage | null } | null = null,
): void {
  const sectors = Math.ceil(size / SECTOR) * SECTOR;
  if (plan.format === 'raw') {
    const preallocation = plan.given.get('preallocation') ?? 'off';
    if (preallocation !== 'off') throw new QemuImgError(`Unsupported preallocation mode: ${preallocation}`);
    store.truncate(sectors);
    // QEMU allocates the first block of a new file, so that whoever asks for its alignment finds one.
    store.write(0, new Uint8Array(Math.min(FIRST_BLOCK, sectors)));
    return;
  }
  const named = backing === null ? {} : { backingFile: backing.file, backingFormat: backing.format };
  try {
    createQcow2(store, { ...plan.qcow2, ...named, size: sectors }, backing?.image ?? null);
  } catch (error) {
    if (isDiskError(error)) throw new QemuImgError(error.message);
    throw error;
  }
}

function formattingLine(path: string, plan: ImagePlan, size: number): string {
  const { given, qcow2 } = plan;
  const repeated = (name: string) => (given.has(name) ? [`${name}=${given.get(name)}`] : []);
  const words =
    plan.format === 'raw'
      ? [`size=${size}`, ...repeated('preallocation')]
      : [
          `cluster_size=${qcow2.clusterSize}`,
          'extended_l2=off',
          ...repeated('preallocation'),
          'compression_type=zlib',
          `size=${size}`,
          ...repeated('compat'),
          ...repeated('backing_file'),
          ...repeated('backing_fmt'),
          'lazy_refcounts=off',
          `refcount_bits=${qcow2.refcountBits}`,
        ];
  return `Formatting '${path}', fmt=${plan.format} ${words.join(' ')}\n`;
}

function* create(parsed: Parsed): Sys<number> {
  const [path, sizeText, ...rest] = parsed.operands;
  if (path === undefined) throw new QemuImgError('Expecting image file name', { usage: true });
  if (rest.length > 0) throw new QemuImgError(`Unexpected argument: ${rest[0]}`, { usage: true });
  const given = sizeText === undefined ? null : parseSize(sizeText);
  if (sizeText !== undefined && given === null) throw new QemuImgError(BAD_SIZE);
  const fmt = parsed.value('f') ?? 'raw';
  const format = formatOf(fmt, `${path}: Unknown file format '${fmt}'`);
  const options = formatOptions(parsed);
  for (const [short, name] of [
    ['b', 'backing_file'],
    ['F', 'backing_fmt'],
  ] as const)
    if (parsed.has(short)) options.set(name, parsed.value(short)!);
  return yield* named(path, function* () {
    const plan = planImage(format, options);
    if (plan.size !== null && given !== null)
      throw new QemuImgError('The image size must be specified only once');
    const backing = yield* backingOf(path, options, parsed.has('u'));
    const size = given ?? plan.size ?? backing?.image?.size ?? null;
    if (size === null) throw new QemuImgError('Image creation needs a size parameter');
    if (!parsed.has('q')) yield* writeAll(1, formattingLine(path, plan, size));
    if (backing !== null && plan.qcow2.preallocation === 'metadata')
      throw new QemuImgError(
        'Backing file and preallocation can only be used at the same time if extended_l2 is on',
      );
    const store = yield* createStore(path);
    makeImage(store, plan, size, backing);
    yield* store.settle();
    return 0;
  });
}

/** Puts the image's name before what went wrong, once. */
function* named(path: string, body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (!(error instanceof QemuImgError) || error.message.startsWith(`${path}: `)) throw error;
    throw new QemuImgError(`${path}: ${error.message}`);
  }
}

function* backingOf(path: string, options: ReadonlyMap<string, string>, unsafe: boolean) {
  const file = options.get('backing_file');
  if (file === undefined) return null;
  const fmt = options.get('backing_fmt') ?? null;
  if (file === path)
    throw new QemuImgError('Error: Trying to create an image with the same filename as the backing file');
  if (fmt !== null) formatOf(fmt, `Unknown backing file format '${fmt}'`);
  if (unsafe && fmt !== null) return { file, format: fmt, image: null };
  const opened = yield* openBacking(path, file, fmt);
  if (fmt === null)
    throw new QemuImgError(
      `Backing file specified without backing format\nDetected format of ${opened.format}.`,
    );
  return { file, format: fmt, image: opened.image };
}

function* openBacking(path: string, file: string, format: string | null) {
  try {
    return yield* openChain(backingPath(path, file), { format });
  } catch (error) {
    if (!(error instanceof QemuImgError)) throw error;
    const reason = error.message.replace(/^Could not open '[^']*': /, '');
    throw new QemuImgError(`${reason}\nCould not open backing image.`);
  }
}

function* measure(parsed: Parsed): Sys<number> {
  const [path, ...rest] = parsed.operands;
  const sizeText = parsed.value('size');
  if (rest.length > 0 || (path === undefined) === (sizeText === null))
    throw new QemuImgError('Either --size N or one filename must be specified.');
  const given = sizeText === null ? null : parseSize(sizeText);
  if (sizeText !== null && given === null) throw new QemuImgError(BAD_SIZE);
  const target = formatOf(parsed.value('O') ?? 'raw');
  const plan = planImage(target, formatOptions(parsed));
  const opened = path === undefined ? null : yield* openChain(path, { format: parsed.value('f') });
  const size = given ?? opened!.image.size;
  const { required, fullyAllocated }: Measured =
    target === 'raw'
      ? { required: Math.ceil(size / SECTOR) * SECTOR, fullyAllocated: Math.ceil(size / SECTOR) * SECTOR }
      : measureQcow2(size, opened?.image ?? null, plan.qcow2);
  // Version 2 has no bitmaps that a copy could keep.
  const source = opened?.image;
  const bitmaps = target === 'qcow2' && source instanceof Qcow2Image && source.header.version >= 3;
  if (wantsJson(parsed))
    yield* writeAll(1, json({ ...(bitmaps && { bitmaps: 0 }), required, 'fully-allocated': fullyAllocated }));
  else
    yield* writeAll(
      1,
      `required size: ${required}\nfully allocated size: ${fullyAllocated}\n${bitmaps ? 'bitmaps size: 0\n' : ''}`,
    );
  return 0;
}

const OPTIONS = { short: 'o', argument: 'OPTIONS', help: 'NAME=VALUE,… of the format' };

export const creating: readonly QemuImgCommand[] = [
  {
    name: 'create',
    usage: '[-q] [-f fmt] [-b backing_file [-F backing_fmt]] [-u] [-o options] filename [size]',
    help: 'make an empty image',
    options: [
      QUIET,
      FORMAT,
      { short: 'b', argument: 'FILE', help: 'backing file: what the image does not hold' },
      { short: 'F', argument: 'FMT', help: 'its format' },
      { short: 'u', help: 'do not look whether it is there' },
      OPTIONS,
    ],
    unsimulated: 'object',
    run: create,
  },
  {
    name: 'measure',
    usage: '[--output=ofmt] [-O output_fmt] [-o options] [--size N | [-f fmt] filename]',
    help: 'tell how large a file a conversion would make',
    options: [
      OUTPUT,
      FORMAT,
      { short: 'O', argument: 'FMT', help: 'format of the new image' },
      OPTIONS,
      { long: 'size', argument: 'N', help: 'size of the disk' },
    ],
    unsimulated: 'object image-opts l U',
    run: measure,
  },
];
