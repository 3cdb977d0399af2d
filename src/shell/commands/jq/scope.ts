/** What a program's parts pass on to each other: values with their places, and the names that are known. */

import type { Path } from './paths.ts';
import type { Definition, Node } from './tree.ts';
import { isArray, isMap, JqError, requireShallow, shortText, typeOf, type Value } from './values.ts';

/** Where a value is in the input: null when nobody asks, `nowhere` for one that was made. */
export type Place = Path | 'nowhere' | null;

export interface Item {
  readonly value: Value;
  readonly path: Place;
}

export interface Scope {
  readonly parent: Scope | null;
  /** `$x`, `f/1` or `*label`. */
  readonly name: string;
  readonly value?: Value;
  /** A definition, or an argument, which is a program of where it was written. */
  readonly definition?: Definition;
  readonly argument?: { readonly node: Node; readonly scope: Scope | null };
}

export const defined = (definition: Definition, parent: Scope | null): Scope => ({
  parent,
  name: `${definition.name}/${definition.parameters.length}`,
  definition,
});

export function find(name: string, scope: Scope | null): Scope | null {
  for (let at = scope; at !== null; at = at.parent) if (at.name === name) return at;
  return null;
}

export const variable = (name: string, scope: Scope | null): Value => find(`$${name}`, scope)!.value!;

/** What is no place in the input. */
export function plain(value: Value, { path }: Item): Item {
  return { value, path: path === null ? null : 'nowhere' };
}

export function pathOf({ value, path }: Item): Path {
  if (path === 'nowhere' || path === null)
    throw new JqError(`Invalid path expression with result ${shortText(value, 29)}`);
  return path;
}

/** A value within another. */
export const within = (of: Item, key: Value, value: Value): Item => ({
  value,
  path: of.path === null ? null : [...pathOf(of), key],
});

export function* children(of: Item): Iterable<Item> {
  const { value } = of;
  if (isArray(value)) for (const [i, inner] of value.entries()) yield within(of, i, inner);
  else if (isMap(value)) for (const [key, inner] of value) yield within(of, key, inner);
  else
    throw new JqError(
      `Cannot iterate over ${typeOf(value)}${value === null ? '' : ` (${shortText(value)})`}`,
    );
}

export function* descend(item: Item, depth = 0): Iterable<Item> {
  requireShallow(depth);
  yield item;
  if (isArray(item.value) || isMap(item.value))
    for (const child of children(item)) yield* descend(child, depth + 1);
}

export function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  if (count <= 0) return taken;
  for (const item of items) if (taken.push(item) >= count) break;
  return taken;
}
