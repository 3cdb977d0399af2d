/** Messages about the packet filter. */
import { isOsError, type Nanos, OsError, unreachable } from '../../../base/index.ts';
import {
  type Chain,
  type NamedSet,
  Netfilter,
  type NetworkNamespace,
  type Rule,
  type Statement,
  type Table,
} from '../../../network/index.ts';
import type { HostNamespace } from '../socketFile.ts';
import type {
  FilterChange,
  FilterFailure,
  RuleInfo,
  SetInfo,
  TableInfo,
  TableName,
} from './filterRequests.ts';

/** Numbers of tables, as `nft -a` shows them. */
const handles = new WeakMap<NetworkNamespace, { next: number; readonly of: WeakMap<Table, number> }>();

function handleOf(network: NetworkNamespace, table: Table): number {
  const own = handles.get(network) ?? { next: 1, of: new WeakMap() };
  handles.set(network, own);
  const known = own.of.get(table) ?? own.next++;
  own.of.set(table, known);
  return known;
}

const countersApart = (statement: Statement): Statement =>
  statement.kind === 'counter' ? { ...statement } : statement;

/** Numbers in it do not change any more when packets come. */
export function readRuleset(network: NetworkNamespace): readonly TableInfo[] {
  if (network.filter === null) return [];
  return Netfilter.of(network).tables.map((table) => ({
    family: table.family,
    name: table.name,
    handle: handleOf(network, table),
    chains: [...table.chains.values()].map(({ name, handle, base, rules, policyCounter }) => ({
      name,
      handle,
      base: base === null ? null : { ...base },
      rules: rules.map(ruleInfo),
      policyCounter: { ...policyCounter },
    })),
    sets: [...table.sets.values()].map((set) => setInfo(set, network.context.queue.now)),
  }));
}

const setInfo = (set: NamedSet, now: Nanos): SetInfo => ({
  name: set.name,
  handle: set.handle,
  declaration: set.declaration,
  elements: set.elements(now).map(({ expires, ...element }) => ({
    ...element,
    left: expires === null ? null : expires - now,
  })),
});

const ruleInfo = (rule: Rule): RuleInfo => ({
  handle: rule.handle,
  comment: rule.comment,
  statements: rule.statements.map(countersApart),
});

/** Throws ENOENT. */
export function readRules(
  network: NetworkNamespace,
  { family, table, chain }: TableName & { readonly chain: string },
): readonly RuleInfo[] {
  if (network.filter === null) throw new OsError('ENOENT');
  return Netfilter.of(network).table(family, table).chain(chain).rules.map(ruleInfo);
}

/** A rule's number in a copy of the rules, where rules are numbered anew. */
type Renumber = (table: Table, chain: Chain, handle: number) => number;
const asTheyAre: Renumber = (_table, _chain, handle) => handle;

function indexOf(chain: Chain, handle: number): number {
  const at = chain.rules.findIndex((rule) => rule.handle === handle);
  if (at < 0) throw new OsError('ENOENT');
  return at;
}

function apply(filter: Netfilter, change: FilterChange, renumber: Renumber, now: Nanos): void {
  if (change.change === 'flushRuleset') {
    filter.flush();
    return;
  }
  const { family } = change;
  const known = filter.tables.find((each) => each.family === family && each.name === change.table);
  if (change.change === 'newTable') {
    if (known === undefined) filter.addTable(family, change.table);
    else if (change.exclusive) throw new OsError('EEXIST');
    return;
  }
  if (change.change === 'deleteTable') {
    filter.deleteTable(family, change.table);
    return;
  }
  applyToTable(filter.table(family, change.table), change, renumber, now);
}

type TableChange = Exclude<FilterChange, { change: 'flushRuleset' | 'newTable' | 'deleteTable' }>;

