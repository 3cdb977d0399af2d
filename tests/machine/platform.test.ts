/** The platform around harts that execute a script: time, turns, interrupts, power and the memory map. */
import { describe, expect, test } from 'vitest';
import { EventQueue, Random, Trace } from '../../src/base/index.ts';
import {
  EntropyDevice,
  MEIP,
  MSIP,
  MTIP,
  PhysicalMemory,
  Platform,
  type PlatformConfig,
  RAM_BASE,
} from '../../src/machine/index.ts';
import { type Instruction, ScriptedCore } from '../support/scriptedCore.ts';

const [MSIP_0, MTIMECMP_0, MTIME] = [0x2000000, 0x2004000, 0x200bff8];
const UART = 0x10000000;
const FINISHER = 0x100000;
const nop = () => {};
const nops = (count: number): Instruction[] => Array.from({ length: count }, () => nop);

function platform(scripts: readonly (readonly Instruction[])[], more: Partial<PlatformConfig> = {}) {
  const cores: ScriptedCore[] = [];
  const output: number[] = [];
  const queue = new EventQueue();
  const trace = new Trace(queue);
  const machine = new Platform({
    memory: new PhysicalMemory({ size: 0x10000, harts: scripts.length }),
    createCore: (wiring) => {
      const core = new ScriptedCore(wiring, scripts[wiring.hart]!);
      cores.push(core);
      return core;
    },
    serialOutput: (byte) => void output.push(byte),
    queue,
    trace,
    ...more,
  });
  machine.boot();
  return { machine, cores, output, queue, trace };
}

/** Sets hart 0's mtimecmp to `ticks`, as two stores. */
const timer = (ticks: number): Instruction[] => [
  (core) => core.store(MTIMECMP_0 + 4, 0),
  (core) => core.store(MTIMECMP_0, ticks),
];

describe('time', () => {
  test('an instruction is 10 ns, or what the configuration says', () => {
    for (const nanosPerInstruction of [10, 3]) {
      const { machine } = platform([[]], { nanosPerInstruction });
      expect(machine.run({ instructions: 1234 })).toEqual({ reason: 'instructions' });
      expect([machine.instructions, machine.now]).toEqual([1234, 1234 * nanosPerInstruction]);
    }
  });

  test('a limit in time ends with the instruction that crosses it', () => {
    const { machine } = platform([[]], { nanosPerInstruction: 3 });
    expect(machine.run({ until: 1000 })).toEqual({ reason: 'time' });
    expect([machine.instructions, machine.now]).toEqual([334, 1002]);
  });

  test('a run in parts is the same run', () => {
    const whole = platform([timer(40), nops(10)]);
    whole.machine.run({ instructions: 20_000 });
    const parts = platform([timer(40), nops(10)]);
    for (let i = 0; i < 200; i++) parts.machine.run({ instructions: 100 });
    for (const [i, core] of whole.cores.entries()) {
      expect(parts.cores[i]!.executed).toBe(core.executed);
      expect([...parts.cores[i]!.lines]).toEqual([...core.lines]);
    }
    expect(parts.machine.now).toBe(whole.machine.now);
  });

  test('mtime read in the middle of a turn is exact', () => {
    const seen: (number | null)[] = [];
    const read: Instruction = (core) => void seen.push(core.load(MTIME), Number(core.wiring.time()));
    const { machine } = platform([[...nops(50), read, ...nops(99), read]]);
    machine.run({ instructions: 1000 });
    expect(seen).toEqual([5, 5, 15, 15]);
  });

  test('the timer interrupts at the instruction at which mtime reaches mtimecmp', () => {
    const { machine, cores } = platform([[...nops(7), ...timer(30), ...nops(1000)]]);
    machine.run({ instructions: 299 });
    expect(cores[0]!.lines.has(MTIP)).toBe(false);
    machine.run({ instructions: 1 });
    machine.run({ instructions: 0 });
    expect([machine.now, cores[0]!.lines.has(MTIP)]).toEqual([3000, true]);
    expect(cores[0]!.budgets.length).toBeGreaterThan(2);
  });
});

