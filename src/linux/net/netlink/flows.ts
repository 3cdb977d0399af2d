/** Messages about tracked connections. */
import { SECOND } from '../../../base/index.ts';
import { type Flow, Netfilter, type NetworkNamespace } from '../../../network/index.ts';
import type { FlowEventInfo, FlowInfo } from './flowRequests.ts';

/** Numbers of flows, given when somebody first asks. */
const ids = new WeakMap<Flow, number>();
const lastIds = new WeakMap<NetworkNamespace, number>();

function idOf(network: NetworkNamespace, flow: Flow): number {
  const known = ids.get(flow);
  if (known !== undefined) return known;
  const id = (lastIds.get(network) ?? 0) + 1;
  lastIds.set(network, id);
  ids.set(flow, id);
  return id;
}

const flowsOf = (network: NetworkNamespace): readonly Flow[] =>
  network.filter instanceof Netfilter ? network.filter.conntrack.flows : [];

function infoOf(network: NetworkNamespace, flow: Flow): FlowInfo {
  return {
    id: idOf(network, flow),
    original: flow.original,
    reply: flow.reply,
    state: flow.tcp?.state ?? null,
    timeout: Math.floor(Netfilter.of(network).conntrack.remaining(flow) / SECOND),
    seenReply: flow.seenReply,
    assured: flow.assured,
    mark: flow.mark,
    sourceChanged: flow.nat.source === 'changed',
    destinationChanged: flow.nat.destination === 'changed',
  };
}

export const readFlows = (network: NetworkNamespace): readonly FlowInfo[] =>
  flowsOf(network).map((flow) => infoOf(network, flow));

/** Tells of each event; returns what ends that. Whoever listens wants connections to be known, as loading the module does. */
export const listenToFlows = (
  network: NetworkNamespace,
  tell: (event: FlowEventInfo) => void,
): (() => void) =>
  Netfilter.of(network).conntrack.events.listen(({ kind, flow, by }) =>
    tell({ kind, flow: infoOf(network, flow), by }),
  );

/** In the order of the kernel's attributes; what cannot happen here is always 0. */
export function readStatistics(network: NetworkNamespace): readonly (readonly [string, number])[] {
  const conntrack = network.filter instanceof Netfilter ? network.filter.conntrack : null;
  const { found = 0, invalid = 0, insertFailed = 0, earlyDrop = 0 } = conntrack?.statistics ?? {};
  return [
    ['found', found],
    ['invalid', invalid],
    ['insert', 0],
    ['insert_failed', insertFailed],
    ['drop', (conntrack?.drops ?? 0) + insertFailed],
    ['early_drop', earlyDrop],
    ['error', 0],
    ['search_restart', 0],
    ['clash_resolve', 0],
    ['chaintoolong', 0],
  ];
}

/** `by` is the process that wants it. */
export function deleteFlows(network: NetworkNamespace, wanted: readonly number[], by: number): null {
  if (network.filter instanceof Netfilter)
    network.filter.conntrack.deleteWhere((flow) => wanted.includes(idOf(network, flow)), by);
  return null;
}
