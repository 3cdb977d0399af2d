/** Making VMs: what is taken is accounted, and a failure at any step leaves the host as it was. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, MILLISECOND, OsError } from '../../src/base/index.ts';
import { type ByteStore, MemoryStore } from '../../src/disk/index.ts';
import {
  applySnapshot,
  type CreateVm,
  CreationHost,
  type CreationHostOptions,
  type CreationSteps,
  FRAME_BYTES,
  Hypervisor,
  MemoryImages,
  ownCreate,
  type PolicyFault,
  type StepName,
  takeSnapshot,
  VirtualSwitch,
  type VmSpec,
} from '../../src/hypervisor/index.ts';
import { BlockDevice, PhysicalMemory } from '../../src/machine/index.ts';
import { diskRequest } from '../support/guestPrograms.ts';
import { assembledGuest, guestHost, MIB } from '../support/guestVms.ts';

const SPEC: VmSpec = { name: 'web', memory: 2 * MIB, vcpus: 2, image: 'base.raw', mac: null };

const baseBytes = () => Uint8Array.from({ length: 64 * 1024 }, (_, i) => (i >> 9) & 0xff);

interface TestHost {
  readonly host: CreationHost;
  readonly hypervisor: Hypervisor;
  readonly printed: () => string;
  readonly faults: readonly PolicyFault[];
  readonly base: MemoryStore;
}

function creationHost(
  options: Partial<CreationHostOptions> & {
    size?: number;
    bases?: Record<string, ByteStore>;
    program?: string;
  } = {},
): TestHost {
  const { size = 16 * MIB, bases, program = `putc 'u'\n off`, ...rest } = options;
  const hypervisor = new Hypervisor({ memory: new PhysicalMemory({ size, harts: 2 }) });
  const base = MemoryStore.of(baseBytes());
  const faults: PolicyFault[] = [];
  let printed = '';
  const host = new CreationHost({
    hypervisor,
    images: new MemoryImages({ 'base.raw': base, ...bases }),
    network: new VirtualSwitch({ name: 'sw0' }),
    firmware: assembledGuest(program),
    onPolicyFault: (fault) => void faults.push(fault),
    output: (name, bytes) => {
      printed += `${name}:${decodeUtf8(bytes)} `;
    },
    ...rest,
  });
  return { host, hypervisor, faults, base, printed: () => printed };
}

/** The error's code, of whatever kind it is. */
function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return (error as OsError).code ?? (error as Error).message;
  }
}

describe('a VM that is made', () => {
  test('has what it was to have, all of it accounted, and begins at the firmware’s entry', () => {
    const { host, hypervisor, printed } = creationHost();
    const before = host.summary;
    const vm = host.create(SPEC);
    expect(host.summary.vms).toEqual([
      { name: 'web', memory: 2 * MIB, vcpus: 2, mac: '52:54:00:00:00:01', overlay: 'web.qcow2' },
    ]);
    expect(before.freeMemory - host.summary.freeMemory).toBe(2 * MIB + 4 * FRAME_BYTES);
    expect(vm.stopped).not.toBe(null);
    host.start(vm);
    hypervisor.run();
    expect(printed()).toBe('web:u ');
    host.remove(vm);
    expect(host.summary).toEqual(before);
  });

  test('writes into its overlay: the base image stays as it was, and no other VM sees it', () => {
    const write = diskRequest(0x8010_0000, { type: 1, sector: 5 });
    const { host, hypervisor, printed, base } = creationHost({ program: write });
    const vms = [SPEC, { ...SPEC, name: 'db' }].map((spec) => host.create(spec));
    for (const vm of vms) host.start(vm);
    hypervisor.run({ until: 20 * MILLISECOND });
    expect(printed().split(' ').sort().join(' ')).toBe(' db:0 web:0');
    expect(base.read(0, base.size)).toEqual(baseBytes());
  });

  test('shares no MAC, no frame and no overlay with another', () => {
    const { host, hypervisor } = creationHost({ cpuRatio: 16 });
    const vms = ['a', 'b', 'c'].map((name) => host.create({ ...SPEC, name, vcpus: 1 }));
    const { vms: summaries } = host.summary;
    expect(new Set(summaries.map(({ mac }) => mac)).size).toBe(3);
    expect(new Set(summaries.map(({ overlay }) => overlay)).size).toBe(3);
    const frames = vms.flatMap((vm) => vm.memory.backed().map((guest) => vm.memory.frameOf(guest)));
    expect(new Set(frames).size).toBe(frames.length);
    // What one gave back is another's to have.
    host.remove(vms[1]!);
    expect(host.create({ ...SPEC, name: 'd', vcpus: 1 }).memory.firstFrame).toBe(frames[512]);
    expect(host.summary.vms.at(-1)?.mac).toBe('52:54:00:00:00:02');
    expect(hypervisor.vms.map(({ name }) => name)).toEqual(['a', 'c', 'd']);
  });
});

