/**
 * POSIX regular expressions (regex(7)) with GNU's extensions. The leftmost and of those the longest match counts; automata find it in
 * time in proportion to the text for any expression, so that none can hang a host as JavaScript's own engine lets them. Only
 * references (`\1`) need a search that may take very long: its steps are limited, and whoever matches can charge them.
 */
import { Automaton } from './automaton.ts';
import { Network } from './network.ts';
import { RegexParser } from './parser.ts';
import { RegexExhausted, type RegexNode, type RegexOptions, RegexProblem } from './syntax.ts';
import { Walker } from './walker.ts';

export interface RegexMatch {
  /** In UTF-16 units, as `end`. */
  readonly index: number;
  readonly end: number;
  /** The whole match, then the groups; undefined is a group that took no part. */
  readonly groups: readonly (string | undefined)[];
  /** Where they begin; -1 of a group that took no part. */
  readonly starts: readonly number[];
}

export class Regex {
  /** How many groups there are. */
  readonly groups: number;
  /** What GNU grep warns of. */
  readonly warnings: readonly string[];
  readonly #references: boolean;
  readonly #givesUp: boolean;
  readonly #first: boolean;
  readonly #test: Automaton;
  readonly #starts: Automaton;
  readonly #extent: Automaton;
  readonly #walker: Walker;
  /** The text last searched and where matches begin in it. */
  #marked: { readonly text: string; readonly starts: Uint8Array | null } | null = null;
  #charged = 0;

  /** One of several expressions has to match; references are to groups of their own. Throws RegexProblem. */
  constructor(patterns: readonly string[], options: RegexOptions) {
    const trees: RegexNode[] = [];
    const warnings: string[] = [];
    let groups = 0;
    let references = false;
    for (const pattern of patterns) {
      const parser = new RegexParser(pattern, options, groups);
      trees.push(parser.whole());
      groups += parser.groups;
      references ||= parser.references;
      warnings.push(...parser.warnings);
    }
    this.groups = groups;
    this.warnings = warnings;
    this.#references = references;
    this.#givesUp = options.givesUp === true;
    this.#first = options.first === true;
    const tree = framed({ kind: 'either', items: trees }, options.only ?? null);
    const multiline = options.multiline === true;
    const loose = new Network(tree, groups, { backwards: false, loose: true, multiline });
    this.#test = new Automaton(loose, true);
    this.#extent = new Automaton(loose, false);
    this.#starts = new Automaton(
      new Network(tree, groups, { backwards: true, loose: true, multiline }),
      true,
    );
    this.#walker = new Walker(
      references ? new Network(tree, groups, { backwards: false, loose: false, multiline }) : loose,
      options.ignoreCase === true,
    );
  }

  /** Places of its network: how much there was to build. */
  get size(): number {
    return this.#walker.size;
  }

  /** Steps since the last call: characters read by the automata and places walked. Fewer than `least` are kept for later. */
  takeSteps(least = 1): number {
    const all = this.#test.steps + this.#extent.steps + this.#starts.steps + this.#walker.steps;
    const taken = all - this.#charged;
    if (taken < least) return 0;
    this.#charged = all;
    return taken;
  }

  /** Whether some part of `text` matches. */
  test(text: string): boolean {
    return this.#guarded(
      () => (this.#references ? this.#find(text, 0) !== null : this.#test.test(text)),
      false,
    );
  }

  /** The leftmost longest match that begins at `from` or later. Throws RegexExhausted. */
  exec(text: string, from = 0): RegexMatch | null {
    return this.#guarded(() => this.#exec(text, from), null);
  }

  #guarded<T>(search: () => T, nothing: T): T {
    try {
      return search();
    } catch (error) {
      if (this.#givesUp && error instanceof RegexExhausted) return nothing;
      throw error;
    }
  }

  #exec(text: string, from: number): RegexMatch | null {
    const found = this.#find(text, from);
    if (found === null) return null;
    const [index, longest, walked] = found;
    const walks = this.groups > 0 || this.#first;
    const slots = walks ? (walked ?? this.#walker.within(text, index, longest, this.#first)!) : null;
    const end = slots?.[1] ?? longest;
    const groups: (string | undefined)[] = [text.slice(index, end)];
    const starts = [index];
    if (slots !== null)
      for (let i = 1; i <= this.groups; i++) {
        const start = slots[2 * i]!;
        const stop = slots[2 * i + 1]!;
        const took = start >= 0 && stop >= start;
        groups.push(took ? text.slice(start, stop) : undefined);
        starts.push(took ? start : -1);
      }
    return { index, end, groups, starts };
  }

  /** All matches one behind the other; empty ones too, but not right behind another match. */
  *matches(text: string): Generator<RegexMatch, void, undefined> {
    let lastEnd = -1;
    for (let from = 0; from <= text.length; ) {
      const match = this.exec(text, from);
      if (match === null) return;
      const empty = match.index === match.end;
      if (!empty || match.index !== lastEnd) yield match;
      lastEnd = match.end;
      from = empty ? match.end + (text.codePointAt(match.end)! > 0xffff ? 2 : 1) : match.end;
    }
  }

  #find(text: string, from: number): [number, number, Int32Array | null] | null {
    if (this.#marked?.text !== text) this.#marked = { text, starts: this.#starts.starts(text) };
    const { starts } = this.#marked;
    if (starts === null) return null;
    const limit = this.#walker.steps + 10_000_000;
    for (let start = starts.indexOf(1, from); start >= 0; start = starts.indexOf(1, start + 1)) {
      if (!this.#references) return [start, this.#extent.longest(text, start), null];
      const slots = this.#walker.longest(text, start, limit);
      if (slots !== null) return [start, slots[1]!, slots];
    }
    return null;
  }
}

/** grep -w and -x. */
function framed(tree: RegexNode, only: 'words' | 'lines' | null): RegexNode {
  if (only === null) return tree;
  const [first, last] =
    only === 'words' ? (['noWordBefore', 'noWordAfter'] as const) : (['lineStart', 'lineEnd'] as const);
  return {
    kind: 'sequence',
    items: [{ kind: 'assertion', assertion: first }, tree, { kind: 'assertion', assertion: last }],
  };
}

/** The compiled expression, which never throws; null when it is malformed. */
export function compileRegex(pattern: string, options: RegexOptions): Regex | null {
  try {
    return new Regex([pattern], { ...options, givesUp: true });
  } catch (error) {
    if (error instanceof RegexProblem) return null;
    throw error;
  }
}
