/** The timeline of VM exits: it is what the hypervisor's own trace and counters say, stretch by stretch. */
import { describe, expect, test } from 'vitest';
import { record, renderLanes, renderStretches, SOURCE, summary } from '../../src/figures/exits/index.ts';

const recording = record();
const { segments } = recording;

describe('the recorded run', () => {
  test('leaves the guest for each of the common reasons, in this order', () => {
    const exits = segments.flatMap(({ arrival }) => (arrival.kind === 'exit' ? arrival : []));
    const pages = exits.filter(({ detail }) => /^(first use of )?0x[0-9a-f]+/.test(detail));
    expect(pages.at(-1)).toMatchObject({
      exit: 'guestPageFault',
      detail: expect.stringContaining('0x80200000'),
    });
    expect(
      exits.filter((exit) => !pages.includes(exit)).map(({ exit, detail }) => `${exit}: ${detail}`),
    ).toEqual([
      'guestPageFault: store to 0x10000000',
      'hypercall: TIME 0',
      'virtualInstruction: wfi',
      'hypercall: legacy 8',
    ]);
    expect(recording.output).toBe('*');
  });

  test('has as many exits as the hypervisor counted', () => {
    const counted = Object.values(recording.exits).reduce((sum, number) => sum + number, 0);
    expect(segments.filter(({ arrival }) => arrival.kind === 'exit')).toHaveLength(counted);
  });

  test('has no gap: each stretch begins where the one before ends', () => {
    for (const [index, { start, end }] of segments.entries()) {
      expect(start).toBe(segments[index - 1]?.end ?? 0);
      expect(end).toBeGreaterThan(start);
    }
  });

  test('a system call and a timer interrupt stay in the guest', () => {
    const traps = segments.flatMap(({ arrival, lane }) =>
      arrival.kind === 'trap' ? { lane, cause: arrival.cause } : [],
    );
    expect(traps).toEqual([
      { lane: 'kernel', cause: 8 },
      { lane: 'kernel', cause: 0x8000_0005 },
    ]);
  });

  test('an instruction that faulted is repeated, one that was emulated is not', () => {
    const source = SOURCE.split('\n');
    const executed = segments.flatMap(({ lines }) => lines.map((line) => source[line - 1]!.trim()));
    const times = (start: string) => executed.filter((line) => line.startsWith(start)).length;
    expect(times('sw   a0')).toBe(2);
    expect(times('sb   t0')).toBe(1);
  });

  test('is the same each time', () => {
    expect(record()).toEqual(recording);
  });
});

describe('as HTML', () => {
  test('each stretch has its column in its own lane', () => {
    const table = renderLanes(recording);
    for (const [index, { lane }] of segments.entries())
      expect(table).toContain(`class="exits-${lane}" data-at="${index}"`);
  });

  test('each exit is told with the trace’s words', () => {
    const steps = renderStretches(recording);
    expect(steps).toHaveLength(segments.length);
    for (const [index, { arrival }] of segments.entries())
      if (arrival.kind === 'exit') expect(steps[index]!.say).toContain(arrival.detail);
  });

  test('the sum is that of the lanes', () => {
    const guest = segments.filter(({ lane }) => lane !== 'hypervisor');
    const total = guest.reduce((sum, { instructions }) => sum + instructions, 0);
    expect(summary(recording)).toContain(`${total} instructions of the guest`);
  });
});
