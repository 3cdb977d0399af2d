/** Math.max() of any number of values: as arguments of one call, more than a hundred thousand of them overflow an engine's stack. */
export function largest(values: Iterable<number>, least = Number.NEGATIVE_INFINITY): number {
  let most = least;
  for (const value of values) if (value > most) most = value;
  return most;
}
