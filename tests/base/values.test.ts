/** Chance and canonical form: the same everywhere, and as their sources say. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, encodeUtf8, Random, sha256Hex, sha256Stream } from '../../src/base/index.ts';

describe('Random', () => {
  test('gives the same numbers for a seed, today and next year', () => {
    const random = Random.fromSeed('virtbook');
    const first = [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
    expect(first).toMatchInlineSnapshot(`
      [
        4184819431,
        3389616191,
        3975753842,
        983676475,
      ]
    `);
  });

  test('below is within bounds, evenly spread, and never drawn from another label’s numbers', () => {
    const random = Random.fromSeed('spread');
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 6000; i++) counts[random.below(6)]!++;
    // Chi-squared with 5 degrees of freedom: above 20.5 once in a thousand seeds; this seed is fixed.
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(20.5);
    expect(() => random.below(0)).toThrow();
    expect(() => random.pick([])).toThrow('pick from nothing');
    const one = Random.fromSeed('x').fork('one');
    const two = Random.fromSeed('x').fork('two');
    expect(one.bytes(8)).not.toEqual(two.bytes(8));
  });
});

describe('canonical JSON (RFC 8785)', () => {
  test('the order in which keys were written makes no difference', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('keys by UTF-16 code units, numbers as ECMAScript writes them: the example of section 3.2.4', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });
});

test('text of any length has the bytes that Node gives it', () => {
  for (const unit of ['a', 'é', '€', '😀', '\ud800'])
    for (const length of [0, 1, 63, 64, 2729, 2730, 2731, 9000]) {
      const text = unit.repeat(length);
      expect([...encodeUtf8(text)]).toEqual([...Buffer.from(text)]);
    }
});

test('SHA-256, whole and in pieces, is what OpenSSL says', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
      const expected = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
      expect(sha256Hex(new Uint8Array(Buffer.concat(parts)))).toBe(expected);
      const stream = sha256Stream();
      for (const part of parts) stream.update(part);
      expect(stream.hex()).toBe(expected);
    }),
  );
  expect(sha256Hex('äöü')).toBe(sha256Hex(encodeUtf8('äöü')));
});
