/** The block device through its queue, by section of virtio 1.2, 5.2. */
import { describe, expect, test } from 'vitest';
import { OsError } from '../../../src/base/index.ts';
import {
  BLOCK_LATENCY,
  BLOCK_SECTOR_TIME,
  type BlockBackend,
  BlockDevice,
} from '../../../src/machine/index.ts';
import { REG, STATUS, VERSION_1, virtioMachine } from '../../support/virtioDriver.ts';

const SECTORS = 64;
const [IN, OUT, FLUSH, GET_ID, DISCARD] = [0, 1, 4, 8, 11];
const [OK, IOERR, UNSUPP] = [0, 1, 2];
const F_RO = 1n << 5n;
const F_FLUSH = 1n << 9n;
const F_DISCARD = 1n << 13n;

/** A disk in memory that notes what is asked of it. */
class MemoryDisk implements BlockBackend {
  readonly bytes = new Uint8Array(SECTORS * 512);
  readonly log: string[] = [];
  sectors = SECTORS;
  failing = false;

  read(sector: number, target: Uint8Array): void {
    this.#note(`read ${sector}+${target.length / 512}`);
    target.set(this.bytes.subarray(sector * 512, sector * 512 + target.length));
  }

  write(sector: number, data: Uint8Array): void {
    this.#note(`write ${sector}+${data.length / 512}`);
    this.bytes.set(data, sector * 512);
  }

  flush(): void {
    this.#note('flush');
  }

  #note(what: string): void {
    this.log.push(what);
    if (this.failing) throw new OsError('EIO', 'the medium is broken');
  }
}

class TrimmingDisk extends MemoryDisk {
  discard(sector: number, count: number): void {
    this.log.push(`discard ${sector}+${count}`);
  }
}

class ReadOnlyDisk extends MemoryDisk {
  readonly readOnly = true;
}

function blockMachine<D extends MemoryDisk>(disk: D, features = VERSION_1 | F_FLUSH) {
  const device = new BlockDevice('virtio0', disk, 'disk number one');
  const machine = virtioMachine(device);
  machine.driver.start(features, 1, 16);
  return { disk, device, ...machine };
}

function header(type: number, sector: number, high = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(8, sector, true);
  view.setUint32(12, high, true);
  return bytes;
}

/** Sends a request, waits for it, and gives status, length and what was written. */
function ask(
  { driver, memory, wait }: ReturnType<typeof blockMachine>,
  type: number,
  sector: number,
  { data = new Uint8Array(0), room = 0, high = 0 }: { data?: Uint8Array; room?: number; high?: number } = {},
): { status: number; length: number; read: Uint8Array } {
  const parts = [
    header(type, sector, high),
    ...(data.length > 0 ? [data] : []),
    ...(room > 0 ? [room] : []),
    1,
  ];
  const { addresses } = driver.send(0, parts);
  wait(10_000_000);
  const [element] = driver.used(0);
  return {
    status: memory.read8(addresses.at(-1)!),
    length: element!.length,
    read: room > 0 ? memory.read(addresses.at(-2)!, room) : new Uint8Array(0),
  };
}

const pattern = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);

describe('5.2.4 configuration', () => {
  test('capacity in sectors, and the most segments', () => {
    const { driver } = blockMachine(new MemoryDisk());
    expect([driver.read(REG.config), driver.read(REG.config + 4), driver.read(REG.config + 12)]).toEqual([
      SECTORS,
      0,
      254,
    ]);
  });

  test('5.2.5.2: a change of the capacity is told', () => {
    const { disk, device, driver, wire } = blockMachine(new MemoryDisk());
    disk.sectors = 32;
    device.resized();
    expect([wire.level, driver.read(REG.interruptStatus), driver.read(REG.config)]).toEqual([true, 2, 32]);
  });

  test('5.2.3: FLUSH always, RO and DISCARD as the back end is', () => {
    const offered = (disk: MemoryDisk) => blockMachine(disk).driver.offered() & (F_RO | F_FLUSH | F_DISCARD);
    expect(offered(new MemoryDisk())).toBe(F_FLUSH);
    expect(offered(new ReadOnlyDisk())).toBe(F_FLUSH | F_RO);
    expect(offered(new TrimmingDisk())).toBe(F_FLUSH | F_DISCARD);
  });
});

