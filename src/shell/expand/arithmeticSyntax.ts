/** Arithmetic expressions: C's operators and precedence on 64-bit integers, plus `**` (the bash manual, "Shell Arithmetic"). */

export type Arithmetic =
  | { readonly type: 'number'; readonly value: bigint }
  | Target
  | { readonly type: 'unary'; readonly op: '+' | '-' | '!' | '~'; readonly operand: Arithmetic }
  | { readonly type: 'step'; readonly op: '++' | '--'; readonly prefix: boolean; readonly target: Target }
  | { readonly type: 'binary'; readonly op: string; readonly left: Arithmetic; readonly right: Arithmetic }
  | {
      readonly type: 'choice';
      readonly condition: Arithmetic;
      readonly then: Arithmetic;
      readonly otherwise: Arithmetic;
    }
  | {
      readonly type: 'assign';
      readonly op: string;
      readonly target: Target;
      readonly value: Arithmetic;
    };

export interface Target {
  readonly type: 'variable';
  readonly name: string;
  /** The text between the brackets of an array element. */
  readonly index: string | null;
}

/** An expression that cannot be read or computed; `token` is the text where it went wrong. */
export class ArithmeticError extends Error {
  readonly token: string;
  constructor(message: string, token: string) {
    super(message);
    this.name = 'ArithmeticError';
    this.token = token;
  }
}

const precedence: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const assignmentOperators = ['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^='];

