/** The emulator's command line, as libvirtd writes it and the emulator reads it: QEMU's options, of which these are here. */
import type { ImageFormat } from '../../disk/index.ts';
import type { Fd } from '../../linux/index.ts';
import type { KvmDisk } from '../kvm/requests.ts';

export const EMULATOR = 'qemu-system-riscv32';

/** What the emulator cannot do, in the words it says it with. */
export class EmulatorError extends Error {}

export interface EmulatorOptions {
  readonly name: string;
  readonly uuid: string;
  /** Bytes. */
  readonly memory: number;
  readonly vcpus: number;
  readonly weight: number;
  readonly kernel: string;
  readonly initrd: string | null;
  readonly append: string;
  readonly disks: readonly KvmDisk[];
  /** Sockets: to libvirtd, of the serial port, and for the machine's state. */
  readonly monitor: Fd;
  readonly console: Fd;
  readonly state: Fd;
  /** The machine's state comes over its socket: nothing is booted. */
  readonly incoming: boolean;
}

export const DEFAULT_WEIGHT = 1024;

/** The names of files, which the command line carries besides their descriptors. */
export type PathOf = (fd: Fd) => string;

export function formatCommandLine(options: EmulatorOptions, pathOf: PathOf): string[] {
  const { name, uuid, memory, vcpus, weight, kernel, initrd, append, disks } = options;
  const accelerator = weight === DEFAULT_WEIGHT ? 'kvm' : `kvm,x-weight=${weight}`;
  return [
    EMULATOR,
    ...['-name', `guest=${name.replaceAll(',', ',,')},debug-threads=on`, '-S', '-machine', 'virt'],
    ...['-accel', accelerator, '-m', `size=${memory / 1024}k`, '-smp', `${vcpus}`, '-uuid', uuid],
    ...['-nodefaults', '-chardev', `socket,id=charmonitor,fd=${options.monitor}`],
    ...['-mon', 'chardev=charmonitor,id=monitor,mode=control', '-no-shutdown', '-kernel', kernel],
    ...(initrd === null ? [] : ['-initrd', initrd]),
    ...(append === '' ? [] : ['-append', append]),
    ...disks.flatMap((disk, i) => diskOptions(disk, `virtio-disk${i}`, pathOf)),
    ...['-chardev', `socket,id=charserial0,fd=${options.console}`, '-serial', 'chardev:charserial0'],
    ...['-chardev', `socket,id=charstate,fd=${options.state}`],
    ...(options.incoming ? ['-incoming', 'chardev:charstate'] : []),
  ];
}

function diskOptions({ chain, readOnly, serial }: KvmDisk, id: string, pathOf: PathOf): string[] {
  const sets = chain.flatMap(({ fd }) => [
    '-add-fd',
    `set=${fd},fd=${fd},opaque=${pathOf(fd).replaceAll(',', ',,')}`,
  ]);
  const node = chain.reduceRight<object | null>(
    (backing, { fd, format }, i) => ({
      ...(i === 0 && { 'node-name': `${id}-format`, 'read-only': readOnly }),
      driver: format,
      file: { driver: 'file', filename: `/dev/fdset/${fd}` },
      ...(format === 'qcow2' && { backing }),
    }),
    null,
  );
  const device = { driver: 'virtio-blk-device', drive: `${id}-format`, id, serial };
  return [...sets, '-blockdev', JSON.stringify(node), '-device', JSON.stringify(device)];
}

const ALONE: readonly string[] = ['-S', '-nodefaults', '-no-shutdown'];
const WITH_VALUE: readonly string[] = [
  ...['-name', '-machine', '-accel', '-m', '-smp', '-uuid', '-chardev', '-mon', '-kernel', '-initrd'],
  ...['-append', '-add-fd', '-blockdev', '-device', '-serial', '-incoming'],
];

