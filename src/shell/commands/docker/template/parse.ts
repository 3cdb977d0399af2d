/** What a template is made of: text/template/parse. */
import { goQuote } from '../../../../base/index.ts';
import { FUNCTIONS } from './functions.ts';
import { type Piece, pieces, SyntaxFault, type Token } from './lex.ts';

export interface Placed {
  /** As it was written. */
  readonly text: string;
  readonly at: number;
}

export type Operand = Placed &
  (
    | { readonly kind: 'literal'; readonly value: unknown }
    | { readonly kind: 'nil' }
    | { readonly kind: 'function'; readonly name: string }
    /** The dot, a variable or what a pipeline in parentheses gives, and fields of it. */
    | { readonly kind: 'dot'; readonly path: readonly string[] }
    | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
    | { readonly kind: 'pipe'; readonly pipe: Pipe; readonly path: readonly string[] }
  );

export interface Command extends Placed {
  readonly operands: readonly Operand[];
}

export interface Pipe extends Placed {
  /** What stands before `:=` or `=`. */
  readonly names: readonly string[];
  /** With `=`: the variable is there already. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

const BRANCHES = ['if', 'range', 'with'] as const;

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'break' | 'continue' }
  | ({ readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | null } & Placed)
  | {
      readonly kind: (typeof BRANCHES)[number];
      readonly pipe: Pipe;
      readonly body: readonly Part[];
      readonly otherwise: readonly Part[];
    };

export interface Parsed {
  readonly parts: readonly Part[];
  /** What `define` and `block` have named. */
  readonly named: ReadonlyMap<string, readonly Part[]>;
}

/** Throws SyntaxFault. */
export function parseTemplate(source: string): Parsed {
  return new Parser(source).parse();
}

/** Go has a limit of its own for parentheses, which is higher. */
const DEEPEST = 500;

interface Ended {
  readonly parts: Part[];
  readonly end: 'end' | 'else' | null;
  /** What stands behind the word that ends it. */
  readonly rest: Words;
}

