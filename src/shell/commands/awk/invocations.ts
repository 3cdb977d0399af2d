/** Calls: of the program's functions, whose arguments may be arrays, and of awk's own. */
import { Regex } from './regex.ts';
import { RegexError } from './regexSyntax.ts';
import type { Call, Expression, Target } from './syntax.ts';
import { TokenReader } from './tokens.ts';

/** How many arguments a built-in function takes. */
const argumentCounts: Record<string, readonly [number, number]> = {
  substr: [2, 3],
  index: [2, 2],
  match: [2, 2],
  sprintf: [1, Infinity],
  sin: [1, 1],
  cos: [1, 1],
  atan2: [2, 2],
  exp: [1, 1],
  log: [1, 1],
  sqrt: [1, 1],
  int: [1, 1],
  rand: [0, 0],
  srand: [0, 1],
  tolower: [1, 1],
  toupper: [1, 1],
  system: [1, 1],
  close: [1, 1],
  fflush: [0, 1],
  length: [0, 1],
  strftime: [0, 3],
  mktime: [1, 1],
  systime: [0, 0],
};

export abstract class InvocationParser extends TokenReader {
  /** Whether `>` compares; in the arguments of print it does not. */
  protected greater = true;

  abstract expression(): Expression;
  protected abstract primary(): Expression;

  isTarget(expression: Expression): expression is Target {
    return expression.kind === 'variable' || expression.kind === 'element' || expression.kind === 'field';
  }

  withoutGreater<T>(parse: () => T): T {
    return this.greaterIs(false, parse);
  }

  protected greaterIs<T>(greater: boolean, parse: () => T): T {
    const before = this.greater;
    this.greater = greater;
    const parsed = parse();
    this.greater = before;
    return parsed;
  }

  /** One or more expressions with commas between. */
  list(): Expression[] {
    const items = [this.expression()];
    while (this.is(',')) {
      this.advance();
      this.skipNewlines();
      items.push(this.expression());
    }
    return items;
  }

  subscripts(): Expression[] {
    this.expect('[');
    const items = this.greaterIs(true, () => this.list());
    this.expect(']');
    return items;
  }

  protected compiled(source: string): Regex {
    try {
      return new Regex(source);
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      this.lexer.fail(`regular expression compile failed (${error.message})\n${source}`);
    }
  }

  /** A constant string in the place of a pattern is one. */
  protected asPattern(expression: Expression): Expression {
    if (expression.kind !== 'string') return expression;
    return { kind: 'regex', regex: this.compiled(expression.value) };
  }

  protected call(text: string): Expression {
    const { place } = this.lexer;
    if (this.isParameter(text)) this.unexpected();
    this.advance();
    const args = this.#arguments();
    const call: Call = { kind: 'call', callee: this.functionNamed(text), args, place };
    this.calls.push(call);
    return call;
  }

  #arguments(): Expression[] {
    this.expect('(');
    const args: Expression[] = [];
    this.greaterIs(true, () => {
      this.skipNewlines();
      while (!this.is(')')) {
        if (args.length > 0) {
          this.expect(',');
          this.skipNewlines();
        }
        args.push(this.#argument());
      }
    });
    this.advance();
    return args;
  }

  /** A bare name may be an array, which its use elsewhere decides. */
  #argument(): Expression {
    if (this.token.kind !== 'name' || !this.lexer.argumentEnds()) return this.expression();
    const name = this.nameOf(this.token.text);
    this.advance();
    return { kind: 'variable', name };
  }

  protected builtin(name: string): Expression {
    this.advance();
    if (name === 'length' && !this.is('(')) return { kind: 'builtin', name, args: [] };
    if (!this.is('(')) this.unexpected();
    if (name === 'split' || name === 'sub' || name === 'gsub') return this.#changing(name);
    const args = this.#arguments();
    const [least, most] = argumentCounts[name]!;
    if (args.length < least || args.length > most) {
      this.lexer.fail(`wrong number of arguments in call to ${name}`);
    }
    // Only length takes an array; elsewhere a bare name is a plain variable.
    for (const arg of args) {
      if (arg.kind === 'variable' && name !== 'length') this.scalarNamed(arg.name.text);
    }
    if (name === 'match') args[1] = this.asPattern(args[1]!);
    return { kind: 'builtin', name, args };
  }

  /** split, sub and gsub, one argument of which is changed. */
  #changing(name: string): Expression {
    this.expect('(');
    const args = this.greaterIs(true, () => {
      this.skipNewlines();
      const first = this.expression();
      this.expect(',');
      this.skipNewlines();
      if (name === 'split')
        return [first, this.#splitArray(), ...this.#lastArgument(() => this.#separator())];
      return [
        this.asPattern(first),
        this.expression(),
        ...this.#lastArgument(() => {
          const target = this.primary();
          return this.isTarget(target) ? target : this.unexpected();
        }),
      ];
    });
    this.expect(')');
    return { kind: 'builtin', name, args };
  }

  #splitArray(): Expression {
    if (this.token.kind !== 'name') this.unexpected();
    const name = this.arrayNamed(this.token.text);
    this.advance();
    return { kind: 'variable', name };
  }

  /** A constant of more than one character is a regular expression. */
  #separator(): Expression {
    const separator = this.expression();
    return separator.kind === 'string' && separator.value.length > 1 ? this.asPattern(separator) : separator;
  }

  #lastArgument(parse: () => Expression): Expression[] {
    if (!this.is(',')) return [];
    this.advance();
    this.skipNewlines();
    return [parse()];
  }
}
