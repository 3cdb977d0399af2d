/** Frames and stage-2 tables: what the tables say is what the hart's own walk finds, and every frame is accounted for. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALL_ACCESS,
  FRAME_BYTES,
  FrameAllocator,
  GUEST_FRAMES,
  LARGE_FRAMES,
  type Permissions,
  Stage2,
} from '../../src/hypervisor/index.ts';
import { Hart, PhysicalMemory } from '../../src/machine/index.ts';

const MIB = 2 ** 20;
const READ_ONLY: Permissions = { read: true, write: false, execute: false };

function host(size = 16 * MIB) {
  const memory = new PhysicalMemory({ size });
  const frames = new FrameAllocator(memory);
  const hart = new Hart({ memory });
  // Everything may be reached below M-mode: one NAPOT entry over all addresses.
  hart.writeCsr('pmpaddr0', 0xffff_ffff);
  hart.writeCsr('pmpcfg0', 0x1f);
  return { memory, frames, hart };
}

/** Where the hart's own walk of `tables` ends: VS-mode without stage 1, so that virtual is guest physical. */
function walk(hart: Hart, tables: Stage2, gpa: number, access: 'load' | 'store' | 'fetch'): number | null {
  hart.writeCsr('hgatp', (2 ** 31 + tables.root) >>> 0);
  hart.writeCsr('vsatp', 0);
  hart.writeCsr('menvcfgh', 1 << 29);
  hart.setMode(1, true);
  return hart.translate(gpa, access);
}

describe('frames', () => {
  test('a frame comes filled with zeros, whatever its former owner left there', () => {
    const { memory, frames } = host();
    const first = frames.allocate('alice', 'guest')!;
    memory.write32(first * FRAME_BYTES, 0x5ec2e7);
    frames.release(first);
    const again = frames.allocate('mallory', 'guest')!;
    expect(again).toBe(first);
    expect(memory.read32(again * FRAME_BYTES)).toBe(0);
    expect(frames.ownerOf(again)).toEqual({ owner: 'mallory', use: 'guest' });
  });

  test('no frame left is an answer, and taking back all of one owner leaves the others theirs', () => {
    const { frames } = host(MIB);
    const kept = frames.allocate('bob', 'table', 4, 4)!;
    while (frames.allocate('alice', 'guest') !== null);
    expect(frames.free).toBe(0);
    expect(frames.usedBy('alice')).toEqual({ guest: 252, table: 0 });
    expect(frames.releaseAll('alice')).toBe(252);
    expect(frames.usedBy('alice')).toEqual({ guest: 0, table: 0 });
    expect([0, 1, 2, 3].map((i) => frames.ownerOf(kept + i)?.owner)).toEqual(['bob', 'bob', 'bob', 'bob']);
    expect(frames.free).toBe(252);
  });

  test('runs are next to each other, aligned, and nobody gets a frame twice', () => {
    const request = fc.record({ count: fc.integer({ min: 1, max: 9 }), align: fc.constantFrom(1, 4, 8) });
    fc.assert(
      fc.property(fc.array(fc.option(request, { freq: 3 }), { maxLength: 60 }), (requests) => {
        const { frames } = host(MIB);
        const taken = new Set<number>();
        for (const wanted of requests) {
          if (wanted === null) {
            const [oldest] = taken;
            if (oldest === undefined) continue;
            taken.delete(oldest);
            frames.release(oldest);
            continue;
          }
          const first = frames.allocate('vm', 'guest', wanted.count, wanted.align);
          if (first === null) continue;
          expect(first % wanted.align).toBe(0);
          for (let frame = first; frame < first + wanted.count; frame++) {
            expect(taken.has(frame)).toBe(false);
            taken.add(frame);
          }
        }
        expect(frames.free).toBe(frames.total - taken.size);
        expect(frames.usedBy('vm').guest).toBe(taken.size);
      }),
      { seed: 3 },
    );
  });
});

