/** --filter of lists, events and prunes. */

/** What --filter says, `key=value` each, for a query. */
export function filterQuery(filters: readonly string[]): string {
  const all: Record<string, Record<string, true>> = {};
  for (const filter of filters) {
    const at = filter.indexOf('=');
    const [key, value] = [filter.slice(0, at).trim().toLowerCase(), filter.slice(at + 1).trim()];
    all[key] = { ...all[key], [value]: true };
  }
  return encodeURIComponent(JSON.stringify(all));
}
