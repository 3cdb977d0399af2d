/**
 * The daemon's rules in the packet filter, in the tables of iptables and with the chains of Docker 28: DOCKER-USER and DOCKER-FORWARD from
 * FORWARD, from there DOCKER-CT (answers), DOCKER-ISOLATION-STAGE-1 and -2 (no way from one network to another), DOCKER-BRIDGE with DOCKER
 * (published ports), and DOCKER of nat (their translation). Masquerading stands in POSTROUTING.
 */
import { isOsError } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import type { FilterChange } from '../../linux/net/netlink/filterRequests.ts';
import type { Netlink } from './netlink.ts';
import {
  accept,
  addition,
  deletion,
  destination,
  drop,
  flushChain,
  forwardPolicy,
  giveBack,
  input,
  jump,
  masquerade,
  meaning,
  newChain,
  not,
  output,
  type PlacedRule,
  type RuleTable,
  rule,
  source,
  state,
  tableChanges,
  toThisHost,
} from './ruleText.ts';
import { MASQUERADE_OPTION, type Network } from './types.ts';

const LOOPBACK = { address: 0x7f000000, length: 8 };

const OWN_CHAINS = [
  'DOCKER',
  'DOCKER-BRIDGE',
  'DOCKER-CT',
  'DOCKER-FORWARD',
  'DOCKER-ISOLATION-STAGE-1',
  'DOCKER-ISOLATION-STAGE-2',
];

/** Rules that lead into the daemon's chains. */
const ENTRANCES: readonly PlacedRule[] = [
  rule('filter', 'FORWARD', [], jump('DOCKER-FORWARD')),
  rule('filter', 'FORWARD', [], jump('DOCKER-USER')),
  rule('nat', 'PREROUTING', [toThisHost], jump('DOCKER')),
  rule('nat', 'OUTPUT', [not(destination(LOOPBACK)), toThisHost], jump('DOCKER')),
];

/** A network's rules: those for the heads of chains, and those for their ends. */
function rulesOf(network: Network): { head: PlacedRule[]; end: PlacedRule[] } {
  const { Bridge, Internal, Options } = network.record;
  const subnet = network.subnet!;
  if (Internal)
    return {
      head: [
        rule('filter', 'DOCKER-ISOLATION-STAGE-1', [not(destination(subnet)), input(Bridge)], drop),
        rule('filter', 'DOCKER-ISOLATION-STAGE-1', [not(source(subnet)), output(Bridge)], drop),
      ],
      end: [rule('filter', 'DOCKER-FORWARD', [input(Bridge), output(Bridge)], accept)],
    };
  const masquerades = Options[MASQUERADE_OPTION] !== 'false';
  return {
    head: [
      ...(masquerades ? [rule('nat', 'POSTROUTING', [source(subnet), not(output(Bridge))], masquerade)] : []),
      rule('nat', 'DOCKER', [input(Bridge)], giveBack),
      rule(
        'filter',
        'DOCKER-ISOLATION-STAGE-1',
        [input(Bridge), not(output(Bridge))],
        jump('DOCKER-ISOLATION-STAGE-2'),
      ),
      rule('filter', 'DOCKER-ISOLATION-STAGE-2', [output(Bridge)], drop),
    ],
    end: [
      rule('filter', 'DOCKER', [not(input(Bridge)), output(Bridge)], drop),
      rule('filter', 'DOCKER-BRIDGE', [output(Bridge)], jump('DOCKER')),
      rule('filter', 'DOCKER-CT', [output(Bridge), state('related', 'established')], accept),
      rule('filter', 'DOCKER-FORWARD', [input(Bridge)], accept),
    ],
  };
}

/** Handles of the chain's rules that say what `wanted` says. */
function* handlesOf(netlink: Netlink, wanted: PlacedRule): Sys<number[]> {
  const { table, chain } = wanted;
  const rules = yield* netlink.filter('NFT_GETRULE', { family: 'ip', table, chain });
  const text = meaning(wanted.statements);
  return rules.filter(({ statements }) => meaning(statements) === text).map(({ handle }) => handle);
}

