/** lsblk(8): disks and partitions, what is on them and where that is mounted; laid out as util-linux 2.38.1 does. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { modeString } from '../modes.ts';
import { type CommandSpec, foreignOptions, type Parsed } from '../options.ts';
import { accounts, complain, groups, orNull } from '../support.ts';
import { type BlockDeviceInfo, blockDevices, mountPointOf } from './blockDevices.ts';
import {
  flatRows,
  type SmartColumn,
  type SmartRow,
  smartJson,
  smartLines,
  smartTable,
  type Value,
} from './smartTable.ts';

/** How values are written. */
interface Manner {
  readonly inBytes: boolean;
  readonly paths: boolean;
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

interface Column extends Omit<SmartColumn, 'name'> {
  readonly value: (device: BlockDeviceInfo, manner: Manner) => Value;
}

/** One digit behind the point, where it is not 0 (size_to_human_string). */
function human(bytes: number): string {
  let exponent = 0;
  while (exponent < 6 && bytes >= 1024 ** (exponent + 1)) exponent++;
  const tenths = Math.floor((Math.floor(((bytes % 1024 ** exponent) * 1000) / 1024 ** exponent) + 50) / 100);
  const whole = Math.floor(bytes / 1024 ** exponent) + (tenths === 10 ? 1 : 0);
  return `${whole}${tenths % 10 === 0 ? '' : `.${tenths}`}${'BKMGTPE'[exponent]!}`;
}

const named = (name: string, { paths }: Manner) => (paths ? `/dev/${name}` : name);
const size = (bytes: number, { inBytes }: Manner) => (inBytes ? bytes : human(bytes));
const each = (all: readonly string[]) => (all.length === 0 ? [null] : all);
const majorMinor = (text: string) =>
  text
    .split(':')
    .map((part, i) => (i === 0 ? part.padStart(3) : part.padEnd(3)))
    .join(':');

const COLUMNS: Readonly<Record<string, Column>> = {
  FSAVAIL: { value: ({ space }, manner) => space && size(space.free, manner), right: true, usual: 5 },
  FSROOTS: { value: ({ mounts }) => each(mounts.map(({ root }) => root)) },
  FSSIZE: { value: ({ space }, manner) => space && size(space.total, manner), right: true, usual: 5 },
  FSTYPE: { value: ({ content }) => content?.type ?? null },
  FSUSED: {
    value: ({ space }, manner) => space && size(space.total - space.free, manner),
    right: true,
    usual: 5,
  },
  'FSUSE%': {
    value: ({ space }) =>
      space && (space.total === 0 ? '-' : `${Math.round(((space.total - space.free) / space.total) * 100)}%`),
    right: true,
  },
  FSVER: { value: ({ content }) => content?.version ?? null },
  GROUP: { value: ({ node }, manner) => node && (manner.groups.get(node.gid) ?? `${node.gid}`) },
  HOTPLUG: { value: ({ removable }) => removable, right: true },
  KNAME: { value: ({ name }, manner) => named(name, manner) },
  // ext4 of this host has no name.
  LABEL: { value: () => null },
  'LOG-SEC': { value: ({ logicalSector }) => logicalSector, right: true },
  'MAJ:MIN': { value: ({ number }) => number, padded: majorMinor },
  MODE: { value: ({ node }) => node && modeString(node.mode) },
  MOUNTPOINT: { value: mountPointOf },
  MOUNTPOINTS: { value: ({ mounts }) => each(mounts.map(({ target }) => target)) },
  NAME: { value: ({ name }, manner) => named(name, manner) },
  OWNER: { value: ({ node }, manner) => node && (manner.users.get(node.uid) ?? `${node.uid}`) },
  PATH: { value: ({ name }) => `/dev/${name}` },
  PKNAME: { value: ({ parent }, manner) => parent && named(parent, manner) },
  RM: { value: ({ removable }) => removable, right: true },
  RO: { value: ({ readOnly }) => readOnly, right: true },
  ROTA: { value: ({ rotational }) => rotational, right: true },
  SIZE: { value: (device, manner) => size(device.size, manner), right: true, usual: 5 },
  START: { value: ({ start }) => start, right: true, usual: 5 },
  TYPE: { value: ({ parent }) => (parent === null ? 'disk' : 'part') },
  UUID: { value: ({ content }) => content?.uuid ?? null },
};
/** Of the real one, from what is not here. */
const FOREIGN = (
  'ALIGNMENT DISC-ALN DAX DISC-GRAN DISC-MAX DISC-ZERO HCTL MIN-IO MODEL OPT-IO PARTFLAGS PARTLABEL PARTTYPE PARTTYPENAME PARTUUID ' +
  'PHY-SEC PTTYPE PTUUID RA RAND REV RQ-SIZE SCHED SERIAL STATE SUBSYSTEMS TRAN VENDOR WSAME WWN ZONED ZONE-SZ ZONE-WGRAN ZONE-APP ' +
  'ZONE-NR ZONE-OMAX ZONE-AMAX'
).split(' ');

const FOREIGN_OPTIONS =
  'A:noempty D:discard e:exclude=list E:dedup=column I:include=list M:merge O:output-all s:inverse S:scsi t:topology T:tree w:width=num ' +
  'x:sort=column y:shell z:zoned';

const USUAL = ['NAME', 'MAJ:MIN', 'RM', 'SIZE', 'RO', 'TYPE', 'MOUNTPOINTS'];
const CONTENTS = ['NAME', 'FSTYPE', 'FSVER', 'LABEL', 'UUID', 'FSAVAIL', 'FSUSE%', 'MOUNTPOINTS'];
const PERMISSIONS = ['NAME', 'SIZE', 'OWNER', 'GROUP', 'MODE'];

/** None of the devices that were asked for are there, or not all. */
const [NOT_FOUND, SOME_FOUND] = [32, 64] as const;

/** Names of columns. */
function columnsOf(parsed: Parsed): string[] {
  const usual = parsed.has('fs') ? CONTENTS : parsed.has('perms') ? PERMISSIONS : USUAL;
  const text = parsed.value('output');
  if (text === null) return usual;
  const names = text.replace(/^\+/, '').split(',');
  return text.startsWith('+') ? [...usual, ...names] : names;
}

/** Why there cannot be such a column; null where there is one. */
function unknownColumn(name: string): string | null {
  const known = name.toUpperCase();
  if (FOREIGN.includes(known)) return `the column ${name} is not simulated`;
  return Object.hasOwn(COLUMNS, known) ? null : `unknown column: ${name}`;
}

/** Those that operands name, as `major:minor` of their nodes, or all; how many could not be found. */
function* chosen(
  all: readonly BlockDeviceInfo[],
  operands: readonly string[],
): Sys<{ devices: readonly BlockDeviceInfo[]; missing: number }> {
  if (operands.length === 0) return { devices: all, missing: 0 };
  const devices: BlockDeviceInfo[] = [];
  for (const operand of operands) {
    const stat = yield* orNull(() => sys.stat(operand), 'ENOENT', 'EACCES', 'ENOTDIR');
    const number = stat === null ? null : `${stat.rdev.major}:${stat.rdev.minor}`;
    const isBlock = stat !== null && (stat.mode & 0o170000) === 0o060000;
    const found = all
      .flatMap((disk) => [disk, ...disk.children])
      .find((device) => isBlock && device.number === number);
    if (!isBlock) yield* complain('lsblk', `${operand}: not a block device`);
    if (found !== undefined) devices.push(found);
  }
  return { devices, missing: operands.length - devices.length };
}

function* run(parsed: Parsed): Sys<number> {
  if (parsed.has('version')) {
    yield* writeAll(1, 'lsblk from util-linux 2.38.1\n');
    return 0;
  }
  const given = columnsOf(parsed);
  for (const name of given) {
    const why = unknownColumn(name);
    if (why === null) continue;
    yield* complain('lsblk', why);
    return 1;
  }
  const names = given.map((name) => name.toUpperCase());
  const all = yield* blockDevices(parsed.value('sysroot') ?? '');
  if (all === null) {
    yield* complain('lsblk', 'failed to access sysfs directory: /sys/dev/block: No such file or directory');
    return 1;
  }
  const { devices, missing } = yield* chosen(all, parsed.operands);
  const manner = {
    ...{ inBytes: parsed.has('bytes'), paths: parsed.has('paths') },
    users: new Map(((yield* orNull(accounts, 'ENOENT')) ?? []).map(({ uid, name }) => [uid, name])),
    groups: new Map(((yield* orNull(groups, 'ENOENT')) ?? []).map(({ gid, name }) => [gid, name])),
  };
  const rowOf = (device: BlockDeviceInfo): SmartRow => ({
    values: names.map((name) => COLUMNS[name]!.value(device, manner)),
    children: parsed.has('nodeps') ? [] : device.children.map(rowOf),
  });
  yield* writeAll(1, textOf(devices.map(rowOf), parsed, names));
  if (missing === 0) return 0;
  return missing === parsed.operands.length ? NOT_FOUND : SOME_FOUND;
}

function textOf(rows: readonly SmartRow[], parsed: Parsed, names: readonly string[]): string {
  if (rows.length === 0) return '';
  const columns = names.map((name) => ({ name, ...COLUMNS[name]! }));
  const head = !parsed.has('noheadings');
  if (parsed.has('json')) return smartJson(rows, columns, 'blockdevices');
  if (parsed.has('pairs') || parsed.has('raw'))
    return smartLines(rows, columns, parsed.has('pairs') ? 'pairs' : 'raw', head);
  const list = parsed.has('list');
  return smartTable(list ? flatRows(rows) : rows, columns, {
    head,
    ascii: parsed.has('ascii'),
    tree: list ? null : 'NAME',
  });
}

export const lsblk: CommandSpec = {
  name: 'lsblk',
  usage: '[options] [<device> ...]',
  summary: 'List information about block devices.',
  options: [
    { short: 'a', long: 'all', help: 'print all devices, as is done anyhow' },
    { short: 'b', long: 'bytes', help: 'sizes in bytes' },
    { short: 'd', long: 'nodeps', help: 'only disks, without what is on them' },
    { short: 'f', long: 'fs', help: 'what file systems are on them' },
    { short: 'i', long: 'ascii', help: 'draw the tree in ASCII' },
    { short: 'J', long: 'json', help: 'as JSON' },
    { short: 'l', long: 'list', help: 'a list, no tree' },
    { short: 'm', long: 'perms', help: 'who may use them' },
    { short: 'n', long: 'noheadings', help: 'no names of columns' },
    {
      short: 'o',
      long: 'output',
      argument: 'list',
      help: 'the columns to show, with + besides the usual ones',
    },
    { short: 'P', long: 'pairs', help: 'as KEY="value"' },
    { short: 'p', long: 'paths', help: 'whole paths of the devices' },
    { short: 'r', long: 'raw', help: 'without alignment' },
    { long: 'sysroot', argument: 'dir', help: 'where /sys and /proc are looked for' },
    { short: 'h', long: 'help', help: 'show this help and leave' },
    { short: 'V', long: 'version', help: 'tell the version' },
    ...foreignOptions(FOREIGN_OPTIONS),
  ],
  run,
};
