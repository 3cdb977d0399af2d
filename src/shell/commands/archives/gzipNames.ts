/** The names that gzip gives and takes away. */

/** Endings that gunzip knows, and what takes their place. */
const known: readonly (readonly [string, string])[] = [
  ['.tgz', '.tar'],
  ['.taz', '.tar'],
  ['.gz', ''],
  ['-gz', ''],
  ['.z', ''],
  ['-z', ''],
  ['_z', ''],
];

/** What gunzip makes of a name; null when the name does not say that the file is compressed. */
export function expandedName(name: string, suffix: string): string | null {
  for (const [ending, instead] of [[suffix, ''] as const, ...known]) {
    const base = name.slice(name.lastIndexOf('/') + 1);
    if (base.toLowerCase().endsWith(ending.toLowerCase()) && base.length > ending.length)
      return name.slice(0, -ending.length) + instead;
  }
  return null;
}

/** What gunzip tries when there is no file of the name given. */
export const otherNames = (name: string, suffix: string) => [
  ...new Set([suffix, '.gz', '.z', '-z', '.Z'].map((ending) => name + ending)),
];

/** How much smaller: six characters, `-33.3%`. */
export function ratioText(saved: number, from: number): string {
  return `${(from === 0 ? 0 : (saved / from) * 100).toFixed(1).padStart(5)}%`;
}