/** Throws EmulatorError for what is not there, or means nothing. */
export function parseCommandLine(words: readonly string[]): EmulatorOptions {
  const given = new Map<string, string[]>();
  for (let at = 0; at < words.length; at++) {
    const option = words[at]!;
    if (!ALONE.includes(option) && !WITH_VALUE.includes(option))
      throw new EmulatorError(
        `${option}: ${option.startsWith('-') ? 'invalid option' : 'no disk is here without -blockdev'}`,
      );
    const value = ALONE.includes(option) ? '' : words[++at];
    if (value === undefined) throw new EmulatorError(`${option}: requires an argument`);
    given.set(option, [...(given.get(option) ?? []), value]);
  }
  const one = (option: string): string | null => given.get(option)?.at(-1) ?? null;
  const required = (option: string): string => {
    const value = one(option);
    if (value === null) throw new EmulatorError(`${option} is missing`);
    return value;
  };
  if (required('-machine') !== 'virt') throw new EmulatorError(`unsupported machine type: use -machine virt`);
  const accelerator = properties(required('-accel'));
  if (!accelerator.has('kvm'))
    throw new EmulatorError(`invalid accelerator ${required('-accel')}: kvm is here`);
  for (const option of ['-S', '-nodefaults', '-no-shutdown']) required(option);
  const sockets = new Map((given.get('-chardev') ?? []).map(characterDevice));
  const socket = (id: string): Fd => {
    const fd = sockets.get(id);
    if (fd === undefined) throw new EmulatorError(`chardev '${id}' is missing`);
    return fd;
  };
  const drives = new Map((given.get('-blockdev') ?? []).map(blockNode));
  return {
    name: properties(required('-name')).get('guest') ?? 'guest',
    uuid: one('-uuid') ?? '',
    memory: kibibytes(properties(required('-m')).get('size')) * 1024,
    vcpus: number(required('-smp'), '-smp'),
    weight: number(accelerator.get('x-weight') ?? `${DEFAULT_WEIGHT}`, 'x-weight'),
    kernel: required('-kernel'),
    initrd: one('-initrd'),
    append: one('-append') ?? '',
    disks: (given.get('-device') ?? []).map((device) => diskOf(device, drives)),
    monitor: socket(properties(required('-mon')).get('chardev') ?? ''),
    console: socket(required('-serial').replace(/^chardev:/, '')),
    state: socket('charstate'),
    incoming: one('-incoming') !== null,
  };
}

/** `name=value,…`; a comma of a value is doubled, a name alone is on. */
function properties(text: string): Map<string, string> {
  const parts = text.match(/(?:[^,]|,,)+/g) ?? [];
  return new Map(
    parts.map((part) => {
      const plain = part.replaceAll(',,', ',');
      const equals = plain.indexOf('=');
      return equals < 0 ? [plain, 'on'] : [plain.slice(0, equals), plain.slice(equals + 1)];
    }),
  );
}

function number(text: string | undefined, what: string): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new EmulatorError(`${what}: not a number: ${text}`);
  return Number(text);
}

function kibibytes(text: string | undefined): number {
  const [, digits, unit = 'm'] = /^(\d+)([kmg]?)$/i.exec(text ?? '') ?? [];
  return number(digits, '-m') * { k: 1, m: 1024, g: 2 ** 20 }[(unit || 'm').toLowerCase() as 'k' | 'm' | 'g'];
}

function characterDevice(text: string): [string, Fd] {
  const given = properties(text);
  if (!given.has('socket')) throw new EmulatorError(`-chardev ${text}: a socket by its descriptor is here`);
  return [given.get('id') ?? '', number(given.get('fd'), '-chardev fd')];
}

interface BlockNode {
  readonly 'node-name'?: string;
  readonly 'read-only'?: boolean;
  readonly driver: string;
  readonly file: { readonly driver: string; readonly filename: string };
  readonly backing?: BlockNode | null;
}

function blockNode(text: string): [string, Omit<KvmDisk, 'serial'>] {
  const top = json(text, '-blockdev') as BlockNode;
  const chain: { fd: Fd; format: ImageFormat }[] = [];
  for (let node: BlockNode | null = top; node !== null; node = node.backing ?? null) {
    if (node.driver !== 'raw' && node.driver !== 'qcow2')
      throw new EmulatorError(`-blockdev: Unknown driver '${node.driver}'`);
    const [, fd] = /^\/dev\/fdset\/(\d+)$/.exec(node.file?.filename ?? '') ?? [];
    chain.push({ fd: number(fd, '-blockdev /dev/fdset'), format: node.driver });
  }
  return [top['node-name'] ?? '', { chain, readOnly: top['read-only'] === true }];
}

function diskOf(text: string, drives: ReadonlyMap<string, Omit<KvmDisk, 'serial'>>): KvmDisk {
  const device = json(text, '-device') as { driver?: string; drive?: string; serial?: string };
  if (device.driver !== 'virtio-blk-device')
    throw new EmulatorError(`-device: '${device.driver}' is not a valid device model name here`);
  const drive = drives.get(device.drive ?? '');
  if (drive === undefined) throw new EmulatorError(`-device: can't find value '${device.drive}'`);
  return { ...drive, serial: device.serial ?? '' };
}

function json(text: string, option: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new EmulatorError(`${option}: JSON of an object is expected`);
}