describe('waiting', () => {
  test('when the hart waits, time jumps to the next event', () => {
    const { machine, cores } = platform([[...timer(50_000), 'wfi', ...nops(10)]]);
    machine.run({ instructions: 4 });
    expect([machine.now, cores[0]!.executed, cores[0]!.lines.has(MTIP)]).toEqual([5_000_010, 4, true]);
  });

  test('when nothing will ever happen, the run ends; input goes on with it', () => {
    const enable: Instruction[] = [
      (core) => core.store(0xc000000 + 40, 1),
      (core) => core.store(0xc002000, 1 << 10),
      (core) => core.store(UART + 1, 1),
    ];
    const { machine, cores } = platform([[...enable, 'wfi', ...nops(5)]]);
    expect(machine.run()).toEqual({ reason: 'idle' });
    machine.serial.receive(Uint8Array.of(65));
    expect(machine.run({ instructions: 2 })).toEqual({ reason: 'instructions' });
    expect([cores[0]!.lines.has(MEIP), cores[0]!.load(UART)]).toEqual([true, 65]);
    expect(cores[0]!.lines.has(MEIP)).toBe(true);
  });

  test('with a limit in time a waiting machine lets it pass', () => {
    const { machine } = platform([['wfi']]);
    expect(machine.run({ until: 1_000_000 })).toEqual({ reason: 'time' });
    expect([machine.now, machine.instructions]).toEqual([1_000_000, 1]);
  });
});

describe('several harts', () => {
  test('take turns of a slice, and all get the same time', () => {
    const order: string[] = [];
    const note =
      (name: string): Instruction =>
      (core) =>
        void order.push(`${name}${core.executed}`);
    const { machine, cores } = platform(
      [
        [note('a'), ...nops(9), note('a')],
        [note('b'), ...nops(9), note('b')],
      ],
      { slice: 100 },
    );
    machine.run({ until: 1000 });
    expect(order).toEqual(['a0', 'b0', 'a10', 'b10']);
    expect([cores[0]!.executed, cores[1]!.executed, machine.now]).toEqual([100, 100, 1000]);
  });

  test('one wakes another by a software interrupt', () => {
    const { machine, cores } = platform([
      [...nops(500), (core) => core.store(MSIP_0 + 4, 1), ...nops(10)],
      ['wfi', ...nops(10)],
    ]);
    machine.run({ until: 4_000 });
    expect(cores[1]!.executed).toBe(1);
    machine.run({ until: 30_000 });
    expect(cores[1]!.lines.has(MSIP)).toBe(true);
    expect(cores[1]!.executed).toBeGreaterThan(1000);
  });

  test('read the same time within a turn: none is ahead of another', () => {
    const seen: bigint[] = [];
    const read: Instruction = (core) => void seen.push(core.wiring.time());
    const { machine } = platform([
      [...nops(900), read, ...nops(200), read],
      [...nops(10), read, ...nops(1100), read],
    ]);
    machine.run({ until: 50_000 });
    expect(seen).toEqual([0n, 0n, 100n, 100n]);
  });

  test('the same configuration gives the same run', () => {
    const run = () => {
      const { machine, cores, trace } = platform(
        [[...timer(17), ...nops(3)], ['wfi', ...timer(90)], nops(3)],
        {
          slice: 700,
        },
      );
      machine.run({ until: 123_457 });
      return [
        machine.now,
        machine.instructions,
        cores.map(({ executed, budgets }) => [executed, budgets]),
        trace.since(0),
      ];
    };
    expect(run()).toEqual(run());
  });
});

