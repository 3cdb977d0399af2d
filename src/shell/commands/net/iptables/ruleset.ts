/** A table as iptables sees it, and the changes that its commands make of it. */
import { isOsError, strerror } from '../../../../base/index.ts';
import type { Sys } from '../../../../linux/index.ts';
import {
  type ChainInfo,
  type FilterChange,
  nfnetlink,
  type RuleInfo,
  type TableInfo,
} from '../../../../linux/net/netlink/filterRequests.ts';
import type { BaseChain, Statement } from '../../../../network/index.ts';
import { type Described, describeRule } from './describe.ts';
import { Failure, VersionedFailure } from './errors.ts';
import { TABLES } from './tables.ts';

const FAMILY = 'ip';
/** Of the kernel's text search: Boyer and Moore's, and Knuth, Morris and Pratt's. */
const ALGORITHMS = ['bm', 'kmp'];

/** All tables. Throws VersionedFailure for somebody who may not ask. */
export function* readTables(): Sys<readonly TableInfo[]> {
  try {
    const all = yield* nfnetlink('NFT_GETRULESET', null);
    return all.filter(({ family }) => family === FAMILY);
  } catch (error) {
    if (!isOsError(error, 'EPERM', 'EACCES')) throw error;
    throw new VersionedFailure(
      'Could not fetch rule set generation id: Permission denied (you must be root)',
      4,
    );
  }
}

/** One of iptables' tables, of which the kernel may have a part or nothing. */
export class IptablesTable {
  readonly name: string;
  readonly #info: TableInfo | null;

  /** Throws VersionedFailure for a table that iptables has not. */
  constructor(name: string, tables: readonly TableInfo[]) {
    if (!TABLES.has(name))
      throw new VersionedFailure(
        `table '${name}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.`,
        3,
      );
    this.name = name;
    this.#info = tables.find((each) => each.name === name) ?? null;
  }

  get exists(): boolean {
    return this.#info !== null;
  }

  get builtIn(): readonly string[] {
    return [...TABLES.get(this.name)!.keys()];
  }

