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

/** Whether a number is the one that a rule wants. */
const fits = (wanted: number | undefined, found: number) =>
  wanted === undefined || wanted === -1 || wanted === found;

function isFor(
  rule: DeviceRule,
  type: 'b' | 'c',
  { major, minor }: DeviceNumber,
  access: DeviceAccess,
): boolean {
  const wanted = rule.type;
  if (wanted !== undefined && wanted !== '' && wanted !== 'a' && wanted !== type) return false;
  if (!fits(rule.major, major) || !fits(rule.minor, minor)) return false;
  return rule.access === undefined || rule.access.includes(access);
}

/** The last rule that fits decides; what none fits is refused. */
function allows(
  rules: readonly DeviceRule[],
  type: 'b' | 'c',
  device: DeviceNumber,
  access: DeviceAccess,
): boolean {
  for (let i = rules.length - 1; i >= 0; i--) {
    const rule = rules[i]!;
    if (isFor(rule, type, device, access)) return rule.allow;
  }
  return false;
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
    if (devices === null) continue;
    for (const access of accesses) if (!allows(devices, type, device, access)) throw new OsError('EPERM');
  }
}
