/** A recursive-descent parser for shell commands: the POSIX grammar with bash's additions. `compound.ts` has the compound commands. */
import type {
  AndOr,
  Assignment,
  Command,
  List,
  ListItem,
  Pipeline,
  Redirection,
  RedirectOperator,
  Word,
} from './ast.ts';
import { parseCompound, parseFunctionBody } from './compound.ts';
import { Lexer, type LexerOptions, type Token } from './lexer.ts';
import { MAX_NESTING, ShellSyntaxError, type Source } from './source.ts';

export interface ParserOptions extends LexerOptions {
  /** The text that `name` is an alias for. */
  readonly alias: (name: string) => string | undefined;
}

const redirectOperators: ReadonlySet<string> = new Set<RedirectOperator>([
  '<',
  '>',
  '>>',
  '>|',
  '<>',
  '<&',
  '>&',
  '&>',
  '&>>',
  '<<',
  '<<-',
  '<<<',
]);

const reservedWords = new Set(
  '! { } [[ ]] case coproc do done elif else esac fi for function if in select then time until while'.split(
    ' ',
  ),
);

/** True for words the grammar gives a meaning to at the start of a command. */
export function isReservedWord(text: string): boolean {
  return reservedWords.has(text);
}

/** The words, besides `in` and `]]`, that end a list inside a compound command. */
const closers = new Set('} do done elif else esac fi then'.split(' '));

export class Parser {
  readonly lexer: Lexer;
  readonly options: ParserOptions;
  #depth = 0;
  /** Aliases that must not expand again before the reading position has passed `end`. */
  #guards: { name: string; remaining: number }[] = [];
  #aliasNext = -1;

