/** --filter of lists, events and prunes. */
import { DockerError } from './api.ts';

/** What --filter says, for a query; DockerError for what is no `key=value`. */
export function filterQuery(filters: readonly string[]): string {
  const all: Record<string, Record<string, true>> = {};
  for (const filter of filters) {
    const at = filter.indexOf('=');
    if (at < 0)
      throw new DockerError(
        `invalid argument "${filter}" for "-f, --filter" flag: invalid filter '${filter}' (must be of the form <key>=<value>)`,
        125,
      );
    const [key, value] = [filter.slice(0, at).trim().toLowerCase(), filter.slice(at + 1).trim()];
    all[key] = { ...all[key], [value]: true };
  }
  return encodeURIComponent(JSON.stringify(all));
}
