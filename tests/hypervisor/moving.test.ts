/** Snapshots, save and restore, live migration: a guest cannot tell that it was away, and failures leave everything as it was. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, EventQueue, MILLISECOND, SECOND, Trace } from '../../src/base/index.ts';
import {
  applySnapshot,
  Hypervisor,
  type MigrationReport,
  migrate,
  takeSnapshot,
  type Vm,
  type VmSnapshot,
} from '../../src/hypervisor/index.ts';
import { BlockDevice, PhysicalMemory } from '../../src/machine/index.ts';
import { assembledGuest, MIB } from '../support/guestVms.ts';

/** Counts timer ticks of 1 ms, kept in memory, and prints the last digit of each; writes \`pages\` pages between two ticks. */
const counter = (pages: number) => `
  la t0, handler
  csrw stvec, t0
  li t0, 0x20
  csrw sie, t0
  csrr s3, time
  call set_next
  csrsi sstatus, 2
1:li t0, ${pages}
  li t1, RAM + 0x100000
  li t3, 0x1000
2:beqz t0, 3f
  lw t2, 0(t1)
  addi t2, t2, 1
  sw t2, 0(t1)
  add t1, t1, t3
  addi t0, t0, -1
  j 2b
3:wfi
  j 1b
set_next:
  li t0, 10000
  add s3, s3, t0
  mv a0, s3
  li a1, 0
  li a6, 0
  li a7, 0x54494d45
  ecall
  ret
.align 2
handler:
  la t0, count
  lw t1, 0(t0)
  addi t1, t1, 1
  sw t1, 0(t0)
  li t2, 10
  remu a0, t1, t2
  addi a0, a0, 48
  li a7, 1
  ecall
  call set_next
  sret
.align 3
count: .word 0
`;

interface Site {
  readonly hypervisor: Hypervisor;
  readonly create: (name?: string, memory?: number) => { vm: Vm; output: () => string };
}

function site(queue = new EventQueue(), { embedded = false, size = 32 * MIB } = {}): Site {
  const hypervisor = new Hypervisor({ memory: new PhysicalMemory({ size }), queue, embedded });
  return {
    hypervisor,
    create(name = 'guest', memory = 4 * MIB) {
      const bytes: number[] = [];
      const vm = hypervisor.createVm({ name, memory, vcpus: 1, output: (some) => void bytes.push(...some) });
      return { vm, output: () => decodeUtf8(Uint8Array.from(bytes)) };
    },
  };
}

/** Saves \`vm\`, which is paused afterwards. */
function save(hypervisor: Hypervisor, vm: Vm): VmSnapshot {
  let snapshot: VmSnapshot | null = null;
  hypervisor.bringToRest(vm, () => {
    snapshot = takeSnapshot(vm);
  });
  if (snapshot === null) hypervisor.run({ until: hypervisor.now + SECOND });
  return snapshot!;
}

