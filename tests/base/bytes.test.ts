import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../src/base/index.ts';

it('encodes texts of every length and alphabet as the encoding standard does', () => {
  const encoder = new TextEncoder();
  const near = fc.integer({ min: 0, max: 0x17f }).map((code) => String.fromCharCode(code));
  const texts = fc.oneof(
    ...(['grapheme-ascii', 'binary', near] as const).map((unit) => fc.string({ unit, maxLength: 80 })),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = encodeUtf8(text);
      expect([...bytes]).toEqual([...encoder.encode(text)]);
      expect(decodeUtf8(bytes)).toBe(text);
    }),
  );
  // A lone surrogate has no bytes of its own.
  expect([...encodeUtf8('a\ud800')]).toEqual([0x61, 0xef, 0xbf, 0xbd]);
});