describe('5.2.6 requests', () => {
  test('what was written is read, and used lengths count what the device wrote', () => {
    const machine = blockMachine(new MemoryDisk());
    const data = pattern(1024);
    expect(ask(machine, OUT, 5, { data })).toMatchObject({ status: OK, length: 1 });
    expect(machine.disk.bytes.subarray(5 * 512, 7 * 512)).toEqual(data);
    expect(ask(machine, IN, 5, { room: 1024 })).toEqual({ status: OK, length: 1025, read: data });
  });

  test('2.7.4.2: header, data and status may lie in any descriptors', () => {
    const { driver, disk, memory, wait } = blockMachine(new MemoryDisk());
    const data = pattern(512);
    const head = header(OUT, 1);
    driver.send(0, [head.subarray(0, 7), head.subarray(7), data.subarray(0, 100), data.subarray(100), 1]);
    wait(1_000_000);
    expect(disk.bytes.subarray(512, 1024)).toEqual(data);
    const { addresses } = driver.send(0, [header(IN, 1), 511, 2]);
    wait(1_000_000);
    expect([memory.read8(addresses[2]!), memory.read8(addresses[2]! + 1)]).toEqual([data[511], OK]);
    expect(driver.used(0).map(({ length }) => length)).toEqual([1, 513]);
  });

  test('a request longer than the device moves at a time', () => {
    const disk = new MemoryDisk();
    const machine = blockMachine(disk);
    disk.sectors = 4096;
    const big = new Uint8Array(4096 * 512);
    Object.defineProperty(disk, 'bytes', { value: big });
    big.set(pattern(100_000), 0);
    const { read, status } = ask(machine, IN, 0, { room: 150 * 512 });
    expect([status, read]).toEqual([OK, big.slice(0, 150 * 512)]);
  });

  test('flush reaches the back end', () => {
    const machine = blockMachine(new MemoryDisk());
    expect(ask(machine, FLUSH, 0).status).toBe(OK);
    expect(machine.disk.log).toEqual(['flush']);
  });

  test('GET_ID gives 20 bytes, and fails with less room', () => {
    const machine = blockMachine(new MemoryDisk());
    const { read, length } = ask(machine, GET_ID, 0, { room: 20 });
    expect([String.fromCharCode(...read), length]).toEqual(['disk number one\0\0\0\0\0', 21]);
    expect(ask(machine, GET_ID, 0, { room: 19 }).status).toBe(IOERR);
  });

  test.each([2, 3, 5, 13, 0xffffffff])('type %i is not supported', (type) => {
    const machine = blockMachine(new MemoryDisk());
    expect(ask(machine, type, 0, { data: pattern(512) })).toMatchObject({ status: UNSUPP, length: 1 });
    expect(machine.disk.log).toEqual([]);
  });

  test('5.2.6.2: a read-only device fails writes and writes nothing', () => {
    const machine = blockMachine(new ReadOnlyDisk(), VERSION_1 | F_RO);
    expect(ask(machine, OUT, 0, { data: pattern(512) }).status).toBe(IOERR);
    expect(machine.disk.log).toEqual([]);
    expect(ask(machine, IN, 0, { room: 512 }).status).toBe(OK);
  });

  test('a back end that fails is an I/O error, and the next request is served', () => {
    const machine = blockMachine(new MemoryDisk());
    machine.disk.failing = true;
    for (const type of [OUT, FLUSH]) expect(ask(machine, type, 0, { data: pattern(512) }).status).toBe(IOERR);
    machine.disk.failing = false;
    expect(ask(machine, FLUSH, 0).status).toBe(OK);
  });

  test.each([
    ['the first sector past the end', SECTORS, 0, 512],
    ['one sector inside, one outside', SECTORS - 1, 0, 1024],
    ['a sector number with high bits', 0, 1, 512],
    ['the last sector number there is', 0xffffffff, 0xffffffff, 512],
    ['half a sector', 0, 0, 256],
  ])('a range outside of the capacity is an I/O error: %s', (_what, sector, high, length) => {
    const machine = blockMachine(new MemoryDisk());
    expect(ask(machine, OUT, sector, { high, data: pattern(length) }).status).toBe(IOERR);
    expect(ask(machine, IN, sector, { high, room: length })).toMatchObject({ status: IOERR, length: 1 });
    expect(machine.disk.log).toEqual([]);
  });

  test('the last sector is inside', () => {
    expect(ask(blockMachine(new MemoryDisk()), IN, SECTORS - 1, { room: 512 }).status).toBe(OK);
  });

  test.each<[string, (Uint8Array | number)[]]>([
    ['a header that is too short', [new Uint8Array(15), 1]],
    ['no byte for the status', [header(IN, 0)]],
  ])('%s: the device needs a reset', (_what, parts) => {
    const { driver } = blockMachine(new MemoryDisk());
    driver.send(0, parts);
    expect(driver.read(REG.status) & STATUS.needsReset).toBe(STATUS.needsReset);
  });
});