describe('power', () => {
  const write =
    (value: number): Instruction =>
    (core) =>
      core.store(FINISHER, value);

  test.each([
    ['pass', 0x5555, 0],
    ['fail with a code', 0x2a3333, 42],
    ['fail with the largest code', 0xffff3333, 0xffff],
  ])('the finisher ends the run: %s', (_name, value, code) => {
    const { machine, cores, trace } = platform([[...nops(5), write(value), ...nops(5)]]);
    expect(machine.run()).toEqual({ reason: 'power-off', code });
    expect([cores[0]!.executed, machine.now]).toEqual([6, 60]);
    expect(machine.run({ instructions: 10 })).toEqual({ reason: 'power-off', code });
    expect([cores[0]!.executed, trace.since(0, 'machine.powerOff').map(({ detail }) => detail)]).toEqual([
      6,
      [{ code }],
    ]);
  });

  test('other values do nothing', () => {
    const { machine } = platform([[write(0x1234), write(0)]]);
    expect(machine.run({ instructions: 10 })).toEqual({ reason: 'instructions' });
  });

  test('a reset starts all harts anew, with the interrupt lines low', () => {
    let resets = 0;
    const once: Instruction = (core) => {
      if (resets++ === 0) core.store(FINISHER, 0x7777);
    };
    const { machine, cores, trace } = platform([
      [(core) => core.store(MSIP_0, 1), once, ...nops(3)],
      nops(3),
    ]);
    machine.run({ instructions: 2 });
    expect(cores.map((core) => core.resets.length)).toEqual([2, 2]);
    expect(cores[0]!.lines.size).toBe(0);
    expect(cores[0]!.resets[0]).toEqual(cores[0]!.resets[1]);
    expect(trace.since(0, 'machine.reset')).toHaveLength(2);
  });

  test('whoever watches can stop the run', () => {
    const { machine } = platform([[...nops(3), () => machine.stop(), ...nops(3)]]);
    expect(machine.run()).toEqual({ reason: 'stopped' });
    expect(machine.instructions).toBe(4);
    expect(machine.run({ instructions: 2 })).toEqual({ reason: 'instructions' });
    expect(machine.instructions).toBe(6);
  });
});

describe('memory map of QEMU’s virt', () => {
  test('each device answers at its place', () => {
    const slots = [new EntropyDevice(Random.fromSeed('1'))];
    const { cores } = platform([[]], { slots });
    const core = cores[0]!;
    core.store(0xc000000 + 4 * 96, 5);
    expect(core.load(0xc000000 + 4 * 96)).toBe(5);
    expect([0x10001008, 0x10002008, 0x10008008].map((address) => core.load(address))).toEqual([4, 0, 0]);
    expect([0x10001000, 0x10008000].map((address) => core.load(address))).toEqual([0x74726976, 0x74726976]);
    expect(core.load(UART + 5)! & 0x60).toBe(0x60);
    expect(core.load(FINISHER)).toBe(0);
  });

  test('nothing answers elsewhere', () => {
    const { cores } = platform([[]]);
    const { bus } = cores[0]!.wiring;
    for (const address of [0, 0xfffff, 0x101000, 0x2010000, 0xc600000, 0x10000100, 0x10009000, RAM_BASE]) {
      expect([bus.load(address, 1), bus.store(address, 1, 0)]).toEqual([null, false]);
    }
    expect(bus.load(0xc5fffff, 4)).toBe(null);
  });

  test('virtio slot i interrupts on source i + 1, the serial port on 10', () => {
    const slots = [null, null, new EntropyDevice(Random.fromSeed('1'))];
    const { machine, trace, cores } = platform([[(core) => core.store(UART + 1, 2)]], { slots });
    machine.run({ instructions: 1 });
    const base = 0x10003000;
    const core = cores[0]!;
    for (const status of [1, 3]) core.store(base + 0x70, status);
    core.store(base + 0x24, 1);
    core.store(base + 0x20, 1);
    core.store(base + 0x70, 11);
    core.store(base + 0x70, 15);
    core.store(base + 0x38, 3);
    core.store(base + 0x44, 1);
    expect(trace.since(0, 'irq.raise').map(({ detail }) => detail.source)).toEqual([10, 3]);
  });
});

test('the serial port sends at once unless a time is set', () => {
  const text: Instruction[] = [...'hello'].map(
    (character) => (core) => core.store(UART, character.charCodeAt(0)),
  );
  const at = platform([text]);
  at.machine.run({ instructions: 5 });
  at.machine.run({ instructions: 0 });
  expect(String.fromCharCode(...at.output)).toBe('hello');
  const slow = platform([text], { serialCharacterTime: 1000 });
  slow.machine.run({ instructions: 1000 });
  expect(String.fromCharCode(...slow.output)).toBe('ho');
});
