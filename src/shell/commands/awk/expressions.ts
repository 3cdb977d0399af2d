/** awk's expressions, by recursive descent from the loosest operator to the tightest (POSIX awk, table "Expressions in Decreasing Precedence"). */
import { InvocationParser } from './invocations.ts';
import type { Arithmetic, Expression, Target } from './syntax.ts';
import type { Comparison } from './values.ts';

const assignments: Record<string, Arithmetic | null> = {
  '=': null,
  '+=': '+',
  '-=': '-',
  '*=': '*',
  '/=': '/',
  '%=': '%',
  '^=': '^',
};

export class ExpressionParser extends InvocationParser {
  /** `(test)` of if and while. */
  condition(): Expression {
    this.expect('(');
    const test = this.expression();
    this.expect(')');
    return test;
  }

  override expression(): Expression {
    const test = this.#or();
    if (!this.is('?')) return test;
    this.advance();
    const yes = this.expression();
    this.expect(':');
    return { kind: 'conditional', test, yes, no: this.expression() };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.is('||')) {
      this.advance();
      this.skipNewlines();
      left = { kind: 'or', left, right: this.#and() };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#in();
    while (this.is('&&')) {
      this.advance();
      this.skipNewlines();
      left = { kind: 'and', left, right: this.#in() };
    }
    return left;
  }

  #in(): Expression {
    let left = this.#match();
    while (this.isKeyword('in')) {
      this.advance();
      if (this.token.kind !== 'name') this.unexpected();
      const array = this.arrayNamed(this.token.text);
      this.advance();
      left = { kind: 'in', subscripts: left.kind === 'group' ? left.items : [left], array };
    }
    return left;
  }

  #match(): Expression {
    let left = this.#comparison();
    while (this.is('~') || this.is('!~')) {
      const negated = this.token.text === '!~';
      this.advance();
      left = { kind: 'match', negated, text: left, pattern: this.asPattern(this.#comparison()) };
    }
    return left;
  }

  #comparison(): Expression {
    let left = this.#concatenation();
    for (;;) {
      if (this.token.kind !== 'sign' || !/^(?:[<>]=?|[!=]=)$/.test(this.token.text)) return left;
      const operator = this.token.text as Comparison;
      if (operator === '>' && !this.greater) return left;
      // To mawk it is a `>` that writes to a file, here too.
      if (operator === '>=' && !this.greater) this.lexer.fail('syntax error at or near =');
      this.advance();
      left = { kind: 'comparison', operator, left, right: this.#concatenation() };
    }
  }

  /** What print pipes to. */
  pipeTarget(): Expression {
    return this.#concatenation();
  }

  #concatenation(): Expression {
    let left = this.#sum();
    while (this.#operandFollows()) left = { kind: 'concatenation', left, right: this.#sum() };
    return left;
  }

  #operandFollows(): boolean {
    const { kind, text } = this.token;
    if (kind === 'number' || kind === 'string' || kind === 'name' || kind === 'call' || kind === 'builtin') {
      return true;
    }
    return kind === 'sign' && ['$', '!', '(', '-', '+', '++', '--'].includes(text);
  }

  #sum(): Expression {
    let left = this.#product();
    while (this.is('+') || this.is('-')) {
      const operator = this.token.text as Arithmetic;
      this.advance();
      left = { kind: 'arithmetic', operator, left, right: this.#product() };
    }
    return left;
  }

  #product(): Expression {
    let left = this.#unary();
    while (this.is('*') || this.is('/') || this.is('%')) {
      const operator = this.token.text as Arithmetic;
      this.advance();
      left = { kind: 'arithmetic', operator, left, right: this.#unary() };
    }
    return left;
  }

  #unary(): Expression {
    for (const [sign, kind] of [
      ['!', 'not'],
      ['-', 'minus'],
      ['+', 'plus'],
    ] as const) {
      if (!this.is(sign)) continue;
      this.advance();
      return { kind, operand: this.#unary() };
    }
    return this.#power();
  }

  #power(): Expression {
    const left = this.#assigned();
    if (!this.is('^')) return left;
    this.advance();
    return { kind: 'arithmetic', operator: '^', left, right: this.#unary() };
  }

  /** An operand, or an assignment to it: `a && b = 1` is one, whatever stands before. */
  #assigned(): Expression {
    const left = this.#piped();
    if (!this.isTarget(left) || this.token.kind !== 'sign') return left;
    const operator = Object.hasOwn(assignments, this.token.text) ? assignments[this.token.text] : undefined;
    if (operator === undefined) return left;
    this.advance();
    return { kind: 'assignment', target: left, operator, value: this.expression() };
  }

