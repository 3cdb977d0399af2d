/** The emulator's command line, as libvirtd writes it and the emulator reads it: QEMU's options, of which these are here. */
import type { ImageFormat } from '../../disk/index.ts';
import type { Fd } from '../../linux/index.ts';
import type { KvmDisk, KvmNic } from '../kvm/requests.ts';

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
  /** Null: the boot ROM looks on the devices of `bootSlots`. */
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly append: string;
  readonly disks: readonly KvmDisk[];
  readonly nics: readonly KvmNic[];
  readonly balloon: boolean;
  /** Virtio slots, in boot order. */
  readonly bootSlots: readonly number[];
  /** Sockets: to libvirtd, of the serial port, and for the machine's state. */
  readonly monitor: Fd;
  readonly console: Fd;
  readonly state: Fd;
  /** Where the machine's state comes from, so that nothing is booted: {@link BY_STATE_SOCKET}, or `tcp:0:PORT`; null for one that boots. */
  readonly incoming: string | null;
}

/** The machine's state comes over its socket. */
export const BY_STATE_SOCKET = 'chardev:charstate';

export const DEFAULT_WEIGHT = 1024;
const BALLOON = 'virtio-balloon-device';

/** The names of files, which the command line carries besides their descriptors. */
export type PathOf = (fd: Fd) => string;

export function formatCommandLine(options: EmulatorOptions, pathOf: PathOf): string[] {
  const { name, uuid, memory, vcpus, weight, kernel, initrd, append, disks, nics } = options;
  const accelerator = weight === DEFAULT_WEIGHT ? 'kvm' : `kvm,x-weight=${weight}`;
  return [
    EMULATOR,
    ...['-name', `guest=${name.replaceAll(',', ',,')},debug-threads=on`, '-S', '-machine', 'virt'],
    ...['-accel', accelerator, '-m', `size=${memory / 1024}k`, '-smp', `${vcpus}`, '-uuid', uuid],
    ...['-nodefaults', '-chardev', `socket,id=charmonitor,fd=${options.monitor}`],
    ...['-mon', 'chardev=charmonitor,id=monitor,mode=control', '-no-shutdown', '-boot', 'strict=on'],
    ...(kernel === null ? [] : ['-kernel', kernel]),
    ...(initrd === null ? [] : ['-initrd', initrd]),
    ...(append === '' ? [] : ['-append', append]),
    ...disks.flatMap((disk, i) => diskOptions(disk, `virtio-disk${i}`, pathOf, bootIndex(options, i))),
    ...nics.flatMap((nic, i) => nicOptions(nic, i, bootIndex(options, disks.length + i))),
    ...(options.balloon ? ['-device', JSON.stringify({ driver: BALLOON, id: 'balloon0' })] : []),
    ...['-chardev', `socket,id=charserial0,fd=${options.console}`, '-serial', 'chardev:charserial0'],
    ...['-chardev', `socket,id=charstate,fd=${options.state}`],
    ...(options.incoming === null ? [] : ['-incoming', options.incoming]),
  ];
}

/** The property of a device, from 1 on; none for one that is not booted from. */
function bootIndex({ bootSlots }: EmulatorOptions, slot: number): { bootindex?: number } {
  const at = bootSlots.indexOf(slot);
  return at < 0 ? {} : { bootindex: at + 1 };
}

function nicOptions({ tap, mac }: KvmNic, i: number, boot: { bootindex?: number }): string[] {
  const netdev = { type: 'tap', fd: `${tap}`, id: `hostnet${i}` };
  const device = { driver: 'virtio-net-device', netdev: netdev.id, id: `net${i}`, mac, ...boot };
  return ['-netdev', JSON.stringify(netdev), '-device', JSON.stringify(device)];
}

function diskOptions(
  { chain, readOnly, slice, serial }: KvmDisk,
  id: string,
  pathOf: PathOf,
  boot: { bootindex?: number },
): string[] {
  const sets = chain.flatMap(({ fd }) => [
    '-add-fd',
    `set=${fd},fd=${fd},opaque=${pathOf(fd).replaceAll(',', ',,')}`,
  ]);
  const node = chain.reduceRight<object | null>(
    (backing, { fd, format }, i) => ({
      ...(i === 0 && { 'node-name': `${id}-format`, 'read-only': readOnly }),
      driver: format,
      ...(i === 0 && slice),
      file: { driver: 'file', filename: `/dev/fdset/${fd}` },
      ...(format === 'qcow2' && { backing }),
    }),
    null,
  );
  const device = { driver: 'virtio-blk-device', drive: `${id}-format`, id, serial, ...boot };
  return [...sets, '-blockdev', JSON.stringify(node), '-device', JSON.stringify(device)];
}