describe('a host refuses by name, and is as it was', () => {
  const damaged = Uint8Array.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 9]);
  const taken: VmSpec = { ...SPEC, name: 'old', vcpus: 1, mac: '52:54:00:00:00:07' };
  const refusals: readonly (readonly [string, Partial<VmSpec>, string])[] = [
    ['more memory than is free', { memory: 15 * MIB }, 'ENOMEM'],
    ['as much as would leave no room for tables', { memory: 14 * MIB - 44 * 1024 }, 'ENOMEM'],
    ['more vCPUs than its ratio allows', { vcpus: 8 }, 'EAGAIN'],
    ['no vCPU', { vcpus: 0 }, 'EINVAL'],
    ['half a page', { memory: 2 * MIB + 2048 }, 'EINVAL'],
    ['a name that is taken', { name: 'old' }, 'EEXIST'],
    ['a name that is none', { name: '../web' }, 'EINVAL'],
    ['an image that is not there', { image: 'gone.raw' }, 'ENOENT'],
    ['an image that is damaged', { image: 'bad.qcow2' }, 'EIO'],
    ['a MAC address that another VM has', { mac: '52:54:00:00:00:07' }, 'EEXIST'],
    ['the address of a group', { mac: '53:54:00:00:00:01' }, 'EINVAL'],
    ['an address that is none', { mac: 'here' }, 'EINVAL'],
  ];
  for (const [what, spec, code] of refusals) {
    test(what, () => {
      const { host, faults } = creationHost({ bases: { 'bad.qcow2': MemoryStore.of(damaged) } });
      host.create(taken);
      const before = host.accounts;
      expect(codeOf(() => host.create({ ...SPEC, ...spec }))).toBe(code);
      expect(host.accounts).toEqual(before);
      expect(faults).toEqual([]);
    });
  }

  test('the ratio is what it was set to', () => {
    const { host } = creationHost({ cpuRatio: 1.5 });
    host.create({ ...SPEC, vcpus: 3 });
    expect(codeOf(() => host.create({ ...SPEC, name: 'more', vcpus: 1 }))).toBe('EAGAIN');
  });
});

