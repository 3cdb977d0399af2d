/**
 * Devices saved at any instant and restored into fresh ones, at another time, go on as if nothing had been: random accesses before and
 * after, both machines asked the same.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue, equalBytes } from '../../src/base/index.ts';
import {
  Aclint,
  BlockDevice,
  ConsoleDevice,
  NetDevice,
  PhysicalMemory,
  Plic,
  Uart,
  VirtioMmio,
} from '../../src/machine/index.ts';
import { ProbeLines } from '../support/machineWires.ts';
import { EVENT_IDX, RAM, REG, VERSION_1, VirtioDriver } from '../support/virtioDriver.ts';

const SECTORS = 8;
const RAM_BYTES = 0x80000;

class Rig {
  readonly queue = new EventQueue();
  readonly memory = new PhysicalMemory({ size: RAM_BYTES });
  readonly lines = [new ProbeLines(), new ProbeLines()];
  readonly disk = new Uint8Array(SECTORS * 512);
  readonly start: number;
  /** What came out, with the time since the start. */
  readonly output: [what: string, byte: number, at: number][] = [];
  readonly clint: Aclint;
  readonly plic: Plic;
  readonly uart: Uart;
  readonly console: ConsoleDevice;
  readonly net: NetDevice;
  readonly transports: readonly VirtioMmio[];
  drivers: readonly VirtioDriver[];

  constructor(start: number) {
    const { queue, disk } = this;
    this.start = start;
    queue.advanceTo(start);
    this.clint = new Aclint(0, this.lines, queue);
    this.plic = new Plic(0, 12, this.lines);
    const out = (what: string) => (byte: number) =>
      void this.output.push([what, byte, queue.now - this.start]);
    this.uart = new Uart({
      name: 'uart0',
      base: 0,
      wire: this.plic.wire(10),
      timers: queue,
      output: out('uart'),
      characterTime: 700,
    });
    this.console = new ConsoleDevice((bytes) => bytes.forEach(out('console')));
    this.net = new NetDevice('net', new Uint8Array(6), { transmit: (frame) => out('net')(frame.length) });
    const block = new BlockDevice(
      'disk',
      {
        sectors: SECTORS,
        read: (sector, target) => target.set(disk.subarray(sector * 512, sector * 512 + target.length)),
        write: (sector, data) => disk.set(data, sector * 512),
        flush: () => {},
      },
      'disk',
    );
    this.transports = [block, this.console, this.net].map(
      (device, i) =>
        new VirtioMmio(
          {
            name: `virtio${i}`,
            base: 0,
            wire: this.plic.wire(1 + i),
            timers: queue,
            dma: this.memory,
            trace: null,
          },
          device,
        ),
    );
    this.drivers = this.transports.map((bus, i) => new VirtioDriver(bus, this.memory, RAM + i * 0x28000));
  }

  get busy(): boolean {
    return this.transports.some(({ busy }) => busy);
  }

  wait(nanos: number): void {
    const until = this.queue.now + nanos;
    while (this.queue.step(until));
    this.queue.advanceTo(until);
  }

  save() {
    const { clint, plic, uart, transports } = this;
    return {
      clint: clint.save(),
      plic: plic.save(),
      uart: uart.save(),
      virtio: transports.map((each) => each.save()),
    };
  }

  /** A fresh machine that goes on from here, later by whole ticks of mtime. State passes through text, as in a file. */
  copy(devicesFirst: boolean): Rig {
    const other = new Rig(this.queue.now + 123_400);
    other.memory.write(RAM, this.memory.read(RAM, RAM_BYTES));
    other.disk.set(this.disk);
    const state: ReturnType<Rig['save']> = JSON.parse(JSON.stringify(this.save()));
    if (!devicesFirst) other.plic.restore(state.plic);
    other.uart.restore(state.uart);
    for (const [i, each] of other.transports.entries()) each.restore(state.virtio[i]!);
    if (devicesFirst) other.plic.restore(state.plic);
    other.clint.restore(state.clint);
    other.drivers = this.drivers.map((driver, i) => driver.on(other.transports[i]!, other.memory));
    return other;
  }

  /** All that a guest can see without disturbing it. */
  seen() {
    const registers = (bus: { load(offset: number, width: 4): number | null }, offsets: readonly number[]) =>
      offsets.map((offset) => bus.load(offset, 4));
    return {
      lines: this.lines.map(({ pending }) => [...pending].sort((a, b) => a - b)),
      clint: registers(this.clint, [0, 4, 0x4000, 0x4004, 0x4008, 0x400c, 0xbff8]),
      plic: registers(this.plic, [4, 8, 40, 0x1000, 0x2000, 0x2080, 0x200000, 0x201000]),
      uart: registers(this.uart, [1, 3, 4, 7]),
      virtio: this.transports.map((each) => registers(each, [0x10, 0x34, 0x44, 0x60, 0x70, 0xfc, 0x100])),
      used: this.drivers.map((driver) => driver.rings.map((_, queue) => driver.used(queue))),
    };
  }
}

