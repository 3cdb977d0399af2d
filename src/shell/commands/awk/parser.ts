/** awk's items and statements; expressions are read in expressions.ts. */
import { ExpressionParser } from './expressions.ts';
import type { Source } from './lexer.ts';
import { resolveNames } from './names.ts';
import type { AwkProgram, Destination, Expression, Rule, Statement } from './syntax.ts';

class Parser extends ExpressionParser {
  readonly #begin: Statement[][] = [];
  readonly #end: Statement[][] = [];
  readonly #rules: Rule[] = [];
  #loops = 0;
  #where: 'rule' | 'BEGIN or END' | 'function' = 'rule';

  program(): AwkProgram {
    this.skipNewlines();
    while (this.token.kind !== 'end') {
      this.#item();
      if (this.is(';')) this.advance();
      this.skipNewlines();
    }
    resolveNames(this.calls, this.lexer);
    return { begin: this.#begin, end: this.#end, rules: this.#rules, globals: this.globals };
  }

  #item(): void {
    if (this.isKeyword('BEGIN') || this.isKeyword('END')) {
      const list = this.token.text === 'BEGIN' ? this.#begin : this.#end;
      this.advance();
      this.#where = 'BEGIN or END';
      list.push(this.#action());
      return;
    }
    if (this.isKeyword('function')) {
      this.#function();
      return;
    }
    this.#where = 'rule';
    const first = this.is('{') ? null : this.expression();
    let last: Expression | null = null;
    if (first !== null && this.is(',')) {
      this.advance();
      this.skipNewlines();
      last = this.expression();
    }
    if (this.is('{')) this.#rules.push({ first, last, action: this.#action() });
    else {
      if (!this.is(';') && this.token.kind !== 'newline' && this.token.kind !== 'end') this.unexpected();
      this.#rules.push({ first, last, action: null });
    }
  }

  #action(): Statement[] {
    this.expect('{');
    const body: Statement[] = [];
    for (;;) {
      this.#skipEmpty();
      if (this.is('}')) break;
      body.push(this.#statement());
    }
    this.advance();
    return body;
  }

  #function(): void {
    this.advance();
    if (this.token.kind !== 'name' && this.token.kind !== 'call') this.unexpected();
    const name = this.token.text;
    const definition = this.functionNamed(name);
    if (definition.body !== null) this.lexer.fail(`redefinition of ${name}`);
    if (this.globals.has(name)) this.lexer.fail(`illegal reference to variable ${name}`);
    definition.body = [];
    this.advance();
    this.expect('(');
    const names: string[] = [];
    while (!this.is(')')) {
      if (names.length > 0) {
        this.expect(',');
        this.skipNewlines();
      }
      if (this.token.kind !== 'name' || this.token.text === name) this.unexpected();
      if (names.includes(this.token.text)) {
        this.lexer.fail(`${this.token.text} is duplicated in argument list`);
      }
      names.push(this.token.text);
      this.advance();
    }
    this.advance();
    this.skipNewlines();
    definition.parameters = this.enterFunction(names);
    this.#where = 'function';
    definition.body = this.#action();
    this.leaveFunction();
  }