  /** `command | getline`, which mawk binds tighter than concatenation: a command of several parts needs parentheses. */
  #piped(): Expression {
    let left = this.#stepped();
    while (this.is('|') && this.lexer.getlineFollows()) {
      this.advance();
      this.advance();
      left = { kind: 'getline', source: { kind: 'command', name: left }, target: this.#getlineTarget() };
    }
    return left;
  }

  #stepped(): Expression {
    if (this.is('++') || this.is('--')) {
      const by = this.token.text === '++' ? 1 : -1;
      this.advance();
      const target = this.primary();
      if (!this.isTarget(target)) this.unexpected();
      return { kind: 'step', target, by, before: true };
    }
    const operand = this.primary();
    if (!this.isTarget(operand) || !(this.is('++') || this.is('--'))) return operand;
    const by = this.token.text === '++' ? 1 : -1;
    this.advance();
    return { kind: 'step', target: operand, by, before: false };
  }

  protected override primary(): Expression {
    const { kind, text } = this.token;
    switch (kind) {
      case 'number':
        this.advance();
        return { kind: 'number', value: Number(text) };
      case 'string':
        this.advance();
        return { kind: 'string', value: text };
      case 'name':
        this.advance();
        return this.is('[')
          ? { kind: 'element', array: this.arrayNamed(text), subscripts: this.subscripts() }
          : { kind: 'variable', name: this.scalarNamed(text) };
      case 'call':
        return this.call(text);
      case 'builtin':
        return this.builtin(text);
      case 'keyword':
        if (text !== 'getline') break;
        this.advance();
        return this.#getline();
      case 'sign':
        if (text === '/' || text === '/=') return this.#regex();
        if (text === '(') return this.#group();
        if (text === '$') return this.#field();
        break;
      default:
    }
    return this.unexpected();
  }

  #regex(): Expression {
    const regex = this.compiled(this.lexer.regex());
    this.advance();
    return { kind: 'regex', regex };
  }

  #group(): Expression {
    const inPrint = !this.greater;
    this.advance();
    const items = this.greaterIs(true, () => this.list());
    this.expect(')');
    const listEnds =
      this.isKeyword('in') ||
      (inPrint &&
        (this.token.kind === 'newline' || [';', '}', '>', '>>', '|', ''].includes(this.token.text)));
    if (items.length > 1 && !listEnds) this.unexpected();
    return { kind: 'group', items };
  }

  #field(): Expression {
    this.advance();
    if (this.is('++') || this.is('--')) return { kind: 'field', index: this.#stepped() };
    if (this.is('-') || this.is('+') || this.is('!')) return { kind: 'field', index: this.#unary() };
    return { kind: 'field', index: this.primary() };
  }

  #getline(): Expression {
    const target = this.#getlineTarget();
    if (!this.is('<')) return { kind: 'getline', source: null, target };
    this.advance();
    return { kind: 'getline', source: { kind: 'file', name: this.#stepped() }, target };
  }

  #getlineTarget(): Target | null {
    if (this.token.kind !== 'name' && !this.is('$')) return null;
    const target = this.primary();
    return this.isTarget(target) ? target : this.unexpected();
  }
}