const byte = fc.nat(255);
const plicRegister = fc.constantFrom(4, 8, 12, 40, 0x2000, 0x2080, 0x200000, 0x201000);
const clintRegister = fc.constantFrom(0, 4, 0x4000, 0x4004, 0x4008, 0x400c, 0xbff8);
const set = (kind: string, at: number, ...values: number[]) =>
  fc.record({
    kind: fc.constant(kind),
    write: fc.constant(true),
    at: fc.constant(at),
    value: fc.constantFrom(...values),
  });
const get = (kind: string, ...at: number[]) =>
  fc.record({ kind: fc.constant(kind), write: fc.constant(false), at: fc.constantFrom(...at), value: byte });
const does = (...kinds: string[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), write: fc.boolean(), at: fc.nat(1_500), value: byte });
/** What drivers do, more than what they never would, so that devices come into every state. */
const action = fc.oneof(
  { weight: 6, arbitrary: does('wait') },
  { weight: 4, arbitrary: does('type', 'type', 'send') },
  { weight: 4, arbitrary: get('uart', 0, 0, 2, 5, 6) },
  {
    weight: 4,
    arbitrary: fc.oneof(
      set('uart', 2, 0, 1, 0x41, 0x81, 7),
      set('uart', 4, 0, 0, 0x10, 0x1f),
      set('uart', 1, 1, 2, 4, 15),
      set('uart', 3, 3, 3, 0x83),
      set('uart', 7, 1, 99),
    ),
  },
  { weight: 3, arbitrary: get('plic', 0x200004, 0x200004, 0x201004) },
  {
    weight: 3,
    arbitrary: fc.oneof(
      set('plic', 0x200004, 1, 2, 3, 10),
      set('plic', 0x200000, 0, 1, 7),
      set('plic', 0x2000, 0x40e, 0x40e, 0),
      set('plic', 40, 0, 1, 2),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('plic'),
      write: fc.constant(true),
      at: plicRegister,
      value: fc.nat(0xffff),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('clint'),
      write: fc.boolean(),
      at: clintRegister,
      value: fc.constantFrom(0, 1, 5, 40, 2000),
    }),
  },
  {
    weight: 4,
    arbitrary: does('receive', 'frame', 'request', 'print', 'buffer', 'ack', 'ack', 'select', 'link'),
  },
);