  /** Newlines and empty statements. */
  #skipEmpty(): void {
    while (this.is(';') || this.token.kind === 'newline') this.advance();
  }

  /** After a simple statement: `;`, a newline, or the end of the block. */
  #terminate(): void {
    if (this.is(';') || this.token.kind === 'newline') {
      this.advance();
      this.skipNewlines();
    } else if (!this.is('}')) this.unexpected();
  }

  /** The body of a loop or a branch. */
  #body(): Statement {
    this.skipNewlines();
    if (this.is(';')) {
      this.advance();
      this.skipNewlines();
      return { kind: 'block', body: [] };
    }
    if (this.is('}')) return { kind: 'block', body: [] };
    return this.#statement();
  }

  #loopBody(): Statement {
    this.#loops++;
    const body = this.#body();
    this.#loops--;
    return body;
  }

  #statement(): Statement {
    if (this.is('{')) {
      const body = this.#action();
      if (this.is(';')) this.advance();
      this.skipNewlines();
      return { kind: 'block', body };
    }
    if (this.token.kind !== 'keyword') return this.#finished(this.#simple());
    switch (this.token.text) {
      case 'if':
        return this.#if();
      case 'while': {
        this.advance();
        const test = this.condition();
        if (this.is(';')) {
          this.advance();
          return { kind: 'while', test, body: { kind: 'block', body: [] } };
        }
        return { kind: 'while', test, body: this.#loopBody() };
      }
      case 'do':
        return this.#do();
      case 'for':
        return this.#for();
      default:
        return this.#finished(this.#simple());
    }
  }

  #finished(statement: Statement): Statement {
    this.#terminate();
    return statement;
  }

  #if(): Statement {
    this.advance();
    const test = this.condition();
    this.skipNewlines();
    if (this.isKeyword('else')) this.unexpected();
    const yes = this.#body();
    if (!this.isKeyword('else')) return { kind: 'if', test, yes, no: null };
    this.advance();
    return { kind: 'if', test, yes, no: this.#body() };
  }

  #do(): Statement {
    this.advance();
    const body = this.#loopBody();
    if (!this.isKeyword('while')) this.unexpected();
    this.advance();
    const test = this.condition();
    return this.#finished({ kind: 'do', test, body });
  }

  #for(): Statement {
    this.advance();
    this.expect('(');
    const first = this.is(';') ? null : this.#simple();
    if (this.is(')') && first?.kind === 'expression') {
      const { expression } = first;
      const over = expression.kind === 'in' ? expression : null;
      const target = over?.subscripts.length === 1 ? over.subscripts[0]! : null;
      if (over === null || target === null || !this.isTarget(target)) this.unexpected();
      this.advance();
      return { kind: 'forIn', target, array: over.array, body: this.#loopBody() };
    }
    this.expect(';');
    this.skipNewlines();
    const test = this.is(';') ? null : this.expression();
    this.expect(';');
    this.skipNewlines();
    const next = this.is(')') ? null : this.#simple();
    this.expect(')');
    return { kind: 'for', first, test, next, body: this.#loopBody() };
  }

  #simple(): Statement {
    if (this.token.kind !== 'keyword') return { kind: 'expression', expression: this.expression() };
    const { text } = this.token;
    switch (text) {
      case 'print':
      case 'printf':
        return this.#print(text);
      case 'next':
      case 'nextfile':
        if (this.#where !== 'rule') this.lexer.fail(`improper use of ${text}`);
        this.advance();
        return { kind: text };
      case 'break':
      case 'continue':
        if (this.#loops === 0) this.lexer.fail(`${text} statement outside of loop`);
        this.advance();
        return { kind: text };
      case 'return':
      case 'exit':
        if (text === 'return' && this.#where !== 'function') this.lexer.fail('return outside function body');
        this.advance();
        return { kind: text, value: this.#atTerminator() ? null : this.expression() };
      case 'delete':
        return this.#delete();
      default:
        return { kind: 'expression', expression: this.expression() };
    }
  }

  #atTerminator(): boolean {
    return this.is(';') || this.is('}') || this.token.kind === 'newline' || this.token.kind === 'end';
  }

  #print(kind: 'print' | 'printf'): Statement {
    this.advance();
    const ends = () => this.#atTerminator() || this.is('>') || this.is('>>') || this.is('|');
    let args: readonly Expression[] = [];
    if (!ends()) {
      args = this.withoutGreater(() => this.list());
      const [only] = args;
      // `print (a, b)`: the parentheses are around the arguments.
      if (args.length === 1 && only!.kind === 'group') args = only!.items;
      else if (args.some((arg) => arg.kind === 'group' && arg.items.length > 1)) this.unexpected();
    }
    if (kind === 'printf' && args.length === 0) this.lexer.fail('no arguments in call to printf');
    let to: Destination | null = null;
    if (this.is('>') || this.is('>>') || this.is('|')) {
      const how = this.token.text as Destination['kind'];
      this.advance();
      to = {
        kind: how,
        name: how === '|' ? this.pipeTarget() : this.expression(),
      };
    }
    return { kind, args, to };
  }

  #delete(): Statement {
    this.advance();
    if (this.token.kind !== 'name') this.unexpected();
    const array = this.arrayNamed(this.token.text);
    this.advance();
    return { kind: 'delete', array, subscripts: this.is('[') ? this.subscripts() : null };
  }
}

/** The program that `sources` are together. Throws AwkError. */
export function parseAwk(sources: readonly Source[]): AwkProgram {
  return new Parser(sources).program();
}
