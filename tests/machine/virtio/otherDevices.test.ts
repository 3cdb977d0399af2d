/** Network, console and entropy devices through their queues, by section of virtio 1.2. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import {
  CONSOLE_LATENCY,
  ConsoleDevice,
  ENTROPY_LATENCY,
  EntropyDevice,
  NET_LATENCY,
  NetDevice,
} from '../../../src/machine/index.ts';
import { REG, STATUS, VERSION_1, virtioMachine } from '../../support/virtioDriver.ts';

const [RECEIVE, TRANSMIT] = [0, 1];
const text = (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0));

describe('5.1 network device', () => {
  const F_MAC = 1n << 5n;
  const F_STATUS = 1n << 16n;
  const HEADER = 12;

  function net() {
    const sent: Uint8Array[] = [];
    const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
    const device = new NetDevice('virtio1', mac, { transmit: (frame) => void sent.push(frame) });
    const machine = virtioMachine(device);
    machine.driver.start(VERSION_1 | F_MAC | F_STATUS, 2);
    return { sent, device, ...machine };
  }

  test('5.1.4: address and link status are in the configuration space; mergeable buffers are not offered', () => {
    const { driver, transport } = net();
    expect(Array.from({ length: 8 }, (_, i) => transport.load(REG.config + i, 1))).toEqual([
      0x52, 0x54, 0, 0x12, 0x34, 0x56, 1, 0,
    ]);
    expect([driver.read(REG.deviceId), driver.offered() & ~(0b111n << 28n) & 0xffffffffn]).toEqual([
      1,
      F_MAC | F_STATUS,
    ]);
  });

  test('5.1.6.2: what follows the header of 12 bytes goes out, after its latency', () => {
    const { driver, sent, wait } = net();
    const frame = text('a frame of some bytes');
    driver.send(TRANSMIT, [new Uint8Array(HEADER), frame.subarray(0, 5), frame.subarray(5)]);
    wait(NET_LATENCY - 1);
    expect(sent).toEqual([]);
    wait(1);
    expect([sent, driver.used(TRANSMIT)]).toEqual([[frame], [{ id: 0, length: 0 }]]);
  });

  test('5.1.6.4: a frame comes in behind a header with one buffer', () => {
    const { driver, device, memory, wait, wire } = net();
    const frame = text('hello');
    const { addresses } = driver.send(RECEIVE, [2000]);
    device.receive(frame);
    wait(NET_LATENCY);
    expect([driver.used(RECEIVE), wire.level]).toEqual([[{ id: 0, length: HEADER + 5 }], true]);
    expect([...memory.read(addresses[0]!, HEADER + 5)]).toEqual([
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0,
      ...frame,
    ]);
  });

  test('the frame is as it was when it came, whatever its sender does to its bytes then', () => {
    const { driver, device, memory, wait } = net();
    const { addresses } = driver.send(RECEIVE, [2000]);
    const frame = text('hello');
    device.receive(frame);
    frame.fill(0);
    wait(NET_LATENCY);
    expect(memory.read(addresses[0]! + HEADER, 5)).toEqual(text('hello'));
  });

  test('frames take the buffers in their order; without one a frame is lost, and so it is in one too small', () => {
    const { driver, device, wait } = net();
    driver.send(RECEIVE, [100]);
    driver.send(RECEIVE, [14]);
    for (const frame of ['one', 'two', 'three']) device.receive(text(frame));
    wait(NET_LATENCY);
    expect(driver.used(RECEIVE)).toEqual([
      { id: 0, length: HEADER + 3 },
      { id: 1, length: 0 },
    ]);
    driver.send(RECEIVE, [100]);
    device.receive(text('four'));
    wait(NET_LATENCY);
    expect(driver.used(RECEIVE)).toEqual([{ id: 2, length: HEADER + 4 }]);
  });

  test('5.1.4: a pulled cable is told, and nothing passes', () => {
    const { driver, device, sent, wait, transport } = net();
    driver.send(RECEIVE, [100]);
    device.setLink(false);
    expect([driver.read(REG.interruptStatus), transport.load(REG.config + 6, 2)]).toEqual([2, 0]);
    driver.send(TRANSMIT, [new Uint8Array(HEADER), text('x')]);
    device.receive(text('y'));
    wait(NET_LATENCY);
    expect([sent, driver.used(RECEIVE), driver.used(TRANSMIT).length]).toEqual([[], [], 1]);
    device.setLink(true);
    device.receive(text('y'));
    wait(NET_LATENCY);
    expect(driver.used(RECEIVE)).toHaveLength(1);
  });

  test.each([
    ['shorter than its header', 11],
    ['longer than any frame', HEADER + 1519],
  ])('a packet %s: the device needs a reset', (_what, length) => {
    const { driver, wait, sent } = net();
    driver.send(TRANSMIT, [new Uint8Array(length)]);
    wait(NET_LATENCY);
    expect([driver.read(REG.status) & STATUS.needsReset, sent]).toEqual([STATUS.needsReset, []]);
  });
});

describe('5.3 console device', () => {
  function console() {
    const output: number[] = [];
    const device = new ConsoleDevice((bytes) => void output.push(...bytes), 132, 43);
    const machine = virtioMachine(device);
    return { output, device, ...machine };
  }

  test('5.3.6: what the guest transmits comes out in order', () => {
    const { driver, output, wait } = console();
    driver.start(VERSION_1, 2);
    driver.send(TRANSMIT, [text('Hello, '), text('world')]);
    driver.send(TRANSMIT, [text('!')]);
    wait(CONSOLE_LATENCY + 130);
    expect([output, driver.used(TRANSMIT).length]).toEqual([[...text('Hello, world!')], 2]);
  });

  test('what is typed fills the buffers that are offered, and waits for more', () => {
    const { driver, device, memory, wait } = console();
    driver.start(VERSION_1, 2);
    const first = driver.send(RECEIVE, [4]).addresses[0]!;
    device.receive(text('abcdef'));
    wait(CONSOLE_LATENCY);
    expect([driver.used(RECEIVE), memory.read(first, 4)]).toEqual([[{ id: 0, length: 4 }], text('abcd')]);
    const second = driver.send(RECEIVE, [4]).addresses[0]!;
    expect([driver.used(RECEIVE), memory.read(second, 2)]).toEqual([[{ id: 1, length: 2 }], text('ef')]);
  });

  test('what is typed before there is a driver is not lost', () => {
    const { driver, device, wait } = console();
    device.receive(text('early'));
    wait(CONSOLE_LATENCY);
    driver.start(VERSION_1, 2);
    driver.send(RECEIVE, [16]);
    expect(driver.used(RECEIVE)).toEqual([{ id: 0, length: 5 }]);
  });

  test('5.3.4: its size, and a change of it', () => {
    const { driver, device, transport } = console();
    driver.start(VERSION_1 | 1n, 2);
    expect([transport.load(REG.config, 2), transport.load(REG.config + 2, 2)]).toEqual([132, 43]);
    device.resize(80, 24);
    expect([driver.read(REG.config), driver.read(REG.interruptStatus)]).toEqual([(24 << 16) | 80, 2]);
  });

  test('5.3.4: an emergency write goes out without a queue', () => {
    const { driver, output } = console();
    driver.write(REG.config + 8, 33);
    driver.write(REG.config + 4, 34);
    expect(output).toEqual([33]);
  });
});

describe('5.4 entropy device', () => {
  function entropy() {
    const machine = virtioMachine(new EntropyDevice(Random.fromSeed('7')));
    machine.driver.start(VERSION_1, 1);
    return machine;
  }

  test('fills all of what is offered after its latency, with the seed’s bytes', () => {
    const { driver, memory, wait } = entropy();
    const { addresses } = driver.send(0, [20, 12]);
    wait(ENTROPY_LATENCY - 1);
    expect(driver.used(0)).toEqual([]);
    wait(1);
    expect(driver.used(0)).toEqual([{ id: 0, length: 32 }]);
    const expected = Random.fromSeed('7').bytes(32);
    expect(memory.read(addresses[0]!, 20)).toEqual(expected.slice(0, 20));
    expect(memory.read(addresses[1]!, 12)).toEqual(expected.slice(20));
  });

  test('5.4.6.1: a request without a writable buffer stops the device', () => {
    const { driver } = entropy();
    driver.send(0, [Uint8Array.of(1)]);
    expect(driver.read(REG.status) & STATUS.needsReset).toBe(STATUS.needsReset);
  });
});