/** Does one thing and gives what came back. */
function act(
  rig: Rig,
  { kind, write, at, value }: typeof action extends fc.Arbitrary<infer A> ? A : never,
): unknown {
  const [disk, console, net] = rig.drivers;
  const access = (device: Uart | Plic | Aclint) => (write ? device.store(at, 4, value) : device.load(at, 4));
  if (kind === 'uart') return access(rig.uart);
  if (kind === 'plic') return access(rig.plic);
  if (kind === 'clint') return access(rig.clint);
  if (kind === 'wait') return rig.wait(at);
  if (kind === 'send') return rig.uart.store(0, 1, value);
  if (kind === 'link') return rig.net.setLink(write);
  if (kind === 'type') return rig.uart.receive(Uint8Array.of(value, at & 255));
  if (kind === 'receive') return rig.console.receive(Uint8Array.of(value, 1, 2));
  if (kind === 'frame') return rig.net.receive(Uint8Array.of(value, 3, 4));
  if (kind === 'print') return console!.send(1, [Uint8Array.of(value)]).head;
  if (kind === 'buffer') return write ? console!.send(0, [2]).head : net!.send(0, [64]).head;
  if (kind === 'ack') return rig.drivers[at % 3]!.write(REG.interruptAck, 3);
  if (kind === 'select') return rig.drivers[at % 3]!.write(REG.queueSel, at % 2);
  const header = Uint8Array.of(write ? 1 : 0, 0, 0, 0, 0, 0, 0, 0, at % SECTORS, 0, 0, 0, 0, 0, 0, 0);
  return disk!.send(0, [header, write ? new Uint8Array(512).fill(value) : 512, 1]).head;
}

describe('saved and restored', () => {
  test('nothing that a guest can see changes, then or later', () => {
    let waited = 0;
    const features = [VERSION_1, VERSION_1 | EVENT_IDX, VERSION_1];
    const actions = fc.array(action, { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(actions, actions, fc.boolean(), (before, after, devicesFirst) => {
        const one = new Rig(0);
        for (const [i, driver] of one.drivers.entries()) driver.start(features[i]!, i === 0 ? 1 : 2, 32);
        for (const source of [1, 2, 3, 10]) one.plic.store(4 * source, 4, source);
        for (const context of [0, 1]) one.plic.store(0x2000 + 0x80 * context, 4, 0x40e);
        for (const each of before) act(one, each);
        while (one.busy) {
          waited++;
          one.wait(1_000);
        }
        const two = one.copy(devicesFirst);
        const since = one.queue.now;
        one.output.length = 0;
        expect(two.seen()).toEqual(one.seen());
        for (const each of after) {
          expect(act(two, each)).toEqual(act(one, each));
          expect(two.seen()).toEqual(one.seen());
        }
        for (const rig of [one, two]) rig.wait(1_000_000);
        expect(two.seen()).toEqual(one.seen());
        expect(equalBytes(two.disk, one.disk)).toBe(true);
        expect(two.output).toEqual(one.output.map(([what, sent, at]) => [what, sent, at - since]));
      }),
      { numRuns: 250, seed: 20_261_125 },
    );
    expect(waited).toBeGreaterThan(50);
  });

  test('a timeout of the receiver’s FIFO comes when it would have come, and stays', () => {
    const one = new Rig(0);
    for (const [register, value] of [
      [2, 0xc1],
      [1, 1],
    ] as const) {
      one.uart.store(register, 1, value);
    }
    one.uart.receive(Uint8Array.of(7));
    one.wait(700 + 1_500);
    const two = one.copy(true);
    two.wait(2_800 - 1_500 - 1);
    expect(two.uart.load(2, 1)).toBe(0xc1);
    two.wait(1);
    const three = two.copy(true);
    expect([two.uart.load(2, 1), three.uart.load(2, 1)]).toEqual([0xcc, 0xcc]);
  });

  test('the transmitter’s FIFO keeps its room', () => {
    const one = new Rig(0);
    one.uart.store(2, 1, 1);
    const two = one.copy(true);
    for (const value of [1, 2, 3, 4]) two.uart.store(0, 1, value);
    two.wait(10_000);
    expect(two.output.map(([, sent]) => sent)).toEqual([1, 2, 3, 4]);
  });

  test('a device with requests under way is not saved', () => {
    const rig = new Rig(0);
    rig.drivers[0]!.start(VERSION_1, 1);
    rig.drivers[0]!.send(0, [new Uint8Array(16), 512, 1]);
    expect(() => rig.save()).toThrow('virtio0 is saved with requests under way');
  });
});
