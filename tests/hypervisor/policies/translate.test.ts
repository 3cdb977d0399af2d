/** The memory policy: what it answers is what a guest gets, and what it answers wrongly harms its VM alone. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../../src/base/index.ts';
import {
  ALL_ACCESS,
  FRAME_BYTES,
  type GuestAccess,
  ownFrames,
  type PolicyFault,
  type Translate,
} from '../../../src/hypervisor/index.ts';
import { BlockDevice } from '../../../src/machine/index.ts';
import { diskRequest } from '../../support/guestPrograms.ts';
import { guestHost, MIB } from '../../support/guestVms.ts';

/** The VM's run of frames without a look at where it ends. */
const offsetAlone: Translate = (vm, gpa) => ({
  frame: vm.firstFrame! + Math.floor((gpa - vm.ramBase) / FRAME_BYTES),
  permissions: ALL_ACCESS,
});

/** Loads the word behind its own 1 MiB and prints its low byte; an access fault prints `!`. */
const PEEK_BEHIND = `
  la t0, handler
  csrw stvec, t0
  li t0, RAM + 0x100800
  lbu a0, 0(t0)
  li a7, 1
  ecall
  off
.align 2
handler:
  putc '!'
  off`;

/** Where alice has an S. */
const SECRET = 0x8000_0800;

const IDLE = '1: wfi\n j 1b';

function neighbours(translate?: Translate) {
  const faults: PolicyFault[] = [];
  const host = guestHost({
    ...(translate && { translate }),
    onPolicyFault: (fault) => void faults.push(fault),
  });
  const config = { memory: MIB, reserve: true };
  const attack = (source: string, more = {}) => host.boot('mallory', source, { ...config, ...more });
  // Booted first, mallory's run of frames lies right below alice's.
  const prepare = (source: string, more = {}) => {
    const mallory = attack(source, more);
    const alice = host.boot('alice', IDLE, config);
    alice.vm.memory.write(
      SECRET,
      Uint8Array.from('S', (c) => c.charCodeAt(0)),
    );
    return { mallory, alice };
  };
  return { ...host, faults, prepare };
}

test('a guest whose trap handler cannot be fetched has come to its end, and its neighbour has not', () => {
  const firstPageAlone: Translate = (vm, gpa, access) =>
    vm.name === 'mallory' && gpa >= vm.ramBase + FRAME_BYTES
      ? { fault: 'refused' }
      : ownFrames(vm, gpa, access);
  const { hypervisor, prepare, faults } = neighbours(firstPageAlone);
  const { mallory, alice } = prepare(`
    li t0, RAM + 0x1000
    csrw stvec, t0
    lbu a0, 0(t0)
    off`);
  hypervisor.run({ until: MILLISECOND });
  expect([mallory.vm.stopped, alice.vm.stopped, faults]).toEqual(['trap loop', null, []]);
});

