import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../src/base/index.ts';

it('encodes texts of every length and alphabet as the encoding standard does', () => {
  const encoder = new TextEncoder();
  const characters = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 80 }),
    fc.string({ unit: 'binary', maxLength: 80 }),
  );
  fc.assert(
    fc.property(characters, (text) => {
      const bytes = encodeUtf8(text);
      expect([...bytes]).toEqual([...encoder.encode(text)]);
      expect(decodeUtf8(bytes)).toBe(text);
    }),
  );
  // A lone surrogate has no bytes of its own.
  expect([...encodeUtf8('a\ud800')]).toEqual([0x61, 0xef, 0xbf, 0xbd]);
});
