import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import { PlainText } from '../../src/lab/terminal/plainText.ts';

function shown(...chunks: string[]): { lines: string[]; line: string } {
  const text = new PlainText();
  const lines = chunks.flatMap((chunk) => text.write(encodeUtf8(chunk)));
  return { lines, line: text.line };
}

describe('terminal output as plain text', () => {
  test.each([
    ['lines end at the newline', 'one\r\ntwo\r\n$ ', ['one', 'two'], '$'],
    ['colours leave no trace', '\x1b[1;31mred\x1b[0m plain', [], 'red plain'],
    ['a backspace and a blank take a letter away', 'cat\b \b', [], 'ca'],
    ['a carriage return writes over the line', '10%\r100%', [], '100%'],
    ['erasing to the end of the line', '$ long\r\x1b[2C\x1b[Kls', [], '$ ls'],
    ['erasing the whole line keeps the column', 'abc\x1b[2Kd', [], '   d'],
    ['letters inserted in the middle', 'ac\x1b[D\x1b[@b', [], 'abc'],
    ['letters deleted in the middle', 'abbc\x1b[3D\x1b[P', [], 'abc'],
    ['tabs go to columns of eight', 'a\tb', [], 'a       b'],
    ['a window title is not text', '\x1b]0;student@bluebox\x07$', [], '$'],
    ['a bell is not text', 'a\x07b', [], 'ab'],
    ['characters beyond the basic plane stay whole', '🐳 whale\n', ['🐳 whale'], ''],
  ])('%s', (_name, output, lines, line) => {
    expect(shown(output)).toEqual({ lines, line });
  });

  test('output cut anywhere shows the same', () => {
    const output = '\x1b[32mstudent\x1b[0m:~$ ls -é\b\x1b[K\r\n\x1b]0;title\x07🐳 a\tb\r\x1b[2Cx\r\n$ ';
    const bytes = encodeUtf8(output);
    const whole = shown(output);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const text = new PlainText();
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        let from = 0;
        const lines = ends.flatMap((end) => {
          const written = text.write(bytes.subarray(from, end));
          from = end;
          return written;
        });
        expect({ lines, line: text.line }).toEqual(whole);
      }),
    );
  });
});
