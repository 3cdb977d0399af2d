/** Tables, chains and rules as data, neutral between nft(8) and iptables(8): what both can say is a list of statements. */
import { OsError } from '../../base/index.ts';
import type { Hook } from '../stack/packet.ts';
import type { RouteType } from '../stack/routes.ts';
import type { Counters, CtState } from './conntrack/flow.ts';
import type { NatRange } from './nat/mapping.ts';
import { NamedSet, type SetDeclaration, type SetField } from './sets.ts';

/** A range of numbers, both ends included. */
export type Range = readonly [number, number];

/**
 * An expression may be held as an extension of xtables, which is how iptables(8) puts most of its matches and targets into a rule: nft(8)
 * shows those in a way of its own. Packets meet no difference.
 */
export interface Held {
  /** The extension's name, for example `conntrack`. */
  readonly xt?: string;
}

/** What a packet must be like. A rule whose match does not hold is left at once. */
type MatchKind =
  /** The device's name; a `*` at its end stands for anything. */
  | {
      readonly kind: 'device';
      readonly which: 'in' | 'out';
      readonly names: readonly string[];
      readonly negate: boolean;
      /** nft's `iif` and `oif`: of devices that were there when the rule was made. */
      readonly existing?: true;
    }
  | {
      readonly kind: 'address';
      readonly which: 'source' | 'destination';
      readonly ranges: readonly Range[];
      readonly negate: boolean;
    }
  | {
      readonly kind: 'protocol';
      readonly protocols: readonly number[];
      readonly negate: boolean;
      /** Asked for as the transport's number (`meta l4proto`) or by IPv4's field; otherwise what follows implies it. */
      readonly by?: 'l4proto' | 'ip';
    }
  /** Holds for TCP and UDP only. */
  | {
      readonly kind: 'port';
      readonly which: 'source' | 'destination';
      readonly ranges: readonly Range[];
      readonly negate: boolean;
    }
  /** Types of null: any, whatever the code. */
  | {
      readonly kind: 'icmp';
      readonly types: readonly number[] | null;
      readonly code: number | null;
      readonly negate: boolean;
    }
  /** Of the flags in `mask` exactly those in `set`. */
  | { readonly kind: 'tcpFlags'; readonly mask: number; readonly set: number; readonly negate: boolean }
  | { readonly kind: 'ctState'; readonly states: readonly CtState[]; readonly negate: boolean }
  /** The flow's source or destination was translated. */
  | { readonly kind: 'ctStatus'; readonly status: 'snat' | 'dnat'; readonly negate: boolean }
  | {
      readonly kind: 'mark';
      readonly of: 'packet' | 'flow';
      readonly value: number;
      readonly mask: number;
      readonly negate: boolean;
    }
  /** What the routing table says of an address: `local` is this host's own. */
  | {
      readonly kind: 'addressType';
      readonly which: 'source' | 'destination';
      readonly types: readonly RouteType[];
      readonly negate: boolean;
    }
  /** A token bucket: `rate` in `per` nanoseconds, `burst` at once. */
  | {
      readonly kind: 'limit';
      readonly rate: number;
      readonly per: number;
      readonly burst: number;
      readonly over: boolean;
    }
  /** What the packet has there is in the set of the table. */
  | { readonly kind: 'set'; readonly field: SetField; readonly set: string; readonly negate: boolean }
  /** How many connections that came to this rule are open, of the hosts of one network; counted with the packet's own. */
  | {
      readonly kind: 'connections';
      readonly of: 'source' | 'destination';
      /** Of the prefix, 0 … 32. */
      readonly length: number;
      readonly limit: number;
      /** More than the limit; otherwise up to it. */
      readonly over: boolean;
    }
  /** Stands in the packet, its headers included, and begins between two offsets. */
  | {
      readonly kind: 'text';
      readonly text: string;
      /** The name of a search, `bm` or `kmp`; both find the same. */
      readonly algorithm: string;
      readonly from: number;
      readonly to: number;
      readonly ignoreCase: boolean;
      readonly negate: boolean;
    }
  /** Says something to the reader, and always holds. */
  | { readonly kind: 'comment'; readonly text: string };

export type Match = MatchKind & Held;

export type RejectWith =
  | { readonly icmpCode: number }
  /** For TCP only; other packets get "port unreachable". */
  | 'tcp-reset';