describe('a guest that reaches behind its memory', () => {
  test('gets an access fault by the hypervisor’s own policy', () => {
    const { hypervisor, prepare, faults } = neighbours();
    const { mallory } = prepare(PEEK_BEHIND);
    hypervisor.run({ until: MILLISECOND });
    expect(mallory.output()).toBe('!');
    expect(faults).toEqual([]);
  });

  test('reads its neighbour’s memory by a policy that does not look where the memory ends', () => {
    const { hypervisor, prepare } = neighbours(offsetAlone);
    const { mallory, alice } = prepare(PEEK_BEHIND);
    hypervisor.run({ until: MILLISECOND });
    expect(alice.vm.memory.read(SECRET, 1)).toEqual(Uint8Array.of(0x53));
    expect(mallory.output()).toBe('S');
  });

  test('reaches it by its disk’s hand as well, which the same policy decides', () => {
    const pattern = new Uint8Array(512).fill(0xa5);
    const attack = (translate?: Translate) => {
      const { hypervisor, prepare } = neighbours(translate);
      const disk = {
        sectors: 1,
        read: (_: number, target: Uint8Array) => target.set(pattern),
        write() {},
        flush() {},
      };
      const slots = [new BlockDevice('disk', disk, 'disk')];
      const { alice } = prepare(diskRequest(0x8010_0800), { slots });
      hypervisor.run({ until: MILLISECOND });
      return alice.vm.memory.read(SECRET, 512);
    };
    expect(attack(offsetAlone)).toEqual(pattern);
    expect(attack()[0]).toBe(0x53);
    // The last page of its own RAM is as good as any.
    const { hypervisor, boot } = guestHost();
    const disk = {
      sectors: 1,
      read: (_: number, target: Uint8Array) => target.set(pattern),
      write() {},
      flush() {},
    };
    const { vm } = boot('bob', diskRequest(0x800f_fe00), {
      memory: MIB,
      slots: [new BlockDevice('disk', disk, 'disk')],
    });
    hypervisor.run({ until: MILLISECOND });
    expect(vm.stopped).toBe(null);
    expect(vm.memory.read(0x800f_fe00, 512)).toEqual(pattern);
  });

  test('and by a hypercall that names a buffer there', () => {
    // SBI's debug console (DBCN) writes the byte behind the RAM.
    const source = `
      li a0, 1
      li a1, RAM + 0x100800
      li a2, 0
      li a6, 0
      li a7, 0x4442434e
      ecall
      beqz a0, 1f
      putc '!'
    1:off`;
    for (const [translate, said] of [
      [undefined, '!'],
      [offsetAlone, 'S'],
    ] as const) {
      const { hypervisor, prepare } = neighbours(translate);
      const { mallory } = prepare(source);
      hypervisor.run({ until: MILLISECOND });
      expect(mallory.output()).toBe(said);
    }
  });

  test('loses the neighbour’s frames when the neighbour goes, whoever has them next', () => {
    // Reads the same byte again and again, and prints it when it changed.
    const source = `
      la t0, handler
      csrw stvec, t0
      li s0, RAM + 0x100800
    1:lbu s1, 0(s0)
      beq s1, s2, 1b
      mv s2, s1
      mv a0, s1
      li a7, 1
      ecall
      j 1b
    .align 2
    handler:
      putc '!'
      off`;
    const { hypervisor, prepare, faults, boot } = neighbours(offsetAlone);
    const { mallory, alice } = prepare(source);
    hypervisor.run({ until: MILLISECOND });
    hypervisor.destroyVm(alice.vm);
    hypervisor.run({ until: 5 * MILLISECOND });
    expect(mallory.output()).toBe('S');
    // The frame is nobody's now: to hand it out is a fault of the policy.
    expect(mallory.vm.stopped).toBe('policy fault');
    expect(faults).toMatchObject([{ policy: 'translate', subject: 'mallory' }]);
    expect(faults[0]!.message).toMatch(/^host frame 0x[0-9a-f]+ for 0x80100800 is nobody’s$/);
    const next = boot('next', `putc 'k'\n off`, { memory: MIB, reserve: true });
    hypervisor.run();
    expect(next.output()).toBe('k');
  });
});

