/** Memory that VMs were promised and lend back: by their management's wish, and when the host runs out. */
import { describe, expect, test } from 'vitest';
import { EventQueue, MILLISECOND } from '../../src/base/index.ts';
import { FRAME_PATIENCE, Hypervisor, type MigrationReport, migrate } from '../../src/hypervisor/index.ts';
import { BlockDevice, PhysicalMemory } from '../../src/machine/index.ts';
import { VirtualGuest } from '../support/guestMachine.ts';
import { balloonGuest, diskRequest, memoryEater } from '../support/guestPrograms.ts';
import { assembledGuest, guestHost, MIB } from '../support/guestVms.ts';

const total = (report: string) => Number(/MemTotal: +(\d+) kB/.exec(report)?.[1]);

describe('the book’s guest', () => {
  const host = () => new Hypervisor({ memory: new PhysicalMemory({ size: 64 * MIB }) });

  test('does with less when it is asked to, and gets its memory back', () => {
    const hypervisor = host();
    const guest = new VirtualGuest(hypervisor, 'db', { commandLine: 'hostname=db', balloon: true });
    guest.login();
    expect(guest.output).toContain('virtio_balloon: at 0x10001000');
    const before = total(guest.command('free'));
    hypervisor.setMemory(guest.vm, 4 * MIB);
    guest.waitFor('virtio_balloon: the host has 4096 KiB');
    expect(guest.vm.ballooning.balloon!.actual).toBe(1024);
    guest.type('\n');
    guest.waitFor('# ');
    const less = total(guest.command('free'));
    expect(before - less).toBe(4096);
    // It still does what it did.
    expect(guest.command('ls /')).toContain('bin');
    hypervisor.setMemory(guest.vm, 7 * MIB);
    guest.waitFor('virtio_balloon: the host has 1024 KiB');
    guest.type('\n');
    guest.waitFor('# ');
    expect(total(guest.command('free'))).toBe(before - 1024);
  });

  test('gives frames that its programs have used, and keeps some pages whatever the host would like', () => {
    const hypervisor = host();
    const guest = new VirtualGuest(hypervisor, 'db', { commandLine: 'hostname=db', balloon: true });
    guest.login();
    for (let i = 0; i < 4; i++) guest.command('ps');
    const used = hypervisor.frames.usedBy('db').guest;
    hypervisor.setMemory(guest.vm, 4096);
    guest.run(3_000_000);
    const { actual } = guest.vm.ballooning.balloon!;
    expect(actual).toBeGreaterThan(1300);
    expect(actual).toBeLessThan(2047);
    expect(hypervisor.frames.usedBy('db').guest).toBeLessThan(used);
    guest.type('\n');
    guest.waitFor('# ');
    expect(guest.command('echo alive')).toBe('alive\n');
  });
});

/** Uses so many pages, and goes on. */
const HOLDER = (pages: number) => memoryEater(pages).replace('off', '2: j 2b');

/** A host of 4 MiB, 1024 frames. */
function smallHost(memoryRatio?: number) {
  return guestHost({ size: 4 * MIB, ...(memoryRatio !== undefined && { memoryRatio }) });
}

/** A guest with a balloon and 500 pages in use, running, on a small host. */
function lending(source = balloonGuest(500)) {
  const host = smallHost();
  const lender = host.boot('lender', source, { memory: 4 * MIB, balloon: true });
  host.hypervisor.run({ until: 5 * MILLISECOND });
  expect(host.hypervisor.frames.usedBy('lender').guest).toBeGreaterThan(500);
  return { ...host, lender };
}

