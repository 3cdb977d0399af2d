import { expect, test } from 'vitest';
import { goQuote } from '../../src/base/index.ts';

test.each([
  ['plain ä', '"plain ä"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['\n\t\r\b\f\v\x07', '"\\n\\t\\r\\b\\f\\v\\a"'],
  ['\0\x1b\x7f', '"\\x00\\x1b\\x7f"'],
  ['\u0085\u200b\u{e0001}', '"\\u0085\\u200b\\U000e0001"'],
])('%j', (text, quoted) => expect(goQuote(text)).toBe(quoted));
