/** Rules as iptables lays them down in the kernel: matches, a counter, the verdict. */
import type { FilterChange } from '../../linux/net/netlink/filterRequests.ts';
import {
  type Action,
  type BaseChain,
  broadcastOf,
  type CtState,
  type Ipv4,
  type Match,
  type Prefix,
  type Statement,
} from '../../network/index.ts';

/** A match that `!` of iptables turns round. */
type Negatable = Extract<Match, { readonly negate: boolean }>;

export type RuleTable = 'filter' | 'nat' | 'raw';

/** A rule and its place. */
export interface PlacedRule {
  readonly table: RuleTable;
  readonly chain: string;
  readonly statements: readonly Statement[];
}

export const input = (device: string): Negatable => ({
  kind: 'device',
  which: 'in',
  names: [device],
  negate: false,
});
export const output = (device: string): Negatable => ({
  kind: 'device',
  which: 'out',
  names: [device],
  negate: false,
});
export const source = ({ address, length }: Prefix): Negatable => ({
  kind: 'address',
  which: 'source',
  ranges: [[address, broadcastOf(address, length)]],
  negate: false,
});
export const destination = ({ address, length }: Prefix): Negatable => ({
  kind: 'address',
  which: 'destination',
  ranges: [[address, broadcastOf(address, length)]],
  negate: false,
});
export const host = (address: Ipv4): Prefix => ({ address, length: 32 });

/** `!` of iptables. */
export const not = (match: Negatable): Negatable => ({ ...match, negate: true });

export const protocol = (number: number): Match => ({
  kind: 'protocol',
  protocols: [number],
  negate: false,
  by: 'l4proto',
});
export const port = (which: 'source' | 'destination', number: number): Match => ({
  kind: 'port',
  which,
  ranges: [[number, number]],
  negate: false,
});
export const toThisHost: Match = {
  kind: 'addressType',
  which: 'destination',
  types: ['local'],
  negate: false,
  xt: 'addrtype',
};
export const state = (...states: readonly CtState[]): Match => ({
  kind: 'ctState',
  states,
  negate: false,
  xt: 'conntrack',
});

export const jump = (chain: string): Action => ({ kind: 'jump', chain });
export const accept: Action = { kind: 'accept' };
export const drop: Action = { kind: 'drop' };
export const giveBack: Action = { kind: 'return' };
export const masquerade: Action = { kind: 'masquerade', ports: null, xt: 'MASQUERADE' };
export const translateTo = (kind: 'dnat' | 'snat', address: Ipv4 | null, number: number): Action => ({
  kind,
  range: { addresses: address === null ? null : [address, address], ports: [number, number] },
  xt: kind === 'dnat' ? 'DNAT' : 'SNAT',
});

/** In the order in which iptables lays them down: devices, protocol, addresses, and what extensions look at. */
function rank(match: Match): number {
  if (match.kind === 'device') return match.which === 'in' ? 0 : 1;
  if (match.kind === 'protocol') return 2;
  if (match.kind === 'address') return match.which === 'source' ? 3 : 4;
  return 5;
}

export const rule = (
  table: RuleTable,
  chain: string,
  matches: readonly Match[],
  action: Action,
): PlacedRule => ({
  table,
  chain,
  statements: [
    ...[...matches].sort((a, b) => rank(a) - rank(b)),
    { kind: 'counter', packets: 0, bytes: 0 },
    action,
  ],
});

/** iptables' own chains: hook and priority. */
const BUILT_IN: Readonly<Record<RuleTable, Readonly<Record<string, Omit<BaseChain, 'policy'>>>>> = {
  filter: {
    INPUT: { type: 'filter', hook: 'input', priority: 0 },
    FORWARD: { type: 'filter', hook: 'forward', priority: 0 },
    OUTPUT: { type: 'filter', hook: 'output', priority: 0 },
  },
  nat: {
    PREROUTING: { type: 'nat', hook: 'prerouting', priority: -100 },
    INPUT: { type: 'nat', hook: 'input', priority: 100 },
    OUTPUT: { type: 'nat', hook: 'output', priority: -100 },
    POSTROUTING: { type: 'nat', hook: 'postrouting', priority: 100 },
  },
  raw: {
    PREROUTING: { type: 'filter', hook: 'prerouting', priority: -300 },
    OUTPUT: { type: 'filter', hook: 'output', priority: -300 },
  },
};

const TABLE_FAMILY = 'ip';

/** A table with the chains that iptables gives it, if it is not there. */
export function tableChanges(table: RuleTable, known: readonly string[]): FilterChange[] {
  return [
    { change: 'newTable', family: TABLE_FAMILY, table, exclusive: false },
    ...Object.entries(BUILT_IN[table])
      .filter(([chain]) => !known.includes(chain))
      .map(([chain, base]): FilterChange => newChain(table, chain, { ...base, policy: 'accept' })),
  ];
}

export const newChain = (table: RuleTable, chain: string, base: BaseChain | null = null): FilterChange => ({
  change: 'newChain',
  family: TABLE_FAMILY,
  table,
  chain,
  base,
  exclusive: false,
});

export const flushChain = (table: RuleTable, chain: string): FilterChange => ({
  change: 'flushChain',
  family: TABLE_FAMILY,
  table,
  chain,
});

/** iptables -P FORWARD DROP. */
export const forwardPolicy = (policy: 'accept' | 'drop'): FilterChange =>
  newChain('filter', 'FORWARD', { ...BUILT_IN.filter.FORWARD!, policy });

/** iptables -A, or -I at the chain's head. */
export const addition = (
  { table, chain, statements }: PlacedRule,
  where: 'head' | 'end' = 'end',
): FilterChange => ({
  change: 'newRule',
  family: TABLE_FAMILY,
  table,
  chain,
  statements,
  comment: null,
  place: { side: where === 'head' ? 'before' : 'after', handle: null },
});

export const deletion = (table: RuleTable, chain: string, handle: number): FilterChange => ({
  change: 'deleteRule',
  family: TABLE_FAMILY,
  table,
  chain,
  handle,
});

/** What a rule says, without its counters' numbers. */
export const meaning = (statements: readonly Statement[]): string =>
  JSON.stringify(statements.map((each) => (each.kind === 'counter' ? 'counter' : each)));
