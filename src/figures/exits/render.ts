/** The recorded run as HTML: lanes with one column for each stretch, and each stretch as a step. */
import { escapeHtml, grouped } from '../steps/html.ts';
import type { FigureStep } from '../steps/types.ts';
import { SOURCE } from './guest.ts';
import type { Arrival, Lane, Recording, Segment } from './record.ts';

const LANES: readonly (readonly [Lane, string])[] = [
  ['program', 'Guest’s program (VU)'],
  ['kernel', 'Guest’s kernel (VS)'],
  ['hypervisor', 'Hypervisor'],
];

const source = SOURCE.split('\n');

const microseconds = (nanos: number) => grouped(Number((nanos / 1000).toFixed(2)));

/** What happens in a stretch: a title, and why one would look at it. */
function told(
  { lane, arrival, instructions, start }: Segment,
  first: number,
): Pick<FigureStep, 'title' | 'say'> {
  switch (arrival.kind) {
    case 'start':
      return {
        title: 'The hypervisor enters the guest.',
        say: 'It loads the vCPU’s registers into a real processor, points the hardware at the VM’s stage-2 tables, and switches to the guest’s mode. From here on it is not involved until something makes the processor leave the guest.',
      };
    case 'sret':
      return {
        title: 'The kernel starts its program.',
        say: 'One instruction takes the processor from the guest’s kernel mode to its user mode. The hypervisor does not hear of it. Then arithmetic, at full speed, and a store to a page that was never used.',
      };
    case 'trap':
      return arrival.cause === 8
        ? {
            title: 'A system call.',
            say: 'The program’s ecall traps to the guest’s own kernel: an ordinary trap, and no VM exit. The kernel finds out why it was called and turns to its serial port.',
          }
        : {
            title: 'The alarm.',
            say: 'The kernel switches its interrupts on, and the timer’s, which the hypervisor has made pending, is taken at once: by the guest itself, without an exit. The kernel is done and asks to be switched off.',
          };
    case 'entry':
      return start === first ? BEGIN : entered(lane, instructions);
    case 'exit':
      return exited(arrival);
  }
}

const BEGIN = {
  title: 'The guest’s kernel begins.',
  say: 'It notes where its own traps are to go and prepares to start its program. It writes registers that would belong to the real machine’s operating system; in this mode the hardware gives it a second set of them.',
};

function entered(lane: Lane, instructions: number): Pick<FigureStep, 'title' | 'say'> {
  const who = lane === 'program' ? 'program' : 'kernel';
  return {
    title: `The guest’s ${who} goes on.`,
    say: `${instructions} instructions are executed directly by the processor. What made the guest leave last time is done, and nothing in its registers tells that it was away.`,
  };
}

function exited({ exit, detail }: Arrival & { kind: 'exit' }): Pick<FigureStep, 'title' | 'say'> {
  const words = escapeHtml(detail);
  if (exit === 'guestPageFault' && !/^(store to|load from) /.test(detail))
    return {
      title: 'VM exit: a page that is not in the tables.',
      say: `Stage 2 has no entry for the page yet (trace: <em>${words}</em>). The hypervisor enters its frame, or a free one filled with zeros if the guest never used the page, and lets the guest repeat the instruction.`,
    };
  if (exit === 'guestPageFault')
    return {
      title: 'VM exit: a device.',
      say: `The address belongs to no memory but to a virtual device (trace: <em>${words}</em>). The hypervisor reads from the exit’s report what was to be stored, has its model of a serial port do it, and moves the guest’s program counter on.`,
    };
  if (exit === 'virtualInstruction')
    return {
      title: 'VM exit: the guest waits.',
      say: `The guest has nothing to do (trace: <em>${words}</em>) and says so with an instruction that the hypervisor keeps for itself: the processor can be given to another VM meanwhile. Here there is no other, so it stands idle until the alarm.`,
    };
  return detail.startsWith('TIME')
    ? {
        title: 'VM exit: a hypercall.',
        say: `The kernel asks its hypervisor for an alarm (trace: <em>${words}</em>), as it would ask the firmware of a real machine. The hypervisor notes the time and answers in the guest’s registers.`,
      }
    : {
        title: 'VM exit: power off.',
        say: `The last hypercall (trace: <em>${words}</em>). The hypervisor does not enter the guest again, and gives its memory back to the host.`,
      };
}

function listing(lines: readonly number[]): string {
  if (lines.length === 0) return '';
  const code = lines.map((line) => escapeHtml(source[line - 1]!.trim())).join('\n');
  return `<pre class="exits-code"><code>${code}</code></pre>`;
}

/** All stretches, in their order. */
export function renderStretches({ segments }: Recording): FigureStep[] {
  const first = segments.find(({ lane }) => lane !== 'hypervisor')!.start;
  return segments.map((segment) => renderStretch(segment, first));
}

function renderStretch(segment: Segment, first: number): FigureStep {
  const { instructions, start, end, lines } = segment;
  const clock = `${grouped(instructions)} instructions, from ${microseconds(start)} to ${microseconds(end)} µs`;
  return { ...told(segment, first), detail: `<p class="exits-clock">${clock}</p>${listing(lines)}` };
}

/** Lanes from above, stretches from left to right; the last row says how many instructions each took. */
export function renderLanes({ segments }: Recording): string {
  const heads = segments.map((_, index) => `<th scope="col">${index + 1}</th>`).join('');
  const rows = LANES.map(([lane, name]) => {
    const cells = segments.map((segment, index) =>
      segment.lane === lane
        ? `<td class="exits-${lane}" data-at="${index}">${segment.arrival.kind === 'exit' ? '<span aria-hidden="true">⇊</span><span class="sr-only">runs, after a VM exit</span>' : '<span aria-hidden="true">▪</span><span class="sr-only">runs</span>'}</td>`
        : '<td></td>',
    );
    return `<tr><th scope="row">${name}</th>${cells.join('')}</tr>`;
  });
  const counts = segments.map(({ instructions }) => `<td>${instructions}</td>`).join('');
  return `<table class="exits-lanes"><caption class="sr-only">Who executes in each step, and how many instructions</caption><thead><tr><th scope="col">Step</th>${heads}</tr></thead><tbody>${rows.join('')}<tr class="exits-counts"><th scope="row">Instruc&shy;tions</th>${counts}</tr></tbody></table>`;
}

/** Instructions of the guest and of the hypervisor, and the exits by kind, in a sentence. */
export function summary({ segments, exits, output }: Recording): string {
  const sum = (lanes: readonly Lane[]) =>
    segments
      .filter(({ lane }) => lanes.includes(lane))
      .reduce((total, { instructions }) => total + instructions, 0);
  const count = Object.values(exits).reduce((total, number) => total + number, 0);
  return `${sum(['program', 'kernel'])} instructions of the guest were executed, ${count} of them left it, and its serial port printed “${output}”. Leaving, handling and entering again is counted as 150 instructions of the hypervisor each time, and changing to another vCPU as 300; these two numbers are a model’s, the rest is what happened.`;
}