describe('a failure at any step leaves the host as it was', () => {
  test('each step in turn', () => {
    const reached: string[] = [];
    for (let failing = 0; ; failing++) {
      let count = 0;
      let armed = false;
      const beforeStep = (step: StepName) => {
        if (!armed || count++ !== failing) return;
        reached.push(step);
        throw new OsError('EIO', step);
      };
      const { host, hypervisor, printed } = creationHost({ beforeStep });
      host.create({ ...SPEC, name: 'old', vcpus: 1 });
      const before = host.accounts;
      armed = true;
      const code = codeOf(() => host.create(SPEC));
      armed = false;
      if (code === 'none') break;
      expect(code).toBe('EIO');
      expect(host.accounts).toEqual(before);
      host.start(host.create(SPEC));
      hypervisor.run();
      expect(printed()).toBe('web:u ');
    }
    expect(reached.join(' ')).toBe(
      'takeName takeMemory takeTables makeOverlay takeMac makeDevices makeVcpu makeVcpu',
    );
  });

  test('each read of the base image in turn', () => {
    for (let failing = 0; ; failing++) {
      const store = MemoryStore.of(baseBytes());
      let count = 0;
      const flaky: ByteStore = {
        get size() {
          return store.size;
        },
        read(offset, length) {
          if (count++ === failing) throw new OsError('EIO');
          return store.read(offset, length);
        },
        write: () => expect.unreachable(),
        truncate: () => expect.unreachable(),
        flush() {},
        dataFrom: (offset) => store.dataFrom(offset),
      };
      const { host } = creationHost({ bases: { 'flaky.raw': flaky } });
      const before = host.accounts;
      const code = codeOf(() => host.create({ ...SPEC, image: 'flaky.raw' }));
      if (code === 'none') {
        expect(failing).toBeGreaterThan(1);
        break;
      }
      expect(code).toBe('EIO');
      expect(host.accounts).toEqual(before);
    }
  });

  test('each number of free frames, at creation and at start', () => {
    let made = 0;
    for (let free = 0; made === 0; free += free < 500 ? 50 : 1) {
      // The policy does not look at the memory first, so that the steps meet the end of it.
      const blind: CreateVm = (spec, steps) => {
        ownCreate(spec, bound(steps, { summary: { ...steps.summary, freeMemory: 2 ** 40 } }));
      };
      const { host, hypervisor } = creationHost({ size: 4 * MIB, createVm: blind });
      hypervisor.frames.allocate('filler', 'guest', hypervisor.frames.free - free);
      const before = host.accounts;
      const code = codeOf(() => host.create(SPEC));
      if (code !== 'none') {
        expect(code).toBe('ENOMEM');
        expect(host.accounts).toEqual(before);
        continue;
      }
      // All its RAM is there; a table is missing when the guest runs.
      const vm = [...hypervisor.vms][0]!;
      host.start(vm);
      hypervisor.run();
      made = free;
      expect(vm.stopped).toBe(free > 516 ? 'shutdown' : 'out of memory');
      host.remove(vm);
      expect(host.accounts).toEqual(before);
    }
    expect(made).toBe(516);
  });

  test('each number of free frames, at the start of a VM that gets its memory at first use', () => {
    const initialRamDisk = new Uint8Array(20_000).fill(1);
    let started = false;
    for (let free = 4; !started; free++) {
      const { hypervisor } = guestHost({ size: 4 * MIB });
      const queue = hypervisor.queue;
      hypervisor.frames.allocate('filler', 'guest', hypervisor.frames.free - free);
      const vm = hypervisor.createVm({ name: 'web', memory: 2 * MIB, vcpus: 1, output: () => {} });
      const before = [hypervisor.frames.free, hypervisor.frames.usedBy('web'), queue.scheduled];
      const code = codeOf(() => vm.boot({ ...assembledGuest(`putc 'u'\n off`), initialRamDisk }));
      started = code === 'none';
      if (started) {
        hypervisor.run();
        expect(free).toBeGreaterThan(8);
      } else expect(code).toBe('noMemory');
      expect(vm.stopped).not.toBe(null);
      if (!started)
        expect([hypervisor.frames.free, hypervisor.frames.usedBy('web'), queue.scheduled]).toEqual(before);
      hypervisor.destroyVm(vm);
      expect(hypervisor.frames.free).toBe(free);
    }
  });

  test('a device that cannot be made', () => {
    const { hypervisor, boot } = guestHost();
    const broken = {
      id: 2,
      features: 0n,
      queueSizes: [8],
      config: () => new Uint8Array(),
      attach() {
        throw new OsError('EIO', 'no such tap');
      },
      notify() {},
      reset() {},
    };
    const config = { name: 'web', memory: 2 * MIB, vcpus: 1, output: () => {} };
    for (const reserve of [false, true]) {
      expect(codeOf(() => hypervisor.createVm({ ...config, reserve, slots: [null, broken] }))).toBe('EIO');
      expect(hypervisor.frames.free).toBe(hypervisor.frames.total);
      expect(hypervisor.vms).toEqual([]);
    }
    const { output } = boot('web', `putc 'k'\n off`);
    hypervisor.run();
    expect(output()).toBe('k');
  });

  test('a saved state whose rings lie in no memory', () => {
    const { hypervisor, boot } = guestHost();
    const disk = { sectors: 8, read() {}, write() {}, flush() {} };
    const slots = () => [new BlockDevice('vda', disk, 'vda')];
    const { vm } = boot('web', diskRequest(0x8010_0000), { slots: slots() });
    hypervisor.run({ until: 20 * MILLISECOND });
    vm.pause();
    hypervisor.quiesce();
    const snapshot = takeSnapshot(vm);
    hypervisor.destroyVm(vm);
    const config = { name: 'web', memory: 4 * MIB, vcpus: 1, output: () => {} };
    const again = hypervisor.createVm({ ...config, slots: slots() });
    const wrong = structuredClone(snapshot) as unknown as {
      machine: { devices: { virtio: { queues: { setup: { used: { low: number } } }[] }[] } };
    };
    wrong.machine.devices.virtio[0]!.queues[0]!.setup.used.low = 0x100;
    const free = hypervisor.frames.free;
    expect(codeOf(() => applySnapshot(again, wrong as never))).toBe('badImage');
    expect(hypervisor.frames.free).toBe(free);
    expect(again.stopped).not.toBe(null);
    applySnapshot(again, snapshot);
    hypervisor.resume(again);
    hypervisor.run({ until: hypervisor.now + MILLISECOND });
    expect(again.stopped).toBe(null);
  });
});

