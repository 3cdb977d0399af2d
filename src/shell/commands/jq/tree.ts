/** A jq program as a tree. */
export type Pattern =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Pattern[] }
  | {
      readonly kind: 'map';
      readonly entries: readonly {
        readonly key: Node;
        readonly as: string | null;
        readonly value: Pattern | null;
      }[];
    };

export interface Definition {
  readonly name: string;
  /** With `$` before those that are values. */
  readonly parameters: readonly string[];
  readonly body: Node;
}

export type Node =
  | { readonly kind: 'identity' | 'recurse' }
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'string'; readonly parts: readonly (string | Node)[]; readonly format: string }
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'index'; readonly of: Node; readonly key: Node }
  | { readonly kind: 'slice'; readonly of: Node; readonly from: Node | null; readonly to: Node | null }
  | { readonly kind: 'iterate' | 'negate' | 'list'; readonly of: Node | null }
  | { readonly kind: 'try'; readonly body: Node; readonly handler: Node | null }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: Node; readonly value: Node }[] }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'as'; readonly of: Node; readonly pattern: Pattern; readonly body: Node }
  | {
      readonly kind: 'reduce';
      readonly of: Node;
      readonly pattern: Pattern;
      readonly start: Node;
      readonly update: Node;
    }
  | {
      readonly kind: 'foreach';
      readonly of: Node;
      readonly pattern: Pattern;
      readonly start: Node;
      readonly update: Node;
      readonly extract: Node | null;
    }
  | { readonly kind: 'if'; readonly test: Node; readonly then: Node; readonly else: Node }
  | { readonly kind: 'define'; readonly definition: Definition; readonly body: Node }
  | { readonly kind: 'label'; readonly name: string; readonly body: Node }
  | { readonly kind: 'break'; readonly name: string };

/** Of signs that may be put in brackets anywhere: half of a long chain on either side, so that the tree is not deep. */
export function balanced(sign: ',' | '|', parts: readonly Node[]): Node {
  if (parts.length === 1) return parts[0]!;
  const middle = parts.length >> 1;
  return {
    kind: 'binary',
    sign,
    left: balanced(sign, parts.slice(0, middle)),
    right: balanced(sign, parts.slice(middle)),
  };
}
