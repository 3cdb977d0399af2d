import { expect, test } from 'vitest';
import { PhysicalMemory } from '../../src/machine/index.ts';

const SIZE = 64 * 1024;

test('memory in place of that of a machine that is no more has its bytes, as zeros', () => {
  const old = new PhysicalMemory({ size: SIZE, harts: 2 });
  old.write(old.base + 4096, Uint8Array.of(1, 2, 3));
  new Uint8Array(old.buffer)[8] = 9;
  const heard: number[] = [];
  old.watch({ written: (address) => heard.push(address) });
  const memory = new PhysicalMemory({ size: SIZE, harts: 2, inPlaceOf: old });
  expect(memory.buffer).toBe(old.buffer);
  expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  memory.write8(memory.base, 7);
  expect(memory.read8(memory.base)).toBe(7);
  expect(heard).toEqual([]);
});

test('memory of another size takes no other one’s place', () => {
  const old = new PhysicalMemory({ size: SIZE, harts: 2 });
  expect(() => new PhysicalMemory({ size: SIZE, harts: 1, inPlaceOf: old })).toThrow('another kind');
  expect(() => new PhysicalMemory({ size: 2 * SIZE, harts: 2, inPlaceOf: old })).toThrow('another kind');
});