function* deletions(netlink: Netlink, rules: readonly PlacedRule[]): Sys<FilterChange[]> {
  const changes: FilterChange[] = [];
  for (const each of rules) {
    try {
      for (const handle of yield* handlesOf(netlink, each))
        changes.push(deletion(each.table, each.chain, handle));
    } catch (error) {
      // Somebody has taken the table or chain away, and the rule with it.
      if (!isOsError(error, 'ENOENT')) throw error;
    }
  }
  return changes;
}

/** iptables -A or -I for each. */
export function* addRules(
  netlink: Netlink,
  rules: readonly PlacedRule[],
  where: 'head' | 'end' = 'end',
): Sys<void> {
  for (const each of rules) yield* netlink.change([addition(each, where)]);
}

/** iptables -D for each that is there. */
export function* deleteRules(netlink: Netlink, rules: readonly PlacedRule[]): Sys<void> {
  for (const each of yield* deletions(netlink, rules)) yield* netlink.change([each]);
}

/** The daemon's chains, empty; `dropForwarded`: only what a rule lets through is passed on from now. */
export function* setUpFirewall(netlink: Netlink, dropForwarded: boolean): Sys<void> {
  const there = yield* netlink.filter('NFT_GETRULESET', null);
  const known = (table: RuleTable) =>
    there.find(({ family, name }) => family === 'ip' && name === table)?.chains.map(({ name }) => name) ?? [];
  const user = known('filter').includes('DOCKER-USER');
  yield* netlink.change([
    ...(['nat', 'filter', 'raw'] as const).flatMap((table) => tableChanges(table, known(table))),
    newChain('nat', 'DOCKER'),
    flushChain('nat', 'DOCKER'),
    ...['DOCKER-USER', ...OWN_CHAINS].map((chain) => newChain('filter', chain)),
    ...OWN_CHAINS.map((chain) => flushChain('filter', chain)),
    ...(dropForwarded ? [forwardPolicy('drop')] : []),
  ]);
  if (!user) yield* addRules(netlink, [rule('filter', 'DOCKER-USER', [], giveBack)]);
  yield* deleteRules(netlink, ENTRANCES);
  yield* netlink.change([
    ...['DOCKER-CT', 'DOCKER-ISOLATION-STAGE-1', 'DOCKER-BRIDGE'].map((chain) =>
      addition(rule('filter', 'DOCKER-FORWARD', [], jump(chain))),
    ),
    ...ENTRANCES.slice(0, 2).map((each) => addition(each, 'head')),
    ...ENTRANCES.slice(2).map((each) => addition(each)),
  ]);
}

export function* addNetworkRules(netlink: Netlink, network: Network): Sys<void> {
  const { head, end } = rulesOf(network);
  // What an earlier life of the daemon left behind.
  const before = yield* deletions(netlink, [...head, ...end]);
  yield* netlink.change([
    ...before,
    ...head.map((each) => addition(each, 'head')),
    ...end.map((each) => addition(each)),
  ]);
}

export function* removeNetworkRules(netlink: Netlink, network: Network): Sys<void> {
  const { head, end } = rulesOf(network);
  yield* netlink.change(yield* deletions(netlink, [...head, ...end]));
}

/** Guards of published ports stand in raw, which is not the daemon's alone: those of an earlier life are known by their shape. */
export function* sweepGuards(netlink: Netlink, bridges: readonly string[]): Sys<void> {
  const place = { family: 'ip', table: 'raw', chain: 'PREROUTING' } as const;
  for (const { handle, statements } of yield* netlink.filter('NFT_GETRULE', place)) {
    const device = statements.find((each) => each.kind === 'device');
    const address = statements.find((each) => each.kind === 'address');
    if (device?.kind !== 'device' || !device.negate || address?.kind !== 'address') continue;
    const [from = 0] = address.ranges[0] ?? [];
    const [name = ''] = device.names;
    if (
      statements.at(-1)?.kind === 'drop' &&
      (bridges.includes(name) || (name === 'lo' && from >>> 24 === 127))
    )
      yield* netlink.change([deletion('raw', 'PREROUTING', handle)]);
  }
}
