/**
 * Shell patterns: POSIX, "Pattern Matching Notation", with bash's extended ones. A pattern is text in which a backslash
 * takes a character's meaning away. Matching keeps the set of positions reachable so far, so its time is polynomial.
 */

type Node =
  | { type: 'char'; char: string }
  | { type: 'any' }
  | { type: 'star' }
  | { type: 'set'; negated: boolean; items: readonly SetItem[] }
  | { type: 'group'; operator: string; alternatives: readonly (readonly Node[])[] };

type SetItem = { low: number; high: number } | { class: (char: string) => boolean };

const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{N}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]|[^\0-\x7f]/u,
  lower: /\p{Ll}/u,
  print: /[ -~]|[^\0-\x7f]/u,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /\p{Lu}/u,
  word: /[\p{L}\p{N}_]/u,
  xdigit: /[0-9A-Fa-f]/,
};

/** Takes the meaning of pattern characters away. */
export function quotePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!+@^-]/g, '\\$&');
}

/** True when the text has an unquoted pattern character. */
export function isPattern(text: string, extglob = false): boolean {
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') i++;
    else if (char === '*' || char === '?') return true;
    else if (char === '[' && text.indexOf(']', i + 2) > 0) return true;
    else if (extglob && text[i + 1] === '(' && '+@!'.includes(char)) return true;
  }
  return false;
}

/** Removes the backslashes of a pattern that turned out to be plain text. */
export function unquotePattern(text: string): string {
  return text.replace(/\\([\s\S])/g, '$1');
}

export interface PatternOptions {
  readonly extglob?: boolean;
  readonly ignoreCase?: boolean;
}

export class Pattern {
  readonly #nodes: readonly Node[];
  readonly #ignoreCase: boolean;

  constructor(text: string, options: PatternOptions = {}) {
    this.#nodes = new PatternReader(text, options.extglob ?? false).sequence('');
    this.#ignoreCase = options.ignoreCase ?? false;
  }

  matches(text: string): boolean {
    return this.#ends(text, 0).includes(text.length);
  }

  /** End of the shortest or longest match that starts at `start`; -1 when there is none. */
  matchAt(text: string, start: number, longest: boolean): number {
    const ends = this.#ends(text, start);
    return (longest ? ends.at(-1) : ends[0]) ?? -1;
  }

  /** True when the whole rest of the text from `start` matches. */
  matchesFrom(text: string, start: number): boolean {
    return this.#ends(text, start).at(-1) === text.length;
  }