describe('save and restore', () => {
  test('a guest goes on where it was, on another host and at another time', () => {
    const first = site();
    const { vm, output } = first.create();
    vm.boot(assembledGuest(counter(20)));
    first.hypervisor.run({ until: 12.3 * MILLISECOND });
    expect(output()).toBe('123456789012');
    const snapshot = save(first.hypervisor, vm);
    first.hypervisor.destroyVm(vm);

    const second = site();
    second.hypervisor.queue.advanceTo(700 * MILLISECOND);
    const restored = second.create();
    applySnapshot(restored.vm, snapshot);
    second.hypervisor.run({ until: 750 * MILLISECOND });
    expect(restored.output()).toBe('');
    second.hypervisor.resume(restored.vm);
    // 0.7 ms were left until the 13th tick.
    second.hypervisor.run({ until: 750 * MILLISECOND + 2 * MILLISECOND });
    expect(restored.output()).toBe('34');
  });

  test('one snapshot starts any number of times, always the same', () => {
    const { hypervisor, create } = site();
    const { vm } = create('origin');
    vm.boot(assembledGuest(counter(3)));
    hypervisor.run({ until: 5.5 * MILLISECOND });
    const snapshot = save(hypervisor, vm);
    hypervisor.destroyVm(vm);
    const outputs = ['one', 'two'].map((name) => {
      const again = create(name);
      applySnapshot(again.vm, snapshot);
      hypervisor.resume(again.vm);
      hypervisor.run({ until: hypervisor.now + 10 * MILLISECOND });
      hypervisor.destroyVm(again.vm);
      return again.output();
    });
    expect(outputs).toEqual(['6789012345', '6789012345']);
  });

  test('a request that is under way is waited for, so that it is in the saved memory', () => {
    const disk = new Uint8Array(64 * 512).fill(0x5a);
    const backend = {
      sectors: 64,
      read: (sector: number, target: Uint8Array) =>
        target.set(disk.subarray(sector * 512, sector * 512 + target.length)),
      write: () => {},
      flush: () => {},
    };
    const { hypervisor } = site();
    const slots = () => [new BlockDevice('disk', backend, 'disk')];
    const config = { name: 'reader', memory: 4 * MIB, vcpus: 1, output: () => {} };
    const vm = hypervisor.createVm({ ...config, slots: slots() });
    vm.boot(assembledGuest(readSector));
    while (!vm.devices.busy) hypervisor.run({ instructions: 500 });
    const snapshot = save(hypervisor, vm);
    hypervisor.destroyVm(vm);
    const again = hypervisor.createVm({ ...config, slots: slots() });
    applySnapshot(again, snapshot);
    expect(again.memory.read(0x8030_0000, 512)).toEqual(disk.subarray(0, 512));
    hypervisor.resume(again);
    hypervisor.run({ until: hypervisor.now + MILLISECOND });
    expect(again.stopped).toBe('shutdown');
  });

  test('another size is refused, and without room the VM stays off and keeps nothing', () => {
    const { hypervisor, create } = site();
    const { vm } = create();
    vm.boot(assembledGuest(counter(40)));
    hypervisor.run({ until: 3 * MILLISECOND });
    const snapshot = save(hypervisor, vm);
    expect(() => applySnapshot(create('small', MIB).vm, snapshot)).toThrow(
      'the saved state of guest is for 4096 KiB and 1 vCPUs, and small has 1024 KiB and 1 vCPUs',
    );
    const full = site(new EventQueue(), { size: MIB });
    const target = full.create();
    while (full.hypervisor.frames.free > 20) full.hypervisor.frames.allocate('filler', 'guest');
    expect(() => applySnapshot(target.vm, snapshot)).toThrow('cannot allocate memory for the saved state');
    expect(target.vm.stopped).not.toBe(null);
    expect(full.hypervisor.frames.usedBy('guest').guest).toBe(0);
  });
});

/** A driver for one read of sector 0 to 0x80300000, then power-off: the least that virtio 1.2 asks (3.1.1, 4.2.3). */
const readSector = `
  .equ DEVICE, 0x10001000
  li s0, DEVICE
  li t0, 3
  sw t0, 0x70(s0)
  li t0, 1
  sw t0, 0x24(s0)
  sw t0, 0x20(s0)
  li t0, 11
  sw t0, 0x70(s0)
  li t0, 8
  sw t0, 0x38(s0)
  la t0, descriptors
  sw t0, 0x80(s0)
  la t0, available
  sw t0, 0x90(s0)
  la t0, used
  sw t0, 0xa0(s0)
  li t0, 1
  sw t0, 0x44(s0)
  li t0, 15
  sw t0, 0x70(s0)
  la t0, available
  li t1, 1
  sh t1, 2(t0)
  fence
  sw zero, 0x50(s0)
  la t0, used
1:lhu t1, 2(t0)
  beqz t1, 1b
  off
.align 4
descriptors:
  .word header, 0, 16, 0x00010001
  .word 0x80300000, 0, 512, 0x00020003
  .word status, 0, 1, 2
  .zero 80
header: .word 0, 0, 0, 0
available: .zero 24
.align 2
used: .zero 80
status: .byte 0xff
`;

