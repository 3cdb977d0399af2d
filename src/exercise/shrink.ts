/** Smaller counterexamples: a learner understands two steps sooner than eight. */

/**
 * A list that still `fails`, from which no element can be taken without its passing: first halves, then quarters, down to single
 * elements are tried away, over and over. Deterministic; `fails` is called at most `budget` times.
 */
export function shrinkList<T>(
  list: readonly T[],
  fails: (shorter: readonly T[]) => boolean,
  budget = 200,
): readonly T[] {
  let best = list;
  let left = budget;
  for (let size = Math.ceil(best.length / 2); size >= 1; ) {
    let removed = false;
    for (let at = 0; at < best.length && left > 0; ) {
      const shorter = [...best.slice(0, at), ...best.slice(at + size)];
      left--;
      if (fails(shorter)) {
        best = shorter;
        removed = true;
      } else at += size;
    }
    if (!removed || size > 1) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  return best;
}