const tokenPattern =
  /\s*(?:(<<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^!~<>=?:,()[\]])|(\d+#[0-9A-Za-z@_]+|0[xX][0-9A-Fa-f]*|\d[0-9A-Za-z_]*)|([A-Za-z_]\w*)|(\S))/y;

interface Token {
  readonly type: 'operator' | 'number' | 'name' | 'other' | 'end';
  readonly text: string;
  readonly start: number;
}

const MAX_DEPTH = 100;

export function parseArithmetic(text: string): Arithmetic {
  return new ArithmeticParser(text).whole();
}

class ArithmeticParser {
  readonly #text: string;
  #pos = 0;
  #token: Token = { type: 'end', text: '', start: 0 };
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  whole(): Arithmetic {
    if (this.#ended()) return { type: 'number', value: 0n };
    const expression = this.#comma();
    if (!this.#ended()) {
      const rest = this.#rest();
      const operator = this.#token.type === 'operator' || this.#token.type === 'other';
      const bad = operator && !/^[()\]=]/.test(rest);
      throw new ArithmeticError(
        bad ? 'syntax error: invalid arithmetic operator' : 'syntax error in expression',
        rest,
      );
    }
    return expression;
  }

  #ended(): boolean {
    return this.#token.type === 'end';
  }

  #rest(): string {
    return this.#text.slice(this.#token.start);
  }

  #advance(): Token {
    const before = this.#token;
    tokenPattern.lastIndex = this.#pos;
    const match = tokenPattern.exec(this.#text);
    if (match === null) {
      this.#token = { type: 'end', text: '', start: this.#text.length };
      return before;
    }
    this.#pos = tokenPattern.lastIndex;
    const [, operator, number, name, other] = match;
    const text = (operator ?? number ?? name ?? other)!;
    const type =
      operator !== undefined
        ? 'operator'
        : number !== undefined
          ? 'number'
          : name !== undefined
            ? 'name'
            : 'other';
    this.#token = { type, text, start: this.#pos - text.length };
    return before;
  }

  #at(...operators: readonly string[]): boolean {
    return this.#token.type === 'operator' && operators.includes(this.#token.text);
  }

  #comma(): Arithmetic {
    let left = this.#assignment();
    while (this.#at(',')) {
      this.#advance();
      left = { type: 'binary', op: ',', left, right: this.#assignment() };
    }
    return left;
  }

  #assignment(): Arithmetic {
    if (++this.#depth > MAX_DEPTH)
      throw new ArithmeticError('expression recursion level exceeded', this.#rest());
    const left = this.#choice();
    if (this.#at(...assignmentOperators)) {
      if (left.type !== 'variable') {
        throw new ArithmeticError('attempted assignment to non-variable', this.#rest());
      }
      const op = this.#advance().text;
      const value = this.#assignment();
      this.#depth--;
      return { type: 'assign', op, target: left, value };
    }
    this.#depth--;
    return left;
  }

  #choice(): Arithmetic {
    const condition = this.#binary(0);
    if (!this.#at('?')) return condition;
    this.#advance();
    const then = this.#comma();
    if (!this.#at(':')) throw new ArithmeticError("`:' expected for conditional expression", this.#rest());
    this.#advance();
    return { type: 'choice', condition, then, otherwise: this.#assignment() };
  }

  #binary(level: number): Arithmetic {
    const operators = precedence[level];
    if (operators === undefined) return this.#power();
    let left = this.#binary(level + 1);
    while (this.#at(...operators)) {
      const op = this.#advance().text;
      left = { type: 'binary', op, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #power(): Arithmetic {
    const left = this.#unary();
    if (!this.#at('**')) return left;
    this.#advance();
    return { type: 'binary', op: '**', left, right: this.#power() };
  }

  #unary(): Arithmetic {
    if (this.#at('+', '-', '!', '~')) {
      if (++this.#depth > MAX_DEPTH)
        throw new ArithmeticError('expression recursion level exceeded', this.#rest());
      const op = this.#advance().text as '+' | '-' | '!' | '~';
      const operand = this.#unary();
      this.#depth--;
      return { type: 'unary', op, operand };
    }
    if (this.#at('++', '--')) {
      const op = this.#advance().text as '++' | '--';
      const target = this.#unary();
      if (target.type === 'variable') return { type: 'step', op, prefix: true, target };
      const sign = op === '++' ? '+' : '-';
      return { type: 'unary', op: sign, operand: { type: 'unary', op: sign, operand: target } };
    }
    return this.#postfix();
  }

  #postfix(): Arithmetic {
    const operand = this.#primary();
    if (operand.type === 'variable' && this.#at('++', '--')) {
      const op = this.#advance().text as '++' | '--';
      return { type: 'step', op, prefix: false, target: operand };
    }
    return operand;
  }

  #primary(): Arithmetic {
    const token = this.#token;
    if (token.type === 'number') {
      this.#advance();
      return { type: 'number', value: parseNumber(token.text) };
    }
    if (token.type === 'name') {
      this.#advance();
      return { type: 'variable', name: token.text, index: this.#at('[') ? this.#index() : null };
    }
    if (this.#at('(')) {
      this.#advance();
      const inner = this.#comma();
      if (!this.#at(')')) throw new ArithmeticError("missing `)'", this.#rest());
      this.#advance();
      return inner;
    }
    throw new ArithmeticError('syntax error: operand expected', this.#rest() || this.#lastToken());
  }

  /** bash shows the operator before a missing operand. */
  #lastToken(): string {
    return /([-+*/%&|^!~<>=?:,(]+\s*)$/.exec(this.#text)?.[1] ?? '';
  }

  #index(): string {
    const start = this.#token.start + 1;
    let depth = 1;
    for (let i = start; i < this.#text.length; i++) {
      if (this.#text[i] === '[') depth++;
      else if (this.#text[i] === ']' && --depth === 0) {
        this.#pos = i + 1;
        this.#advance();
        return this.#text.slice(start, i);
      }
    }
    throw new ArithmeticError('bad array subscript', this.#text.slice(start - 1));
  }
}

const BASE_DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_';

/** Reads `42`, `0x2a`, `052`, `2#101010`. */
export function parseNumber(text: string): bigint {
  const explicit = /^(\d+)#(.+)$/.exec(text);
  if (explicit !== null) return inBase(Number(explicit[1]), explicit[2]!, text);
  if (/^0[xX]/.test(text)) return inBase(16, text.slice(2).toLowerCase() || '0', text);
  if (text.startsWith('0') && text.length > 1) return inBase(8, text.slice(1), text);
  return inBase(10, text, text);
}

function inBase(base: number, digits: string, whole: string): bigint {
  if (base < 2 || base > 64) throw new ArithmeticError('invalid arithmetic base', whole);
  let value = 0n;
  for (const char of digits) {
    const digit = BASE_DIGITS.indexOf(base <= 36 ? char.toLowerCase() : char);
    if (digit < 0 || digit >= base) {
      throw new ArithmeticError('value too great for base', whole);
    }
    value = value * BigInt(base) + BigInt(digit);
  }
  return BigInt.asIntN(64, value);
}
