/** What is right, made wrong: bytes of requests, and values of JSON. */
import type { Random } from '../../src/base/index.ts';

/** A few bytes changed, taken away, doubled, or a value of JSON in place of another. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let text = String.fromCharCode(...bytes);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(text.length + 1);
    const length = random.below(6);
    switch (random.below(4)) {
      case 0:
        text = text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + length);
        break;
      case 2:
        text = text.slice(0, at) + text.slice(at, at + length).repeat(2) + text.slice(at + length);
        break;
      case 3:
        text = text.slice(0, at);
        break;
    }
  }
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const VALUES: readonly unknown[] = [
  null,
  5,
  -1,
  0.5,
  true,
  '',
  'x',
  [],
  {},
  [null],
  [[]],
  [5],
  { a: {} },
  { a: null },
];

/** The same with one part of it, or all, in place of which there is something else. */
export function* variants(value: unknown): Generator<unknown> {
  yield* VALUES;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const other of variants(item)) yield value.with(i, other);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value))
      for (const other of variants(item)) yield { ...value, [name]: other };
  }
}
