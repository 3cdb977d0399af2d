/** What the parser makes of shell text, shown through the printer; and what it refuses. */
import { describe, expect, test } from 'vitest';
import { Parser, type ParserOptions } from '../../src/shell/syntax/parser.ts';
import { printAndOr, printFunction } from '../../src/shell/syntax/print.ts';
import { ShellSyntaxError, Source } from '../../src/shell/syntax/source.ts';

const options: ParserOptions = {
  extglob: () => false,
  alias: () => undefined,
  warn: () => {},
  interactive: false,
};

function parse(text: string, given: Partial<ParserOptions> = {}): string[] {
  const parser = new Parser(new Source(text), { ...options, ...given });
  const printed: string[] = [];
  for (let list = parser.next(); list !== null; list = parser.next()) {
    for (const { andOr, background } of list.items) {
      const [only] = andOr.first.commands;
      const text = only?.type === 'function' ? printFunction(only) : printAndOr(andOr);
      printed.push(text + (background ? ' &' : ''));
    }
  }
  return printed;
}

function refusal(text: string, given: Partial<ParserOptions> = {}): { message: string; incomplete: boolean } {
  try {
    parse(text, given);
  } catch (error) {
    if (error instanceof ShellSyntaxError) return { message: error.message, incomplete: error.incomplete };
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('commands', () => {
  test.each([
    ['a  b\tc', ['a b c']],
    ['a;b;c', ['a', 'b', 'c']],
    ['a\n\nb', ['a', 'b']],
    ['a & b', ['a &', 'b']],
    ['a|b|&c', ['a | b 2>&1 | c']],
    ['a&&b||c', ['a && b || c']],
    ['a &&\n b', ['a && b']],
    ['! a | b', ['! a | b']],
    ['time a', ['time a']],
    ['x=1 y=2 a z=3', ['x=1 y=2 a z=3']],
    ['a>b 2>&1 <c', ['a > b 2>&1 < c']],
    ['a <<E\nx\nE\nb', ['a <<E\nx\nE\n', 'b']],
    ['(a;b)', ['( a; b )']],
    ['{ a;b;}', ['{ a; b; }']],
    [
      'if a;then b;elif c;then d;else e;fi',
      ['if a; then\n    b;\nelse\n    if c; then\n        d;\n    else\n        e;\n    fi;\nfi'],
    ],
    ['for x in 1 2;do a;done', ['for x in 1 2;\ndo\n    a;\ndone']],
    ['for ((i=0;i<2;i++));do a;done', ['for ((i=0; i<2; i++))\ndo\n    a;\ndone']],
    ['while a;do b;done', ['while a; do\n    b;\ndone']],
    ['case x in a|b) c;; esac', ['case x in \n    a | b)\n        c\n    ;;\nesac']],
    ['f(){ a;}', ['f () \n{ \n    a\n}']],
    ['function g { a; }', ['g () \n{ \n    a\n}']],
    ['((a+b))', ['((a+b))']],
    ['[[ a == b && ! -f c ]]', ['[[ a == b && ! -f c ]]']],
    ['echo if then fi', ['echo if then fi']],
    ['a # comment', ['a']],
    ['a\\\nb', ['a\\\nb']],
    ['echo $(a; b) `c` ${d:-e f} $((1 + 2))', ['echo $(a; b) `c` ${d:-e f} $((1 + 2))']],
    ['a=(1 "2 3" [5]=x)', ['a=(1 "2 3" [5]=x)']],
    ['echo {a,b}{1..3}', ['echo {a,b}{1..3}']],
    ['a 3>&1 4<&- {fd}>x', ['a 3>&1 4<&- {fd}> x']],
    ['', []],
    ['# only a comment', []],
  ])('%j', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });
});

describe('what is no shell text', () => {
  test.each([
    ['echo )', "syntax error near unexpected token `)'"],
    ['| a', "syntax error near unexpected token `|'"],
    ['a || || b', "syntax error near unexpected token `||'"],
    ['if true; then; fi', "syntax error near unexpected token `;'"],
    ['for i in a; do b; done; done', "syntax error near unexpected token `done'"],
    ['a >\n', "syntax error near unexpected token `newline'"],
    ['f() b', "syntax error near unexpected token `b'"],
    ['case x in a) b esac', 'syntax error: unexpected end of file'],
    ['[[ a b ]]', 'conditional binary operator expected'],
  ])('%j', (text, message) => {
    expect(refusal(text).message).toBe(message);
  });

  test('nesting without end is refused, not a crash', () => {
    expect(refusal('( '.repeat(5000)).message).toBe('commands nested too deeply');
    expect(refusal('$(('.repeat(5000)).message).toMatch(/nested too deeply/);
    expect(refusal('$('.repeat(5000)).message).toMatch(/nested too deeply/);
    expect(refusal('{ '.repeat(5000)).message).toBe('commands nested too deeply');
  });
});

describe('text that more lines could complete', () => {
  test.each([
    'if true',
    'if true; then',
    'echo "abc',
    "echo 'abc",
    'echo $(a',
    'echo ${x:-',
    'echo `a',
    'a |',
    'a &&',
    'while true; do a',
    'case x in',
    'f() {',
    '( a',
    'a \\\n',
    'cat <<E\nline',
    'a=(1',
    '[[ a ==',
  ])('%j', (text) => {
    expect(refusal(text, { interactive: true }).incomplete).toBe(true);
  });

  test.each(['echo )', 'fi', 'a ;; b'])('%j could not', (text) => {
    expect(refusal(text, { interactive: true }).incomplete).toBe(false);
  });
});

describe('aliases', () => {
  const aliases = new Map([
    ['ll', 'ls -l'],
    ['ls', 'ls --color'],
    ['s', 'sudo '],
    ['loop', 'while true; do'],
  ]);
  const alias = (name: string) => aliases.get(name);
  test.each([
    ['ll x', ['ls --color -l x']],
    ['echo ll', ['echo ll']],
    ['s ll', ['sudo ls --color -l']],
    ['\\ll', ['\\ll']],
    ['loop ll; done', ['while true; do\n    ls --color -l;\ndone']],
    ['a | ll', ['a | ls --color -l']],
  ])('%j', (text, expected) => {
    expect(parse(text, { alias })).toEqual(expected);
  });
});
