/** Cases for checks: a host, what has happened on it, and VMs to be made. */
import type { Random } from '../../../src/exercise/index.ts';
import type { StepName, VmSpec } from '../../../src/exercise/virtualization.ts';

export const PAGE = 4096;
export const KIB = 1024;
export const MIB = 2 ** 20;
/** Stage-2 tables: the root, and what each 4 MiB of guest memory that are begun come to need. */
const ROOT = 16 * KIB;
const TABLE_REACH = 4 * MIB;

/** What a VM with so much memory is promised, its tables included. */
export const tablesFor = (memory: number) => ROOT + Math.ceil(memory / TABLE_REACH) * PAGE;
export const promised = (memory: number) => memory + tablesFor(memory);

/** Base images of each case's host: the third is one of which a part is lost, and `gone.raw` is none of them. */
export const GOOD_IMAGES = ['base.raw', 'other.raw'] as const;
export const DAMAGED = 'damaged.qcow2';
export const MISSING = 'gone.raw';

export const FAULT_CODES = ['EIO', 'ENOSPC', 'ENOMEM', 'EMFILE', 'EBUSY'] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

/** A step that fails: number `step` of those that take or make something, counted from 0; or each of that name. */
export interface Fault {
  readonly step: number | StepName;
  readonly code: FaultCode;
}

export type Act =
  /** A VM of the host's own making. */
  | { readonly act: 'given'; readonly spec: VmSpec }
  /** Somebody else is making a VM of this name, and has not come to the end. */
  | { readonly act: 'underway'; readonly name: string; readonly memory: number }
  | { readonly act: 'remove'; readonly name: string }
  /** The learner's createVm is asked. */
  | { readonly act: 'create'; readonly spec: VmSpec; readonly fault?: Fault };

export interface Case {
  /** Bytes for guests. */
  readonly memory: number;
  readonly cpus: number;
  readonly cpuRatio: number;
  readonly acts: readonly Act[];
}

export type Topic = 'made' | 'memory' | 'vcpus' | 'unique' | 'undo' | 'named';

const NAMES = ['web', 'shop', 'mail', 'db', 'cache', 'news'] as const;

export const macOf = (number: number) => `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`;

const plain: VmSpec = { name: 'new', memory: MIB, vcpus: 1, image: 'base.raw', mac: null };
const given = (name: string, number: number, more: Partial<VmSpec> = {}): Act => ({
  act: 'given',
  spec: { ...plain, name, mac: macOf(number), ...more },
});
const create = (more: Partial<VmSpec> = {}, fault?: Fault): Act => ({
  act: 'create',
  spec: { ...plain, ...more },
  ...(fault && { fault }),
});

/** Processors enough for every VM: only one check is about them. */
const base: Case = { memory: 6 * MIB, cpus: 12, cpuRatio: 1, acts: [] };
const on = (acts: readonly Act[], more: Partial<Case> = {}): Case => ({ ...base, ...more, acts });

/** The most memory that can be promised of `bytes`, in whole pages. */
export function mostMemory(bytes: number): number {
  let memory = Math.floor((bytes - ROOT - PAGE) / PAGE) * PAGE;
  while (memory > 0 && promised(memory) > bytes) memory -= PAGE;
  return memory;
}

/** One create whose memory is the most that fits beside the given ones, and `pages` more. */
function edge(memory: number, earlier: readonly Act[], pages: number): Case {
  const others = earlier.reduce((sum, act) => sum + (act.act === 'given' ? promised(act.spec.memory) : 0), 0);
  return on([...earlier, create({ memory: mostMemory(memory - others) + pages * PAGE })], { memory });
}

/** As many steps as a VM of four vCPUs can have and some more: a fault behind the last one does not happen. */
const MOST_STEPS = 12;
const everyStep = (more: Partial<VmSpec>): Case[] =>
  Array.from({ length: MOST_STEPS }, (_, step) =>
    on([given('web', 0x41), create(more, { step, code: FAULT_CODES[step % FAULT_CODES.length]! })]),
  );

const takenMac = macOf(7);