describe('what the policy is told', () => {
  test('who reaches, how, by which virtual address, and the page’s own frame', () => {
    const asked: (readonly [number, GuestAccess])[] = [];
    const translate: Translate = (vm, gpa, access) => {
      asked.push([gpa, access]);
      return ownFrames(vm, gpa, access);
    };
    const { hypervisor, boot } = guestHost({ translate });
    const { vm } = boot('alice', `li t0, RAM + 0x203004\n sw t0, 0(t0)\n lw t0, 0(t0)\n 1: j 1b`);
    hypervisor.run({ until: MILLISECOND });
    expect(asked).toEqual([
      [
        0x8000_0000,
        { kind: 'fetch', by: 'vcpu', guestVirtual: 0x8000_0000, ownFrame: vm.memory.frameOf(0x80000) },
      ],
      [
        0x8020_3004,
        { kind: 'store', by: 'vcpu', guestVirtual: 0x8020_3004, ownFrame: vm.memory.frameOf(0x80203) },
      ],
    ]);
    expect(Object.isFrozen(asked[0]![1])).toBe(true);
  });

  test('the virtual address is the guest’s, the physical one what its page tables made of it', () => {
    const asked: GuestAccess[] = [];
    const translate: Translate = (vm, gpa, access) => {
      if (gpa === 0x8000_1000 + 8) asked.push(access);
      return ownFrames(vm, gpa, access);
    };
    const { hypervisor, boot } = guestHost({ translate });
    // Virtual 0x40000000 → RAM and virtual RAM → RAM, by 4 MiB leaves; then a load from 0x40001008.
    boot(
      'alice',
      `la t0, root
       li t1, ((RAM >> 12) << 10) | 0xcf
       sw t1, 0x400(t0)
       li t2, 0x800
       add t3, t0, t2
       sw t1, 0(t3)
       srli t0, t0, 12
       li t1, 0x80000000
       or t0, t0, t1
       csrw satp, t0
       sfence.vma
       li t0, 0x40001008
       lw s0, 0(t0)
     1:j 1b
     .align 14
     root:
       .zero 4096`,
    );
    hypervisor.run({ until: MILLISECOND });
    expect(asked).toMatchObject([{ kind: 'load', guestVirtual: 0x4000_1008 }]);
  });

  test('a page that may only be read is asked about again at the first store, and what it held stays', () => {
    const kinds: string[] = [];
    const readOnlyFirst: Translate = (vm, gpa, access) => {
      if (gpa >= 0x8020_0000 && gpa < 0x8020_1000) kinds.push(access.kind);
      const answer = ownFrames(vm, gpa, access);
      const permissions = { read: true, write: access.kind === 'store', execute: access.kind === 'fetch' };
      return 'fault' in answer || gpa < 0x8020_0000 ? answer : { ...answer, permissions };
    };
    const { hypervisor, boot } = guestHost({ translate: readOnlyFirst });
    const { vm } = boot(
      'alice',
      `la t1, handler
       csrw stvec, t1
       li t0, RAM + 0x200000
       lw t1, 0(t0)
       addi t1, t1, 5
       sw t1, 0(t0)
       lw t2, 0(t0)
       jr t0
     .align 2
     handler:j handler`,
    );
    vm.memory.write(0x8020_0000, Uint8Array.of(37));
    vm.memory.takeDirty();
    hypervisor.run({ until: MILLISECOND });
    hypervisor.quiesce();
    expect(kinds).toEqual(['load', 'store', 'fetch']);
    expect(vm.memory.read(0x8020_0000, 1)[0]).toBe(42);
    expect(vm.memory.takeDirty()).toContain(0x80200);
  });

  test('after it was changed, every page is asked about anew and holds what it held', () => {
    let honest = 0;
    const translate: Translate = (...question) => {
      honest++;
      return ownFrames(...question);
    };
    const { hypervisor, boot } = guestHost({ translate });
    const { vm } = boot(
      'alice',
      `li t0, RAM + 0x200000\n 1: lw t1, 0(t0)\n addi t1, t1, 1\n sw t1, 0(t0)\n j 1b`,
    );
    hypervisor.run({ until: MILLISECOND });
    hypervisor.quiesce();
    const count = vm.memory.read32(0x8020_0000);
    const before = honest;
    const frame = vm.memory.frameOf(0x80200);
    hypervisor.forgetTranslations();
    expect(vm.memory.takeDirty()).toContain(0x80200);
    hypervisor.run({ until: 2 * MILLISECOND });
    hypervisor.quiesce();
    expect(honest).toBeGreaterThan(before);
    expect(vm.memory.read32(0x8020_0000)).toBeGreaterThan(count);
    expect(vm.memory.frameOf(0x80200)).toBe(frame);
  });
});

