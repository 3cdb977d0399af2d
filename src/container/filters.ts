/** Filters as the API takes them with lists, events and prunes. */
import { EngineError } from './model.ts';

/** Key → wanted values; of each key one must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** `{"event":{"die":true}}` or `{"event":["die"]}`. Throws EngineError for a key that is not one of `keys`. */
export function parseFilters(text: string | undefined, keys: readonly string[]): Filters {
  if (text === undefined || text === '') return new Map();
  let given: Record<string, string[] | Record<string, boolean>>;
  try {
    given = JSON.parse(text) as typeof given;
  } catch {
    throw new EngineError(400, `invalid filter '${text}'`);
  }
  const filters = new Map<string, readonly string[]>();
  for (const [key, values] of Object.entries(given)) {
    if (!keys.includes(key)) throw new EngineError(400, `invalid filter '${key}'`);
    filters.set(key, Array.isArray(values) ? values : Object.keys(values));
  }
  return filters;
}

/** Whether all of the labels, `key` or `key=value`, are there. */
export function hasLabels(
  labels: Readonly<Record<string, string>>,
  wanted: readonly string[] | undefined,
): boolean {
  return (wanted ?? []).every((label) => {
    const at = label.indexOf('=');
    const key = at < 0 ? label : label.slice(0, at);
    return Object.hasOwn(labels, key) && (at < 0 || labels[key] === label.slice(at + 1));
  });
}

/** Whether the regular expression is found in the text; what is none is found nowhere. */
export function isMatch(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}