describe('a host that has promised more than it has', () => {
  test('takes what a VM needs from the balloon of another, and returns it when there is room again', () => {
    const { hypervisor, lender, boot } = lending();
    const eater = boot('eater', memoryEater(700), { memory: 4 * MIB });
    hypervisor.run({ until: 200 * MILLISECOND });
    expect(eater.output()).toBe('.');
    expect(eater.vm.stopped).toBe('shutdown');
    expect(lender.vm.stopped).toBe(null);
    // The guest gave all that it was asked for; the host wants none of it any more.
    const balloon = lender.vm.ballooning.balloon!;
    expect(balloon.actual).toBeGreaterThan(180);
    expect(balloon.target).toBe(0);
    expect(hypervisor.frames.usedBy('lender').guest).toBeLessThan(330);
  });

  test('without a balloon the VM that finds no frame ends, by name', () => {
    const { hypervisor, boot } = smallHost();
    const holder = boot('holder', HOLDER(500), { memory: 4 * MIB });
    hypervisor.run({ until: 5 * MILLISECOND });
    const eater = boot('eater', memoryEater(700), { memory: 4 * MIB });
    hypervisor.run({ until: 200 * MILLISECOND });
    expect([holder.vm.stopped, eater.vm.stopped]).toEqual([null, 'out of memory']);
    expect(eater.output()).toBe('');
  });

  test('waits so long for a guest that does not answer, and no longer', () => {
    const { hypervisor, lender, trace, boot } = lending(balloonGuest(700, { mute: true }));
    const eater = boot('eater', memoryEater(700), { memory: 4 * MIB });
    hypervisor.run({ until: 200 * MILLISECOND });
    expect([lender.vm.stopped, eater.vm.stopped]).toEqual([null, 'out of memory']);
    const [starved] = trace.since(0, 'vm.starve');
    const [stopped] = trace.since(0, 'vm.stop');
    // The trace's time is that of the turn's beginning.
    expect(stopped!.time - starved!.time).toBeGreaterThanOrEqual(FRAME_PATIENCE);
    expect(stopped!.time - starved!.time).toBeLessThan(FRAME_PATIENCE + 4 * MILLISECOND);
  });

  test('more than all balloons bring ends the one that asks; no guest is asked for more than half of its RAM', () => {
    const { hypervisor, lender, boot } = lending(balloonGuest(700));
    const eater = boot('eater', memoryEater(900), { memory: 4 * MIB });
    hypervisor.run({ until: 400 * MILLISECOND });
    expect([lender.vm.stopped, eater.vm.stopped]).toEqual([null, 'out of memory']);
    const balloon = lender.vm.ballooning.balloon!;
    expect(balloon.actual).toBe(512);
    expect(balloon.target).toBe(0);
  });

  test('a VM that is paused while it waits does not end, and gets its frame afterwards', () => {
    const { hypervisor, lender, trace, boot } = lending(balloonGuest(500, { mute: true }));
    const eater = boot('eater', memoryEater(700), { memory: 4 * MIB });
    while (trace.since(0, 'vm.starve').length === 0) hypervisor.run({ instructions: 1000 });
    eater.vm.pause();
    hypervisor.run({ until: hypervisor.now + 3 * FRAME_PATIENCE });
    expect(eater.vm.stopped).toBe(null);
    hypervisor.destroyVm(lender.vm);
    hypervisor.resume(eater.vm);
    hypervisor.run();
    expect(eater.output()).toBe('.');
  });

  test('one that goes while another waits for a frame sets it going', () => {
    const { hypervisor, lender, trace, boot } = lending(balloonGuest(500, { mute: true }));
    const eater = boot('eater', memoryEater(700), { memory: 4 * MIB });
    while (trace.since(0, 'vm.starve').length === 0) hypervisor.run({ instructions: 1000 });
    hypervisor.destroyVm(lender.vm);
    hypervisor.run();
    expect(eater.output()).toBe('.');
  });

  test('pages that are none, or hold the rings themselves, harm nobody', () => {
    for (const number of [0, 0x8ffff, 0x80000, 0xffffffff]) {
      const source = balloonGuest(4).replace('li t0, (RAM + 0x100000) >> 12', `li t0, ${number}`);
      const { hypervisor, boot } = smallHost();
      const { vm } = boot('mallory', source, { memory: 4 * MIB, balloon: true });
      hypervisor.run({ until: 2 * MILLISECOND });
      hypervisor.setMemory(vm, 4 * MIB - 16_384);
      hypervisor.run({ until: 20 * MILLISECOND });
      hypervisor.destroyVm(vm);
      expect(hypervisor.frames.free).toBe(hypervisor.frames.total);
    }
  });
});

test('a device that would write where the full host has no frame ends its VM, by name', () => {
  const { hypervisor, boot } = smallHost();
  const disk = { sectors: 1, read() {}, write() {}, flush() {} };
  const slots = [new BlockDevice('vda', disk, 'vda')];
  const { vm } = boot('db', diskRequest(0x8010_0000), { slots });
  // Its own pages are there, as it has run before.
  hypervisor.run({ instructions: 200 });
  while (hypervisor.frames.allocate('filler', 'guest') !== null);
  hypervisor.run({ until: 20 * MILLISECOND });
  expect(vm.stopped).toBe('out of memory');
});

test('pages that go into the balloon during a live migration do not stay at the target', () => {
  const queue = new EventQueue();
  const host = () => new Hypervisor({ memory: new PhysicalMemory({ size: 8 * MIB }), queue, embedded: true });
  const [source, target] = [host(), host()];
  const create = (hypervisor: Hypervisor) =>
    hypervisor.createVm({ name: 'web', memory: 4 * MIB, vcpus: 1, balloon: true, output: () => {} });
  const run = (until: number) => {
    while (queue.step(until));
    queue.advanceTo(until);
  };
  const vm = create(source);
  vm.boot(assembledGuest(balloonGuest(500)));
  source.wake();
  run(5 * MILLISECOND);
  const incoming = create(target);
  const reports: MigrationReport[] = [];
  migrate({ vm, source, target, incoming, bitsPerSecond: 1e9, done: (report) => void reports.push(report) });
  source.setMemory(vm, 4 * MIB - 300 * 4096);
  run(10 * MILLISECOND);
  const used = source.frames.usedBy('web').guest;
  run(200 * MILLISECOND);
  expect(reports[0]?.outcome).toBe('completed');
  expect(incoming.ballooning.balloon!.actual).toBe(300);
  expect(incoming.ballooning.wanted).toBe(300);
  expect(used).toBeLessThan(210);
  expect(target.frames.usedBy('web').guest).toBe(used);
  // The target knows what is in the balloon: the guest gets it back there.
  target.setMemory(incoming, 4 * MIB);
  expect(incoming.ballooning.balloon!.target).toBe(0);
});

test('a ratio refuses what would be promised beyond it, and lets all in when it is left out', () => {
  const { hypervisor } = smallHost(1.5);
  const create = (name: string, memory: number) =>
    hypervisor.createVm({ name, memory, vcpus: 1, output: () => {} });
  create('a', 4 * MIB);
  expect(() => create('b', 2 * MIB + 4096)).toThrow(
    '6295552 bytes would be promised with b, and the host allows 6291456',
  );
  expect(hypervisor.vms).toHaveLength(1);
  create('b', 2 * MIB);
  expect(() => create('c', 4096)).toThrow('would be promised');
  const free = smallHost().hypervisor;
  for (const name of ['a', 'b', 'c']) free.createVm({ name, memory: 4 * MIB, vcpus: 1, output: () => {} });
});
