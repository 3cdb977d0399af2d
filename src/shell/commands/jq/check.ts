/** Whether everything that a program names is defined, before it runs. */

import { isForeignFormat, isForeignName } from './foreign.ts';
import { isFormat } from './formats.ts';
import { CompileError, requireShallowProgram } from './lexer.ts';
import type { Node, Pattern } from './tree.ts';

type Names = ReadonlySet<string>;
const plus = (names: Names, ...more: readonly string[]): Names => new Set([...names, ...more]);

/** `f/1`, `$x` and `*label` are known. Throws CompileError. */
export function check(node: Node, names: Names, depth = 0): void {
  requireShallowProgram(depth);
  const all = (nodes: readonly (Node | null)[], known: Names) => {
    for (const each of nodes) if (each !== null) check(each, known, depth + 1);
  };
  switch (node.kind) {
    case 'identity':
    case 'recurse':
    case 'literal':
      return;
    case 'string':
      requireFormat(node.format);
      for (const part of node.parts) if (typeof part !== 'string') check(part, names, depth + 1);
      return;
    case 'format':
      requireFormat(node.name);
      return;
    case 'index':
      all([node.of, node.key], names);
      return;
    case 'slice':
      all([node.of, node.from, node.to], names);
      return;
    case 'iterate':
    case 'negate':
    case 'list':
      all([node.of], names);
      return;
    case 'try':
      all([node.body, node.handler], names);
      return;
    case 'map':
      for (const { key, value } of node.entries) all([key, value], names);
      return;
    case 'binary':
      all([node.left, node.right], names);
      return;
    case 'call': {
      const name = `${node.name}/${node.args.length}`;
      requireKnown(name, names);
      all(node.args, names);
      return;
    }
    case 'variable':
      requireKnown(`$${node.name}`, names);
      return;
    case 'as':
      check(node.of, names, depth + 1);
      check(node.body, bound(node.pattern, names, depth), depth + 1);
      return;
    case 'reduce':
    case 'foreach': {
      all([node.of, node.start], names);
      const inner = bound(node.pattern, names, depth);
      all([node.update, node.kind === 'foreach' ? node.extract : null], inner);
      return;
    }
    case 'if':
      all([node.test, node.then, node.else], names);
      return;
    case 'define': {
      const { name, parameters, body } = node.definition;
      const own = plus(names, `${name}/${parameters.length}`);
      const given = parameters.flatMap((each) => [
        `${each.replace('$', '')}/0`,
        ...(each.startsWith('$') ? [each] : []),
      ]);
      check(body, plus(own, ...given), depth + 1);
      check(node.body, own, depth + 1);
      return;
    }
    case 'label':
      check(node.body, plus(names, `*${node.name}`), depth + 1);
      return;
    case 'break':
      if (!names.has(`*${node.name}`)) throw new CompileError(`$*label-${node.name} is not defined`);
  }
}

function requireKnown(name: string, names: Names): void {
  if (names.has(name)) return;
  throw new CompileError(`${name} is not ${isForeignName(name) ? 'simulated on this host' : 'defined'}`);
}

function requireFormat(name: string): void {
  if (isForeignFormat(name)) throw new CompileError(`@${name} is not simulated on this host`);
  if (!isFormat(name)) throw new CompileError(`${name} is not a valid format`);
}

function bound(pattern: Pattern, names: Names, depth: number): Names {
  if (pattern.kind === 'name') return plus(names, `$${pattern.name}`);
  if (pattern.kind === 'list') return pattern.items.reduce((known, item) => bound(item, known, depth), names);
  return pattern.entries.reduce((known, { key, as, value }) => {
    check(key, known, depth + 1);
    const named = as === null ? known : plus(known, `$${as}`);
    return value === null ? named : bound(value, named, depth);
  }, names);
}
