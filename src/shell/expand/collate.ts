/** Order of names as the C locale has it: the hosts run with LANG=C.UTF-8, where code points decide. */

/** Compares by code point (UTF-16 order differs above U+FFFF). */
export function compareNames(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
