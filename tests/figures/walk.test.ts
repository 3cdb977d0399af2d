/** The two-stage walk: reference by reference it must come to where the hart comes, for any address, access and mode. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { walk } from '../../src/figures/walk/walk.ts';
import { type Request, WalkWorld } from '../../src/figures/walk/world.ts';

const CAUSES = { fetch: [12, 20], load: [13, 21], store: [15, 23] } as const;

/** What the hart should say, from the walk's outcome. */
function expected(request: Request) {
  const { outcome } = walk(new WalkWorld(), request);
  const [page, guestPage] = CAUSES[request.access];
  if (outcome.kind === 'pageFault') return { kind: 'guestTrap', cause: page };
  if (outcome.kind === 'guestPageFault')
    return { kind: 'exit', cause: guestPage, gpa: outcome.gpa, implicit: outcome.implicit };
  return { kind: 'done' };
}

function performed(request: Request) {
  const answer = new WalkWorld().perform(request);
  if (answer.kind !== 'exit') return answer;
  const { kind, cause, gpa, instruction } = answer;
  return { kind, cause, gpa, implicit: instruction === 0x2000 };
}

const aligned = (request: Request): Request => ({
  ...request,
  address: request.address - (request.address % 4),
});

const address = fc.oneof(
  fc.constantFrom(
    0x10000,
    0x20000,
    0x30000,
    0x40000,
    0x50000,
    0x10000000,
    0x40000000,
    0x80000000,
    0x80104000,
  ),
  fc.integer({ min: 0, max: 0x60 }).map((page) => page * 4096 + 8),
  fc.integer({ min: 0, max: 2 ** 30 - 1 }).map((word) => word * 4),
);
const request: fc.Arbitrary<Request> = fc
  .record({
    address,
    access: fc.constantFrom('load', 'store', 'fetch') as fc.Arbitrary<Request['access']>,
    by: fc.constantFrom('program', 'kernel') as fc.Arbitrary<Request['by']>,
  })
  .map(aligned);

describe('the walk and the hart', () => {
  test('end alike, with the same cause and the same guest physical address', () => {
    fc.assert(
      fc.property(request, (tried) => {
        expect(performed(tried)).toEqual(expected(tried));
      }),
      { seed: 7, numRuns: 120 },
    );
  });

  test('lead to the same host physical address', () => {
    fc.assert(
      fc.property(request, (tried) => {
        const { outcome } = walk(new WalkWorld(), tried);
        expect(new WalkWorld().translate(tried)).toBe(outcome.kind === 'done' ? outcome.hpa : null);
      }),
      { seed: 8, numRuns: 120 },
    );
  });

  test('a store changes the memory where the walk ends, and nowhere else of the data page', () => {
    const world = new WalkWorld();
    const store: Request = { address: 0x20008, access: 'store', by: 'program' };
    const { outcome } = walk(world, store);
    expect(outcome.kind).toBe('done');
    if (outcome.kind !== 'done') return;
    world.memory.write32(outcome.hpa, 0x1234);
    expect(world.perform(store)).toEqual({ kind: 'done' });
    expect(world.memory.read32(outcome.hpa)).toBe(0);
    expect(world.memory.read32(outcome.hpa - 8)).toBe(42);
  });
});

describe('counted', () => {
  const count = (tried: Request) => walk(new WalkWorld(), tried).references.length;

  test('(2 + 1)(2 + 1) − 1 = 8 references for a page of 4 KiB', () => {
    expect(count({ address: 0x20008, access: 'load', by: 'program' })).toBe(8);
  });

  test('five where the guest maps 4 MiB at once', () => {
    expect(count({ address: 0x80000008, access: 'load', by: 'kernel' })).toBe(5);
  });

  test.each([
    ['the page is not backed yet', { address: 0x30000, access: 'load', by: 'program' }, 8, false],
    ['the guest’s table is not backed', { address: 0x40000000, access: 'load', by: 'program' }, 5, true],
    ['a device', { address: 0x10000000, access: 'store', by: 'program' }, 7, false],
    ['read-only for the guest', { address: 0x40000, access: 'store', by: 'program' }, 8, false],
  ] as const)('stage 2 faults: %s', (_, tried, references, implicit) => {
    const seen = walk(new WalkWorld(), tried);
    expect(seen.references).toHaveLength(references);
    expect(seen.outcome).toMatchObject({ kind: 'guestPageFault', implicit });
    expect(seen.references.at(-1)).toMatchObject({ stage: 2, verdict: { kind: 'fault' } });
  });

  test('every frame that the walk touches belongs to alice or to her tables', () => {
    const world = new WalkWorld();
    for (const { host } of walk(world, { address: 0x20008, access: 'load', by: 'program' }).references)
      expect(world.frames.ownerOf(Math.floor(host / 4096))?.owner).toBe('alice');
  });
});
