/** Compound commands and function definitions. */
import type {
  CaseItem,
  Command,
  CompoundCommand,
  Conditional,
  FunctionDefinition,
  List,
  Word,
} from './ast.ts';
import { parseConditional } from './conditional.ts';
import type { Parser } from './parser.ts';
import { ShellSyntaxError } from './source.ts';
import { closesAsArithmetic, readArithmetic } from './words.ts';

type Body =
  | { type: 'group' | 'subshell'; body: List }
  | { type: 'if'; clauses: { condition: List; body: List }[]; otherwise: List | null }
  | { type: 'for'; name: string; words: Word[] | null; body: List }
  | { type: 'arithmeticFor'; init: Word; condition: Word; step: Word; body: List }
  | { type: 'while'; until: boolean; condition: List; body: List }
  | { type: 'case'; word: Word; items: CaseItem[] }
  | { type: 'arithmetic'; expression: Word }
  | { type: 'conditional'; expression: Conditional };

/** The compound command or function definition at the reading position, or null when a simple command starts there. */
export function parseCompound(parser: Parser): Command | null {
  const token = parser.lexer.peek();
  const line = token.line;
  if (parser.peekReserved() === 'function') return parseFunctionKeyword(parser, line);
  const body = parseBody(parser);
  if (body === null) return null;
  return { ...body, line, redirections: parser.redirections() } as CompoundCommand;
}

function parseBody(parser: Parser): Body | null {
  if (parser.peekOperator('(')) return parseParenthesized(parser);
  switch (parser.peekReserved()) {
    case '{': {
      parser.lexer.next();
      const body = parser.body();
      parser.expect('}');
      return { type: 'group', body };
    }
    case 'if':
      return parseIf(parser);
    case 'for':
      return parseFor(parser);
    case 'while':
    case 'until':
      return parseWhile(parser);
    case 'case':
      return parseCase(parser);
    case '[[':
      return { type: 'conditional', expression: parseConditional(parser) };
    case 'select':
    case 'coproc':
      throw new ShellSyntaxError(
        `${parser.peekReserved()}: not simulated on this host`,
        parser.lexer.peek().line,
      );
    case '!':
    case 'in':
      return null;
    case 'then':
    case 'do':
    case 'done':
    case 'fi':
    case 'elif':
    case 'else':
    case 'esac':
    case '}':
      throw parser.unexpected();
    default:
      return null;
  }
}

function parseParenthesized(parser: Parser): Body {
  const { lexer } = parser;
  if (lexer.followedBy('(') && closesAsArithmetic(lexer.source.text, lexer.source.pos + 1)) {
    lexer.next();
    lexer.source.advance();
    return { type: 'arithmetic', expression: readArithmetic(lexer, '))') };
  }
  lexer.next();
  const body = parser.body();
  parser.expect(')');
  return { type: 'subshell', body };
}

function parseIf(parser: Parser): Body {
  const clauses: { condition: List; body: List }[] = [];
  do {
    parser.lexer.next();
    const condition = parser.body();
    parser.expect('then');
    clauses.push({ condition, body: parser.body() });
  } while (parser.peekReserved() === 'elif');
  let otherwise: List | null = null;
  if (parser.peekReserved() === 'else') {
    parser.lexer.next();
    otherwise = parser.body();
  }
  parser.expect('fi');
  return { type: 'if', clauses, otherwise };
}

function parseDoGroup(parser: Parser): List {
  parser.expect('do');
  const body = parser.body();
  parser.expect('done');
  return body;
}

/** `for ((…))` may have `{ … }` in place of `do … done`. */
function parseLoopBody(parser: Parser): List {
  if (parser.peekReserved() !== '{') return parseDoGroup(parser);
  parser.lexer.next();
  const body = parser.body();
  parser.expect('}');
  return body;
}

