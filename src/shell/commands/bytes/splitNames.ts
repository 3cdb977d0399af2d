/** The names of split's output files: xaa, xab … xyz, xzaaa: the last letter at the front makes room for longer names. */

const alphabets = {
  letters: 'abcdefghijklmnopqrstuvwxyz',
  decimal: '0123456789',
  hex: '0123456789abcdef',
} as const;

export interface NameSettings {
  readonly prefix: string;
  readonly kind: keyof typeof alphabets;
  /** Letters of a suffix; null: two, and more when they are used up. */
  readonly length: number | null;
  /** Number of the first. */
  readonly from: number;
  readonly additional: string;
}

/** The name of the output file `index`, from 0; null when there are no more. */
export function splitName(settings: NameSettings, index: number): string | null {
  const letters = alphabets[settings.kind];
  const base = letters.length;
  const whole = (text: string) => settings.prefix + text + settings.additional;
  let left = index + settings.from;
  const written = (size: number) => {
    let text = '';
    for (let i = 0, value = left; i < size; i++, value = Math.floor(value / base))
      text = letters[value % base] + text;
    return text;
  };
  if (settings.length !== null)
    return left < base ** settings.length ? whole(written(settings.length)) : null;
  for (let level = 0; ; level++) {
    const size = 2 + level;
    const room = base ** size - base ** (size - 1);
    if (left < room) return whole(letters.at(-1)!.repeat(level) + written(size));
    left -= room;
  }
}

/** How many letters `count` names need. */
export function lengthFor(count: number, kind: NameSettings['kind']): number {
  let length = 2;
  while (alphabets[kind].length ** length < count) length++;
  return length;
}
