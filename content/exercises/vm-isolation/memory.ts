/** The check on memory: no access of a VM, or of a device of its, reaches a host frame that is not its own. */
import {
  type Check,
  type Random,
  type Sandbox,
  shrinkList,
  type Verdict,
} from '../../../src/exercise/index.ts';
import type { Access, Vm } from './api.d.ts';
import { ask, hex, UNSTEADY } from './asking.ts';

export const PAGE = 4096;
export const RAM_BASE = 0x80000000;

/** VMs whose RAM lies one after the other in the host's frames, and what one of them reaches for. */
export interface MemoryCase {
  /** In the order of their frames. */
  readonly vms: readonly Vm[];
  readonly accesses: readonly { readonly by: number; readonly address: number; readonly access: Access }[];
}

/** The host frame of an access; null: it is to be refused. Written apart from the hypervisor's own rule. */
export function frameOf({ ramBase, ramSize, firstFrame }: Vm, address: number): number | null {
  for (let page = 0; page < ramSize / PAGE; page++) {
    const start = ramBase + page * PAGE;
    if (start <= address && address < start + PAGE) return firstFrame + page;
  }
  return null;
}

/** Three VMs of these many pages; the lowest frames are the host's own. */
export function neighbours(pages: readonly [number, number, number], first: number): Vm[] {
  const names = ['mallory', 'alice', 'bob'];
  let next = first;
  return pages.map((count, i) => {
    const vm = { name: names[i]!, ramBase: RAM_BASE, ramSize: count * PAGE, firstFrame: next };
    next += count;
    return vm;
  });
}

const load = (guestVirtual: number | null): Access => ({ kind: 'load', by: 'vcpu', guestVirtual });
const dma: Access = { kind: 'store', by: 'device', guestVirtual: null };

const [small] = [neighbours([4, 4, 2], 0x80)];
const END = RAM_BASE + 4 * PAGE;
/** An address of a program: of the guest's own making, and no physical one. */
const VIRTUAL = 0x10000;

const EXAMPLES: readonly MemoryCase['accesses'][number][] = [
  { by: 0, address: RAM_BASE, access: load(VIRTUAL) },
  { by: 1, address: END - 1, access: load(RAM_BASE) },
  { by: 0, address: END, access: load(END) },
  // The program's own address lies in RAM, the one that the guest's page table makes of it does not.
  { by: 0, address: END + PAGE, access: load(RAM_BASE + PAGE) },
  { by: 1, address: RAM_BASE - 1, access: load(VIRTUAL) },
  { by: 0, address: END + 2 * PAGE, access: dma },
  { by: 0, address: RAM_BASE + PAGE, access: dma },
  // Behind 2^32: with the upper bits lost it would be an address of RAM.
  { by: 2, address: 2 ** 32 + RAM_BASE, access: load(VIRTUAL) },
];

function randomCase(random: Random): MemoryCase {
  const pages = [random.between(1, 6), random.between(1, 6), random.between(1, 6)] as const;
  const vms = neighbours(pages, random.between(0x10, 0x4000));
  const accesses = Array.from({ length: 6 }, () => {
    const by = random.below(vms.length);
    const { ramSize } = vms[by]!;
    const near = random.pick([0, ramSize, -PAGE, ramSize + PAGE, ramSize - PAGE]);
    const address =
      RAM_BASE + near + random.pick([0, 0, -1, PAGE - 1, 8]) + (random.chance(1, 8) ? 2 ** 32 : 0);
    const inside = RAM_BASE + random.below(ramSize);
    const access: Access = random.chance(1, 3)
      ? dma
      : {
          kind: random.pick(['load', 'store', 'fetch'] as const),
          by: 'vcpu',
          guestVirtual: random.pick([inside, VIRTUAL, address, 0]),
        };
    return { by, address, access };
  });
  return { vms, accesses };
}

const ownerOf = (vms: readonly Vm[], frame: number) =>
  vms.find(({ firstFrame, ramSize }) => frame >= firstFrame && frame < firstFrame + ramSize / PAGE);

interface Wrong {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly call: string;
  /** The way of the address, with the step that is wrong marked. */
  readonly walk: string;
  readonly printed: { readonly printed?: readonly string[] };
}

/** The frames of the host in their order, and whose they are. */
function framesText(vms: readonly Vm[]): string {
  const last = vms.at(-1)!;
  const own = vms.map(
    ({ name, firstFrame, ramSize }) =>
      `${hex(firstFrame)} … ${hex(firstFrame + ramSize / PAGE - 1)}  RAM of ${name}: gpa ${hex(RAM_BASE)} … ${hex(RAM_BASE + ramSize - 1)}`,
  );
  const behind = last.firstFrame + last.ramSize / PAGE;
  return ['host frames', ...own.map((line) => `  ${line}`), `  ${hex(behind)} …  of nobody`].join('\n');
}

