/** Shell patterns against a simple recursive matcher, and the table of bracket expressions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPattern, Pattern, quotePattern } from '../../src/shell/expand/pattern.ts';

/** `*`, `?` and plain characters, by the definition. */
function reference(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*')
    return reference(pattern.slice(1), text) || (text !== '' && reference(pattern, text.slice(1)));
  return (
    text !== '' &&
    (pattern[0] === '?' || pattern[0] === text[0]) &&
    reference(pattern.slice(1), text.slice(1))
  );
}

test('agrees with the definition', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 7 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      expect(new Pattern(pattern).matches(text)).toBe(reference(pattern, text));
    }),
    { numRuns: 2000 },
  );
});

test('a quoted text is a pattern that matches itself alone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const pattern = new Pattern(quotePattern(text), { extglob: true });
      expect(pattern.matches(text)).toBe(true);
      expect(pattern.matches(other)).toBe(other === text);
      expect(isPattern(quotePattern(text), true)).toBe(false);
    }),
  );
});

test('many stars take polynomial time', () => {
  expect(new Pattern(`${'*a'.repeat(30)}b`).matches('a'.repeat(300))).toBe(false);
});

describe('brackets and groups', () => {
  test.each([
    ['[abc]', 'b', true],
    ['[a-c]', 'c', true],
    ['[!a-c]', 'd', true],
    ['[^a]', 'a', false],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['[[:digit:]x]', '7', true],
    ['[[:upper:]]', 'a', false],
    ['[a', '[a', true],
    ['\\*', '*', true],
    ['?', '日', true],
    ['?', '😀', true],
    ['@(a|bc)d', 'bcd', true],
    ['+(ab)', 'ababab', true],
    ['*(a)', '', true],
    ['?(a)b', 'b', true],
    ['!(a*)', 'b', true],
    ['!(a*)', 'ab', false],
    ['*.!(c|h)', 'x.o', true],
    ['*.!(c|h)', 'x.c', false],
  ])('%s %s', (pattern, text, expected) => {
    expect(new Pattern(pattern, { extglob: true }).matches(text)).toBe(expected);
  });
});
