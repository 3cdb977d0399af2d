/** A process's descriptors against a plain list of numbers: dup2(2), close_range(2), FD_CLOEXEC, and who holds a file how often. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FdTable } from '../../src/linux/files/fdTable.ts';
import type { OpenFile } from '../../src/linux/files/openFile.ts';

const LIMIT = 70;

class Held {
  holders = 0;
  hold() {
    this.holders++;
  }
  letGo() {
    this.holders--;
  }
}

type Slots = Map<number, { file: Held; cloexec: boolean }>;

const lowestFree = (slots: Slots, min: number) => {
  let fd = min;
  while (slots.has(fd)) fd++;
  return fd;
};

/** What the table is to answer: a number, or the error's name. */
const outcome = (work: () => unknown) => {
  try {
    return work() ?? 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

const fd = fc.integer({ min: -1, max: LIMIT + 1 });
const operation = fc.oneof(
  fc.record({ name: fc.constant('add' as const), file: fc.nat(3), cloexec: fc.boolean(), min: fc.nat(65) }),
  fc.record({
    name: fc.constant('add' as const),
    file: fc.nat(3),
    cloexec: fc.boolean(),
    min: fc.constant(0),
  }),
  fc.record({ name: fc.constant('dup2' as const), from: fd, to: fd }),
  fc.record({ name: fc.constant('close' as const), fd }),
  fc.record({ name: fc.constant('setCloexec' as const), fd, on: fc.boolean() }),
  fc.record({
    name: fc.constant('closeRange' as const),
    first: fc.nat(70),
    last: fc.nat(80),
    onExec: fc.boolean(),
  }),
  fc.record({ name: fc.constant('fork' as const) }),
  fc.record({ name: fc.constant('exec' as const) }),
);

test('any sequence of calls', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const files = Array.from({ length: 4 }, () => new Held());
      let table = new FdTable(LIMIT);
      let slots: Slots = new Map();
      const inRange = (first: number, last: number) =>
        [...slots.keys()].filter((at) => at >= first && at <= last);
      for (const one of operations) {
        switch (one.name) {
          case 'add': {
            const free = lowestFree(slots, one.min);
            const got = outcome(() =>
              table.add(files[one.file] as unknown as OpenFile, one.cloexec, one.min),
            );
            expect(got).toBe(free < LIMIT ? free : 'EMFILE');
            if (free < LIMIT) slots.set(free, { file: files[one.file]!, cloexec: one.cloexec });
            break;
          }
          case 'dup2': {
            const { from, to } = one;
            const slot = slots.get(from);
            const isBad = slot === undefined || to < 0 || to >= LIMIT;
            expect(outcome(() => table.set(from, to))).toBe(isBad ? 'EBADF' : 'done');
            if (!isBad && from !== to) slots.set(to, { file: slot.file, cloexec: false });
            break;
          }
          case 'close':
            expect(outcome(() => table.close(one.fd))).toBe(slots.delete(one.fd) ? 'done' : 'EBADF');
            break;
          case 'setCloexec': {
            const slot = slots.get(one.fd);
            expect(outcome(() => table.setCloexec(one.fd, one.on))).toBe(
              slot === undefined ? 'EBADF' : 'done',
            );
            if (slot !== undefined) slot.cloexec = one.on;
            break;
          }
          case 'closeRange':
            if (one.onExec) table.closeRangeOnExec(one.first, one.last);
            else table.closeRange(one.first, one.last);
            for (const at of inRange(one.first, one.last)) {
              if (one.onExec) slots.get(at)!.cloexec = true;
              else slots.delete(at);
            }
            break;
          case 'fork': {
            const child = table.fork();
            table.closeAll();
            table = child;
            slots = new Map([...slots].map(([at, slot]) => [at, { ...slot }]));
            break;
          }
          case 'exec':
            table.closeOnExec();
            for (const [at, { cloexec }] of [...slots]) if (cloexec) slots.delete(at);
        }
        const inOrder = [...slots].sort(([a], [b]) => a - b);
        expect(table.entries()).toEqual(inOrder.map(([at, { file }]) => [at, file]));
        for (const [at, { cloexec }] of inOrder) expect(table.closesOnExec(at)).toBe(cloexec);
        for (const file of files)
          expect(file.holders).toBe(inOrder.filter(([, slot]) => slot.file === file).length);
      }
    }),
    { numRuns: 120, seed: 11 },
  );
});

test('a number far from the others takes no more than one near them', () => {
  const table = new FdTable(2 ** 20);
  const file = new Held() as unknown as OpenFile;
  table.add(file);
  table.set(0, 1_000_000);
  // Ten thousand copies of a list of a million numbers would not end.
  let child = table;
  for (let i = 0; i < 10_000; i++) {
    child = child.fork();
    child.closeOnExec();
  }
  expect(child.entries().map(([at]) => at)).toEqual([0, 1_000_000]);
  expect(child.add(file)).toBe(1);
});