function parseWhile(parser: Parser): Body {
  const until = parser.peekReserved() === 'until';
  parser.lexer.next();
  const condition = parser.body();
  return { type: 'while', until, condition, body: parseDoGroup(parser) };
}

function parseFor(parser: Parser): Body {
  const { lexer } = parser;
  lexer.next();
  const token = lexer.peek();
  if (parser.peekOperator('(') && lexer.followedBy('(')) return parseArithmeticFor(parser);
  if (token.kind !== 'word') throw parser.unexpected();
  lexer.next();
  const name = token.word.text;
  let words: Word[] | null = null;
  if (parser.peekOperator(';')) lexer.next();
  parser.skipNewlines();
  if (parser.peekReserved() === 'in') {
    lexer.next();
    words = readWords(parser);
    if (parser.peekOperator(';')) lexer.next();
    else if (lexer.peek().kind !== 'newline') throw parser.unexpected();
    parser.skipNewlines();
  }
  return { type: 'for', name, words, body: parseLoopBody(parser) };
}

function readWords(parser: Parser): Word[] {
  const words: Word[] = [];
  for (;;) {
    const token = parser.lexer.peek();
    if (token.kind !== 'word') return words;
    parser.lexer.next();
    words.push(token.word);
  }
}

function parseArithmeticFor(parser: Parser): Body {
  const { lexer } = parser;
  lexer.next();
  lexer.source.advance();
  const init = readArithmetic(lexer, ';');
  const condition = readArithmetic(lexer, ';');
  const step = readArithmetic(lexer, '))');
  if (parser.peekOperator(';')) lexer.next();
  parser.skipNewlines();
  return { type: 'arithmeticFor', init, condition, step, body: parseLoopBody(parser) };
}

function parseCase(parser: Parser): Body {
  const { lexer } = parser;
  lexer.next();
  const token = lexer.next();
  if (token.kind !== 'word') throw parser.unexpected();
  parser.skipNewlines();
  parser.expect('in');
  const items: CaseItem[] = [];
  for (;;) {
    parser.skipNewlines();
    if (parser.peekReserved() === 'esac') break;
    if (parser.peekOperator('(')) lexer.next();
    const patterns = parsePatterns(parser);
    const body = parser.list();
    const end = lexer.peek();
    if (end.kind === 'operator' && (end.text === ';;' || end.text === ';&' || end.text === ';;&')) {
      lexer.next();
      items.push({ patterns, body, terminator: end.text });
      continue;
    }
    items.push({ patterns, body, terminator: ';;' });
    if (parser.peekReserved() !== 'esac') throw parser.unexpected();
  }
  parser.expect('esac');
  return { type: 'case', word: token.word, items };
}

function parsePatterns(parser: Parser): Word[] {
  const patterns: Word[] = [];
  for (;;) {
    const token = parser.lexer.peek();
    if (token.kind !== 'word') throw parser.unexpected();
    parser.lexer.next();
    patterns.push(token.word);
    if (!parser.peekOperator('|')) break;
    parser.lexer.next();
  }
  parser.expect(')');
  return patterns;
}

function parseFunctionKeyword(parser: Parser, line: number): FunctionDefinition {
  parser.lexer.next();
  const token = parser.lexer.peek();
  if (token.kind !== 'word') throw parser.unexpected();
  parser.lexer.next();
  if (parser.peekOperator('(')) {
    parser.lexer.next();
    parser.expect(')');
  }
  return finishFunction(parser, token.word.text, line);
}

/** `name ( )` from its parenthesis. */
export function parseFunctionBody(parser: Parser, name: Word, line: number): FunctionDefinition {
  parser.lexer.next();
  parser.expect(')');
  return finishFunction(parser, name.text, line);
}

function finishFunction(parser: Parser, name: string, line: number): FunctionDefinition {
  parser.skipNewlines();
  const body = parseCompound(parser);
  if (body === null || body.type === 'simple' || body.type === 'function') throw parser.unexpected();
  return { type: 'function', name, body, line, redirections: [] };
}
