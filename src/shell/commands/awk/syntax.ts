/** An awk program as data (POSIX awk, "Grammar"). */
import type { Regex } from './regex.ts';
import type { Comparison } from './values.ts';

/** A variable, an array or a parameter; which of them is known once all uses have been read. */
export class Name {
  readonly text: string;
  /** Its place among the parameters of its function; null for a global one. */
  readonly parameter: number | null;
  kind: 'unknown' | 'scalar' | 'array' = 'unknown';

  constructor(text: string, parameter: number | null) {
    this.text = text;
    this.parameter = parameter;
  }
}

export class FunctionDefinition {
  readonly name: string;
  parameters: readonly Name[] = [];
  /** Null until the definition has been read. */
  body: readonly Statement[] | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

export interface Call {
  readonly kind: 'call';
  readonly callee: FunctionDefinition;
  readonly args: readonly Expression[];
  readonly place: string;
}

/** What can be assigned to. */
export type Target =
  | { readonly kind: 'variable'; readonly name: Name }
  | { readonly kind: 'element'; readonly array: Name; readonly subscripts: readonly Expression[] }
  | { readonly kind: 'field'; readonly index: Expression };

export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^';

export type Expression =
  | Target
  | Call
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** `/re/`, which alone asks whether `$0` matches. */
  | { readonly kind: 'regex'; readonly regex: Regex }
  | {
      readonly kind: 'assignment';
      readonly target: Target;
      /** Of `+=` and the like; null for `=`. */
      readonly operator: Arithmetic | null;
      readonly value: Expression;
    }
  /** `++` and `--` */
  | { readonly kind: 'step'; readonly target: Target; readonly by: 1 | -1; readonly before: boolean }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: 'and' | 'or' | 'concatenation'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not' | 'minus' | 'plus'; readonly operand: Expression }
  | {
      readonly kind: 'arithmetic';
      readonly operator: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'comparison';
      readonly operator: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'match';
      readonly negated: boolean;
      readonly text: Expression;
      readonly pattern: Expression;
    }
  | { readonly kind: 'in'; readonly subscripts: readonly Expression[]; readonly array: Name }
  | { readonly kind: 'builtin'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'getline';
      readonly source: { readonly kind: 'file' | 'command'; readonly name: Expression } | null;
      readonly target: Target | null;
    }
  /** `(a, b)`: arguments of print, subscripts before `in`; or any expression in parentheses. */
  | { readonly kind: 'group'; readonly items: readonly Expression[] };

/** Where print and printf write; null is standard output. */
export interface Destination {
  readonly kind: '>' | '>>' | '|';
  readonly name: Expression;
}

export type Statement =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | {
      readonly kind: 'print' | 'printf';
      readonly args: readonly Expression[];
      readonly to: Destination | null;
    }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly yes: Statement;
      readonly no: Statement | null;
    }
  | { readonly kind: 'while' | 'do'; readonly test: Expression; readonly body: Statement }
  | {
      readonly kind: 'for';
      readonly first: Statement | null;
      readonly test: Expression | null;
      readonly next: Statement | null;
      readonly body: Statement;
    }
  | { readonly kind: 'forIn'; readonly target: Target; readonly array: Name; readonly body: Statement }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | { readonly kind: 'break' | 'continue' | 'next' | 'nextfile' }
  | { readonly kind: 'exit' | 'return'; readonly value: Expression | null }
  | { readonly kind: 'delete'; readonly array: Name; readonly subscripts: readonly Expression[] | null };

/** `pattern { action }`; no pattern: each record; `first, last`: from one match to the next; no action: print. */
export interface Rule {
  readonly first: Expression | null;
  readonly last: Expression | null;
  readonly action: readonly Statement[] | null;
}

export interface AwkProgram {
  readonly begin: readonly (readonly Statement[])[];
  readonly rules: readonly Rule[];
  readonly end: readonly (readonly Statement[])[];
  readonly globals: ReadonlyMap<string, Name>;
}
