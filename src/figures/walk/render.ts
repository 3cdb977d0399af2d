/** A walk as HTML: the grid of references, and each of them as a step. The page at build time and the browser both call this. */
import { escapeHtml, hex } from '../steps/html.ts';
import type { FigureStep } from '../steps/types.ts';
import { BITS, type Reference, type Walk } from './walk.ts';
import type { HartAnswer, Request, WalkWorld } from './world.ts';

const DEEDS = { load: 'loads from', store: 'stores to', fetch: 'jumps to' } as const;
const CAUSE_NAMES: Record<number, string> = {
  12: 'instruction page fault',
  13: 'load page fault',
  15: 'store page fault',
  20: 'instruction guest-page fault',
  21: 'load guest-page fault',
  23: 'store guest-page fault',
};
const ROUNDS = [
  'Before the guest’s root table can be read, its address has to be translated.',
  'The same for the guest’s second table.',
  'Last, the address itself.',
];

const address = (value: number) => `<code>${hex(value, 8)}</code>`;

/** The entry's bits that are set, by their letters. */
function letters(entry: number): string {
  const set = Object.entries(BITS).filter(([, bit]) => (entry & bit) !== 0);
  return set.length === 0 ? 'none' : set.map(([letter]) => letter).join(' ');
}

/** Who has the frame in which a host physical address lies. */
const ownerOf = (world: WalkWorld, host: number): string => {
  const owner = world.frames.ownerOf(Math.floor(host / 4096));
  if (owner === null) return 'nobody';
  return owner.use === 'table' ? `${owner.owner}’s stage-2 tables` : owner.owner;
};

export interface RenderedWalk {
  readonly steps: readonly FigureStep[];
  /** The grid of the references, each with the step it belongs to. */
  readonly grid: string;
}

/** All steps: the request, each reference, the end with what the hart answers. */
export function renderWalk(world: WalkWorld, seen: Walk): RenderedWalk {
  const { request, references } = seen;
  const answer = world.perform(request);
  const steps = [
    requestStep(request),
    ...references.map((reference, index) => referenceStep(world, reference, index, request)),
    endStep(world, seen, answer),
  ];
  return { steps, grid: renderGrid(world, seen) };
}

function requestStep({ address: virtual, access, by }: Request): FigureStep {
  const actor = by === 'kernel' ? 'The guest’s kernel' : 'A program in the guest';
  const table = (virtual >>> 22).toString();
  const page = ((virtual >>> 12) & 0x3ff).toString();
  return {
    title: 'The request.',
    say: `${actor} ${DEEDS[access]} the virtual address ${address(virtual)}.`,
    detail: `<p>The hardware cuts it in three: ${table} is its index in the guest’s root table, ${page} its index in a second table, and ${hex(virtual % 4096)} the offset within the page.</p>`,
  };
}

function referenceStep(
  world: WalkWorld,
  reference: Reference,
  index: number,
  { access }: Request,
): FigureStep {
  const { stage, level, round, host, guest, entry, verdict } = reference;
  const whose = stage === 1 ? 'the guest’s' : 'the hypervisor’s';
  const table = `${whose} ${level === 1 ? 'root' : 'second'} table`;
  const place =
    guest === null
      ? `entry ${reference.index}, at host physical ${address(host)}`
      : `entry ${reference.index}, at guest physical ${address(guest)}, which is host physical ${address(host)}`;
  return {
    title: `Reference ${index + 1}: ${table}.`,
    say: `${stage === 2 && level === 1 ? `${ROUNDS[round]} ` : ''}${meaning(reference, access)}`,
    detail: `<p>Read is ${place}, in a frame of ${escapeHtml(ownerOf(world, host))}. The entry is <code>${hex(entry >>> 0, 8)}</code>; bits set: ${letters(entry)}.${'sets' in verdict && verdict.sets !== '' ? ` The hart sets ${verdict.sets.split('').join(' and ')} in it, by which the hypervisor learns that the page was ${verdict.sets.includes('D') ? 'written' : 'used'}.` : ''}</p>`,
  };
}

function meaning({ stage, verdict }: Reference, access: Request['access']): string {
  const space = stage === 1 ? 'guest physical' : 'host physical';
  switch (verdict.kind) {
    case 'table':
      return `The entry leads to a second table at ${space} ${address(verdict.next)}.`;
    case 'leaf':
      return `The entry ends this stage${verdict.large ? ', for 4 MiB at once' : ''}: the address is ${space} ${address(verdict.result)}.`;
    case 'fault':
      return `${stage === 1 ? 'The guest’s own table refuses' : 'Stage 2 refuses'}: ${escapeHtml(verdict.why)}. The ${access === 'fetch' ? 'jump' : access} ends here.`;
  }
}