  #ends(text: string, start: number): readonly number[] {
    return this.#run(this.#nodes, this.#ignoreCase ? text.toLowerCase() : text, [start]);
  }

  #run(nodes: readonly Node[], text: string, from: readonly number[]): readonly number[] {
    let positions = from;
    for (const node of nodes) {
      if (positions.length === 0) return positions;
      positions = this.#step(node, text, positions);
    }
    return positions;
  }

  #step(node: Node, text: string, from: readonly number[]): readonly number[] {
    if (node.type === 'star') {
      const all: number[] = [];
      for (let i = from[0]!; i <= text.length; i++) all.push(i);
      return all;
    }
    if (node.type === 'group') return this.#group(node.operator, node.alternatives, text, from);
    const next: number[] = [];
    for (const position of from) {
      const code = text.codePointAt(position);
      if (code === undefined) continue;
      const char = String.fromCodePoint(code);
      if (this.#accepts(node, char)) next.push(position + char.length);
    }
    return next;
  }

  #accepts(node: Exclude<Node, { type: 'star' | 'group' }>, char: string): boolean {
    if (node.type === 'any') return true;
    if (node.type === 'char') return (this.#ignoreCase ? node.char.toLowerCase() : node.char) === char;
    const found = (one: string) =>
      node.items.some((item) =>
        'class' in item
          ? item.class(one)
          : one.codePointAt(0)! >= item.low && one.codePointAt(0)! <= item.high,
      );
    const hit = found(char) || (this.#ignoreCase && found(char.toUpperCase()));
    return hit !== node.negated;
  }

  #group(
    operator: string,
    alternatives: readonly (readonly Node[])[],
    text: string,
    from: readonly number[],
  ): readonly number[] {
    const once = (positions: readonly number[]) =>
      alternatives.flatMap((nodes) => [...this.#run(nodes, text, positions)]);
    if (operator === '!') {
      const kept = new Set<number>();
      for (const start of from) {
        const excluded = new Set(once([start]));
        for (let i = start; i <= text.length; i++) if (!excluded.has(i)) kept.add(i);
      }
      return sorted(kept);
    }
    const found = new Set<number>(operator === '?' || operator === '*' ? from : []);
    let frontier = sorted(new Set(once(from)));
    while (frontier.length > 0) {
      const fresh = frontier.filter((position) => !found.has(position));
      for (const position of fresh) found.add(position);
      if (operator === '@' || operator === '?') break;
      frontier = fresh.length === 0 ? [] : sorted(new Set(once(fresh)));
    }
    return sorted(found);
  }
}

function sorted(positions: ReadonlySet<number>): number[] {
  return [...positions].sort((a, b) => a - b);
}

class PatternReader {
  readonly #text: string;
  readonly #extglob: boolean;
  #pos = 0;

  constructor(text: string, extglob: boolean) {
    this.#text = text;
    this.#extglob = extglob;
  }

  /** Nodes up to one of `stops`, which is not eaten. */
  sequence(stops: string): Node[] {
    const nodes: Node[] = [];
    while (this.#pos < this.#text.length && !stops.includes(this.#text[this.#pos]!)) nodes.push(this.#node());
    return nodes;
  }

  #node(): Node {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#pos)!);
    if (this.#extglob && '?*+@!'.includes(char) && this.#text[this.#pos + 1] === '(') {
      const group = this.#group(char);
      if (group !== null) return group;
    }
    this.#pos += char.length;
    if (char === '*') return { type: 'star' };
    if (char === '?') return { type: 'any' };
    if (char === '[') return this.#set() ?? { type: 'char', char };
    if (char === '\\' && this.#pos < this.#text.length) return { type: 'char', char: this.#take() };
    return { type: 'char', char };
  }

  #take(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#pos)!);
    this.#pos += char.length;
    return char;
  }

  #group(operator: string): Node | null {
    const start = this.#pos;
    this.#pos += 2;
    const alternatives: Node[][] = [];
    for (;;) {
      alternatives.push(this.sequence('|)'));
      const end = this.#text[this.#pos];
      if (end === undefined) {
        this.#pos = start;
        return null;
      }
      this.#pos++;
      if (end === ')') return { type: 'group', operator, alternatives };
    }
  }

  /** A bracket expression from after its `[`; null when it is not closed. */
  #set(): Node | null {
    const start = this.#pos;
    const negated = this.#text[this.#pos] === '!' || this.#text[this.#pos] === '^';
    if (negated) this.#pos++;
    const items: SetItem[] = [];
    for (let first = true; this.#pos < this.#text.length; first = false) {
      if (this.#text[this.#pos] === ']' && !first) {
        this.#pos++;
        return { type: 'set', negated, items };
      }
      items.push(this.#setItem());
    }
    this.#pos = start;
    return null;
  }

  #setItem(): SetItem {
    const named = /^\[:([a-z]+):\]/.exec(this.#text.slice(this.#pos, this.#pos + 12));
    const pattern = named === null ? undefined : classes[named[1]!];
    if (named !== null && pattern !== undefined) {
      this.#pos += named[0].length;
      return { class: (char) => pattern.test(char) };
    }
    const low = this.#setCharacter();
    if (this.#text[this.#pos] !== '-' || (this.#text[this.#pos + 1] ?? ']') === ']')
      return { low, high: low };
    this.#pos++;
    return { low, high: this.#setCharacter() };
  }

  #setCharacter(): number {
    if (this.#text[this.#pos] === '\\' && this.#pos + 1 < this.#text.length) this.#pos++;
    return this.#take().codePointAt(0)!;
  }
}