/** What is done with a packet. All but marks, counters and logs end the rule's chain or more. */
type ActionKind =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'return' }
  | { readonly kind: 'reject'; readonly with: RejectWith }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'goto'; readonly chain: string }
  | { readonly kind: 'snat'; readonly range: NatRange }
  | { readonly kind: 'dnat'; readonly range: NatRange }
  | { readonly kind: 'masquerade'; readonly ports: Range | null }
  | { readonly kind: 'redirect'; readonly ports: Range | null }
  | {
      readonly kind: 'setMark';
      readonly of: 'packet' | 'flow';
      readonly value: number;
      readonly mask: number;
    }
  | { readonly kind: 'notrack' }
  | { readonly kind: 'log'; readonly prefix: string };

export type Action = ActionKind & Held;

/** Counts what reaches it. */
export interface CounterStatement extends Counters {
  readonly kind: 'counter';
}

export type Statement = Match | Action | CounterStatement;

export interface Rule {
  /** Unique in its table. */
  readonly handle: number;
  readonly statements: readonly Statement[];
  readonly comment: string | null;
}

export type ChainType = 'filter' | 'nat' | 'route';

/** What ties a chain to a hook; without it a chain is only jumped to. */
export interface BaseChain {
  readonly type: ChainType;
  readonly hook: Hook;
  /** Lower comes first. */
  readonly priority: number;
  policy: 'accept' | 'drop';
}

export interface Chain {
  name: string;
  readonly handle: number;
  readonly base: BaseChain | null;
  readonly rules: Rule[];
  /** Packets that met the policy. */
  readonly policyCounter: Counters;
}

/** Priorities by their names (nft(8), "standard priority names"). */
export const PRIORITY = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
} as const;

/** Hooks at which a chain of each type may stand. */
const HOOKS: Readonly<Record<ChainType, readonly Hook[]>> = {
  filter: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  nat: ['prerouting', 'input', 'output', 'postrouting'],
  route: ['output'],
};

/** Chains that call each other deeper than this are refused. */
const DEEPEST = 16;

export class Table {
  readonly family: 'ip' | 'inet';
  readonly name: string;
  readonly chains = new Map<string, Chain>();
  readonly sets = new Map<string, NamedSet>();
  #handle = 0;
  /** Runs when a rule or chain changed. */
  readonly #changed: () => void;

  /** Made by {@link Netfilter.addTable}. */
  constructor(family: 'ip' | 'inet', name: string, changed: () => void) {
    this.family = family;
    this.name = name;
    this.#changed = changed;
  }

  /** Throws EEXIST, and EOPNOTSUPP for a type that its hook does not have. */
  addChain(name: string, base: BaseChain | null = null): Chain {
    if (this.chains.has(name)) throw new OsError('EEXIST');
    if (base !== null && !HOOKS[base.type].includes(base.hook)) throw new OsError('EOPNOTSUPP');
    // Translation comes after connection tracking.
    if (base?.type === 'nat' && base.priority <= -200) throw new OsError('EOPNOTSUPP');
    const chain: Chain = {
      name,
      handle: ++this.#handle,
      base,
      rules: [],
      policyCounter: { packets: 0, bytes: 0 },
    };
    this.chains.set(name, chain);
    this.#changed();
    return chain;
  }

