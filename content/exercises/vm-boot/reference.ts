/** The reference model: what comes of a case, by what its devices are rather than by reading them. */
import type { Case, DiskState, TriedDevice } from './cases.ts';

export type Reason = 'no device' | 'no link' | 'too short' | 'read error' | 'no signature';

export const REASONS: readonly Reason[] = ['no device', 'no link', 'too short', 'read error', 'no signature'];

export interface Expected {
  /** Its place in the order; null when nothing can be started. */
  readonly place: number | null;
  readonly device: TriedDevice | null;
  readonly passedOver: readonly { readonly device: string; readonly reason: Reason }[];
}

const OF_STATE: Readonly<Record<DiskState, Reason | null>> = {
  signed: null,
  blank: 'no signature',
  swapped: 'no signature',
  'first half': 'no signature',
  'second half': 'no signature',
  early: 'no signature',
  'sector 1': 'no signature',
  changing: null,
  empty: 'too short',
  cut: 'too short',
  'cut, signed': 'too short',
  unreadable: 'read error',
  'bad later': null,
  'one sector': null,
};

/** Null: it can be started. */
export function reasonOf(tried: Case, name: string): Reason | null {
  const device = deviceOf(tried, name);
  if (device === null) return 'no device';
  if (device.kind === 'network') return device.link ? null : 'no link';
  return OF_STATE[device.state];
}

export function deviceOf(tried: Case, name: string): TriedDevice | null {
  return tried.devices.find((device) => device.name === name) ?? null;
}

export function expect(tried: Case): Expected {
  const reasons = tried.order.map((device) => ({ device, reason: reasonOf(tried, device) }));
  const first = reasons.findIndex(({ reason }) => reason === null);
  const asked = first < 0 ? reasons : reasons.slice(0, first);
  return {
    place: first < 0 ? null : first,
    device: first < 0 ? null : deviceOf(tried, tried.order[first]!),
    passedOver: asked.map(({ device, reason }) => ({ device, reason: reason! })),
  };
}

/** The code at which a device is started. */
export const entryOf = (tried: Case, device: TriedDevice) =>
  device.kind === 'network' ? device.entry : tried.bootAddress;
