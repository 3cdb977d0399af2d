/** Reads `${ … }`: the bash manual, "Shell Parameter Expansion". */
import type { ParameterOperation, ParameterPart, Word } from './ast.ts';
import { ShellSyntaxError, type Source } from './source.ts';
import {
  PartList,
  peekName,
  readArithmetic,
  readQuotedCharacter,
  readUnquoted,
  type WordReading,
} from './words.ts';

/** `${ … }` from its opening brace; the `$` is behind. */
export function readParameter(reading: WordReading, inDouble: boolean): ParameterPart {
  const { source } = reading;
  const start = source.pos - 1;
  const line = source.line;
  source.advance();
  const finish = (part: Omit<ParameterPart, 'type' | 'text'>): ParameterPart => {
    if (source.peek() === '') {
      throw new ShellSyntaxError("unexpected EOF while looking for matching `}'", line, { incomplete: true });
    }
    let operation = part.operation;
    if (source.peek() !== '}') {
      operation = { type: 'bad' };
      skipToBrace(reading);
    }
    source.advance();
    return { type: 'parameter', ...part, operation, text: source.text.slice(start, source.pos) };
  };

  if (source.peek() === '#' && startsLength(source)) {
    source.advance();
    const name = readName(source);
    const index = readIndex(reading);
    return finish({ name, index, indirect: false, operation: { type: 'length' } });
  }
  let indirect = false;
  if (source.peek() === '!' && source.peek(1) !== '}' && !'-=?+:#%/'.includes(source.peek(1))) {
    indirect = true;
    source.advance();
  }
  const name = readName(source);
  const index = name === '' ? null : readIndex(reading);
  if (name === '')
    return finish({ name: '', index: null, indirect, operation: skipToBrace(reading) ?? { type: 'bad' } });
  if (indirect && (index === '@' || index === '*') && source.peek() === '}') {
    const operation: ParameterOperation = { type: 'keys', star: index === '*' };
    return finish({ name, index, indirect: false, operation });
  }
  if (indirect && (source.startsWith('@}') || source.startsWith('*}'))) {
    const star = source.peek() === '*';
    source.advance();
    return finish({ name, index, indirect: false, operation: { type: 'names', star } });
  }
  return finish({ name, index, indirect, operation: readOperation(reading, inDouble) });
}

/** `${#` is the length of what follows unless it is `$#` itself with an operator. */
function startsLength(source: Source): boolean {
  const next = source.peek(1);
  if (next === '' || next === '}') return false;
  if (/[A-Za-z0-9_@*]/.test(next)) return true;
  return '#?-$!'.includes(next) && source.peek(2) === '}';
}

function readName(source: Source): string {
  let name = peekName(source);
  if (name === '') {
    name = /^[0-9]+/.exec(source.text.slice(source.pos, source.pos + 10))?.[0] ?? '';
    if (name === '' && source.peek() !== '' && '@*#?-$!'.includes(source.peek())) name = source.peek();
  }
  source.advance(name.length);
  return name;
}

function readIndex(reading: WordReading): Word | '@' | '*' | null {
  const { source } = reading;
  if (source.peek() !== '[') return null;
  source.advance();
  if (source.startsWith('@]') || source.startsWith('*]')) {
    const which = source.peek() as '@' | '*';
    source.advance(2);
    return which;
  }
  return readArithmetic(reading, ']');
}

/** Leaves the reading position at the closing brace of an expansion nobody understands. */
function skipToBrace(reading: WordReading): null {
  readOperand(reading, false, '');
  return null;
}

/** An operator's word up to `}` or one of `stops`. */
function readOperand(reading: WordReading, inDouble: boolean, stops: string, escapable = '$`"\\}'): Word {
  const { source } = reading;
  const start = source.pos;
  const list = new PartList();
  for (;;) {
    const char = source.peek();
    if (char === '') {
      throw new ShellSyntaxError("unexpected EOF while looking for matching `}'", source.line, {
        incomplete: true,
      });
    }
    if (char === '}' || stops.includes(char)) break;
    if (!inDouble) readUnquoted(reading, list);
    else if (char === '"') readUnquoted(reading, list);
    else readQuotedCharacter(reading, list, escapable);
  }
  return { parts: list.finish(), text: source.text.slice(start, source.pos) };
}

function readOperation(reading: WordReading, inDouble: boolean): ParameterOperation | null {
  const { source } = reading;
  const char = source.peek();
  const next = source.peek(1);
  if (char === '}' || char === '') return null;
  const colon = char === ':' && next !== '' && '-=?+'.includes(next);
  if (colon || '-=?+'.includes(char)) {
    source.advance(colon ? 2 : 1);
    const op = (colon ? next : char) as '-' | '=' | '?' | '+';
    return { type: 'default', op, colon, word: readOperand(reading, inDouble, '') };
  }
  if (char === ':') {
    source.advance();
    const offset = readArithmetic(reading, ':');
    if (source.peek() !== ':') return { type: 'slice', offset, length: null };
    source.advance();
    const length = readArithmetic(reading, '}');
    source.pos--;
    return { type: 'slice', offset, length };
  }
  if (char === '#' || char === '%') return readTrim(reading, char);
  if (char === '/') return readReplace(reading, inDouble);
  if (char === '^' || char === ',') {
    const op = (next === char ? char + char : char) as '^' | '^^' | ',' | ',,';
    source.advance(op.length);
    return { type: 'case', op, pattern: readOperand(reading, false, '') };
  }
  if (char === '@' && /[QEPAKUuLak]/.test(next) && source.peek(2) === '}') {
    source.advance(2);
    return { type: 'transform', op: next };
  }
  return { type: 'bad' };
}

function readTrim(reading: WordReading, char: '#' | '%'): ParameterOperation {
  const { source } = reading;
  const double = source.peek(1) === char;
  source.advance(double ? 2 : 1);
  const op = (double ? char + char : char) as '#' | '##' | '%' | '%%';
  return { type: 'trim', op, pattern: readOperand(reading, false, '') };
}

function readReplace(reading: WordReading, inDouble: boolean): ParameterOperation {
  const { source } = reading;
  const mode = source.peek(1);
  const op = mode === '/' || mode === '#' || mode === '%' ? (`/${mode}` as const) : '/';
  source.advance(op.length);
  const pattern = readOperand(reading, false, '/');
  let replacement: Word = { parts: [], text: '' };
  if (source.peek() === '/') {
    source.advance();
    replacement = readOperand(reading, inDouble, '', '$`"\\}/');
  }
  return { type: 'replace', op, pattern, replacement };
}
