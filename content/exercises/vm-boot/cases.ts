/** The cases of the checks: machines with their devices and a boot order, worked examples and random ones. */
import type { Random } from '../../../src/exercise/index.ts';

/** What each check is about. */
export type Topic = 'order' | 'signature' | 'broken' | 'entry' | 'network' | 'reasons';

/** What is the matter with a disk, as the drawing says it. */
export const STATES = {
  signed: 'sector 0 ends in 55 aa',
  blank: 'sector 0 ends in 00 00',
  // Nearly signed.
  swapped: 'sector 0 ends in aa 55',
  'first half': 'sector 0 ends in 55 00',
  'second half': 'sector 0 ends in 00 aa',
  early: 'sector 0 ends in 55 aa 00 00',
  'sector 1': 'sector 0 ends in 00 00, sector 1 in 55 aa',
  changing: 'sector 0 ends in 55 aa when it is read first, then in 00 00',
  // Broken, and nearly so.
  empty: 'read gives no bytes at all',
  cut: 'read gives less than a sector',
  'cut, signed': 'read gives less than a sector, which ends in 55 aa',
  unreadable: 'reading sector 0 throws EIO',
  'bad later': 'sector 0 ends in 55 aa, reading any later one throws EIO',
  'one sector': 'the only sector ends in 55 aa',
} as const;

export type DiskState = keyof typeof STATES;

export interface TriedDisk {
  readonly kind: 'disk';
  readonly name: string;
  readonly slot: number;
  readonly sectors: number;
  readonly state: DiskState;
  /** Bytes that there are of a disk that is cut. */
  readonly bytes: number;
}

export interface TriedCard {
  readonly kind: 'network';
  readonly name: string;
  readonly slot: number;
  readonly link: boolean;
  readonly entry: number;
}

export type TriedDevice = TriedDisk | TriedCard;

export interface Case {
  readonly devices: readonly TriedDevice[];
  readonly order: readonly string[];
  readonly hart: number;
  readonly deviceTree: number;
  readonly bootAddress: number;
}

const BOOT_ADDRESS = 0x8018_0000;
const DEVICE_TREE = 0x807f_f000;
const NETWORK_ENTRY = 0x8010_0010;
const PAGE = 4096;

const letter = (i: number) => String.fromCharCode(0x61 + i);

/** What one device of a case is to be, before it has a name and a slot. */
type Wish = DiskState | 'card' | 'no link';

/** How large a disk of a state is, in sectors. */
function sectorsOf(state: DiskState): number {
  if (state === 'empty') return 0;
  return state === 'one sector' || state.startsWith('cut') ? 1 : 2048;
}

/** Devices in the order of their slots, named as a host names them. */
function devicesOf(wishes: readonly Wish[], slots: readonly number[], bytes = 200): TriedDevice[] {
  let [disks, cards] = [0, 0];
  return wishes.map((wish, i): TriedDevice => {
    const slot = slots[i]!;
    if (wish === 'card' || wish === 'no link')
      return {
        kind: 'network',
        name: `net${cards++}`,
        slot,
        link: wish === 'card',
        entry: NETWORK_ENTRY,
      };
    return {
      kind: 'disk',
      name: `vd${letter(disks++)}`,
      slot,
      sectors: sectorsOf(wish),
      state: wish,
      bytes,
    };
  });
}

/** `order` left out: all devices as they stand. */
function example(wishes: readonly Wish[], order?: readonly string[], more: Partial<Case> = {}): Case {
  const devices = devicesOf(
    wishes,
    wishes.map((_, i) => i),
  );
  return {
    devices,
    order: order ?? devices.map(({ name }) => name),
    hart: 0,
    deviceTree: DEVICE_TREE,
    bootAddress: BOOT_ADDRESS,
    ...more,
  };
}

const NEARLY: readonly DiskState[] = ['swapped', 'first half', 'second half', 'early', 'sector 1'];
const BROKEN: readonly DiskState[] = ['empty', 'cut', 'cut, signed', 'unreadable'];