const ALONE: readonly string[] = ['-S', '-nodefaults', '-no-shutdown'];
const WITH_VALUE: readonly string[] = [
  ...['-name', '-machine', '-accel', '-m', '-smp', '-uuid', '-chardev', '-mon', '-kernel', '-initrd'],
  ...['-append', '-add-fd', '-blockdev', '-netdev', '-device', '-boot', '-serial', '-incoming'],
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
  const netdevs = new Map((given.get('-netdev') ?? []).map(netdevOf));
  const devices = readDevices(given.get('-device') ?? [], drives, netdevs);
  if (one('-boot') !== 'strict=on') throw new EmulatorError(`-boot: strict=on is here`);
  for (const option of ['-initrd', '-append'])
    if (one('-kernel') === null && one(option) !== null)
      throw new EmulatorError(`${option} only allowed with -kernel option`);
  return {
    name: first(required('-name'), 'guest') ?? 'guest',
    uuid: one('-uuid') ?? '',
    memory: kibibytes(first(required('-m'), 'size')) * 1024,
    vcpus: number(required('-smp'), '-smp'),
    weight: number(accelerator.get('x-weight') ?? `${DEFAULT_WEIGHT}`, 'x-weight'),
    kernel: one('-kernel'),
    initrd: one('-initrd'),
    append: one('-append') ?? '',
    ...devices,
    monitor: socket(properties(required('-mon')).get('chardev') ?? ''),
    console: socket(required('-serial').replace(/^chardev:/, '')),
    state: socket('charstate'),
    incoming: one('-incoming'),
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

/** A property whose name may be left out at the first place. */
function first(text: string, name: string): string | undefined {
  const given = properties(text);
  const [[key, value] = []] = given;
  return given.get(name) ?? (value === 'on' ? key : undefined);
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
  /** Of a raw one: the part of the file that is the disk. */
  readonly offset?: number;
  readonly size?: number;
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
  const { offset = 0, size } = top;
  const slice = size === undefined ? null : { offset, size };
  return [top['node-name'] ?? '', { chain, readOnly: top['read-only'] === true, slice }];
}

function netdevOf(text: string): [string, Fd] {
  const given = json(text, '-netdev') as { type?: string; id?: string; fd?: string };
  if (given.type !== 'tap')
    throw new EmulatorError(`-netdev: a tap by its descriptor is here, not '${given.type}'`);
  return [given.id ?? '', number(given.fd, '-netdev fd')];
}

interface DeviceProperties {
  readonly driver?: string;
  readonly drive?: string;
  readonly serial?: string;
  readonly netdev?: string;
  readonly mac?: string;
  readonly bootindex?: number;
}

/** Disks take the first slots, network cards those after. */
function readDevices(
  texts: readonly string[],
  drives: ReadonlyMap<string, Omit<KvmDisk, 'serial'>>,
  netdevs: ReadonlyMap<string, Fd>,
): Pick<EmulatorOptions, 'disks' | 'nics' | 'balloon' | 'bootSlots'> {
  const devices = texts.map((text) => json(text, '-device') as DeviceProperties);
  const found = <T>(map: ReadonlyMap<string, T>, name: string | undefined): T => {
    const value = map.get(name ?? '');
    if (value === undefined) throw new EmulatorError(`-device: can't find value '${name}'`);
    return value;
  };
  const ofDriver = (name: string) => devices.filter(({ driver }) => driver === name);
  const disks = ofDriver('virtio-blk-device');
  const nics = ofDriver('virtio-net-device');
  const balloons = ofDriver(BALLOON);
  const known = [...disks, ...nics, ...balloons];
  const other = devices.find((device) => !known.includes(device));
  if (other !== undefined)
    throw new EmulatorError(`-device: '${other.driver}' is not a valid device model name here`);
  const indexes = [...disks, ...nics].map(({ bootindex }, slot) => ({ bootindex, slot }));
  return {
    disks: disks.map(({ drive, serial = '' }) => ({ ...found(drives, drive), serial })),
    nics: nics.map(({ netdev, mac = '' }) => ({ tap: found(netdevs, netdev), mac })),
    balloon: balloons.length > 0,
    bootSlots: indexes
      .filter(({ bootindex }) => bootindex !== undefined)
      .sort((a, b) => a.bootindex! - b.bootindex!)
      .map(({ slot }) => slot),
  };
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