  constructor(source: Source, options: ParserOptions) {
    this.options = options;
    this.lexer = new Lexer(source, options, (inner, closer) => this.#substitution(inner, closer));
  }

  /** The next complete command line, or null at the end of the text. */
  next(): List | null {
    while (this.lexer.peek().kind === 'newline') this.lexer.next();
    if (this.lexer.peek().kind === 'end') return null;
    const items: ListItem[] = [];
    for (;;) {
      items.push(...this.#item());
      const token = this.lexer.peek();
      if (token.kind === 'newline') {
        this.lexer.next();
        return { items };
      }
      if (token.kind === 'end') return { items };
      if (!this.#startsCommand()) throw this.unexpected();
    }
  }

  #substitution(source: Source, closer: ')' | null): List {
    if (++this.#depth > MAX_NESTING) throw new ShellSyntaxError('commands nested too deeply', source.line);
    try {
      const inner = new Parser(source, this.options);
      inner.#depth = this.#depth;
      const list = inner.list();
      const token = inner.lexer.peek();
      if (closer === null) {
        if (token.kind !== 'end') throw inner.unexpected();
      } else if (token.kind === 'end') {
        throw new ShellSyntaxError("unexpected EOF while looking for matching `)'", source.lastLine, {
          incomplete: true,
        });
      } else if (token.kind !== 'operator' || token.text !== closer) throw inner.unexpected();
      return list;
    } finally {
      this.#depth--;
    }
  }

  /** Commands up to a token that cannot start one; newlines separate them. */
  list(): List {
    const items: ListItem[] = [];
    for (;;) {
      this.skipNewlines();
      if (!this.#startsCommand()) return { items };
      items.push(...this.#item());
    }
  }

  /** As `list`, but at least one command must be there. */
  body(): List {
    const list = this.list();
    if (list.items.length === 0) throw this.unexpected();
    return list;
  }

  skipNewlines(): void {
    while (this.lexer.peek().kind === 'newline') this.lexer.next();
  }

  #startsCommand(): boolean {
    this.#expandAlias();
    const token = this.lexer.peek();
    if (token.kind === 'word') return !closers.has(reservedText(token));
    if (token.kind === 'operator') return token.text === '(' || redirectOperators.has(token.text);
    return token.kind === 'descriptor';
  }

  #item(): ListItem[] {
    const andOr = this.#andOr();
    const token = this.lexer.peek();
    const separator = token.kind === 'operator' ? token.text : '';
    if (separator === ';' || separator === '&') this.lexer.next();
    return [{ andOr, background: separator === '&' }];
  }

  #andOr(): AndOr {
    const first = this.pipeline();
    const rest: { op: '&&' | '||'; pipeline: Pipeline }[] = [];
    for (;;) {
      const token = this.lexer.peek();
      if (token.kind !== 'operator' || (token.text !== '&&' && token.text !== '||')) return { first, rest };
      this.lexer.next();
      this.skipNewlines();
      rest.push({ op: token.text, pipeline: this.pipeline() });
    }
  }

  pipeline(): Pipeline {
    let negated = false;
    let time: Pipeline['time'] = null;
    for (;;) {
      this.#expandAlias();
      const word = reservedText(this.lexer.peek());
      if (word === '!') negated = !negated;
      else if (word === 'time' && time === null) time = 'bash';
      else if (word === '-p' && time === 'bash') time = 'posix';
      else break;
      this.lexer.next();
    }
    const commands: Command[] = [];
    if ((time !== null || negated) && this.#endsPipeline()) return { negated, time, commands };
    commands.push(this.command());
    for (;;) {
      const token = this.lexer.peek();
      if (token.kind !== 'operator' || (token.text !== '|' && token.text !== '|&'))
        return { negated, time, commands };
      this.lexer.next();
      if (token.text === '|&') commands.push(mergeStderr(commands.pop()!));
      this.skipNewlines();
      commands.push(this.command());
    }
  }

  #endsPipeline(): boolean {
    const token = this.lexer.peek();
    return (
      token.kind === 'newline' || token.kind === 'end' || (token.kind === 'operator' && token.text === ';')
    );
  }

  command(): Command {
    if (++this.#depth > MAX_NESTING)
      throw new ShellSyntaxError('commands nested too deeply', this.lexer.source.line);
    try {
      this.#expandAlias();
      return parseCompound(this) ?? this.#simple();
    } finally {
      this.#depth--;
    }
  }

  #simple(): Command {
    const line = this.lexer.peek().line;
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      if (words.length === 0 || this.#aliasNext === words.length) this.#expandAlias();
      const token = this.lexer.peek();
      const redirection = this.redirection();
      if (redirection !== null) redirections.push(redirection);
      else if (token.kind === 'word') {
        this.lexer.next();
        if (words.length === 0 && token.word.assignment) assignments.push(token.word.assignment);
        else {
          this.#checkArrayLiteral(words, token.word);
          words.push(token.word);
        }
      } else if (isOperator(token, '(') && words.length === 1 && assignments.length === 0) {
        return parseFunctionBody(this, words[0]!, line);
      } else break;
    }
    if (words.length + assignments.length + redirections.length === 0) throw this.unexpected();
    const token = this.lexer.peek();
    if (isOperator(token, '(')) throw this.unexpected();
    return { type: 'simple', assignments, words, redirections, line };
  }

  /** `name=( … )` is an argument of the declaration builtins alone. */
  #checkArrayLiteral(words: readonly Word[], word: Word): void {
    if (word.assignment === undefined || 'parts' in word.assignment.value) return;
    const command = words.find((w) => w.text !== 'command' && w.text !== 'builtin')?.text ?? '';
    if (['declare', 'typeset', 'local', 'export', 'readonly', 'eval'].includes(command)) return;
    throw new ShellSyntaxError("syntax error near unexpected token `('", this.lexer.source.line, {
      near: this.lexer.source.currentLine(),
    });
  }

  /** A redirection at the reading position, or null. */
  redirection(): Redirection | null {
    let token = this.lexer.peek();
    let fd: number | null = null;
    let variable: string | null = null;
    if (token.kind === 'descriptor') {
      ({ fd, variable } = token);
      this.lexer.next();
      token = this.lexer.peek();
    }
    if (token.kind !== 'operator' || !redirectOperators.has(token.text)) return null;
    const op = token.text as RedirectOperator;
    this.lexer.next();
    const target = this.lexer.peek();
    if (target.kind !== 'word' && target.kind !== 'descriptor') throw this.unexpected();
    this.lexer.next();
    const word = target.kind === 'word' ? target.word : plainWord(`${target.fd ?? `{${target.variable}}`}`);
    const heredoc = op === '<<' || op === '<<-' ? this.lexer.expectHereDocument(word, op === '<<-') : null;
    return { fd, variable, op, target: word, heredoc };
  }

  redirections(): Redirection[] {
    const found: Redirection[] = [];
    for (;;) {
      const redirection = this.redirection();
      if (redirection === null) return found;
      found.push(redirection);
    }
  }

  /** Replaces the peeked word when it is an alias: the bash manual, "Aliases". */
  #expandAlias(): void {
    for (;;) {
      const token = this.lexer.peek();
      if (token.kind !== 'word' || token.word.parts.length !== 1) return;
      const name = reservedText(token);
      if (name === '' || name !== token.word.text) return;
      const remaining = this.lexer.source.text.length - token.start;
      this.#guards = this.#guards.filter((guard) => guard.remaining < remaining);
      if (this.#guards.some((guard) => guard.name === name)) return;
      const text = this.options.alias(name);
      if (text === undefined) return;
      this.#guards.push({ name, remaining: this.lexer.source.text.length - this.lexer.source.pos });
      this.#aliasNext = /[ \t]$/.test(text) ? 1 : -1;
      this.lexer.replacePeeked(text);
    }
  }

  /** The text of an unquoted literal word; '' for anything else. */
  peekReserved(): string {
    return reservedText(this.lexer.peek());
  }

  /** Takes the reserved word or operator `text`, or throws. */
  expect(text: string): void {
    const token = this.lexer.peek();
    if (reservedText(token) !== text && !isOperator(token, text)) throw this.unexpected();
    this.lexer.next();
  }

  peekOperator(text: string): boolean {
    return isOperator(this.lexer.peek(), text);
  }

  unexpected(): ShellSyntaxError {
    const token = this.lexer.peek();
    const { source } = this.lexer;
    if (token.kind === 'end') {
      return new ShellSyntaxError('syntax error: unexpected end of file', source.lastLine, {
        incomplete: true,
      });
    }
    let text = 'newline';
    if (token.kind === 'word') text = token.word.text;
    if (token.kind === 'operator') text = token.text;
    if (token.kind === 'descriptor') text = `${token.fd ?? token.variable}`;
    return new ShellSyntaxError(`syntax error near unexpected token \`${text}'`, token.line, {
      near: source.currentLine(),
    });
  }
}

function isOperator(token: Token, text: string): boolean {
  return token.kind === 'operator' && token.text === text;
}

function reservedText(token: Token): string {
  if (token.kind !== 'word' || token.word.parts.length !== 1) return '';
  const part = token.word.parts[0]!;
  return part.type === 'literal' ? part.text : '';
}

/** A word of plain text. */
export function plainWord(text: string): Word {
  return { parts: [{ type: 'literal', text }], text };
}

/** `|&` is `2>&1 |`. */
function mergeStderr(command: Command): Command {
  const merge: Redirection = { fd: 2, variable: null, op: '>&', target: plainWord('1'), heredoc: null };
  return { ...command, redirections: [...command.redirections, merge] };
}
