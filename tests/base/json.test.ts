/** JSON's errors in Go's words, and the same texts refused as JSON.parse refuses. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonError, parseJson } from '../../src/base/index.ts';

function fault(text: string): string | null {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}

test.each([
  ['', 'EOF'],
  [' \n', 'EOF'],
  ['{', 'unexpected EOF'],
  ['{"a"', 'unexpected EOF'],
  ['["a', 'unexpected EOF'],
  ['tru', 'unexpected EOF'],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a": 1 "b": 2}', "invalid character '\"' after object key:value pair"],
  ['{"a": 1,}', "invalid character '}' looking for beginning of object key string"],
  ['{a: 1}', "invalid character 'a' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['[trux]', "invalid character 'x' in literal true (expecting 'e')"],
  ['[-x]', "invalid character 'x' in numeric literal"],
  ['[01]', "invalid character '1' after array element"],
  ["{'a': 1}", "invalid character '\\'' looking for beginning of object key string"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['{} x', "invalid character 'x' after top-level value"],
])('%j: %s', (text, message) => {
  expect(fault(text)).toBe(message);
});

test('all that JSON.parse refuses, and nothing else, is refused, however a text was damaged', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '\\', '0', '.', '-', 'e', ' '))
    .map(([text, at, with_]) => text.slice(0, at % text.length) + with_ + text.slice((at % text.length) + 1));
  fc.assert(
    fc.property(damaged, (text) => {
      let refused = false;
      try {
        JSON.parse(text);
      } catch {
        refused = true;
      }
      expect(fault(text) !== null).toBe(refused);
    }),
    { seed: 5, numRuns: 2000 },
  );
});