/** With gaps, as after somebody has taken cards out of the machine. */
function gapped(tried: Case): Case {
  return { ...tried, devices: tried.devices.map((device, i) => ({ ...device, slot: 2 * i + 1 })) };
}

export const EXAMPLES: Readonly<Record<Topic, readonly Case[]>> = {
  order: [
    example(['signed', 'signed'], ['vdb', 'vda']),
    example(['signed', 'blank', 'signed'], ['vdc', 'vdb', 'vda']),
    example(['signed', 'blank'], ['vdb']),
    example(['signed', 'signed'], ['vdc', 'vdb']),
    example(['signed'], []),
  ],
  signature: [
    example(['blank', 'signed']),
    ...NEARLY.map((state) => example([state, 'signed'])),
    ...NEARLY.map((state) => example([state])),
    example(['changing']),
  ],
  broken: [
    ...BROKEN.map((state) => example([state, 'signed'])),
    example(['bad later']),
    example(['one sector']),
    example(['unreadable', 'empty']),
  ],
  entry: [
    example(['signed'], undefined, { hart: 2, deviceTree: 0x8060_0000 }),
    gapped(example(['blank', 'signed'])),
    example(['signed'], undefined, { bootAddress: 0x8020_0000 }),
    gapped(example(['blank', 'card'], undefined, { hart: 1 })),
  ],
  network: [
    example(['blank', 'card']),
    example(['card', 'signed']),
    example(['no link', 'signed']),
    example(['blank', 'no link', 'card']),
    example(['no link']),
  ],
  reasons: [
    example(['blank', 'signed']),
    example(['empty', 'cut', 'signed']),
    example(['unreadable', 'signed']),
    example(['signed'], ['vdc', 'vda']),
    example(['no link', 'signed', 'blank']),
    example(['blank', 'unreadable', 'no link']),
  ],
};

/** What devices each check draws from. */
const DRAWN: Readonly<Record<Topic, readonly Wish[]>> = {
  order: ['signed', 'signed', 'blank'],
  signature: ['blank', ...NEARLY, ...NEARLY, 'signed', 'changing'],
  broken: [...BROKEN, ...BROKEN, 'blank', 'signed', 'bad later', 'one sector'],
  entry: ['blank', 'blank', 'signed'],
  network: ['blank', 'blank', 'no link', 'no link', 'card', 'signed'],
  reasons: ['blank', 'empty', 'cut', 'unreadable', 'no link', 'blank', 'signed'],
};

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]!);
}

/**
 * The order of a machine's devices is that of its slots in all checks but one: what is wrong with an order is found there, and
 * does not hide what is wrong elsewhere.
 */
export function randomCase(random: Random, topic: Topic): Case {
  const count = 2 + random.below(4);
  const wishes: Wish[] = Array.from({ length: count }, () => random.pick(DRAWN[topic]));
  if (topic === 'entry' && random.chance(1, 2)) wishes.push('card');
  const slots = shuffled(random, [0, 1, 2, 3, 4, 5, 6, 7])
    .slice(0, wishes.length)
    .sort((a, b) => a - b);
  const devices = devicesOf(wishes, slots, 2 + random.below(508));
  const names = devices.map(({ name }) => name);
  const machine = {
    devices,
    hart: random.below(4),
    deviceTree: 0x8060_0000 + PAGE * random.below(256),
    bootAddress: 0x8018_0000 + PAGE * random.below(64),
  };
  if (topic === 'order') {
    const some = shuffled(random, names).slice(0, 1 + random.below(names.length));
    if (random.chance(1, 3)) some.splice(random.below(some.length + 1), 0, 'vdx');
    return { ...machine, order: some };
  }
  if (topic === 'reasons' && random.chance(1, 3)) return { ...machine, order: ['vdx', ...names] };
  return { ...machine, order: names };
}
