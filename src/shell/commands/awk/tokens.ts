/** Steps through the tokens of a program and knows the names it has met; the grammar is in the files that build on this. */
import { Lexer, type Source, type Token } from './lexer.ts';
import { type Call, FunctionDefinition, Name } from './syntax.ts';

/** Built-in variables; the arrays among them. */
const specialScalars = 'NR FNR NF FS OFS RS ORS FILENAME RSTART RLENGTH SUBSEP CONVFMT OFMT ARGC'.split(' ');
const specialArrays = ['ARGV', 'ENVIRON'];

/** The parser's view of the program: the token at hand, and what names mean. */
export class TokenReader {
  readonly lexer: Lexer;
  readonly globals = new Map<string, Name>();
  readonly calls: Call[] = [];
  token: Token;
  readonly #functions = new Map<string, FunctionDefinition>();
  #parameters = new Map<string, Name>();

  constructor(sources: readonly Source[]) {
    this.lexer = new Lexer(sources);
    this.token = this.lexer.next();
    for (const name of specialScalars) this.#global(name).kind = 'scalar';
    for (const name of specialArrays) this.#global(name).kind = 'array';
  }

  advance(): void {
    if (this.token.kind === 'newline') this.lexer.passedNewline();
    this.token = this.lexer.next();
  }

  is(sign: string): boolean {
    return this.token.kind === 'sign' && this.token.text === sign;
  }

  isKeyword(text: string): boolean {
    return this.token.kind === 'keyword' && this.token.text === text;
  }

  unexpected(): never {
    const { kind, text } = this.token;
    if (kind === 'newline' && this.lexer.inParentheses) this.lexer.fail('missing ) near end of line');
    const shown = kind === 'newline' ? 'end of line' : kind === 'end' ? 'end of file' : text;
    this.lexer.fail(`syntax error at or near ${shown}`);
  }

  expect(sign: string): void {
    if (!this.is(sign)) this.unexpected();
    this.advance();
  }

  skipNewlines(): void {
    while (this.token.kind === 'newline') this.advance();
  }

  functionNamed(name: string): FunctionDefinition {
    const found = this.#functions.get(name) ?? new FunctionDefinition(name);
    this.#functions.set(name, found);
    return found;
  }

  /** Names now mean these parameters first. */
  enterFunction(names: readonly string[]): Name[] {
    const parameters = names.map((name, i) => new Name(name, i));
    this.#parameters = new Map(parameters.map((parameter) => [parameter.text, parameter]));
    return parameters;
  }

  leaveFunction(): void {
    this.#parameters = new Map();
  }

  #global(text: string): Name {
    const name = this.globals.get(text) ?? new Name(text, null);
    this.globals.set(text, name);
    return name;
  }

  /** A parameter or a global name. */
  nameOf(text: string): Name {
    const known = this.#parameters.get(text);
    if (known !== undefined) return known;
    if (this.#functions.has(text)) this.unexpected();
    return this.#global(text);
  }

  arrayNamed(text: string): Name {
    const name = this.nameOf(text);
    if (name.kind === 'scalar') {
      this.lexer.fail(`illegal reference to ${name.parameter === null ? '' : 'local '}variable ${text}`);
    }
    name.kind = 'array';
    return name;
  }

  scalarNamed(text: string): Name {
    const name = this.nameOf(text);
    if (name.kind === 'array') {
      this.lexer.fail(`illegal reference to ${name.parameter === null ? '' : 'local '}array ${text}`);
    }
    name.kind = 'scalar';
    return name;
  }

  isParameter(text: string): boolean {
    return this.#parameters.has(text);
  }
}
