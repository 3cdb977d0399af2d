/** Parses `[[ … ]]`: the bash manual, "Conditional Constructs". */
import type { Conditional, Word } from './ast.ts';
import type { Parser } from './parser.ts';
import { ShellSyntaxError } from './source.ts';
import { readRegexWord } from './words.ts';

const unaryOperators = new Set(
  '-a -b -c -d -e -f -g -h -k -p -r -s -t -u -w -x -G -L -N -O -S -z -n -o -v -R'.split(' '),
);
const binaryOperators = new Set('= == != =~ -eq -ne -lt -le -gt -ge -nt -ot -ef'.split(' '));

/** From `[[` to `]]`, both eaten. */
export function parseConditional(parser: Parser): Conditional {
  const { lexer } = parser;
  lexer.inConditional = true;
  try {
    lexer.next();
    const expression = parseOr(parser);
    if (parser.peekReserved() !== ']]') throw conditionalError(parser);
    lexer.inConditional = false;
    lexer.next();
    return expression;
  } finally {
    lexer.inConditional = false;
  }
}

function conditionalError(parser: Parser): ShellSyntaxError {
  const token = parser.lexer.peek();
  if (token.kind === 'end') {
    return new ShellSyntaxError("unexpected EOF while looking for `]]'", token.line, { incomplete: true });
  }
  const text = token.kind === 'word' ? token.word.text : token.kind === 'operator' ? token.text : 'newline';
  return new ShellSyntaxError(
    `syntax error in conditional expression: unexpected token \`${text}'`,
    token.line,
  );
}

function unexpectedArgument(parser: Parser, kind: 'unary' | 'binary'): ShellSyntaxError {
  const token = parser.lexer.peek();
  if (token.kind === 'end') return conditionalError(parser);
  const text = token.kind === 'word' ? token.word.text : token.kind === 'operator' ? token.text : 'newline';
  const message = `unexpected argument \`${text}' to conditional ${kind} operator`;
  return new ShellSyntaxError(message, token.line);
}

function parseOr(parser: Parser): Conditional {
  let left = parseAnd(parser);
  parser.skipNewlines();
  while (parser.peekOperator('||')) {
    parser.lexer.next();
    parser.skipNewlines();
    left = { type: 'or', left, right: parseAnd(parser) };
    parser.skipNewlines();
  }
  return left;
}

function parseAnd(parser: Parser): Conditional {
  let left = parseNot(parser);
  parser.skipNewlines();
  while (parser.peekOperator('&&')) {
    parser.lexer.next();
    parser.skipNewlines();
    left = { type: 'and', left, right: parseNot(parser) };
    parser.skipNewlines();
  }
  return left;
}

function parseNot(parser: Parser): Conditional {
  parser.skipNewlines();
  if (parser.peekReserved() === '!') {
    parser.lexer.next();
    return { type: 'not', operand: parseNot(parser) };
  }
  if (parser.peekOperator('(')) {
    parser.lexer.next();
    const inner = parseOr(parser);
    parser.skipNewlines();
    if (!parser.peekOperator(')')) throw conditionalError(parser);
    parser.lexer.next();
    return inner;
  }
  return parsePrimary(parser);
}

function takeWord(parser: Parser): Word {
  const token = parser.lexer.peek();
  if (token.kind !== 'word' || parser.peekReserved() === ']]') throw conditionalError(parser);
  parser.lexer.next();
  return token.word;
}

function parsePrimary(parser: Parser): Conditional {
  const { lexer } = parser;
  const first = parser.peekReserved();
  const word = takeWord(parser);
  if (unaryOperators.has(first)) {
    const token = lexer.peek();
    const next = parser.peekReserved();
    if (token.kind !== 'word' || next === ']]') throw unexpectedArgument(parser, 'unary');
    if (!binaryOperators.has(next)) return { type: 'unary', op: first, operand: takeWord(parser) };
  }
  const token = lexer.peek();
  const op = token.kind === 'operator' ? token.text : parser.peekReserved();
  if (op === '<' || op === '>' || binaryOperators.has(op)) {
    lexer.next();
    if (op !== '=~') {
      if (lexer.peek().kind !== 'word' || parser.peekReserved() === ']]')
        throw unexpectedArgument(parser, 'binary');
      return { type: 'binary', op, left: word, right: takeWord(parser) };
    }
    while (lexer.source.peek() === ' ' || lexer.source.peek() === '\t') lexer.source.advance();
    return { type: 'binary', op, left: word, right: readRegexWord(lexer) };
  }
  if (token.kind === 'word' && op !== ']]') {
    throw new ShellSyntaxError('conditional binary operator expected', token.line);
  }
  return { type: 'unary', op: '-n', operand: word };
}