/** The worked examples of each check, the simplest first. */
export const EXAMPLES: Readonly<Record<Topic, readonly Case[]>> = {
  made: [
    on([create()]),
    on([create({ vcpus: 3, memory: 2 * MIB })]),
    on([create({ mac: takenMac, image: 'other.raw' })]),
    on([given('web', 0x41), create({ vcpus: 2 })]),
  ],
  memory: [
    edge(4 * MIB, [], 0),
    edge(4 * MIB, [], 1),
    edge(4 * MIB, [given('web', 0x41)], 0),
    edge(4 * MIB, [given('web', 0x41)], 1),
    edge(12 * MIB, [given('web', 0x41), given('shop', 0x42, { memory: 2 * MIB })], 0),
    edge(12 * MIB, [given('web', 0x41), given('shop', 0x42, { memory: 2 * MIB })], 1),
    edge(12 * MIB, [given('web', 0x41, { memory: 4 * MIB + PAGE })], 1),
    on([create({ memory: 64 * MIB })]),
    on([create({ memory: MIB + 2048 })]),
    on([create({ memory: 0 })]),
    on([create({ memory: -PAGE })]),
  ],
  vcpus: [
    on([create({ vcpus: 4 })], { cpus: 1, cpuRatio: 4 }),
    on([create({ vcpus: 5 })], { cpus: 1, cpuRatio: 4 }),
    on([create({ vcpus: 3 })], { cpus: 2 }),
    on([given('web', 0x41, { vcpus: 3 }), create({ vcpus: 1 })], { cpus: 1, cpuRatio: 4 }),
    on([given('web', 0x41, { vcpus: 3 }), create({ vcpus: 2 })], { cpus: 1, cpuRatio: 4 }),
    on([given('web', 0x41, { vcpus: 2 }), create({ vcpus: 2 })], { cpus: 3, cpuRatio: 1.5 }),
    on([given('web', 0x41, { vcpus: 2 }), create({ vcpus: 3 })], { cpus: 3, cpuRatio: 1.5 }),
    on([create({ vcpus: 0 })]),
    on([create({ vcpus: 1.5 })]),
    on([create({ vcpus: -1 })]),
  ],
  unique: [
    on([create({ name: 'a' }), create({ name: 'b' })]),
    on([create({ name: 'a' }), create({ name: 'b' }), { act: 'remove', name: 'a' }, create({ name: 'c' })]),
    on([create({ name: 'a', mac: macOf(2) }), create({ name: 'b' }), create({ name: 'c' })]),
    on([given('web', 1), given('shop', 3), create(), create({ name: 'more' })]),
  ],
  undo: [
    ...everyStep({ vcpus: 2 }),
    // Frames enough, but not in one run.
    on(
      [
        given('web', 0x41),
        given('shop', 0x42),
        { act: 'remove', name: 'web' },
        create({ memory: MIB + 512 * KIB }),
      ],
      { memory: 3 * MIB + 256 * KIB },
    ),
    on([{ act: 'underway', name: 'new', memory: MIB }, create()]),
    on([given('web', 0x41), create({ name: 'web' })]),
    on([create({ image: MISSING })]),
    on([create({ image: DAMAGED })]),
    on([given('web', 0x41), create({ mac: macOf(0x41) })]),
  ],
  named: [
    on([create({ image: MISSING })]),
    on([create({ image: DAMAGED })]),
    on([given('web', 0x41), create({ name: 'web' })]),
    on([given('web', 7), create({ mac: takenMac })]),
    ...everyStep({}).slice(0, 8),
  ],
};

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;

function randomGiven(random: Random, most: number, more: () => Partial<VmSpec> = () => ({})): Act[] {
  return NAMES.slice(0, random.between(0, most)).map((name, i) =>
    given(name, 0x41 + i, { memory: random.between(16, 256) * PAGE, ...more() }),
  );
}

function randomSequence(random: Random): Act[] {
  const acts: Act[] = [];
  const there: string[] = [];
  let made = 0;
  for (let i = random.between(3, 8); i > 0; i--) {
    if (there.length > 1 && random.chance(1, 3)) {
      const [name] = there.splice(random.below(there.length), 1);
      acts.push({ act: 'remove', name: name! });
      continue;
    }
    const name = `vm${++made}`;
    there.push(name);
    const mac = random.chance(1, 4) ? macOf(0x80 + made) : null;
    acts.push(create({ name, mac, memory: random.between(16, 64) * PAGE, image: pick(random, GOOD_IMAGES) }));
  }
  return acts;
}

export function randomCase(random: Random, topic: Topic): Case {
  const memory = random.between(16, 256) * PAGE;
  const fault = { step: random.below(10), code: pick(random, FAULT_CODES) };
  switch (topic) {
    case 'made':
      return on([
        ...randomGiven(random, 2),
        create({
          memory,
          vcpus: random.between(1, 4),
          image: pick(random, GOOD_IMAGES),
          mac: random.chance(1, 2) ? macOf(random.between(0x80, 0xff)) : null,
        }),
      ]);
    case 'memory':
      return edge(random.between(4, 12) * MIB, randomGiven(random, 3), pick(random, [-1, 0, 1, 1, 2, 5]));
    case 'vcpus': {
      const cpus = random.between(1, 4);
      const cpuRatio = pick(random, [1, 1.25, 1.5, 2, 3]);
      const earlier = randomGiven(random, 2, () => ({ vcpus: 1 })).slice(0, Math.floor(cpus * cpuRatio) - 1);
      const room = Math.floor(cpus * cpuRatio) - earlier.length;
      return on([...earlier, create({ memory, vcpus: Math.min(8, room + pick(random, [0, 1, 1, 2])) })], {
        cpus,
        cpuRatio,
      });
    }
    case 'unique':
      return on(randomSequence(random));
    case 'undo':
      return on([...randomGiven(random, 2), create({ memory, vcpus: random.between(1, 4) }, fault)]);
    case 'named':
      return on([
        given('web', 7),
        pick(random, [
          create({ memory, image: MISSING }),
          create({ memory, image: DAMAGED }),
          create({ memory, name: 'web' }),
          create({ memory, mac: takenMac }),
          // One vCPU: it is the last thing made, and what is made has to be undone is another check's matter.
          create({ memory }, fault),
        ]),
      ]);
  }
}
