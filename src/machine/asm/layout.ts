/**
 * Places sections and items. An instruction starts in its shortest form and only ever grows; addresses follow sizes and sizes follow
 * addresses until nothing changes.
 */
import type { Diagnostics } from './diagnostics.ts';
import { Evaluator } from './evaluate.ts';
import type { Code, Draft, Item, Section } from './program.ts';

export interface LayoutOptions {
  /** Where the first section goes. */
  readonly base: number;
  /** Where sections go that do not follow the one before. */
  readonly sections: Readonly<Record<string, number>>;
}

/** Bytes a program may take. */
const MOST_BYTES = 64 * 2 ** 20;

/** Rounds of layout. Instructions only grow, so only `.space` and `.org` that depend on what follows can need more. */
const MOST_ROUNDS = 200;

const alignUp = (value: number, boundary: number) => Math.ceil(value / boundary) * boundary;

/** Code first, then constants, variables, zeros; in the order of the source within these. */
const rank = (section: Section) => (section.executable ? 0 : section.nobits ? 3 : section.writable ? 2 : 1);

/** What is placed, in order of placement. */
export function placedSections(draft: Draft): Section[] {
  const named = new Set([...draft.symbols.values()].map((symbol) => symbol.mark?.section));
  return [...draft.sections.values()]
    .filter((section) => section.items.length > 0 || named.has(section))
    .sort((a, b) => rank(a) - rank(b));
}

/** Sizes of instructions so far, kept between rounds. */
type Sizes = Map<Item, number>;

export class Layout {
  readonly #draft: Draft;
  readonly #options: LayoutOptions;
  readonly #diagnostics: Diagnostics;
  readonly #sizes: Sizes = new Map();

  constructor(draft: Draft, options: LayoutOptions, diagnostics: Diagnostics) {
    this.#draft = draft;
    this.#options = options;
    this.#diagnostics = diagnostics;
  }

  /** Settles all addresses; false, and reported, if they do not settle or the program is too large. */
  settle(): boolean {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const result = this.#round();
      if (result !== 'changed') return result === 'settled';
    }
    const first = placedSections(this.#draft)[0]!.items[0]!;
    this.#diagnostics.add(
      first.place,
      'sizes and addresses of this program depend on each other without end',
      'look at `.space`, `.fill` and `.org` whose size depends on what follows',
    );
    return false;
  }

  #round(): 'settled' | 'changed' | 'too large' {
    const evaluator = new Evaluator(this.#draft, null);
    let changed = false;
    let next = this.#options.base;
    let total = 0;
    for (const section of placedSections(this.#draft)) {
      const address = this.#options.sections[section.name] ?? alignUp(next, Math.max(4, section.align));
      if (section.address !== address) changed = true;
      section.address = address;
      let offset = 0;
      for (let index = 0; index < section.items.length; index++) {
        if (section.offsets[index] !== offset) changed = true;
        section.offsets[index] = offset;
        offset += this.#size(section.items[index]!, section, offset, evaluator);
        if (total + offset > MOST_BYTES) {
          this.#diagnostics.add(
            section.items[index]!.place,
            `the program grows beyond ${MOST_BYTES / 2 ** 20} MiB here`,
          );
          return 'too large';
        }
      }
      if (section.offsets[section.items.length] !== offset) changed = true;
      section.offsets[section.items.length] = offset;
      next = address + offset;
      total += offset;
    }
    return changed ? 'changed' : 'settled';
  }

  #size(item: Item, section: Section, offset: number, evaluator: Evaluator): number {
    const environment = evaluator.at(section.address + offset);
    switch (item.kind) {
      case 'bytes':
        return item.bytes.length;
      case 'data':
        return item.width;
      case 'instruction': {
        const least = this.#sizes.get(item) ?? 0;
        const size = Math.max(least, sizeOf(item.encode(environment, least)));
        this.#sizes.set(item, size);
        return size;
      }
      case 'align': {
        const skip = alignUp(offset, item.boundary) - offset;
        return item.most !== null && skip > item.most ? 0 : skip;
      }
      case 'space': {
        const count = environment.absolute(item.count, '');
        return count === null ? 0 : Math.min(Math.max(0, count) * item.width, MOST_BYTES + 1);
      }
      case 'org':
        return Math.min(Math.max(0, orgOffset(item, section, evaluator) - offset), MOST_BYTES + 1);
    }
  }

  /** The codes of an instruction as settled. */
  codes(
    item: Extract<Item, { kind: 'instruction' }>,
    address: number,
    evaluator: Evaluator,
  ): readonly Code[] {
    return item.encode(evaluator.at(address), this.#sizes.get(item) ?? 0);
  }
}

const sizeOf = (codes: readonly Code[]) => codes.reduce((sum, { length }) => sum + length, 0);

/** Where `.org` leads, as an offset in its section: a number is one already, an address is turned into one. */
export function orgOffset(
  item: Extract<Item, { kind: 'org' }>,
  section: Section,
  evaluator: Evaluator,
): number {
  const value = evaluator.value(item.target, 0);
  if (value === null) return 0;
  return value.address ? Number(value.number) - section.address : Number(value.number);
}
