/** `key=value` flags as the API's maps have them. */

/** A pair without `=` has an empty value; of those with the same key the last one counts. */
export function pairsOf(values: readonly string[]): Record<string, string> {
  if (values.length === 0) return {};
  return Object.fromEntries(
    values.map((pair) => [
      pair.split('=', 1)[0]!,
      pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : '',
    ]),
  );
}