function walkText(vm: Vm, address: number, access: Access, step: string): string {
  const { by, guestVirtual, kind } = access;
  const from =
    by === 'device'
      ? [`a device of ${vm.name} (DMA, ${kind})`, '  no first stage: devices use guest physical addresses']
      : [
          `${vm.name}'s program (${kind})  gva ${hex(guestVirtual ?? 0)}`,
          `  │ first stage: ${vm.name}'s own page table`,
        ];
  return [...from, `  ▼ gpa ${hex(address)}`, '  │ second stage: translate', `  ▼ ${step}`].join('\n');
}

function judge({ vms }: MemoryCase, vm: Vm, address: number, access: Access, code: Sandbox): Wrong | null {
  const { kind, by, guestVirtual } = access;
  const virtual = guestVirtual === null ? 'null' : hex(guestVirtual);
  const call = `translate(${vm.name}, ${hex(address)}, { kind: '${kind}', by: '${by}', guestVirtual: ${virtual} })`;
  const { value, printed } = ask(code, 'translate', [vm, address, access], `In ${call}`);
  const right = frameOf(vm, address);
  if (value === right) return null;
  const page = `guest page ${hex(Math.floor(address / PAGE))} of ${vm.name}`;
  const expected =
    right === null ? `a refusal (null): ${hex(address)} is not in its RAM` : `host frame ${hex(right)}`;
  const wrong = (summary: string, actual: string, step: string): Wrong => ({
    summary,
    expected,
    actual,
    call,
    walk: walkText(vm, address, access, step),
    printed,
  });
  if (value === null)
    return wrong(
      `${page} is RAM of its own, but the access was refused: the guest cannot run.`,
      'null',
      `null  ◀ should be frame ${hex(right!)}`,
    );
  if (typeof value !== 'number' || !Number.isInteger(value))
    return wrong(
      `translate gave ${JSON.stringify(value)}, which is no number of a host frame and not null.`,
      JSON.stringify(value),
      `${JSON.stringify(value)}  ◀ no frame`,
    );
  const owner = ownerOf(vms, value);
  const whose =
    owner === undefined
      ? 'belongs to no VM: the host keeps something of its own there, or nothing'
      : owner === vm
        ? 'is another page of its own'
        : `belongs to ${owner.name}`;
  const how = by === 'device' ? ' by way of a device' : '';
  return wrong(
    `${page} maps to host frame ${hex(value)}${how}, which ${whose}.`,
    `host frame ${hex(value)}`,
    `frame ${hex(value)}  ◀ ${whose.replaceAll('`', '')}`,
  );
}

/** The first access of a case that goes wrong. */
function firstWrong(code: Sandbox, tried: MemoryCase): Wrong | null {
  for (const { by, address, access } of tried.accesses) {
    const wrong = judge(tried, tried.vms[by]!, address, access, code);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** One access alone, in VMs that are as small as they can be. */
function smallest(code: Sandbox, tried: MemoryCase): Wrong | null {
  const accesses = shrinkList(
    tried.accesses,
    (fewer) => fewer.length > 0 && firstWrong(code, { ...tried, accesses: fewer }) !== null,
  );
  return firstWrong(code, { ...tried, accesses });
}

const RANDOM_CASES = 40;

export const memoryCheck: Check = {
  id: 'memory',
  title: 'Memory: no access reaches a frame of another VM, by vCPU or device',
  points: 20,
  run({ code, random }): Verdict {
    const cases = [
      ...EXAMPLES.map((access): MemoryCase => ({ vms: small, accesses: [access] })),
      ...Array.from({ length: RANDOM_CASES }, () => randomCase(random)),
    ];
    for (const tried of cases) {
      const found = firstWrong(code, tried);
      if (found === null) continue;
      const again = smallest(code, tried);
      const { summary, expected, actual, call, walk, printed } = again ?? found;
      return {
        passed: false,
        feedback: {
          summary,
          expected,
          actual,
          counterexample: { steps: [call], before: framesText(tried.vms), after: walk },
          ...printed,
          misconception:
            'A guest chooses every address it uses, and its own page table decides nothing about others: only the guest physical address counts, and both of its bounds, whoever brings it.',
          next:
            again === null
              ? UNSTEADY
              : 'Compute guestPhysical − vm.ramBase for the counterexample. Which of its values belong to the VM?',
        },
      };
    }
    return { passed: true };
  },
};
