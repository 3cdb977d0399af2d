/** Reads the right side of `name=( … )`. */
import type { ArrayElement, ArrayLiteral } from './ast.ts';
import { ShellSyntaxError } from './source.ts';
import { isMetacharacter, readArithmetic, readWord, type WordReading } from './words.ts';

/** An array literal from its opening parenthesis. */
export function readArrayLiteral(reading: WordReading): ArrayLiteral {
  const { source } = reading;
  const line = source.line;
  source.advance();
  const elements: ArrayElement[] = [];
  for (;;) {
    const char = source.peek();
    if (char === '') {
      throw new ShellSyntaxError("unexpected EOF while looking for matching `)'", line, { incomplete: true });
    }
    if (char === ' ' || char === '\t' || char === '\n') source.advance();
    else if (char === '\\' && source.peek(1) === '\n') source.advance(2);
    else if (char === '#') while (!source.atEnd && source.peek() !== '\n') source.advance();
    else if (char === ')') {
      source.advance();
      return { elements };
    } else if (isMetacharacter(char) && !((char === '<' || char === '>') && source.peek(1) === '(')) {
      throw new ShellSyntaxError(`syntax error near unexpected token \`${char}'`, source.line, {
        near: source.currentLine(),
      });
    } else elements.push(readElement(reading));
  }
}

function readElement(reading: WordReading): ArrayElement {
  const { source } = reading;
  if (source.peek() !== '[') return { index: null, append: false, value: readWord(reading) };
  const close = source.text.indexOf(']', source.pos);
  const after = close < 0 ? '' : source.text.slice(close + 1, close + 3);
  if (!after.startsWith('=') && after !== '+=')
    return { index: null, append: false, value: readWord(reading) };
  source.advance();
  const index = readArithmetic(reading, ']');
  const append = source.peek() === '+';
  source.advance(append ? 2 : 1);
  return { index, append, value: readWord(reading) };
}