describe('live migration', () => {
  /** Two hosts on one clock, and a VM that has run for a while on the first. */
  function hosts(pages: number, targetSize = 32 * MIB) {
    const queue = new EventQueue();
    const source = site(queue, { embedded: true });
    const target = site(queue, { embedded: true, size: targetSize });
    const run = (until: number) => {
      while (queue.step(until));
      queue.advanceTo(until);
    };
    const guest = source.create();
    guest.vm.boot(assembledGuest(counter(pages)));
    source.hypervisor.wake();
    run(5.5 * MILLISECOND);
    const incoming = target.create();
    const reports: MigrationReport[] = [];
    const trace = new Trace(queue);
    const start = (bitsPerSecond: number, downtime = 2 * MILLISECOND) =>
      migrate({
        vm: guest.vm,
        source: source.hypervisor,
        target: target.hypervisor,
        incoming: incoming.vm,
        bitsPerSecond,
        downtime,
        trace,
        done: (report) => void reports.push(report),
      });
    return { queue, source, target, guest, incoming, reports, run, start };
  }

  test('moves a running guest, which misses no tick and stops for a moment alone', () => {
    const { source, guest, incoming, reports, run, start } = hosts(30);
    start(1e9, MILLISECOND / 2);
    run(60.2 * MILLISECOND);
    const [report] = reports;
    expect(report).toMatchObject({ outcome: 'completed', reason: null });
    expect(report!.rounds.length).toBeGreaterThan(1);
    expect(report!.downtime).toBeGreaterThan(0);
    expect(report!.downtime).toBeLessThan(2 * MILLISECOND);
    expect(report!.total).toBeGreaterThan(report!.downtime);
    // Its time stood still while it was stopped: so many ticks fewer, and none left out.
    const ticks = guest.output() + incoming.output();
    const expected = Math.floor((60.2 * MILLISECOND - report!.downtime) / MILLISECOND);
    expect(ticks).toBe(Array.from({ length: expected }, (_, i) => (i + 1) % 10).join(''));
    expect(source.hypervisor.vms).toEqual([]);
    expect(source.hypervisor.frames.usedBy('guest')).toEqual({ guest: 0, table: 0 });
  });

  test('sends again only what was written, and all of it', () => {
    const { reports, run, start, incoming, target } = hosts(30);
    start(1e9);
    run(40 * MILLISECOND);
    const [first, ...later] = reports[0]!.rounds;
    expect(first!.pages).toBeGreaterThan(30);
    for (const { pages } of later) expect(pages).toBeLessThan(first!.pages + 1);
    target.hypervisor.quiesce();
    const word = (page: number) => incoming.vm.memory.read32(0x8010_0000 + page * 4096);
    // Every page is incremented once in each turn: they are equal, or the turn is under way.
    const values = Array.from({ length: 30 }, (_, page) => word(page));
    expect(Math.max(...values) - Math.min(...values)).toBeLessThanOrEqual(1);
    expect(Math.max(...values)).toBeGreaterThan(30);
  });

  test('a guest that writes faster than the link carries is stopped after the last round', () => {
    const { reports, run, start } = hosts(200);
    start(1e8, MILLISECOND);
    run(3 * SECOND);
    expect(reports[0]).toMatchObject({ outcome: 'completed' });
    expect(reports[0]!.rounds.length).toBe(10);
    expect(reports[0]!.downtime).toBeGreaterThan(MILLISECOND);
  });

  test('whenever the target runs out of memory, the guest goes on at the source and the target keeps nothing', () => {
    for (let free = 0; free < 33; free += 3) {
      const { source, target, guest, incoming, reports, run, start } = hosts(30, 2 * MIB);
      const { frames } = target.hypervisor;
      while (frames.free > free) frames.allocate('filler', 'guest');
      start(1e9);
      run(20.5 * MILLISECOND);
      expect(reports[0], `${free} frames free`).toMatchObject({
        outcome: 'failed',
        reason: 'the target has no memory left',
      });
      expect(target.hypervisor.vms).toEqual([]);
      expect(frames.usedBy('guest')).toEqual({ guest: 0, table: 0 });
      expect(incoming.output()).toBe('');
      expect(guest.output()).toBe('12345678901234567890');
      expect(source.hypervisor.vms).toEqual([guest.vm]);
    }
  });

  test('a guest that powers off meanwhile is not moved', () => {
    const { source, target, guest, reports, run, start } = hosts(10);
    start(1e7);
    run(6 * MILLISECOND);
    guest.vm.powerOff('shutdown');
    run(SECOND);
    expect(reports[0]).toMatchObject({ outcome: 'failed', reason: 'guest is off: shutdown' });
    expect(target.hypervisor.vms).toEqual([]);
    expect(source.hypervisor.frames.usedBy('guest').guest).toBe(0);
  });
});
