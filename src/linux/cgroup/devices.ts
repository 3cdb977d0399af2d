/**
 * Which devices the processes of a group may make, read and write. In Linux a program decides that is attached to the group by bpf(2)
 * (BPF_CGROUP_DEVICE, admin-guide/cgroup-v2.rst "Device controller"); here it is the list that such programs are made from.
 */
import { OsError } from '../../base/index.ts';
import type { DeviceNumber } from '../fs/index.ts';
import type { Cgroup } from './cgroup.ts';

/** As linux.resources.devices of runtime-spec: what is absent, or -1, fits all. */
export interface DeviceRule {
  readonly allow: boolean;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Of `r`, `w` and `m`, which is mknod(2). */
  readonly access?: string;
}

export type DeviceAccess = 'r' | 'w' | 'm';

const fits = (wanted: number | undefined, found: number) =>
  wanted === undefined || wanted === -1 || wanted === found;

/** The last rule that fits decides; what none fits is refused. */
function allows(
  rules: readonly DeviceRule[],
  type: 'b' | 'c',
  { major, minor }: DeviceNumber,
  access: DeviceAccess,
): boolean {
  const rule = rules.findLast(
    (one) =>
      ['', 'a', type].includes(one.type ?? '') &&
      fits(one.major, major) &&
      fits(one.minor, minor) &&
      (one.access ?? 'rwm').includes(access),
  );
  return rule?.allow ?? false;
}

/** EPERM unless the group and all above it that have rules allow each access. */
export function requireDevice(
  cgroup: Cgroup,
  type: 'b' | 'c',
  device: DeviceNumber,
  accesses: readonly DeviceAccess[],
): void {
  for (let at: Cgroup | null = cgroup; at !== null; at = at.parent) {
    const { devices } = at;
    if (devices !== null && accesses.some((access) => !allows(devices, type, device, access)))
      throw new OsError('EPERM');
  }
}
