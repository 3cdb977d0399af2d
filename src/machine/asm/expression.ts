/**
 * Expressions: numbers, symbols, `.`, `%hi(…)` and its like, and operators with GNU as's precedence, which is not C's: `* / % << >>`
 * bind tightest, then `| & ^`, then `+ -`, then comparisons, then `&&`, then `||`. Arithmetic is 64-bit; a comparison that holds is −1.
 */
import type { Hint, Place } from './diagnostics.ts';
import type { Token } from './lexer.ts';
import type { Assignment, Mark } from './program.ts';

export type ModifierName = 'hi' | 'lo' | 'pcrel_hi' | 'pcrel_lo';

export type Expression =
  | { readonly kind: 'number'; readonly value: bigint; readonly place: Place }
  | {
      readonly kind: 'symbol';
      readonly name: string;
      readonly bound: Assignment | undefined;
      readonly place: Place;
    }
  | { readonly kind: 'mark'; readonly mark: Mark; readonly place: Place }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression; readonly place: Place }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly place: Place;
    }
  | {
      readonly kind: 'modifier';
      readonly name: ModifierName;
      readonly operand: Expression;
      readonly place: Place;
    };

/** Thrown by the parser and caught by the statement: what was expected, and where. */
export class SyntaxProblem {
  readonly place: Place;
  readonly message: string;
  readonly hint: Hint;

  constructor(place: Place, message: string, hint?: Hint) {
    this.place = place;
    this.message = message;
    this.hint = hint;
  }
}

/** What names mean at this point of the source. */
export interface Scope {
  /** Where `.` is now. */
  here(): Mark;
  /** The symbol a numeric label such as `1f` means, or null if `1b` has none before it. */
  localLabel(reference: string): string | null;
  /** The assignment in force for a name that `.set` has given so far. */
  assignment(name: string): Assignment | undefined;
}

/** Walks over the tokens of one statement. */
export class Cursor {
  readonly #tokens: readonly Token[];
  readonly #end: Place;
  readonly scope: Scope;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], end: Place, scope: Scope) {
    this.#tokens = tokens;
    this.#end = end;
    this.scope = scope;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Where the next token is, or the end of the statement. */
  get place(): Place {
    return this.peek()?.place ?? this.#end;
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** Takes the operator `text` if it is next. */
  take(text: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.#at++;
    return true;
  }

  expect(text: string, after: string): void {
    if (this.take(text)) return;
    throw new SyntaxProblem(this.place, `expected \`${text}\` ${after}, found ${this.found()}`);
  }

  /** The next token in words. */
  found(): string {
    const token = this.peek();
    return token === undefined ? 'the end of the line' : `\`${token.text}\``;
  }

  expression(): Expression {
    return this.#binary(0);
  }

  #binary(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (let terms = 0; ; terms++) {
      const token = this.peek();
      if (token?.kind !== 'operator' || !operators.includes(token.text)) return left;
      if (terms > 500) throw new SyntaxProblem(token.place, 'this expression is too long');
      this.#at++;
      const right = this.#binary(level + 1);
      left = { kind: 'binary', operator: token.text, left, right, place: left.place };
    }
  }

  #unary(): Expression {
    const token = this.peek();
    const place = this.place;
    if (token?.kind === 'operator' && ['-', '~', '!', '+'].includes(token.text)) {
      this.#at++;
      this.#enter(place);
      const operand = this.#unary();
      this.#depth--;
      return { kind: 'unary', operator: token.text, operand, place };
    }
    return this.#primary();
  }

  /** Nesting is limited so that no source can exhaust the stack. */
  #enter(place: Place): void {
    if (++this.#depth > 100) throw new SyntaxProblem(place, 'this expression is nested too deeply');
  }

  #primary(): Expression {
    const place = this.place;
    const token = this.next();
    if (token?.kind === 'number') return { kind: 'number', value: token.value, place };
    if (token?.kind === 'local') {
      const name = this.scope.localLabel(token.text);
      if (name === null)
        throw new SyntaxProblem(
          place,
          `there is no label \`${token.text.slice(0, -1)}:\` before this line`,
          'f looks forward, b backward',
        );
      return { kind: 'symbol', name, bound: undefined, place };
    }
    if (token?.kind === 'word') {
      if (token.text === '.') return { kind: 'mark', mark: this.scope.here(), place };
      return { kind: 'symbol', name: token.text, bound: this.scope.assignment(token.text), place };
    }
    const bracket = token?.kind === 'operator' && token.text === '(';
    if (token?.kind === 'modifier' || bracket) {
      this.#enter(place);
      if (!bracket) this.expect('(', `after \`%${token.text}\``);
      const operand = this.expression();
      this.expect(')', 'at the end of the expression');
      this.#depth--;
      return bracket ? operand : { kind: 'modifier', name: modifierName(token), operand, place };
    }
    if (token !== undefined) this.#at--;
    throw new SyntaxProblem(place, `expected a number, symbol or expression, found ${this.found()}`);
  }
}

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<>', '<', '>', '<=', '>='],
  ['+', '-'],
  ['|', '&', '^'],
  ['*', '/', '%', '<<', '>>'],
];

function modifierName(token: Token): ModifierName {
  const name = token.text.replace(/^%/, '');
  if (name === 'hi' || name === 'lo' || name === 'pcrel_hi' || name === 'pcrel_lo') return name;
  throw new SyntaxProblem(
    token.place,
    `\`%${name}\` is not simulated`,
    'there are %hi, %lo, %pcrel_hi and %pcrel_lo',
  );
}

/** Whether a modifier such as `%lo` stands anywhere in it. */
export function hasModifier(expression: Expression): boolean {
  if (expression.kind === 'modifier') return true;
  if (expression.kind === 'unary') return hasModifier(expression.operand);
  return expression.kind === 'binary' && (hasModifier(expression.left) || hasModifier(expression.right));
}
