/** Several harts in one virtual time: with guests on the real hart, and with scripts where turns have to be seen. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/base/index.ts';
import { assemble, PhysicalMemory, Platform } from '../../src/machine/index.ts';
import { type Instruction, ScriptedCore } from '../support/scriptedCore.ts';

const assembly = assemble(readFileSync(new URL('programs/twoHarts.s', import.meta.url), 'utf8'));
if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
const { image } = assembly.program;

function guest(slice: number) {
  const memory = new PhysicalMemory({ size: 0x100000, harts: 2 });
  const machine = new Platform({ memory, serialOutput: () => {}, slice });
  memory.write(image.address, image.bytes);
  machine.boot();
  return machine;
}

test.each([10, 70, 1_000, 10_000, 1_000_000])(
  'amoadd on one hart and lr/sc on the other lose no increment, software interrupts arrive, a reset keeps RAM: slice %i ns',
  (slice) => {
    expect(guest(slice).run({ instructions: 1_000_000 })).toEqual({ reason: 'power-off', code: 0 });
  },
);

test('a run cut anywhere is the same run', () => {
  const whole = guest(1_000);
  whole.run({ instructions: 1_000_000 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 8 }), (cuts) => {
      const machine = guest(1_000);
      for (let i = 0; machine.run({ instructions: cuts[i % cuts.length]! }).reason === 'instructions'; i++);
      expect([machine.now, machine.instructions]).toEqual([whole.now, whole.instructions]);
    }),
    { numRuns: 30, seed: 3 },
  );
});

/** Harts that set timers, wake each other and wait, as drawn. */
const action = fc.oneof(
  { weight: 4, arbitrary: fc.constant('nop' as const) },
  { weight: 1, arbitrary: fc.constant('wfi' as const) },
  { weight: 2, arbitrary: fc.record({ hart: fc.nat(2), level: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ ticks: fc.nat(400) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function instruction(what: Action): Instruction {
  if (what === 'wfi') return 'wfi';
  if (what === 'nop') return () => {};
  if ('hart' in what) return (core) => core.store(0x2000000 + 4 * what.hart, what.level);
  return (core) => {
    const compare = 0x2004000 + 8 * core.wiring.hart;
    core.store(compare + 4, 0);
    core.store(compare, what.ticks);
  };
}

function scripted(scripts: readonly (readonly Action[])[], slice: number) {
  const cores: ScriptedCore[] = [];
  const queue = new EventQueue();
  const log: string[] = [];
  const machine = new Platform({
    memory: new PhysicalMemory({ size: 0x10000, harts: scripts.length }),
    createCore: (wiring) => {
      const script = scripts[wiring.hart]!.map((each): Instruction => {
        const real = instruction(each);
        if (real === 'wfi') return real;
        return (core) => {
          log.push(`${wiring.hart}@${queue.now}: ${[...core.lines].join()}`);
          real(core);
        };
      });
      const core = new ScriptedCore(wiring, script);
      cores.push(core);
      return core;
    },
    serialOutput: () => {},
    queue,
    slice,
  });
  machine.boot();
  return { machine, cores, log };
}

test('three harts that wake each other, set timers and wait: the same wherever the run is cut', () => {
  const scripts = fc.array(fc.array(action, { maxLength: 40 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      scripts,
      fc.constantFrom(10, 50, 1000),
      fc.integer({ min: 1, max: 40 }),
      (drawn, slice, cut) => {
        const whole = scripted(drawn, slice);
        whole.machine.run({ instructions: 600 });
        const parts = scripted(drawn, slice);
        while (parts.machine.instructions < whole.machine.instructions) {
          const left = whole.machine.instructions - parts.machine.instructions;
          if (parts.machine.run({ instructions: Math.min(cut, left) }).reason === 'idle') break;
        }
        expect(parts.log).toEqual(whole.log);
        expect(parts.cores.map(({ executed }) => executed)).toEqual(
          whole.cores.map(({ executed }) => executed),
        );
        const executed = whole.cores.reduce((sum, core) => sum + core.executed, 0);
        expect(executed).toBe(whole.machine.instructions);
      },
    ),
    { numRuns: 200, seed: 20_261_125 },
  );
});

const qemu = spawnSync('qemu-system-riscv32', ['--version']).status === 0;
test.skipIf(!qemu)('QEMU runs the same bytes to the same end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'harts-'));
  try {
    const program = join(folder, 'twoHarts.bin');
    writeFileSync(program, image.bytes);
    const options = [
      '-M',
      'virt',
      '-cpu',
      'rv32',
      '-smp',
      '2',
      '-m',
      '16M',
      '-nographic',
      '-monitor',
      'none',
    ];
    const run = spawnSync(
      'qemu-system-riscv32',
      [...options, '-serial', 'none', '-device', `loader,file=${program},addr=0x80000000`, '-bios', 'none'],
      {
        timeout: 20_000,
        encoding: 'utf8',
      },
    );
    // Stopped from outside it would leave with 0 as well.
    expect([run.error, run.status, run.stderr]).toEqual([undefined, 0, '']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
