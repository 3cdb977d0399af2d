/** What a VM without a kernel starts from when somebody else's function is to say: its disks and network cards, as that sees them. */
import { type Boot, type BootChoice, bootDisk, bootNetwork } from '../../hypervisor/index.ts';
import type { TapDevice } from '../../network/index.ts';
import type { DiskBackend } from './diskBackend.ts';

/** Asked when a VM is made; null: its boot ROM chooses. */
export type BootPolicies = (vm: string) => Boot | null;

/** Disks stand in the first virtio slots, network cards behind them. */
export function bootChoice(
  vm: string,
  disks: readonly DiskBackend[],
  taps: readonly TapDevice[],
  policies: BootPolicies | undefined,
): { readonly boot?: BootChoice } {
  const policy = policies?.(vm) ?? null;
  if (policy === null) return {};
  const letter = (i: number) => String.fromCharCode(0x61 + i);
  const devices = [
    ...disks.map((backend, i) => bootDisk(`vd${letter(i)}`, i, backend)),
    ...taps.map((_, i) => bootNetwork(`net${i}`, disks.length + i)),
  ];
  return { boot: { policy, devices } };
}