describe('5.2.6.2 discard', () => {
  const segment = (sector: number, count: number, flags = 0): Uint8Array => {
    const bytes = header(sector, count);
    const view = new DataView(bytes.buffer);
    view.setUint32(4, 0, true);
    view.setUint32(12, flags, true);
    return bytes;
  };
  const trimming = () => blockMachine(new TrimmingDisk(), VERSION_1 | F_DISCARD);

  test('each segment reaches the back end', () => {
    const machine = trimming();
    const data = Uint8Array.from([...segment(3, 4), ...segment(60, 4)]);
    expect(ask(machine, DISCARD, 0, { data }).status).toBe(OK);
    expect(machine.disk.log).toEqual(['discard 3+4', 'discard 60+4']);
  });

  test.each([
    ['a range past the end, and nothing is discarded', [...segment(0, 1), ...segment(60, 5)], IOERR],
    ['a segment that is not whole', [...segment(0, 1), 0], IOERR],
    ['a flag', [...segment(0, 1, 1)], UNSUPP],
  ])('%s', (_what, data, status) => {
    const machine = trimming();
    expect(ask(machine, DISCARD, 0, { data: Uint8Array.from(data) }).status).toBe(status);
    expect(machine.disk.log).toEqual([]);
  });

  test('is not supported where it was not negotiated', () => {
    const machine = blockMachine(new TrimmingDisk(), VERSION_1);
    expect(ask(machine, DISCARD, 0, { data: segment(0, 1) }).status).toBe(UNSUPP);
    expect(machine.disk.log).toEqual([]);
  });
});

describe('time', () => {
  test('requests are served one after the other, each in its latency and its sectors’ time', () => {
    const { driver, wait, wire } = blockMachine(new MemoryDisk());
    const one = BLOCK_LATENCY + 2 * BLOCK_SECTOR_TIME;
    driver.send(0, [header(IN, 0), 1024, 1]);
    driver.send(0, [header(IN, 8), 1024, 1]);
    wait(one - 1);
    expect([driver.used(0).length, wire.level]).toEqual([0, false]);
    wait(1);
    expect([driver.used(0).length, wire.level]).toEqual([1, true]);
    wait(one - 1);
    expect(driver.used(0).length).toBe(0);
    wait(1);
    expect(driver.used(0).length).toBe(1);
  });

  test('a reset while a request is under way: nothing reaches memory or disk any more', () => {
    const { disk, driver, wait, memory } = blockMachine(new MemoryDisk());
    const { addresses } = driver.send(0, [header(OUT, 0), pattern(512), 1]);
    memory.write8(addresses[2]!, 0xff);
    driver.write(REG.status, 0);
    wait(1_000_000);
    expect([disk.log, memory.read8(addresses[2]!), driver.used(0)]).toEqual([[], 0xff, []]);
  });

  test('after a reset a request does not wait for those that the reset forgot', () => {
    const { driver, wait } = blockMachine(new MemoryDisk());
    for (let i = 0; i < 5; i++) driver.send(0, [header(IN, 0), 1024, 1]);
    driver.start(VERSION_1, 1, 16);
    driver.send(0, [header(IN, 0), 512, 1]);
    wait(BLOCK_LATENCY + BLOCK_SECTOR_TIME);
    expect(driver.used(0)).toEqual([{ id: 0, length: 513 }]);
  });
});
