/** The PLIC through its registers; rules are named as the chapters of the RISC-V PLIC specification 1.0.0. */
import { describe, expect, test } from 'vitest';
import { EventQueue, Trace } from '../../../src/base/index.ts';
import { MEIP, Plic, SEIP } from '../../../src/machine/index.ts';
import { ProbeLines } from '../../support/machineWires.ts';

const MACHINE_0 = 0;
const SUPERVISOR_0 = 1;
const MACHINE_1 = 2;

function controller() {
  const harts = [new ProbeLines(), new ProbeLines()] as const;
  const trace = new Trace(new EventQueue());
  const plic = new Plic(0xc000000, 40, harts, trace);
  const raise = (source: number) => plic.wire(source).set(true);
  const lower = (source: number) => plic.wire(source).set(false);
  const priority = (source: number, value: number) => plic.store(4 * source, 4, value);
  const enable = (context: number, ...sources: number[]) => {
    for (const word of [0, 1]) {
      const bits = sources
        .filter((each) => each >> 5 === word)
        .reduce((sum, each) => sum | (1 << (each & 31)), 0);
      plic.store(0x2000 + context * 0x80 + 4 * word, 4, bits >>> 0);
    }
  };
  const threshold = (context: number, value: number) => plic.store(0x200000 + context * 0x1000, 4, value);
  const claim = (context: number) => plic.load(0x200004 + context * 0x1000, 4);
  const complete = (context: number, source: number) => plic.store(0x200004 + context * 0x1000, 4, source);
  const pending = (source: number) =>
    ((plic.load(0x1000 + 4 * (source >> 5), 4)! >>> (source & 31)) & 1) === 1;
  return { harts, trace, plic, raise, lower, priority, enable, threshold, claim, complete, pending };
}

describe('Interrupt gateways', () => {
  test('a level becomes one request, and no other before the completion', () => {
    const { raise, priority, enable, claim, complete, pending } = controller();
    priority(10, 1);
    enable(MACHINE_0, 10);
    raise(10);
    expect([pending(10), claim(MACHINE_0), pending(10), claim(MACHINE_0)]).toEqual([true, 10, false, 0]);
    complete(MACHINE_0, 10);
    expect(claim(MACHINE_0)).toBe(10);
  });

  test('a level that fell before the completion is not requested again', () => {
    const { raise, lower, priority, enable, claim, complete, pending } = controller();
    priority(10, 1);
    enable(MACHINE_0, 10);
    raise(10);
    claim(MACHINE_0);
    lower(10);
    complete(MACHINE_0, 10);
    expect([pending(10), claim(MACHINE_0)]).toEqual([false, 0]);
  });

  test('a level that falls and rises again during service waits for the completion', () => {
    const { raise, lower, priority, enable, claim, complete, pending } = controller();
    priority(10, 1);
    enable(MACHINE_0, 10);
    raise(10);
    claim(MACHINE_0);
    lower(10);
    raise(10);
    expect([pending(10), claim(MACHINE_0)]).toEqual([false, 0]);
    complete(MACHINE_0, 10);
    expect(claim(MACHINE_0)).toBe(10);
  });

  test('a request that was forwarded stays when the level falls', () => {
    const { raise, lower, priority, enable, claim } = controller();
    priority(3, 1);
    enable(MACHINE_0, 3);
    raise(3);
    lower(3);
    expect(claim(MACHINE_0)).toBe(3);
  });
});

describe('Interrupt priorities', () => {
  test('0 never interrupts and cannot be claimed', () => {
    const { harts, raise, priority, enable, claim } = controller();
    priority(1, 0);
    enable(MACHINE_0, 1);
    raise(1);
    expect([harts[0].pending.has(MEIP), claim(MACHINE_0)]).toEqual([false, 0]);
    priority(1, 1);
    expect([harts[0].pending.has(MEIP), claim(MACHINE_0)]).toEqual([true, 1]);
  });

  test('the highest is claimed first, the lowest number among equals', () => {
    const { raise, priority, enable, claim } = controller();
    for (const [source, value] of [
      [7, 2],
      [5, 2],
      [33, 6],
      [1, 1],
    ] as const) {
      priority(source, value);
      raise(source);
    }
    enable(MACHINE_0, 1, 5, 7, 33);
    expect([1, 2, 3, 4, 5].map(() => claim(MACHINE_0))).toEqual([33, 5, 7, 1, 0]);
  });

  test('three bits are kept; source 0 has none', () => {
    const { plic, priority } = controller();
    priority(1, 0xffffffff);
    priority(0, 5);
    priority(41, 5);
    expect([plic.load(4, 4), plic.load(0, 4), plic.load(4 * 41, 4)]).toEqual([7, 0, 0]);
  });
});

