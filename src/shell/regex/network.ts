/** A nondeterministic automaton built from a tree (Thompson, 1968), read forwards or backwards. */
import { allBut, CharacterSet, EDGE, NEWLINE, WORD } from './characters.ts';
import { type Assertion, type RegexNode, RegexProblem } from './syntax.ts';

export type Place =
  | { readonly kind: 'characters'; readonly set: number; readonly next: number }
  | { readonly kind: 'split'; next: number; other: number }
  /** Where a repetition goes round: as `split`, but not twice at one place of the text. `slot` keeps where it was last. */
  | { readonly kind: 'loop'; next: number; other: number; readonly slot: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  /** Keeps the place in the text: the even slots are where groups begin, the odd ones where they end. */
  | { readonly kind: 'save'; readonly slot: number; readonly next: number }
  | { readonly kind: 'reference'; readonly index: number; readonly next: number }
  | { readonly kind: 'match' };

/** More places than this no host keeps. */
const MOST_PLACES = 100_000;

const anything = allBut([]);
const nothing = new CharacterSet([], false, false);

export class Network {
  readonly places: Place[] = [{ kind: 'match' }];
  readonly sets: CharacterSet[] = [];
  readonly first: number;
  readonly backwards: boolean;
  readonly #multiline: boolean;
  readonly #setNumbers = new Map<CharacterSet, number>();
  /** For groups, and behind them for loops. */
  slots: number;

  /** Backwards, and where `loose`, a reference to a group stands for any text. Throws RegexProblem. */
  constructor(
    tree: RegexNode,
    groups: number,
    how: { backwards: boolean; loose: boolean; multiline: boolean },
  ) {
    this.backwards = how.backwards;
    this.#multiline = how.multiline;
    this.slots = 2 * (groups + 1);
    this.first = this.#build(tree, 0, how.loose);
  }

  #add(place: Place): number {
    if (this.places.length >= MOST_PLACES) throw new RegexProblem('Regular expression too big');
    return this.places.push(place) - 1;
  }

  #characters(set: CharacterSet, next: number): number {
    let number = this.#setNumbers.get(set);
    if (number === undefined) {
      number = this.sets.push(set) - 1;
      this.#setNumbers.set(set, number);
    }
    return this.#add({ kind: 'characters', set: number, next });
  }

  /** The place where `tree` begins; it goes on at `next`. */
  #build(tree: RegexNode, next: number, loose: boolean): number {
    switch (tree.kind) {
      case 'characters':
        return this.#characters(tree.set, next);
      case 'assertion':
        return this.#add({ kind: 'assertion', assertion: tree.assertion, next });
      case 'sequence': {
        const items = this.backwards ? tree.items : tree.items.toReversed();
        return items.reduce((behind, item) => this.#build(item, behind, loose), next);
      }
      case 'either': {
        if (tree.items.length === 0) return this.#characters(nothing, next);
        const starts = tree.items.map((item) => this.#build(item, next, loose));
        return starts.reduceRight((other, start) => this.#add({ kind: 'split', next: start, other }));
      }
      case 'repeat':
        return this.#repeat(tree, next, loose);
      case 'group': {
        const end = this.#add({ kind: 'save', slot: 2 * tree.index + (this.backwards ? 0 : 1), next });
        const start = this.#build(tree.operand, end, loose);
        return this.#add({ kind: 'save', slot: 2 * tree.index + (this.backwards ? 1 : 0), next: start });
      }
      case 'reference':
        if (!loose) return this.#add({ kind: 'reference', index: tree.index, next });
        return this.#loop((back) => this.#characters(anything, back), next);
    }
  }

  #repeat(tree: RegexNode & { kind: 'repeat' }, next: number, loose: boolean): number {
    const body = (behind: number) => this.#build(tree.operand, behind, loose);
    let at = next;
    if (tree.most === Number.POSITIVE_INFINITY) at = this.#loop(body, next);
    else
      for (let i = tree.least; i < tree.most; i++)
        at = this.#add({ kind: 'split', next: body(at), other: next });
    for (let i = 0; i < tree.least; i++) at = body(at);
    return at;
  }

  #loop(body: (back: number) => number, next: number): number {
    const loop = { kind: 'loop' as const, next, other: next, slot: this.slots++ };
    const at = this.#add(loop);
    loop.next = body(at);
    return at;
  }

  /** Whether an assertion holds between characters of these kinds, `before` being the one read first. */
  holds(assertion: Assertion, before: number, after: number): boolean {
    const [left, right] = this.backwards ? [after, before] : [before, after];
    switch (assertion) {
      case 'lineStart':
        return left === EDGE || (this.#multiline && left === NEWLINE);
      case 'lineEnd':
        return right === EDGE || (this.#multiline && right === NEWLINE);
      case 'textStart':
        return left === EDGE;
      case 'textEnd':
        return right === EDGE;
      case 'wordStart':
        return left !== WORD && right === WORD;
      case 'wordEnd':
        return left === WORD && right !== WORD;
      case 'wordEdge':
        return (left === WORD) !== (right === WORD);
      case 'noWordEdge':
        return (left === WORD) === (right === WORD);
      case 'noWordBefore':
        return left !== WORD;
      case 'noWordAfter':
        return right !== WORD;
    }
  }
}
