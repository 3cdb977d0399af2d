/** Walking through a chain's rules until one decides. */

import { type Matching, matches } from './matching.ts';
import type { Action, Chain, Rule, Table } from './ruleset.ts';

/** What ends the walk: a verdict, or a translation or refusal that the caller carries out. */
export type Decision =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop'; readonly chain: string; readonly rule: Rule | null }
  | { readonly kind: 'act'; readonly action: FinalAction; readonly chain: string; readonly rule: Rule };

/** Actions that end the walk and have to be done. */
export type FinalAction = Extract<Action, { kind: 'reject' | 'snat' | 'dnat' | 'masquerade' | 'redirect' }>;

/** Actions that leave the walk going on. */
export type PassingAction = Extract<Action, { kind: 'setMark' | 'notrack' | 'log' }>;

/** The decision of a base chain: of the first rule that has one, or of its policy. */
export function evaluate(
  table: Table,
  chain: Chain,
  on: Matching,
  pass: (action: PassingAction) => void,
): Decision {
  const decision = walk(table, chain, on, pass);
  if (decision !== 'return') return decision;
  chain.policyCounter.packets++;
  chain.policyCounter.bytes += on.packet.header.totalLength;
  if (chain.base?.policy === 'drop') return { kind: 'drop', chain: chain.name, rule: null };
  return { kind: 'accept' };
}

function walk(
  table: Table,
  chain: Chain,
  on: Matching,
  pass: (action: PassingAction) => void,
): Decision | 'return' {
  for (const rule of chain.rules) {
    const decision = apply(table, chain, rule, on, pass);
    if (decision !== null) return decision;
  }
  return 'return';
}

/** Null: the next rule. */
function apply(
  table: Table,
  chain: Chain,
  rule: Rule,
  on: Matching,
  pass: (action: PassingAction) => void,
): Decision | 'return' | null {
  for (const statement of rule.statements) {
    switch (statement.kind) {
      case 'counter':
        statement.packets++;
        statement.bytes += on.packet.header.totalLength;
        break;
      case 'setMark':
      case 'notrack':
      case 'log':
        pass(statement);
        break;
      case 'accept':
        return { kind: 'accept' };
      case 'drop':
        return { kind: 'drop', chain: chain.name, rule };
      case 'return':
        return 'return';
      case 'jump': {
        const decision = walk(table, table.chain(statement.chain), on, pass);
        if (decision !== 'return') return decision;
        break;
      }
      case 'goto':
        return walk(table, table.chain(statement.chain), on, pass);
      case 'reject':
      case 'snat':
      case 'dnat':
      case 'masquerade':
      case 'redirect':
        return { kind: 'act', action: statement, chain: chain.name, rule };
      default:
        if (!matches(statement, on)) return null;
    }
  }
  return null;
}
