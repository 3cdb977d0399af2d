/** Reads basic and extended regular expressions. */
import { bracket } from './bracket.ts';
import { allBut, CharacterSet, characterClasses, isWord, single } from './characters.ts';
import { type Assertion, type RegexNode, type RegexOptions, RegexProblem } from './syntax.ts';

/** RE_DUP_MAX of regcomp(3). */
const MOST_REPEATS = 32767;
/** The parser is recursive: so many parentheses are no strain to any engine. */
const DEEPEST = 200;

const escapedAssertions: Readonly<Record<string, Assertion>> = {
  '<': 'wordStart',
  '>': 'wordEnd',
  b: 'wordEdge',
  B: 'noWordEdge',
  '`': 'textStart',
  "'": 'textEnd',
};

const anything = allBut([]);

export class RegexParser {
  readonly #text: string;
  readonly #extended: boolean;
  readonly #options: RegexOptions;
  readonly #firstGroup: number;
  /** Groups that are closed: what a reference may name. */
  #closed: ReadonlySet<number> = new Set();
  readonly warnings: string[] = [];
  groups = 0;
  references = false;
  #at = 0;
  #depth = 0;

  /** Groups are numbered from `firstGroup` + 1 on. */
  constructor(text: string, options: RegexOptions, firstGroup = 0) {
    this.#text = text;
    this.#extended = options.extended;
    this.#options = options;
    this.#firstGroup = firstGroup;
  }