class Parser {
  readonly #source: string;
  readonly #pieces: Generator<Piece, void>;
  readonly #named = new Map<string, readonly Part[]>();
  #variables = ['$'];
  #ranges = 0;
  /** Of blocks and parentheses within one another. */
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#pieces = pieces(source);
  }

  parse(): Parsed {
    const { parts, end, rest } = this.#block();
    if (end !== null) throw new SyntaxFault(`unexpected {{${end}}}`, rest.at);
    return { parts, named: this.#named };
  }

  /** Runs `read`, which goes a level deeper. */
  #within<T>(at: number, read: () => T): T {
    if (++this.#depth > DEEPEST) throw new SyntaxFault('max expression depth exceeded', at);
    const found = read();
    this.#depth--;
    return found;
  }

  #block(): Ended {
    return this.#within(0, () => this.#parts());
  }

  #parts(): Ended {
    const parts: Part[] = [];
    for (;;) {
      const { value: piece } = this.#pieces.next();
      if (piece === undefined) return { parts, end: null, rest: new Words([], this.#source.length) };
      if ('text' in piece) {
        if (piece.text !== '') parts.push({ kind: 'text', text: piece.text });
        continue;
      }
      const words = new Words(piece.tokens, piece.end);
      const first = words.peek();
      const word = first?.kind === 'name' ? first.text : '';
      if (word === 'end' || word === 'else') {
        words.next();
        return { parts, end: word, rest: words };
      }
      const part = this.#part(word, words, piece.at);
      if (part !== null) parts.push(part);
    }
  }

  #part(word: string, words: Words, at: number): Part | null {
    const branch = BRANCHES.find((name) => name === word);
    if (branch !== undefined) {
      words.next();
      return this.#branches(branch, words);
    }
    switch (word) {
      case 'break':
      case 'continue': {
        words.next();
        words.requireEnd(`{{${word}}}`);
        if (this.#ranges === 0) throw new SyntaxFault(`{{${word}}} outside {{range}}`, at);
        return { kind: word };
      }
      case 'define':
      case 'block': {
        words.next();
        return this.#definition(word, words);
      }
      case 'template': {
        words.next();
        const name = words.name('template clause');
        const pipe = words.done ? null : this.#pipe(words, 'template clause');
        const text = `{{template ${goQuote(name)}${pipe === null ? '' : ` ${pipe.text}`}}}`;
        return { kind: 'template', name, pipe, text, at: at + 'template '.length };
      }
      default:
        return { kind: 'action', pipe: this.#pipe(words, 'command') };
    }
  }

  #definition(word: 'define' | 'block', words: Words): Part | null {
    const at = words.at;
    const name = words.name(`${word} clause`);
    const pipe = word === 'block' ? this.#pipe(words, 'block clause') : null;
    words.requireEnd('define clause');
    const [variables, ranges] = [this.#variables, this.#ranges];
    this.#variables = ['$'];
    this.#ranges = 0;
    const { parts, end, rest } = this.#block();
    if (end === null) throw new SyntaxFault('unexpected EOF', rest.at);
    if (end === 'else') throw new SyntaxFault(`unexpected {{else}} in ${word} clause`, rest.at);
    [this.#variables, this.#ranges] = [variables, ranges];
    this.#named.set(name, parts);
    const text = `{{template ${goQuote(name)}}}`;
    return pipe === null ? null : { kind: 'template', name, pipe, text, at };
  }

  /** With `else if`, what is otherwise is another one. */
  #branches(kind: (typeof BRANCHES)[number], words: Words): Part {
    const known = this.#variables;
    this.#variables = [...known];
    const pipe = this.#pipe(words, kind);
    if (kind === 'range') this.#ranges++;
    const { parts: body, end, rest } = this.#block();
    if (kind === 'range') this.#ranges--;
    if (end === null) throw new SyntaxFault('unexpected EOF', rest.at);
    let otherwise: readonly Part[] = [];
    if (end === 'else') {
      const nested = kind === 'range' ? undefined : BRANCHES.find((name) => name === rest.peek()?.text);
      if (nested !== undefined) {
        rest.next();
        otherwise = [this.#branches(nested, rest)];
      } else {
        rest.requireEnd('{{else}}');
        const last = this.#block();
        if (last.end === null) throw new SyntaxFault('unexpected EOF', last.rest.at);
        if (last.end === 'else') throw new SyntaxFault('expected end; found {{else}}', last.rest.at);
        otherwise = last.parts;
      }
    } else rest.requireEnd('end');
    this.#variables = known;
    return { kind, pipe, body, otherwise };
  }

  #pipe(words: Words, context: string): Pipe {
    const at = words.at;
    const { names, assigns } = words.declaration(context === 'range');
    const commands: Command[] = [];
    while (!words.done && words.peek()?.text !== ')') commands.push(this.#command(words));
    if (commands.length === 0) throw new SyntaxFault(`missing value for ${context}`, at);
    for (const [i, { operands, at: where }] of commands.entries())
      if (i > 0 && ['literal', 'nil'].includes(operands[0]!.kind))
        throw new SyntaxFault(`non executable command in pipeline stage ${i + 1}`, where);
    if (!assigns) this.#variables.push(...names);
    const written = commands.map(({ text }) => text).join(' | ');
    const text = names.length === 0 ? written : `${names.join(', ')} ${assigns ? '=' : ':='} ${written}`;
    return { names, assigns, commands, text, at: names.length === 0 ? at : commands[0]!.at };
  }

  #command(words: Words): Command {
    const at = words.at;
    const operands: Operand[] = [];
    for (;;) {
      const next = words.peek();
      if (next === undefined || next.text === ')') break;
      if (next.text === '|' && operands.length > 0) {
        words.next();
        break;
      }
      if (operands.length > 0 && !next.spaced && next.kind !== 'sign') words.unexpected('operand');
      operands.push(this.#operand(words));
    }
    return { operands, text: operands.map(({ text }) => text).join(' '), at };
  }

  #operand(words: Words): Operand {
    const token = words.next()!;
    const { kind, text, at, value } = token;
    const path = () => this.#path(words);
    /** A field of a field stands where its last step begins that the first one leaves. */
    const placed = (steps: readonly Token[]) => ({
      text: text + steps.map((step) => step.text).join(''),
      at: steps[0]?.at ?? at,
    });
    const namesOf = (steps: readonly Token[]) => steps.map((step) => step.text.slice(1));
    switch (kind) {
      case 'literal':
        return { kind, value, text, at };
      case 'field': {
        const steps = text === '.' ? [] : path();
        const names = text === '.' ? [] : [text.slice(1), ...namesOf(steps)];
        return { kind: 'dot', path: names, ...placed(steps) };
      }
      case 'variable': {
        if (!this.#variables.includes(text)) throw new SyntaxFault(`undefined variable "${text}"`, at);
        const steps = path();
        return { kind, name: text, path: namesOf(steps), ...placed(steps) };
      }
      case 'name':
        if (text === 'nil') return { kind: 'nil', text, at };
        if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', text, at };
        if (!FUNCTIONS.has(text)) throw new SyntaxFault(`function "${text}" not defined`, at);
        return { kind: 'function', name: text, text, at };
      default: {
        if (text !== '(') throw new SyntaxFault(`unexpected ${goQuote(text)} in command`, at);
        const pipe = this.#within(at, () => this.#pipe(words, 'parenthesized pipeline'));
        words.next();
        const steps = path();
        const written = `(${pipe.text})${steps.map((step) => step.text).join('')}`;
        return { kind: 'pipe', pipe, path: namesOf(steps), text: written, at };
      }
    }
  }

  /** `.a.b`, without a blank before it. */
  #path(words: Words): Token[] {
    const steps: Token[] = [];
    for (let next = words.peek(); next?.kind === 'field' && !next.spaced; next = words.peek())
      steps.push(words.next()!);
    return steps;
  }
}

/** Those of an action that are still to be read. */
class Words {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  get at(): number {
    return this.peek()?.at ?? this.#end;
  }

  get done(): boolean {
    return this.#at === this.#tokens.length;
  }

  peek = (): Token | undefined => this.#tokens[this.#at];
  next = (): Token | undefined => this.#tokens[this.#at++];

  unexpected(context: string): never {
    throw new SyntaxFault(`unexpected ${goQuote(this.peek()!.text)} in ${context}`, this.at);
  }

  requireEnd(context: string): void {
    if (!this.done) this.unexpected(context);
  }

  /** A quoted name. */
  name(context: string): string {
    const { value } = this.peek() ?? {};
    if (typeof value !== 'string') {
      if (this.done) throw new SyntaxFault(`unexpected "}}" in ${context}`, this.#end);
      this.unexpected(context);
    }
    this.#at++;
    return value;
  }

  /** `$a :=`, `$a =` or, of a range, `$a, $b :=`. */
  declaration(pair: boolean): { names: readonly string[]; assigns: boolean } {
    const [first, sign, second, later] = this.#tokens.slice(this.#at, this.#at + 4);
    const isSign = (token: Token | undefined) => token?.text === ':=' || token?.text === '=';
    if (first?.kind !== 'variable') return { names: [], assigns: false };
    if (isSign(sign)) {
      this.#at += 2;
      return { names: [first.text], assigns: sign!.text === '=' };
    }
    if (sign?.text !== ',' || second?.kind !== 'variable' || !isSign(later))
      return { names: [], assigns: false };
    if (!pair) throw new SyntaxFault('too many declarations in command', second.at);
    this.#at += 4;
    return { names: [first.text, second.text], assigns: later!.text === '=' };
  }
}