  /** Chains that are no hook's, in the order of their names. */
  get own(): readonly ChainInfo[] {
    const { builtIn } = this;
    const own = (this.#info?.chains ?? []).filter(({ name }) => !builtIn.includes(name));
    return [...own].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** All that there are, also built-in ones that the kernel has not yet. */
  get chainNames(): readonly string[] {
    return [...this.builtIn, ...this.own.map(({ name }) => name)];
  }

  chain(name: string): ChainInfo | null {
    return this.#info?.chains.find((each) => each.name === name) ?? null;
  }

  has(name: string): boolean {
    return this.chainNames.includes(name);
  }

  rules(chain: string): readonly RuleInfo[] {
    return this.chain(chain)?.rules ?? [];
  }

  policy(chain: string): 'ACCEPT' | 'DROP' {
    return this.chain(chain)?.base?.policy === 'drop' ? 'DROP' : 'ACCEPT';
  }

  /** How many rules lead to a chain. */
  references(chain: string): number {
    const all = this.#info?.chains.flatMap(({ rules }) => rules) ?? [];
    return all.filter(({ statements }) => statements.some((one) => 'chain' in one && one.chain === chain))
      .length;
  }

  /** A chain's rules in iptables' words. Throws VersionedFailure. */
  described(chain: string): readonly Described[] {
    return this.rules(chain).map((rule) => {
      const words = describeRule(rule);
      if (words === null)
        throw new VersionedFailure(`table \`${this.name}' is incompatible, use 'nft' tool.`, 1);
      return words;
    });
  }

  /** The changes that make the table, and a built-in chain in it that is not there yet. */
  preparing(chain: string | null): FilterChange[] {
    const table: FilterChange = { change: 'newTable', family: FAMILY, table: this.name, exclusive: false };
    const base = chain === null ? undefined : TABLES.get(this.name)!.get(chain);
    if (base === undefined || this.chain(chain!) !== null) return [table];
    return [table, this.newChain(chain!, { ...base, policy: 'accept' })];
  }

  newChain(chain: string, base: BaseChain | null = null): FilterChange {
    return { change: 'newChain', family: FAMILY, table: this.name, chain, base, exclusive: false };
  }

  setPolicy(chain: string, policy: 'accept' | 'drop'): FilterChange {
    return this.newChain(chain, { ...TABLES.get(this.name)!.get(chain)!, policy });
  }

  addRule(
    chain: string,
    statements: readonly Statement[],
    place: { readonly side: 'before' | 'after'; readonly handle: number | null },
  ): FilterChange {
    return { change: 'newRule', family: FAMILY, table: this.name, chain, statements, comment: null, place };
  }

  deleteRule(chain: string, handle: number): FilterChange {
    return { change: 'deleteRule', family: FAMILY, table: this.name, chain, handle };
  }

  of(change: 'flushChain' | 'deleteChain', chain: string): FilterChange {
    return { change, family: FAMILY, table: this.name, chain };
  }

  rename(chain: string, to: string): FilterChange {
    return { change: 'renameChain', family: FAMILY, table: this.name, chain, to };
  }

  zero(chain: string, handle: number | null): FilterChange {
    return { change: 'zeroChain', family: FAMILY, table: this.name, chain, handle };
  }
}

/** What the kernel calls a change in iptables' messages. */
function changeName(change: FilterChange): string {
  switch (change.change) {
    case 'newRule':
      return change.place.side === 'before' ? 'RULE_INSERT' : 'RULE_APPEND';
    case 'deleteRule':
      return 'RULE_DELETE';
    case 'deleteChain':
      return 'CHAIN_DEL';
    case 'renameChain':
      return 'CHAIN_RENAME';
    case 'newChain':
      return change.base === null ? 'CHAIN_USER_ADD' : 'CHAIN_ADD';
    default:
      return 'TABLE_ADD';
  }
}

/**
 * What extensions check themselves and answer with an error: translations where there are none, resets of what is no connection, texts
 * that no algorithm looks for or that would begin behind their end.
 */
function refusalOf(table: string, change: FilterChange): 'EINVAL' | 'ENOENT' | null {
  if (change.change !== 'newRule') return null;
  const { statements } = change;
  for (const each of statements) {
    const translates = ['snat', 'dnat', 'masquerade', 'redirect'].includes(each.kind);
    if (translates && table !== 'nat') return 'EINVAL';
    if (each.kind === 'text' && each.from > each.to) return 'EINVAL';
    if (each.kind === 'text' && !ALGORITHMS.includes(each.algorithm)) return 'ENOENT';
  }
  const resets = statements.some((each) => each.kind === 'reject' && each.with === 'tcp-reset');
  const overTcp = statements.some(
    (each) => each.kind === 'protocol' && !each.negate && each.protocols.includes(6),
  );
  return resets && !overTcp ? 'EINVAL' : null;
}

/** Makes the changes together. Throws VersionedFailure, Failure. */
export function* commit(table: IptablesTable, changes: readonly FilterChange[]): Sys<void> {
  const failed = (change: FilterChange, words: string): VersionedFailure => {
    const where = 'chain' in change ? change.chain : table.name;
    const what = change.change.endsWith('Rule') ? 'rule in chain' : 'chain';
    return new VersionedFailure(` ${changeName(change)} failed (${words}): ${what} ${where}`, 4);
  };
  for (const each of changes) {
    const refusal = refusalOf(table.name, each);
    if (refusal !== null) throw failed(each, strerror(refusal));
  }
  const failure = yield* nfnetlink('NFT_BATCH', changes);
  if (failure === null) return;
  const change = changes[failure.at]!;
  const { code } = failure.error;
  if (change.change === 'newChain' && code === 'EEXIST') throw new Failure('Chain already exists.');
  const jumps = change.change === 'newRule' && change.statements.some((each) => 'chain' in each);
  if (code === 'EOPNOTSUPP') throw failed(change, jumps ? 'Operation not supported' : strerror('EINVAL'));
  throw failed(change, code === 'ELOOP' ? 'Too many links' : strerror(code));
}

/** Whether two rules say the same, whatever they have counted. */
export function sameRule(a: readonly Statement[], b: readonly Statement[]): boolean {
  const meaning = (statements: readonly Statement[]) =>
    JSON.stringify(
      statements.map((each) => {
        if (each.kind === 'counter') return 'counter';
        const { xt: _, ...rest } = each;
        const { by: __, ...plain } = rest as typeof rest & { by?: string };
        return Object.entries(plain).sort(([x], [y]) => (x < y ? -1 : 1));
      }),
    );
  return meaning(a) === meaning(b);
}