describe('stage-2 tables (Sv32x4)', () => {
  test('the hart finds what is mapped, with the permissions it is mapped with', () => {
    const anyPermissions = fc.constantFrom<Permissions>(ALL_ACCESS, READ_ONLY, {
      read: true,
      write: false,
      execute: true,
    });
    const guestFrame = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 20 - 1 }),
      fc.constantFrom(0, 1023, 1024, 2 ** 20 - 1),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(guestFrame, anyPermissions), { maxLength: 12 }),
        guestFrame,
        (list, other) => {
          const { memory, frames, hart } = host();
          const tables = Stage2.create(memory, frames, 'vm')!;
          const model = new Map<number, { frame: number; permissions: Permissions }>();
          for (const [at, permissions] of list) {
            const frame = frames.allocate('vm', 'guest')!;
            expect(tables.map(at, frame, permissions)).toBe(true);
            model.set(at, { frame, permissions });
          }
          for (const at of [...model.keys(), other]) {
            const mapped = model.get(at);
            expect(tables.lookup(at)?.frame).toBe(mapped?.frame);
            const found = (access: 'load' | 'store' | 'fetch') =>
              walk(hart, tables, at * FRAME_BYTES + 4, access);
            const there = mapped === undefined ? null : mapped.frame * FRAME_BYTES + 4;
            expect(found('load')).toBe(there);
            expect(found('store')).toBe(mapped?.permissions.write ? there : null);
            expect(found('fetch')).toBe(mapped?.permissions.execute ? there : null);
          }
          expect(new Map([...tables.mappings()].map(([at, { frame }]) => [at, frame]))).toEqual(
            new Map([...model].sort(([a], [b]) => a - b).map(([at, { frame }]) => [at, frame])),
          );
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  test('4 MiB at once: all of its frames, with one entry and no table', () => {
    const { memory, frames, hart } = host();
    const first = frames.allocate('vm', 'guest', LARGE_FRAMES, LARGE_FRAMES)!;
    const tables = Stage2.create(memory, frames, 'vm')!;
    const before = frames.usedBy('vm').table;
    tables.mapLarge(3 * LARGE_FRAMES, first);
    expect(frames.usedBy('vm').table).toBe(before);
    const last = 3 * LARGE_FRAMES + LARGE_FRAMES - 1;
    expect(tables.lookup(last)).toMatchObject({ frame: first + LARGE_FRAMES - 1, large: true });
    expect(walk(hart, tables, last * FRAME_BYTES, 'store')).toBe((first + LARGE_FRAMES - 1) * FRAME_BYTES);
    expect(walk(hart, tables, (last + 1) * FRAME_BYTES, 'load')).toBe(null);
  });

  test('a guest physical address has 34 bits: the root is four times as large as that of Sv32', () => {
    const { memory, frames } = host();
    const tables = Stage2.create(memory, frames, 'vm')!;
    const frame = frames.allocate('vm', 'guest')!;
    tables.map(GUEST_FRAMES - 1, frame);
    expect(tables.lookup(GUEST_FRAMES - 1)?.frame).toBe(frame);
    expect(tables.lookup(GUEST_FRAMES / 4 - 1)).toBe(null);
    expect(() => tables.lookup(GUEST_FRAMES)).toThrow(/guest frame 0x400000/);
  });

  test('what is taken away is gone for the hart, and without frames for a table nothing is mapped', () => {
    const { memory, frames, hart } = host(MIB);
    const tables = Stage2.create(memory, frames, 'vm')!;
    const frame = frames.allocate('vm', 'guest')!;
    tables.map(5, frame);
    expect(walk(hart, tables, 5 * FRAME_BYTES, 'load')).toBe(frame * FRAME_BYTES);
    expect(tables.unmap(5)?.frame).toBe(frame);
    expect(tables.unmap(5)).toBe(null);
    while (frames.allocate('vm', 'guest') !== null);
    expect(tables.map(9 * LARGE_FRAMES, frame)).toBe(false);
    expect(tables.lookup(9 * LARGE_FRAMES)).toBe(null);
  });

  test('giving the tables back leaves no frame behind', () => {
    const { memory, frames } = host();
    const tables = Stage2.create(memory, frames, 'vm')!;
    for (const at of [0, 1, LARGE_FRAMES, 2 ** 20]) tables.map(at, frames.allocate('guests', 'guest')!);
    expect(frames.usedBy('vm').table).toBe(4 + 3);
    tables.release();
    expect(frames.usedBy('vm')).toEqual({ guest: 0, table: 0 });
  });
});
