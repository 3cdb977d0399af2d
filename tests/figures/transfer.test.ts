/** The transfer-time calculator's arithmetic: bits and bytes, powers of ten and of two, rated and real. */
import { describe, expect, test } from 'vitest';
import { sayCount, sayTime, type Transfer, transferTime } from '../../src/figures/transfer/model.ts';
import { PRESETS, renderCalculation, sayResult } from '../../src/figures/transfer/render.ts';

const course: Transfer = { size: 8, sizeUnit: 'GB', rated: 1, speedUnit: 'Gb/s', efficiency: 35 };

describe('transferTime', () => {
  test('the course’s case: 64 s rated, about 183 s at 0.35 Gb/s', () => {
    const time = transferTime(course);
    expect(time.bits).toBe(64e9);
    expect(time.ratedSeconds).toBe(64);
    expect(time.realBitsPerSecond).toBe(0.35e9);
    expect(time.realSeconds).toBeCloseTo(182.857, 3);
  });

  test('a GiB is a good 7 % more than a GB', () => {
    const time = transferTime({ ...course, sizeUnit: 'GiB' });
    expect(time.bytes).toBe(2 ** 33);
    expect(time.ratedSeconds).toBeCloseTo(68.72, 2);
    expect(time.realSeconds).toBeCloseTo(196.34, 2);
  });

  test('bytes per second are eight times bits per second, and nothing else', () => {
    const bits = transferTime(course);
    const bytes = transferTime({ ...course, speedUnit: 'GB/s' });
    expect(bytes.ratedSeconds).toBe(bits.ratedSeconds / 8);
    expect(transferTime({ ...course, rated: 125, speedUnit: 'MB/s' }).ratedSeconds).toBe(64);
  });

  test.each([
    [{ size: 0 }, 'The size is a number above 0.'],
    [{ size: Number.NaN }, 'The size is a number above 0.'],
    [{ rated: -1 }, 'The rated speed is a number above 0.'],
    [{ efficiency: 0 }, 'more than 0 %'],
    [{ efficiency: 101 }, 'at most 100 %'],
  ])('%o is refused', (change, message) => {
    expect(() => transferTime({ ...course, ...change })).toThrow(message);
  });
});

test.each([
  [0.0823, '82.3 ms'],
  [6.4, '6.4 s'],
  [64, '64 s (1 min 4 s)'],
  [182.857, '183 s (3 min 3 s)'],
  [7200, '7,200 s (2 h)'],
])('%f seconds are said as %s', (seconds, said) => {
  expect(sayTime(seconds)).toBe(said);
});

test('counts are exact where they are whole', () => {
  expect(sayCount(8_589_934_592)).toBe('8,589,934,592');
  expect(sayCount(0.35)).toBe('0.35');
  expect(sayCount(3.5e20)).toBe('3.50e+20');
});

test('the figure begins with the course’s case and shows both results', () => {
  expect(PRESETS[0]!.transfer).toEqual(course);
  expect(renderCalculation(course)).toContain('<strong>64 s (1 min 4 s)</strong>');
  expect(sayResult(course)).toBe(
    'At the rated speed 64 s (1 min 4 s), at what arrives of it 183 s (3 min 3 s).',
  );
});
