/**
 * awk's arrays. The order of `for (key in array)` is that of mawk 1.3.4, so that what a learner sees is what Debian shows: by hash
 * bucket, and within a bucket the key used last first, because mawk's lists move what they find to the front. Keys that are whole
 * numbers lie in a table of their own until a string is looked for; then they join the others, bucket by bucket.
 */
import type { Value } from './values.ts';

/** A number is a whole one in the range of mawk's integers. */
export type Key = string | number;

interface Element {
  readonly key: string;
  value: Value;
  /** The number it was made with, while it lies in the table of numbers alone. */
  readonly whole: number | null;
  /** When it was found last as a string, and as a number; 0 is never. */
  byText: number;
  byNumber: number;
}

/** Lists at the beginning, and how long they get on average before their number doubles. */
const FIRST_LISTS = 64;
const LIST_LENGTH = 12;

/** FNV-1a, 32 bits (Fowler, Noll, Vo). */
function hash(key: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) sum = Math.imul(sum ^ key.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}

export class AwkArray {
  readonly #elements = new Map<string, Element>();
  #uses = 0;
  /** Elements that lie in the table of numbers alone. */
  #numbersOnly = 0;
  #lists = FIRST_LISTS;

  get size(): number {
    return this.#elements.size;
  }

  has(key: Key): boolean {
    if (!this.#elements.has(String(key))) return false;
    this.#element(key);
    return true;
  }

  /** The value; an element that is not there is made. */
  get(key: Key): Value {
    return this.#element(key).value;
  }

  set(key: Key, value: Value): void {
    this.#element(key).value = value;
  }

  delete(key: Key): void {
    if (!this.has(key)) return;
    if (this.#elements.get(String(key))!.byText === 0) this.#numbersOnly--;
    this.#elements.delete(String(key));
  }

  clear(): void {
    this.#elements.clear();
    this.#numbersOnly = 0;
    this.#lists = FIRST_LISTS;
  }

  /** All keys, in the order described above. */
  keys(): string[] {
    this.#joinNumbers();
    const mask = this.#lists - 1;
    return [...this.#elements.values()]
      .map((element) => ({ element, list: hash(element.key) & mask }))
      .sort((a, b) => a.list - b.list || b.element.byText - a.element.byText)
      .map(({ element }) => element.key);
  }

  #element(key: Key): Element {
    const whole = typeof key === 'number' ? key : null;
    if (whole === null) this.#joinNumbers();
    const text = String(key);
    let element = this.#elements.get(text);
    if (element === undefined) {
      element = { key: text, value: null, whole, byText: 0, byNumber: 0 };
      this.#elements.set(text, element);
      if (whole !== null) this.#numbersOnly++;
      while (this.#elements.size > this.#lists * LIST_LENGTH) this.#lists *= 2;
    }
    if (whole === null || element.whole === null) element.byText = ++this.#uses;
    else element.byNumber = ++this.#uses;
    return element;
  }

  #joinNumbers(): void {
    if (this.#numbersOnly === 0) return;
    const mask = this.#lists - 1;
    const joining = [...this.#elements.values()].filter((element) => element.byText === 0);
    joining.sort((a, b) => (a.whole! & mask) - (b.whole! & mask) || b.byNumber - a.byNumber);
    for (const element of joining) element.byText = ++this.#uses;
    this.#numbersOnly = 0;
  }
}