test('a guest that reboots on a host that has become full ends, and the host goes on', () => {
  const ends: string[] = [];
  const { hypervisor, boot } = guestHost({ size: 4 * MIB });
  // Reboots when it finds the byte that somebody put there.
  const { vm } = boot(
    'web',
    `li s0, RAM + 0x1000\n 1: lbu t0, 0(s0)\n beqz t0, 1b\n li a7, 0x53525354\n li a6, 0\n li a0, 1\n li a1, 0\n ecall`,
    {
      onStop: (reason) => {
        ends.push(reason);
        // Somebody takes what it gave back.
        if (reason === 'reboot') while (hypervisor.frames.allocate('filler', 'guest') !== null);
      },
    },
  );
  hypervisor.run({ until: MILLISECOND });
  vm.memory.write(0x8000_1000, Uint8Array.of(1));
  hypervisor.run();
  expect(ends).toEqual(['reboot', 'out of memory']);
  expect(vm.stopped).toBe('out of memory');
  expect(hypervisor.frames.usedBy('web').guest).toBe(0);
});

describe('another policy', () => {
  test('that forgets a part is told which', () => {
    const lacking: readonly (readonly [StepName, RegExp])[] = [
      ['takeMemory', /web has no memory/],
      ['takeTables', /web has no stage-2 tables/],
      ['makeDevices', /web has no devices/],
      ['makeVcpu', /web has no vCPU 0/],
      ['takeName', /no name was taken for web/],
    ];
    for (const [left, message] of lacking) {
      const { host, faults } = creationHost({
        createVm: (spec, steps) => {
          try {
            ownCreate(spec, bound(steps, { [left]: () => {} }));
          } catch {
            // Without a name nothing can be taken.
          }
        },
      });
      expect(() => host.create(SPEC)).toThrow(message);
      expect(faults).toMatchObject([{ policy: 'createVm', subject: 'web' }]);
    }
  });

  test('that does not clean up after itself leaves behind what the accounts show', () => {
    const { host } = creationHost({
      createVm: (spec, steps) => {
        steps.takeName(spec.name);
        steps.takeMemory(spec.name, spec.memory);
        steps.makeOverlay(spec.name, 'gone.raw', 'web.qcow2');
      },
    });
    const free = host.summary.freeMemory;
    expect(codeOf(() => host.create(SPEC))).toBe('ENOENT');
    expect(free - host.summary.freeMemory).toBe(SPEC.memory);
    expect(host.accounts).toMatchObject({ parts: [{ name: 'web', overlay: null, vcpus: [] }] });
  });

  test('cannot give back what another part uses, take things twice, or touch another VM', () => {
    const codes: string[] = [];
    const { host } = creationHost({
      createVm: (spec, steps) => {
        if (spec.name === 'old') {
          ownCreate(spec, steps);
          return;
        }
        ownCreate(spec, steps);
        const attempts: (() => void)[] = [
          () => steps.takeMemory(spec.name, 4096),
          () => steps.takeTables(spec.name),
          () => steps.removeOverlay(spec.name),
          () => steps.giveMac(spec.name),
          () => steps.giveName(spec.name),
          () => steps.makeVcpu(spec.name, 0, null),
          () => steps.makeVcpu(spec.name, 8, null),
          () => steps.makeVcpu(spec.name, 2, { pc: 1 }),
          () => steps.makeVcpu(spec.name, 2, undefined as never),
          () => steps.giveMemory('old'),
          () => steps.removeDevices('old'),
          () => steps.giveMemory('nobody'),
        ];
        codes.push(...attempts.map(codeOf));
      },
    });
    host.create({ ...SPEC, name: 'old', vcpus: 1 });
    host.create(SPEC);
    expect(codes.join(' ')).toBe(
      'EEXIST EEXIST EBUSY EBUSY EBUSY EEXIST EINVAL EINVAL EINVAL EBUSY EBUSY ENOENT',
    );
  });

  test('that throws is named', () => {
    const { host, faults } = creationHost({
      createVm: () => {
        throw new TypeError('spec.images is not iterable');
      },
    });
    expect(() => host.create(SPEC)).toThrow('createVm: spec.images is not iterable');
    expect(faults).toEqual([{ policy: 'createVm', subject: 'web', message: 'spec.images is not iterable' }]);
  });
});

/** The steps as plain functions, some in place of others. */
function bound(steps: CreationSteps, others: Partial<CreationSteps>): CreationSteps {
  const names: readonly StepName[] = [
    ...([
      'takeName',
      'giveName',
      'takeMemory',
      'giveMemory',
      'takeTables',
      'giveTables',
      'makeOverlay',
    ] as const),
    ...([
      'removeOverlay',
      'takeMac',
      'giveMac',
      'makeDevices',
      'removeDevices',
      'makeVcpu',
      'removeVcpu',
    ] as const),
  ];
  const plain = Object.fromEntries(
    names.map((name) => [name, (steps[name] as (...args: unknown[]) => void).bind(steps)]),
  );
  return { ...plain, summary: steps.summary, ...others } as unknown as CreationSteps;
}