describe('Interrupt enables', () => {
  test('each context has its own: machine and supervisor mode of each hart', () => {
    const { harts, raise, priority, enable, claim } = controller();
    priority(8, 1);
    raise(8);
    enable(SUPERVISOR_0, 8);
    enable(MACHINE_1, 9);
    expect([...harts[0].pending]).toEqual([SEIP]);
    expect([...harts[1].pending]).toEqual([]);
    expect([claim(MACHINE_0), claim(MACHINE_1), claim(SUPERVISOR_0)]).toEqual([0, 0, 8]);
    expect([...harts[0].pending]).toEqual([]);
  });

  test('bits of sources that do not exist are wired to zero, and so are registers of contexts that do not', () => {
    const { plic } = controller();
    plic.store(0x2000, 4, 0xffffffff);
    plic.store(0x2004, 4, 0xffffffff);
    plic.store(0x2000 + 4 * 0x80, 4, 0xffffffff);
    expect([plic.load(0x2000, 4), plic.load(0x2004, 4), plic.load(0x2200, 4)]).toEqual([
      0xfffffffe, 0x1ff, 0,
    ]);
  });
});

describe('Priority thresholds', () => {
  test('a context is interrupted by priorities above its threshold only', () => {
    const { harts, raise, priority, enable, threshold } = controller();
    priority(4, 3);
    enable(MACHINE_0, 4);
    threshold(MACHINE_0, 3);
    raise(4);
    expect(harts[0].pending.has(MEIP)).toBe(false);
    threshold(MACHINE_0, 2);
    expect(harts[0].pending.has(MEIP)).toBe(true);
  });

  test('a claim does not look at it', () => {
    const { raise, priority, enable, threshold, claim } = controller();
    priority(4, 3);
    enable(MACHINE_0, 4);
    threshold(MACHINE_0, 7);
    raise(4);
    expect(claim(MACHINE_0)).toBe(4);
  });
});

describe('Interrupt claim process', () => {
  test('the first context to claim gets the source, the second gets 0', () => {
    const { harts, raise, priority, enable, claim } = controller();
    priority(2, 1);
    enable(MACHINE_0, 2);
    enable(MACHINE_1, 2);
    raise(2);
    expect([harts[0].pending.has(MEIP), harts[1].pending.has(MEIP)]).toEqual([true, true]);
    expect([claim(MACHINE_1), claim(MACHINE_0)]).toEqual([2, 0]);
    expect([harts[0].pending.has(MEIP), harts[1].pending.has(MEIP)]).toEqual([false, false]);
  });
});

describe('Interrupt completion', () => {
  test('is ignored for a source that is not enabled for the context, and for numbers that are no source', () => {
    const { raise, priority, enable, claim, complete } = controller();
    priority(2, 1);
    enable(MACHINE_0, 2);
    raise(2);
    claim(MACHINE_0);
    complete(MACHINE_1, 2);
    complete(MACHINE_0, 3);
    complete(MACHINE_0, 0xffffffff);
    expect(claim(MACHINE_0)).toBe(0);
    complete(MACHINE_0, 2);
    expect(claim(MACHINE_0)).toBe(2);
  });
});

test('a reset forgets enables and service, not the levels of the wires', () => {
  const { harts, plic, raise, priority, enable, claim, pending } = controller();
  priority(2, 1);
  enable(MACHINE_0, 2);
  raise(2);
  claim(MACHINE_0);
  plic.reset();
  expect([plic.load(8, 4), plic.load(0x2000, 4), pending(2), harts[0].pending.size]).toEqual([0, 0, true, 0]);
});

test('the trace tells raise, claim, complete and lower, with source and context', () => {
  const { trace, raise, lower, priority, enable, claim, complete } = controller();
  priority(2, 1);
  enable(SUPERVISOR_0, 2);
  raise(2);
  claim(SUPERVISOR_0);
  lower(2);
  complete(SUPERVISOR_0, 2);
  expect(trace.since(0).map(({ kind, detail }) => [kind, detail])).toEqual([
    ['irq.raise', { source: 2 }],
    ['irq.claim', { source: 2, context: SUPERVISOR_0 }],
    ['irq.lower', { source: 2 }],
    ['irq.complete', { source: 2, context: SUPERVISOR_0 }],
  ]);
});

test('registers are 32 bits wide', () => {
  const { plic } = controller();
  expect([plic.load(0x1000, 1), plic.store(4, 2, 1)]).toEqual([null, false]);
});
