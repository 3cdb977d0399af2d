/** The check on disks: no request reaches a sector of the volume that is not the disk's. */
import type { Check, Random, Sandbox, Verdict } from '../../../src/exercise/index.ts';
import type { Disk } from './api.d.ts';
import { ask, UNSTEADY } from './asking.ts';

export interface DiskCase {
  /** In the order in which they lie on the volume. */
  readonly disks: readonly Disk[];
  readonly by: number;
  readonly sector: number;
  readonly count: number;
}

/** Where a request begins on the volume; null: it is to be refused. Sector by sector, unlike the hypervisor's own rule. */
export function placeOf({ sectors, first }: Disk, sector: number, count: number): number | null {
  // More than any disk here has: no need to look at each.
  if (count > 2 ** 20) return null;
  for (let i = 0; i < count; i++) if (!(sector + i < sectors)) return null;
  return first + sector;
}

function volume(sizes: readonly [number, number, number]): Disk[] {
  let first = 0;
  return sizes.map((sectors, i) => {
    const disk = { name: 'vda', vm: ['mallory', 'alice', 'bob'][i]!, sectors, first };
    first += sectors;
    return disk;
  });
}

const small = volume([64, 64, 32]);
const EXAMPLES: readonly DiskCase[] = [
  { disks: small, by: 1, sector: 0, count: 1 },
  { disks: small, by: 0, sector: 60, count: 4 },
  { disks: small, by: 0, sector: 64, count: 1 },
  { disks: small, by: 0, sector: 62, count: 4 },
  { disks: small, by: 0, sector: 0, count: 65 },
  { disks: small, by: 1, sector: 2 ** 32 - 1, count: 2 },
  { disks: small, by: 0, sector: 2 ** 32 + 3, count: 1 },
  { disks: small, by: 0, sector: 2 ** 64 - 2048, count: 8 },
];

function randomCase(random: Random): DiskCase {
  const size = () => random.between(1, 200);
  const disks = volume([size(), size(), size()]);
  const by = random.below(disks.length);
  const { sectors } = disks[by]!;
  const sector = Math.max(
    0,
    random.pick([0, sectors - 1, sectors - 8, sectors, sectors + 40]) + random.below(4),
  );
  const upper = random.chance(1, 6) ? 2 ** random.pick([31, 32, 33, 40, 63]) : 0;
  return {
    disks,
    by,
    sector: upper + sector,
    count: random.pick([1, 1, 2, 7, 8, sectors, sectors + 1, 128]),
  };
}

interface Wrong {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly printed: { readonly printed?: readonly string[] };
}

const requestText = ({ sector, count }: DiskCase) =>
  count === 1 ? `sector ${sector}` : `${count} sectors from ${sector} on`;

function judge(code: Sandbox, tried: DiskCase): Wrong | null {
  const { disks, by, sector, count } = tried;
  const disk = disks[by]!;
  const asked = `${requestText(tried)} of ${disk.vm}'s ${disk.name}`;
  const what = `A request for ${asked}`;
  const { value, printed } = ask(code, 'mapBlock', [disk, sector, count], `In mapBlock for ${asked}`);
  const right = placeOf(disk, sector, count);
  if (value === right) return null;
  const expected =
    right === null
      ? `null, an I/O error: the disk has sectors 0 to ${disk.sectors - 1}`
      : `sector ${right} of the volume`;
  const actual = value === null ? 'null' : `sector ${JSON.stringify(value)}`;
  if (value === null)
    return {
      summary: `${what} lies on its disk, but was refused.`,
      expected,
      actual,
      printed,
    };
  if (typeof value !== 'number')
    return {
      summary: `mapBlock gave ${JSON.stringify(value)}, which is no sector and not null.`,
      expected,
      actual,
      printed,
    };
  const theirs = disks.find(
    (other) => other !== disk && value < other.first + other.sectors && value + count > other.first,
  );
  if (theirs === undefined) {
    const summary = `${what} would be in sector ${value} of the volume, which is not where it lies.`;
    return { summary, expected, actual, printed };
  }
  const last = Math.min(value + count, theirs.first + theirs.sectors) - 1;
  const first = Math.max(value, theirs.first);
  const reached = first === last ? `sector ${first}` : `sectors ${first} to ${last}`;
  const verb = first === last ? 'belongs' : 'belong';
  const summary = `${what} reaches ${reached} of the volume, which ${verb} to ${theirs.vm}.`;
  return { summary, expected, actual, printed };
}

/** A request of the same kind with smaller numbers. */
function smaller(code: Sandbox, tried: DiskCase): DiskCase {
  let best = tried;
  const candidates = [
    { ...tried, disks: small },
    ...[1, 2].map((count) => ({ ...tried, disks: small, sector: 64 - count, count: count + 1 })),
  ];
  for (const candidate of candidates) {
    const { sectors } = candidate.disks[candidate.by]!;
    const fits = {
      ...candidate,
      sector: candidate.sector > 2 ** 30 ? candidate.sector : Math.min(candidate.sector, sectors),
    };
    if (judge(code, fits) !== null && (fits.count <= best.count || best.count > sectors)) best = fits;
  }
  return best;
}

/** The volume, and where the request would go. */
function volumeText(disks: readonly Disk[]): string {
  const parts = disks.map(({ vm, first, sectors }) => `  ${first} … ${first + sectors - 1}  ${vm}`);
  return ['sectors of the volume', ...parts].join('\n');
}

const RANDOM_CASES = 60;

export const diskCheck: Check = {
  id: 'disk',
  title: 'Disk: no request reaches sectors outside of the VM’s own',
  points: 20,
  run({ code, random }): Verdict {
    const cases = [...EXAMPLES, ...Array.from({ length: RANDOM_CASES }, () => randomCase(random))];
    for (const tried of cases) {
      const found = judge(code, tried);
      if (found === null) continue;
      const small = smaller(code, tried);
      const again = judge(code, small);
      const shown = again === null ? tried : small;
      const { summary, expected, actual, printed } = again ?? found;
      const { disks, by } = shown;
      const disk = disks[by]!;
      return {
        passed: false,
        feedback: {
          summary,
          expected,
          actual,
          counterexample: {
            steps: [
              `mapBlock({ vm: '${disk.vm}', sectors: ${disk.sectors}, first: ${disk.first} }, ${shown.sector}, ${shown.count})`,
            ],
            before: volumeText(disks),
          },
          ...printed,
          misconception:
            'A request has a beginning and a length, and the guest chooses both, from all numbers of 64 bits. Its last sector has to be on the disk, too.',
          next:
            again === null
              ? UNSTEADY
              : 'Which is the last sector of the counterexample’s request? And does the comparison hold for numbers beyond 2^32?',
        },
      };
    }
    return { passed: true };
  },
};
