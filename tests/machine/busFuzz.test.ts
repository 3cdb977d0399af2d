/** Random accesses to the whole physical address space: nothing throws, answers fit their width, a reset brings the devices back. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue, Random } from '../../src/base/index.ts';
import {
  BlockDevice,
  CLINT_BASE,
  ConsoleDevice,
  EntropyDevice,
  FINISHER_BASE,
  NetDevice,
  PhysicalMemory,
  PLIC_BASE,
  Platform,
  UART_BASE,
  VIRTIO_BASE,
  type Width,
} from '../../src/machine/index.ts';
import { ScriptedCore } from '../support/scriptedCore.ts';

const MSIP_1 = CLINT_BASE + 4;
const PENDING_0 = PLIC_BASE + 0x1000;
const [PRIORITY_10, ENABLE_0, THRESHOLD_0, CLAIM_0] = [40, 0x2000, 0x200000, 0x200004].map(
  (at) => PLIC_BASE + at,
);
const [LINE_CONTROL, LINE_STATUS] = [UART_BASE + 3, UART_BASE + 5];

function machine() {
  const queue = new EventQueue();
  const cores: ScriptedCore[] = [];
  const disk = { sectors: 8, read: () => {}, write: () => {}, flush: () => {} };
  const output: number[] = [];
  const platform = new Platform({
    memory: new PhysicalMemory({ size: 0x10000, harts: 2 }),
    createCore: (wiring) => {
      const core = new ScriptedCore(wiring, []);
      cores.push(core);
      return core;
    },
    serialOutput: (byte) => void output.push(byte),
    slots: [
      new BlockDevice('virtio0', disk, 'fuzz'),
      new NetDevice('virtio1', new Uint8Array(6), { transmit: () => {} }),
      new ConsoleDevice(() => {}),
      new EntropyDevice(Random.fromSeed('fuzz')),
    ],
    queue,
    serialCharacterTime: 500,
  });
  platform.boot();
  return { platform, cores, queue, output, bus: platform.bus };
}

const registers = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map((offset) => UART_BASE + offset),
  fc
    .constantFrom(0, 4, 8, 0x4000, 0x4004, 0x4008, 0x400c, 0xbff8, 0xbffc, 0xc000)
    .map((at) => CLINT_BASE + at),
  fc
    .constantFrom(0, 40, 0x1000, 0x2000, 0x2004, 0x2080, 0x200000, 0x200004, 0x201000, 0x201004)
    .map((at) => PLIC_BASE + at),
  fc.nat(0x5fffff).map((at) => PLIC_BASE + at),
  fc.nat(0x7fff).map((at) => VIRTIO_BASE + at),
  fc.nat({ max: 0x3ffffffff }).filter((at) => at < FINISHER_BASE || at > FINISHER_BASE + 4),
);
const step = fc.record({
  kind: fc.constantFrom('load', 'store', 'store', 'time', 'type'),
  address: registers,
  width: fc.constantFrom<Width>(1, 2, 4),
  value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.nat({ max: 0xffffffff })),
});

test('the devices of the platform', () => {
  let answered = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 150 }), (steps) => {
      const { platform, cores, queue, bus, output } = machine();
      for (const { kind, address, width, value } of steps) {
        const at = address - (address % width);
        if (kind === 'load') {
          const loaded = bus.load(at, width);
          if (loaded === null) continue;
          answered++;
          expect(Number.isInteger(loaded) && loaded >= 0 && loaded < 2 ** 32).toBe(true);
        } else if (kind === 'store') bus.store(at, width, value % 2 ** (8 * width));
        else if (kind === 'type') platform.serial.receive(Uint8Array.of(value & 0xff));
        else platform.run({ until: queue.now + (value % 5000) });
      }
      bus.store(FINISHER_BASE, 4, 0x7777);
      const reset = [MSIP_1, CLINT_BASE + 0x4000, PRIORITY_10!, ENABLE_0!, THRESHOLD_0!, CLAIM_0!].map((at) =>
        bus.load(at, 4),
      );
      expect(reset).toEqual([0, 0xffffffff, 0, 0, 0, 0]);
      expect(bus.load(PENDING_0, 4)).toBe(0);
      expect(cores.map(({ lines }) => lines.size)).toEqual([0, 0]);
      expect([bus.load(LINE_CONTROL, 1), bus.load(LINE_STATUS, 1)! & 0x60]).toEqual([0, 0x60]);
      output.length = 0;
      bus.store(UART_BASE, 1, 65);
      platform.run({ until: queue.now + 1_000_000 });
      expect(output).toEqual([65]);
    }),
    { numRuns: 400, seed: 20_261_125 },
  );
  expect(answered).toBeGreaterThan(500);
});