describe('a policy that fails', () => {
  const nonsense: readonly (readonly [string, (...question: Parameters<Translate>) => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new Error('my mistake');
      },
      /^my mistake$/,
    ],
    [
      'throws no error',
      () => {
        throw 7;
      },
      /^7$/,
    ],
    ['gives nothing', () => undefined, /answered undefined, which is no object/],
    ['gives a number', () => 5, /answered 5/],
    ['leaves the frame out', () => ({ permissions: ALL_ACCESS }), /frame is undefined, not a whole number/],
    ['gives a frame that is none', () => ({ frame: 1.5, permissions: ALL_ACCESS }), /frame is 1.5/],
    [
      'gives a frame that the host has not',
      () => ({ frame: 7, permissions: ALL_ACCESS }),
      /host frame 0x7 .* is nobody’s/,
    ],
    [
      'gives the tables away',
      () => ({ frame: 0x81fff, permissions: ALL_ACCESS }),
      /keeps stage-2 tables of mallory/,
    ],
    [
      'gives no permission',
      (_, __, { ownFrame }) => ({
        frame: ownFrame,
        permissions: { read: false, write: false, execute: false },
      }),
      /permissions for nothing/,
    ],
    [
      'lets write and not read',
      (_, __, { ownFrame }) => ({
        frame: ownFrame,
        permissions: { read: false, write: true, execute: true },
      }),
      /reserved/,
    ],
  ];
  for (const [what, translate, message] of nonsense) {
    test(`it ${what}: its VM ends, by name, and nothing is left of it`, () => {
      const faults: PolicyFault[] = [];
      const { hypervisor, boot } = guestHost({
        translate: (vm, gpa, access) =>
          vm.name === 'mallory'
            ? (translate(vm, gpa, access) as ReturnType<Translate>)
            : ownFrames(vm, gpa, access),
        onPolicyFault: (fault) => void faults.push(fault),
      });
      const { vm } = boot('mallory', `1: j 1b`, { memory: MIB, reserve: true });
      const other = boot('alice', `putc 'a'\n off`);
      hypervisor.run();
      expect(vm.stopped).toBe('policy fault');
      expect(faults).toEqual([
        { policy: 'translate', subject: 'mallory', message: expect.stringMatching(message) },
      ]);
      expect(other.output()).toBe('a');
      hypervisor.destroyVm(vm);
      hypervisor.destroyVm(other.vm);
      expect(hypervisor.frames.free).toBe(hypervisor.frames.total);
    });
  }

  test('while the disk is at work: the same, and the device’s request touches nothing', () => {
    const faults: PolicyFault[] = [];
    const disk = { sectors: 1, read() {}, write() {}, flush() {} };
    const { hypervisor, boot } = guestHost({
      translate: (vm, gpa, access) => {
        if (access.by === 'device') throw new Error('not my device');
        return ownFrames(vm, gpa, access);
      },
      onPolicyFault: (fault) => void faults.push(fault),
    });
    const { vm } = boot('mallory', diskRequest(0x8010_0000), {
      slots: [new BlockDevice('disk', disk, 'disk')],
    });
    hypervisor.run();
    expect(vm.stopped).toBe('policy fault');
    expect(faults[0]).toEqual({ policy: 'translate', subject: 'mallory', message: 'not my device' });
  });

  test('whatever it answers, in any order, the host goes on and every frame comes back', () => {
    const frame = fc.oneof(fc.integer({ min: 0x7ffff, max: 0x80900 }), fc.integer(), fc.constant(null));
    const answer = fc.oneof(
      { weight: 4, arbitrary: fc.constant('honest') },
      { weight: 4, arbitrary: fc.record({ frame, permissions: fc.constant(ALL_ACCESS) }) },
      fc.record({ fault: fc.string() }),
      fc.anything(),
    );
    // Touches pages of its own and behind, stores to each, and goes on after faults.
    const walk = `
      la t0, handler
      csrw stvec, t0
      li s0, RAM + 0x8000
      li s1, 0x1000
    1:lw t1, 0(s0)
      sw s0, 4(s0)
    2:add s0, s0, s1
      j 1b
    .align 2
    handler:
      la t0, 2b
      csrw sepc, t0
      sret`;
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 12 }), fc.boolean(), (answers, reserve) => {
        let next = 0;
        const { hypervisor, boot } = guestHost({
          size: 4 * MIB,
          translate: (vm, gpa, access) => {
            const given = answers[next++ % answers.length];
            return (given === 'honest' ? ownFrames(vm, gpa, access) : given) as ReturnType<Translate>;
          },
        });
        const vms = ['alice', 'mallory'].map((name) => boot(name, walk, { memory: MIB, reserve }).vm);
        hypervisor.run({ until: 6 * MILLISECOND });
        for (const vm of vms) hypervisor.destroyVm(vm);
        expect(hypervisor.frames.free).toBe(hypervisor.frames.total);
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});

test('RAM that is set aside is one run of frames, cleared when its VM ends and given back with it', () => {
  const { hypervisor, boot } = guestHost();
  const { vm } = boot('alice', `putc 'x'\n off`, { memory: 2 * MIB, reserve: true });
  const first = vm.memory.firstFrame!;
  expect(vm.memory.backed().map((guest) => vm.memory.frameOf(guest)! - first)).toEqual(
    Array.from({ length: 512 }, (_, i) => i),
  );
  expect(vm.memory.read32(0x8000_0000)).not.toBe(0);
  hypervisor.run();
  expect(vm.memory.read32(0x8000_0000)).toBe(0);
  expect(hypervisor.frames.usedBy('alice').guest).toBe(512);
  hypervisor.destroyVm(vm);
  expect(hypervisor.frames.free).toBe(hypervisor.frames.total);
  expect(() => boot('big', 'off', { memory: 64 * MIB, reserve: true })).toThrow(
    'cannot set 67108864 bytes aside for big',
  );
  expect(hypervisor.frames.free).toBe(hypervisor.frames.total);
});