function applyToTable(table: Table, change: TableChange, renumber: Renumber, now: Nanos): void {
  switch (change.change) {
    case 'flushTable':
      for (const name of table.chains.keys()) table.flushChain(name);
      return;
    case 'newChain':
      newChain(table, change);
      return;
    case 'deleteChain':
      table.deleteChain(change.chain);
      return;
    case 'flushChain':
      table.flushChain(change.chain);
      return;
    case 'renameChain':
      table.renameChain(change.chain, change.to);
      return;
    case 'zeroChain':
      table.zero(
        change.chain,
        change.handle === null ? null : renumber(table, table.chain(change.chain), change.handle),
      );
      return;
    case 'newRule': {
      const chain = table.chain(change.chain);
      const { side, handle } = change.place;
      const end = side === 'before' ? 0 : null;
      const at =
        handle === null ? end : indexOf(chain, renumber(table, chain, handle)) + (side === 'after' ? 1 : 0);
      table.addRule(change.chain, change.statements.map(countersApart), at, change.comment);
      return;
    }
    case 'deleteRule':
      table.deleteRule(change.chain, renumber(table, table.chain(change.chain), change.handle));
      return;
    case 'newSet':
      table.addSet(change.set, change.declaration, change.exclusive);
      return;
    case 'deleteSet':
      table.deleteSet(change.set);
      return;
    case 'flushSet':
      changeableSet(table, change.set).flush();
      return;
    case 'newElement':
      changeableSet(table, change.set).add(change.element, now, change.exclusive);
      return;
    case 'deleteElement':
      changeableSet(table, change.set).delete(change.key, now);
      return;
    default:
      unreachable(change);
  }
}

/** Throws ENOENT, and EBUSY for one that stays as it is as long as a rule uses it. */
function changeableSet(table: Table, name: string): NamedSet {
  const set = table.set(name);
  if (set.declaration.constant && table.isUsed(name)) throw new OsError('EBUSY');
  return set;
}

/** A base chain that is there may get another policy. */
function newChain(table: Table, change: TableChange & { change: 'newChain' }): void {
  const known = table.chains.get(change.chain);
  if (known === undefined) {
    table.addChain(change.chain, change.base);
    return;
  }
  const { base } = change;
  if (change.exclusive) throw new OsError('EEXIST');
  if (base === null) return;
  const same =
    known.base?.hook === base.hook && known.base.type === base.type && known.base.priority === base.priority;
  if (!same || known.base === null) throw new OsError('EEXIST');
  known.base.policy = base.policy;
}

/** The same rules in a filter that no packet meets, and how its numbers come from the others'. */
function copyOf(network: NetworkNamespace): { filter: Netfilter; renumber: Renumber } {
  const filter = new Netfilter(network);
  const numbers = new Map<string, number>();
  const tables = network.filter === null ? [] : Netfilter.of(network).tables;
  for (const table of tables) {
    const copy = filter.addTable(table.family, table.name);
    for (const set of table.sets.values()) copy.sets.set(set.name, set.copy());
    for (const { name, base } of table.chains.values())
      copy.addChain(name, base === null ? null : { ...base });
    for (const { name, rules } of table.chains.values())
      for (const rule of rules) {
        const { handle } = copy.addRule(name, rule.statements.map(countersApart));
        numbers.set(`${table.family} ${table.name} ${name} ${rule.handle}`, handle);
      }
  }
  const renumber: Renumber = (table, chain, handle) =>
    numbers.get(`${table.family} ${table.name} ${chain.name} ${handle}`) ?? -1;
  return { filter, renumber };
}

function whatIsThere(filter: Netfilter, change: FilterChange): Pick<FilterFailure, 'table' | 'chain'> {
  if (change.change === 'flushRuleset') return { table: true, chain: true };
  const table = filter.tables.find(({ family, name }) => family === change.family && name === change.table);
  return { table: table !== undefined, chain: 'chain' in change && table?.chains.has(change.chain) === true };
}

/** Up to the first that fails. */
function applyAll(
  filter: Netfilter,
  changes: readonly FilterChange[],
  renumber: Renumber,
  now: Nanos,
): FilterFailure | null {
  for (const [at, change] of changes.entries())
    try {
      apply(filter, change, renumber, now);
    } catch (error) {
      if (!isOsError(error)) throw error;
      return { at, error, ...whatIsThere(filter, change) };
    }
  return null;
}

/** What {@link changeRuleset} would answer. */
export function checkRuleset(
  { network }: HostNamespace,
  changes: readonly FilterChange[],
): FilterFailure | null {
  const { filter, renumber } = copyOf(network);
  return applyAll(filter, changes, renumber, network.context.queue.now);
}

/** All or nothing: several changes are tried on a copy first; one alone is made or not made anyhow. */
export function changeRuleset(
  { network }: HostNamespace,
  changes: readonly FilterChange[],
): FilterFailure | null {
  const { now } = network.context.queue;
  const { filter, renumber } =
    changes.length === 1 ? { filter: Netfilter.of(network), renumber: asTheyAre } : copyOf(network);
  const failure = applyAll(filter, changes, renumber, now);
  if (failure !== null) return failure;
  const real = Netfilter.of(network);
  if (filter !== real) for (const change of changes) apply(real, change, asTheyAre, now);
  for (const table of real.tables) handleOf(network, table);
  return null;
}
