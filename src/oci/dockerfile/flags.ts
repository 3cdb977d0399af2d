/** Flags of instructions, `--name=value`, each at most once unless it is a list. */
import { DockerfileError, suggestion } from './errors.ts';

type FlagKind = 'boolean' | 'text' | 'list';

/** Flags as they were given, by name. */
export interface Flags {
  /** Empty when it was not given. */
  text(name: string): string;
  list(name: string): readonly string[];
  has(name: string): boolean;
  /** `otherwise` when it was not given. */
  boolean(name: string, otherwise: boolean): boolean;
}

export function readFlags(given: readonly string[], known: Readonly<Record<string, FlagKind>>): Flags {
  const found = new Map<string, string[]>();
  for (const flag of given) {
    const at = flag.indexOf('=');
    const shown = at < 0 ? flag : flag.slice(0, at);
    const value = at < 0 ? null : flag.slice(at + 1);
    const name = shown.slice(2);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined)
      throw new DockerfileError(`unknown flag: ${shown}${suggestion(name, Object.keys(known))}`);
    const before = found.get(name);
    if (before !== undefined && kind !== 'list')
      throw new DockerfileError(`duplicate flag specified: ${shown}`);
    if (value === '' && kind === 'boolean') throw new DockerfileError(`missing a value on flag: ${shown}`);
    if (value === null && kind !== 'boolean') throw new DockerfileError(`missing a value on flag: ${shown}`);
    if (kind === 'boolean' && !['true', 'false', undefined].includes(value?.toLowerCase()))
      throw new DockerfileError(`expecting boolean value for flag ${shown}, not: ${value}`);
    found.set(name, [...(before ?? []), value ?? 'true']);
  }
  return {
    text: (name) => found.get(name)?.[0] ?? '',
    list: (name) => found.get(name) ?? [],
    has: (name) => found.has(name),
    boolean: (name, otherwise) => (found.get(name)?.[0]?.toLowerCase() ?? `${otherwise}`) === 'true',
  };
}