  /** One that is there is left as it is. Throws EEXIST with `exclusive`, or for one that holds something else. */
  addSet(name: string, declaration: SetDeclaration, exclusive = false): void {
    const known = this.sets.get(name);
    if (known !== undefined) {
      if (exclusive || known.declaration.type !== declaration.type) throw new OsError('EEXIST');
      return;
    }
    this.sets.set(name, new NamedSet(name, ++this.#handle, declaration));
  }

  /** Throws ENOENT. */
  set(name: string): NamedSet {
    const set = this.sets.get(name);
    if (set === undefined) throw new OsError('ENOENT');
    return set;
  }

  /** Whether a rule looks things up in a set. */
  isUsed(name: string): boolean {
    return [...this.chains.values()].some(({ rules }) =>
      rules.some(({ statements }) => statements.some((each) => each.kind === 'set' && each.set === name)),
    );
  }

  /** Throws ENOENT, EBUSY while a rule uses it. */
  deleteSet(name: string): void {
    this.set(name);
    if (this.isUsed(name)) throw new OsError('EBUSY');
    this.sets.delete(name);
  }

  /** Throws ENOENT, EBUSY while a rule leads there or, unless `force`, while it has rules. */
  deleteChain(name: string, force = false): void {
    const chain = this.chain(name);
    if (!force && chain.rules.length > 0) throw new OsError('EBUSY');
    for (const other of this.chains.values())
      if (targets(other).includes(name) && other !== chain) throw new OsError('EBUSY');
    this.chains.delete(name);
    this.#changed();
  }

  /** Rules that lead to it lead there under the new name. Throws ENOENT, EEXIST, EOPNOTSUPP for a chain at a hook. */
  renameChain(name: string, to: string): void {
    const chain = this.chain(name);
    if (chain.base !== null) throw new OsError('EOPNOTSUPP');
    if (this.chains.has(to)) throw new OsError('EEXIST');
    const entries = [...this.chains.values()];
    chain.name = to;
    this.chains.clear();
    for (const each of entries) {
      this.chains.set(each.name, each);
      for (const [i, rule] of each.rules.entries())
        if (rule.statements.some((one) => 'chain' in one && one.chain === name))
          each.rules[i] = {
            ...rule,
            statements: rule.statements.map((one) =>
              'chain' in one && one.chain === name ? { ...one, chain: to } : one,
            ),
          };
    }
    this.#changed();
  }

  /** Counters of a chain and its rules, or of one rule, begin anew. Throws ENOENT. */
  zero(name: string, handle: number | null = null): void {
    const chain = this.chain(name);
    if (handle === null) Object.assign(chain.policyCounter, { packets: 0, bytes: 0 });
    for (const rule of chain.rules)
      if (handle === null || rule.handle === handle)
        for (const each of rule.statements)
          if (each.kind === 'counter') Object.assign(each, { packets: 0, bytes: 0 });
  }

  /** Throws ENOENT. */
  chain(name: string): Chain {
    const chain = this.chains.get(name);
    if (chain === undefined) throw new OsError('ENOENT');
    return chain;
  }

  /**
   * Puts a rule in at `at`, the end if it is not given. Throws ENOENT for a chain or a set that is not there, ELOOP when chains would
   * call each other in a circle or too deep, EOPNOTSUPP for a translation outside of a chain for it.
   */
  addRule(
    chainName: string,
    statements: readonly Statement[],
    at: number | null = null,
    comment: string | null = null,
  ): Rule {
    const chain = this.chain(chainName);
    for (const statement of statements) {
      if (statement.kind === 'jump' || statement.kind === 'goto') {
        if (this.chain(statement.chain).base !== null) throw new OsError('EOPNOTSUPP');
        if (this.#depth(statement.chain, [chainName]) > DEEPEST) throw new OsError('ELOOP');
      } else if (statement.kind === 'set') this.set(statement.set);
      else if (chain.base !== null) requireNatChain(statement, chain.base);
    }
    const rule: Rule = { handle: ++this.#handle, statements, comment };
    chain.rules.splice(at ?? chain.rules.length, 0, rule);
    this.#changed();
    return rule;
  }

  /** Deletes by handle. Throws ENOENT. */
  deleteRule(chainName: string, handle: number): void {
    const { rules } = this.chain(chainName);
    const at = rules.findIndex((rule) => rule.handle === handle);
    if (at < 0) throw new OsError('ENOENT');
    rules.splice(at, 1);
    this.#changed();
  }

  flushChain(name: string): void {
    this.chain(name).rules.length = 0;
    this.#changed();
  }

  /** How deep chains go from `name` on; beyond {@link DEEPEST} for a circle. */
  #depth(name: string, above: readonly string[]): number {
    if (above.includes(name) || above.length > DEEPEST) return DEEPEST + 1;
    const below = targets(this.chain(name)).map((each) => this.#depth(each, [...above, name]));
    return Math.max(above.length, ...below);
  }
}

/** The chains that a chain's rules lead to. */
function targets(chain: Chain): string[] {
  return chain.rules.flatMap((rule) =>
    rule.statements.flatMap((each) => (each.kind === 'jump' || each.kind === 'goto' ? [each.chain] : [])),
  );
}

function requireNatChain(statement: Statement, base: BaseChain): void {
  const source = statement.kind === 'snat' || statement.kind === 'masquerade';
  const destination = statement.kind === 'dnat' || statement.kind === 'redirect';
  if (!source && !destination) return;
  const hooks: readonly Hook[] = source ? ['postrouting', 'input'] : ['prerouting', 'output'];
  const masqueradeInside = statement.kind === 'masquerade' && base.hook === 'input';
  if (base.type !== 'nat' || !hooks.includes(base.hook) || masqueradeInside) throw new OsError('EOPNOTSUPP');
}
