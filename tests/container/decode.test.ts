/** Bodies as Go's encoding/json reads them: null leaves things as they are, what has another type is refused by name. */
import { describe, expect, test } from 'vitest';
import { bool, decode, int, listOf, mapOf, string, strings, struct } from '../../src/container/decode.ts';

const inner = struct('api.Inner', { x: string, y: bool }, ['x']);
const kind = struct('api.Outer', { a: int, b: strings, c: inner, d: mapOf(int), e: listOf(inner) }, ['a']);
const read = (text: string) => decode(kind, JSON.parse(text));

describe('decode', () => {
  test.each([
    [
      'all is as it should be',
      '{"a":1,"b":["x"],"c":{"x":"1"},"d":{"k":1},"e":[{"x":""}],"more":null}',
      { a: 1, b: ['x'], c: { x: '1' }, d: { k: 1 }, e: [{ x: '' }] },
    ],
    [
      'null after fields that stay',
      '{"a":1,"more":[null],"b":null,"d":{"k":2}}',
      { a: 1, more: [null], d: { k: 2 } },
    ],
    ['null in a list', '{"a":1,"b":["x",null,"y"]}', { a: 1, b: ['x', '', 'y'] }],
    ['null in a map', '{"a":1,"d":{"k":null,"l":2}}', { a: 1, d: { k: 0, l: 2 } }],
    [
      'null in a list of structs',
      '{"a":1,"e":[null,{"x":"1","y":null}]}',
      { a: 1, e: [{ x: '' }, { x: '1' }] },
    ],
    ['a field that is always there', '{"c":{"y":true}}', { a: 0, c: { x: '', y: true } }],
    ['and is null', '{"a":null,"c":{"x":null}}', { a: 0, c: { x: '' } }],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('a field of the name of an object’s prototype is a field', () => {
    const value = read('{"a":1,"__proto__":{"q":1},"b":null}') as object;
    expect(Object.entries(value)).toEqual([
      ['a', 1],
      ['__proto__', { q: 1 }],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test.each([
    ['{"a":"1"}', 'string into Go struct field Outer.a of type int64'],
    ['{"c":{"y":1}}', 'number into Go struct field Inner.c.y of type bool'],
    ['{"b":["x",{}]}', 'object into Go struct field Outer.b of type string'],
    ['{"e":[{"x":"1"},{"x":2}]}', 'number into Go struct field Inner.e.x of type string'],
    ['[]', 'array into Go value of type api.Outer'],
  ])('%s is refused', (text, why) => {
    expect(() => read(text)).toThrow(`json: cannot unmarshal ${why}`);
  });
});
