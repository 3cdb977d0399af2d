/** io.*; what counts as I/O stands in ../io.ts. */
import { OsError } from '../../../base/index.ts';
import { MODEL } from '../../memory/disk.ts';
import type { Cgroup } from '../cgroup.ts';
import { DISK, type IoController, type IoLimits } from '../io.ts';
import type { CgroupTree } from '../tree.ts';
import { MAX } from '../values.ts';
import type { InterfaceFile } from './types.ts';

const KEYS = ['rbps', 'wbps', 'riops', 'wiops'] as const;
const DEVICE = `${DISK.major}:${DISK.minor}`;
const UINT_MAX = 2 ** 32 - 1;

/** A device without any I/O has no line. */
function statText({ io }: Cgroup): string {
  const { bytes, requests } = io!;
  if (requests.read + requests.write === 0) return '';
  const counts = `rbytes=${bytes.read} wbytes=${bytes.write} rios=${requests.read} wios=${requests.write}`;
  return `${DEVICE} ${counts} dbytes=0 dios=0\n`;
}

function maxText({ limited, limits }: IoController): string {
  if (!limited) return '';
  return `${DEVICE} ${KEYS.map((key) => `${key}=${limits[key] === MAX ? 'max' : limits[key]}`).join(' ')}\n`;
}

/** As sscanf's %llu reads it: the number at the start, whatever comes after it. EINVAL without one. */
function rateOf(text: string): number {
  const digits = /^\s*\+?(\d+)/.exec(text)?.[1];
  if (digits === undefined && text !== 'max') throw new OsError('EINVAL');
  return digits === undefined ? MAX : Number(digits);
}

/** What comes after `MAJ:MIN` (block/blk-cgroup.c, blkg_conf_prep): EINVAL, ENODEV for what is no whole disk. */
function forDisk(text: string): string {
  const match = /^(\d+):(\d+)(?:\s+(.*))?$/s.exec(text);
  if (match === null) throw new OsError('EINVAL');
  if (Number(match[1]) !== DISK.major || Number(match[2]) !== DISK.minor) throw new OsError('ENODEV');
  return match[3] ?? '';
}

/** `MAJ:MIN KEY=RATE…` (block/blk-throttle.c, tg_set_limit): ERANGE for 0, EINVAL for 1 and unknown keys. */
function setMax(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const rest = forDisk(text);
  let limits: IoLimits = cgroup.io!.limits;
  for (const word of rest.split(/\s+/).filter((part) => part !== '')) {
    const at = word.indexOf('=');
    if (at < 0) throw new OsError('EINVAL');
    const rate = rateOf(word.slice(at + 1));
    if (rate === 0) throw new OsError('ERANGE');
    const key = KEYS.find((name) => name === word.slice(0, at));
    if (key === undefined || rate === 1) throw new OsError('EINVAL');
    limits = { ...limits, [key]: key.endsWith('iops') && rate >= UINT_MAX ? MAX : rate };
  }
  tree.kernel.io.limit(cgroup.io!, limits);
}

const weightText = ({ defaultWeight, diskWeight }: IoController): string =>
  `default ${defaultWeight}\n${diskWeight === null ? '' : `${DEVICE} ${diskWeight}\n`}`;

/** 1 to 10000 at the start of the text: EINVAL. */
function weightOf(text: string): number {
  const weight = Number(/^\s*\+?(\d+)/.exec(text)?.[1] ?? 0);
  if (weight < 1 || weight > 10_000) throw new OsError('EINVAL');
  return weight;
}

/** `[default ]WEIGHT`, or `MAJ:MIN WEIGHT` and `MAJ:MIN default` for the disk (block/blk-iocost.c, ioc_weight_write). */
function setWeight(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const io = cgroup.io!;
  if (text.includes(':')) {
    const rest = forDisk(text);
    io.diskWeight = rest.startsWith('default') ? null : weightOf(rest);
  } else io.defaultWeight = weightOf(text.replace(/^default(?=\s*\+?\d)/, ''));
  tree.kernel.io.disk.reweigh();
}

const QOS = 'rpct=0.00 rlat=25000 wpct=0.00 wlat=25000 min=1.00 max=10000.00';
const keysOf = (text: string) => [...text.matchAll(/(\w+)=/g)].map(([, key]) => key!);

/** `MAJ:MIN KEY=VALUE…` (ioc_qos_write): EINVAL for unknown keys, EOPNOTSUPP for all but `enable`. */
function setQos(_: Cgroup, text: string, { kernel }: CgroupTree): void {
  const { disk } = kernel.io;
  let { weighted } = disk;
  for (const word of forDisk(text).split(/\s+/)) {
    if (word === '') continue;
    const enable = /^enable=(\d+)$/.exec(word)?.[1];
    if (enable === undefined)
      throw new OsError(keysOf(`ctrl=auto ${QOS}`).includes(word.split('=')[0]!) ? 'EOPNOTSUPP' : 'EINVAL');
    weighted = Number(enable) !== 0;
  }
  disk.weighted = weighted;
  disk.reweigh();
}

/** The model is what it is: EOPNOTSUPP, where a real one could be changed. */
function setModel(_: Cgroup, text: string): void {
  for (const word of forDisk(text).split(/\s+/))
    if (!['ctrl', 'model', ...Object.keys(MODEL)].includes(word.split('=')[0]!)) throw new OsError('EINVAL');
  throw new OsError('EOPNOTSUPP');
}

export const ioFiles: readonly InterfaceFile[] = [
  { name: 'io.stat', controller: 'io', atRoot: true, read: statText },
  { name: 'io.max', controller: 'io', read: ({ io }) => maxText(io!), write: setMax },
  {
    name: 'io.weight',
    controller: 'io',
    read: ({ io }) => weightText(io!),
    write: setWeight,
  },
  {
    name: 'io.cost.qos',
    onlyRoot: true,
    read: (_, { kernel }) => `${DEVICE} enable=${Number(kernel.io.disk.weighted)} ctrl=auto ${QOS}\n`,
    write: setQos,
  },
  {
    name: 'io.cost.model',
    onlyRoot: true,
    read: () =>
      `${DEVICE} ctrl=auto model=linear ${Object.entries(MODEL)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ')}\n`,
    write: setModel,
  },
];