  get #lenient(): boolean {
    return this.#options.dialect === 'grep';
  }

  /** The whole expression. Throws RegexProblem. */
  whole(): RegexNode {
    const tree = this.#either();
    if (this.#at < this.#text.length) throw new RegexProblem('Unmatched ) or \\)');
    return tree;
  }

  /** Whether an operator stands here: bare in extended expressions, escaped in basic ones. */
  #isOperator(char: string, at = this.#at): boolean {
    return this.#text.startsWith(this.#extended ? char : `\\${char}`, at);
  }

  #takeOperator(char: string): boolean {
    if (!this.#isOperator(char)) return false;
    this.#at += this.#extended ? 1 : 2;
    return true;
  }

  #either(): RegexNode {
    const items: RegexNode[] = [];
    const before = this.#closed;
    const after = new Set(before);
    do {
      // What one branch has grouped is nothing that another can name.
      this.#closed = new Set(before);
      items.push(this.#sequence());
      for (const index of this.#closed) after.add(index);
    } while (this.#takeOperator('|'));
    this.#closed = after;
    return items.length === 1 ? items[0]! : { kind: 'either', items };
  }

  #ends(): boolean {
    if (this.#at >= this.#text.length || this.#isOperator('|')) return true;
    if (!this.#isOperator(')')) return false;
    return this.#depth > 0 || !this.#extended || this.#options.dialect === 'sed';
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    // Nothing but anchors so far: an operator would have no operand.
    let fresh = true;
    while (!this.#ends()) {
      const operand = this.#operand(fresh);
      fresh = operand.kind === 'assertion' && operand.assertion === 'lineStart';
      items.push(this.#repeated(operand, fresh));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  /** An operator where nothing is to repeat. Null: what stands here is no operator. */
  #lonelyOperator(): RegexNode | null {
    const sign = this.#sign();
    if (sign === null) return null;
    if (!this.#extended) {
      if (sign === '{' && !this.#lenient) throw new RegexProblem('Invalid preceding regular expression');
      return null;
    }
    if (!this.#lenient) throw new RegexProblem('Invalid preceding regular expression');
    if (sign === '{' && this.#interval() === null) return null;
    this.warnings.push(`${sign === '{' ? '{...}' : sign} at start of expression`);
    if (sign !== '{') this.#at++;
    return { kind: 'sequence', items: [] };
  }

  #sign(): '*' | '+' | '?' | '{' | null {
    if (this.#text[this.#at] === '*') return '*';
    return (['+', '?', '{'] as const).find((sign) => this.#isOperator(sign)) ?? null;
  }

  #repeated(first: RegexNode, fresh: boolean): RegexNode {
    let operand = first;
    for (let times = 0; ; times++) {
      const sign = this.#sign();
      if (sign === null) return operand;
      if (fresh) return operand;
      if (sign === '*' && times > 0 && !this.#extended && !this.#lenient)
        throw new RegexProblem('Invalid preceding regular expression');
      let bounds: readonly [number, number] | null;
      if (sign === '{') bounds = this.#interval();
      else {
        this.#at += sign === '*' || this.#extended ? 1 : 2;
        bounds = sign === '?' ? [0, 1] : [sign === '+' ? 1 : 0, Number.POSITIVE_INFINITY];
      }
      if (bounds === null) return operand;
      operand = { kind: 'repeat', operand, least: bounds[0], most: bounds[1] };
    }
  }

  /** `{2,3}`. Null: the brace stands for itself. */
  #interval(): readonly [number, number] | null {
    const from = this.#at + (this.#extended ? 1 : 2);
    const rest = this.#text.slice(from);
    const match = (this.#extended ? /^(\d*)(,?)(\d*)\}/ : /^(\d*)(,?)(\d*)\\\}/).exec(rest);
    const [whole = '', low = '', comma = '', high = ''] = match ?? [];
    if (match === null || (low === '' && comma === '')) {
      if (this.#lenient && this.#extended) return null;
      const unfinished = /^[\d,]*$/.test(rest) || !rest.includes('}');
      throw new RegexProblem(unfinished ? 'Unmatched \\{' : 'Invalid content of \\{\\}');
    }
    const least = Number(low);
    const most = comma === '' ? least : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (least > most) throw new RegexProblem('Invalid content of \\{\\}');
    if (least > MOST_REPEATS || (most > MOST_REPEATS && high !== ''))
      throw new RegexProblem('Regular expression too big');
    this.#at = from + whole.length;
    return [least, most];
  }

  #operand(fresh: boolean): RegexNode {
    if (fresh) {
      const none = this.#lonelyOperator();
      if (none !== null) return none;
    }
    if (this.#takeOperator('(')) return this.#group();
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += char.length;
    if (char === '[') {
      const { set, end } = bracket(this.#text, this.#at, this.#options.ignoreCase === true);
      this.#at = end;
      return { kind: 'characters', set };
    }
    if (char === '.') return { kind: 'characters', set: anything };
    if (char === '\\') return this.#escaped();
    if (char === '^' && (this.#extended || this.#anchorsStart(this.#at - 1)))
      return { kind: 'assertion', assertion: 'lineStart' };
    if (char === '$' && (this.#extended || this.#anchorsEnd()))
      return { kind: 'assertion', assertion: 'lineEnd' };
    return this.#literal(char);
  }

  /** In a basic expression `^` and `$` are anchors only where an expression begins and ends. */
  #anchorsStart(at: number): boolean {
    const before = this.#text.slice(0, at);
    return before === '' || /(?<!\\)(\\\\)*\\[(|]$/.test(before);
  }

  #anchorsEnd(): boolean {
    return this.#at >= this.#text.length || this.#isOperator(')') || this.#isOperator('|');
  }

  #group(): RegexNode {
    if (++this.#depth > DEEPEST) throw new RegexProblem('Regular expression too big');
    const index = this.#firstGroup + ++this.groups;
    const operand = this.#either();
    if (!this.#takeOperator(')')) throw new RegexProblem('Unmatched ( or \\(');
    this.#depth--;
    this.#closed = new Set([...this.#closed, index]);
    return { kind: 'group', index, operand };
  }

  #escaped(): RegexNode {
    if (this.#at >= this.#text.length) throw new RegexProblem('Trailing backslash');
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += char.length;
    if (/[1-9]/.test(char)) {
      const index = this.#firstGroup + Number(char);
      if (!this.#closed.has(index)) throw new RegexProblem('Invalid back reference');
      this.references = true;
      return { kind: 'reference', index };
    }
    const assertion = Object.hasOwn(escapedAssertions, char) ? escapedAssertions[char] : undefined;
    if (assertion !== undefined) return { kind: 'assertion', assertion };
    const space = characterClasses.space!;
    if (char === 'w') return { kind: 'characters', set: new CharacterSet([isWord], false, false) };
    if (char === 'W') return { kind: 'characters', set: allBut([isWord]) };
    if (char === 's') return { kind: 'characters', set: new CharacterSet([space], false, false) };
    if (char === 'S') return { kind: 'characters', set: allBut([space]) };
    return this.#literal(char);
  }

  #literal(char: string): RegexNode {
    return { kind: 'characters', set: single(char, this.#options.ignoreCase === true) };
  }
}
