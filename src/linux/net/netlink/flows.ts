/** Messages about tracked connections. */
import { SECOND } from '../../../base/index.ts';
import { type Flow, Netfilter, type NetworkNamespace } from '../../../network/index.ts';
import type { FlowInfo } from './flowRequests.ts';

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

export function readFlows(network: NetworkNamespace): readonly FlowInfo[] {
  return flowsOf(network).map((flow) => ({
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
  }));
}

export function deleteFlows(network: NetworkNamespace, wanted: readonly number[]): null {
  if (network.filter instanceof Netfilter)
    network.filter.conntrack.deleteWhere((flow) => wanted.includes(idOf(network, flow)));
  return null;
}
