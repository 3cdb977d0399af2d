/** Base 64 as Node has it, both ways. */
import { expect, test } from 'vitest';
import { fromBase64, Random, toBase64, toBase64Url } from '../../src/base/index.ts';

test('what it writes Node reads, and the other way round', () => {
  const random = Random.fromSeed('base64');
  for (let length = 0; length < 100; length++) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(fromBase64(toBase64Url(bytes))).toEqual(bytes);
  }
});

test.each(['a', 'abc*', 'a b=', 'ab=c', 'abcde', '===='])('%s is none', (text) => {
  expect(fromBase64(text)).toBeNull();
});