function endStep(world: WalkWorld, { outcome, references }: Walk, answer: HartAnswer): FigureStep {
  const count = `${references.length} references to memory`;
  switch (outcome.kind) {
    case 'done':
      return {
        title: 'Allowed.',
        say: `After ${count} the access goes to host physical ${address(outcome.hpa)}, in a frame of ${escapeHtml(ownerOf(world, outcome.hpa))}.`,
        detail: `<p>${answered(answer)} The next access to the same page finds the result in the TLB and needs none of these references.</p>`,
      };
    case 'pageFault':
      return {
        title: 'Page fault in the guest.',
        say: `The guest’s own kernel gets the trap and deals with it. The hypervisor does not hear of it.`,
        detail: `<p>${answered(answer)} That is what an operating system on bare hardware would get too.</p>`,
      };
    case 'guestPageFault':
      return {
        title: 'VM exit.',
        say: exitReason(world, outcome.gpa, outcome.implicit),
        detail: `<p>${answered(answer)}</p>`,
      };
  }
}

/** What a hypervisor makes of a stage-2 fault, by what the address is. */
function exitReason(world: WalkWorld, gpa: number, implicit: boolean): string {
  const where = `the guest physical address ${address(gpa)}`;
  if (implicit)
    return `The guest’s own table at ${where} has no host frame yet. The hypervisor finds one, maps it, and lets the guest repeat the instruction.`;
  switch (world.kindOf(gpa)) {
    case 'device':
      return `At ${where} is a device, and a virtual one at that: the hypervisor does what the device would do, and lets the guest go on behind the instruction.`;
    case 'nothing':
      return `At ${where} is nothing at all: the hypervisor gives the guest an access fault, as a bus would.`;
    case 'RAM':
      return world.stage2.lookup(Math.floor(gpa / 4096)) === null
        ? `At ${where} is RAM of this VM that was never used. The hypervisor finds a free frame, fills it with zeros, maps it, and lets the guest repeat the instruction.`
        : `The page at ${where} is mapped, but read-only: the hypervisor wants to hear of writes to it, for instance to copy the page first. Then it allows them, and the guest repeats the instruction.`;
  }
}

function answered(answer: HartAnswer): string {
  switch (answer.kind) {
    case 'done':
      return 'The hart, asked to do it, did it without leaving the guest.';
    case 'guestTrap':
      return `The hart, asked to do it, trapped to the guest: scause ${answer.cause}, ${CAUSE_NAMES[answer.cause]}.`;
    case 'exit':
      return `The hart, asked to do it, left the guest: cause ${answer.cause}, ${CAUSE_NAMES[answer.cause]}; htval (a quarter of the guest physical address) <code>${hex(Math.floor(answer.gpa / 4))}</code>; htinst <code>${hex(answer.instruction)}</code>.`;
  }
}

const ROWS = ['The guest’s root table', 'The guest’s second table', 'The address itself'];

/** Three rows, one for each address that stage 2 has to translate: two hypervisor's references each, and what they are for. */
function renderGrid(world: WalkWorld, { references, outcome }: Walk): string {
  const rows = ROWS.map((row, round) => {
    const cells = [
      [2, 1],
      [2, 0],
      [1, null],
    ].map(([stage, level]) => {
      const index = references.findIndex(
        (reference) =>
          reference.round === round &&
          reference.stage === stage &&
          (level === null || reference.level === level),
      );
      if (index >= 0) return gridCell(index, references[index]!);
      if (stage === 1 && round === 2 && outcome.kind === 'done')
        return `<td data-at="${references.length + 1}"><strong>the access</strong><br><code>${hex(outcome.hpa, 8)}</code><br>${escapeHtml(ownerOf(world, outcome.hpa))}</td>`;
      return '<td><span aria-hidden="true">–</span><span class="sr-only">not needed</span></td>';
    });
    return `<tr><th scope="row">${row}</th>${cells.join('')}</tr>`;
  });
  return `<table class="walk-grid"><caption class="sr-only">All references of the walk, with the entries they found</caption><thead><tr><th scope="col">To find</th><th scope="col">stage 2, root</th><th scope="col">stage 2, second</th><th scope="col">then read</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function gridCell(index: number, { entry, verdict }: Reference): string {
  const end =
    verdict.kind === 'fault'
      ? '<strong>fault</strong>'
      : `→ <code>${hex(verdict.kind === 'table' ? verdict.next : verdict.result, 8)}</code>`;
  return `<td data-at="${index + 1}"${verdict.kind === 'fault' ? ' class="is-fault"' : ''}><strong>${index + 1}</strong> <code>${hex(entry >>> 0, 8)}</code><br>${end}</td>`;
}
