/** A connection as conntrack shows it. */
import type { FlowInfo } from '../../../../linux/net/netlink/flowRequests.ts';
import { formatIpv4, type Tuple } from '../../../../network/index.ts';
import { ICMP, PROTOCOLS } from './protocols.ts';

function tupleText({ source, destination, protocol, sourcePort, destinationPort }: Tuple): string {
  const addresses = `src=${formatIpv4(source)} dst=${formatIpv4(destination)}`;
  if (protocol === ICMP)
    return `${addresses} type=${destinationPort >> 8} code=${destinationPort & 255} id=${sourcePort}`;
  if (protocol !== 6 && protocol !== 17) return addresses;
  return `${addresses} sport=${sourcePort} dport=${destinationPort}`;
}

/** `4000 ESTABLISHED src=…`: what lists and events have in common. `timeout` is in seconds; null where none is left. */
function flowParts(flow: FlowInfo, extended: boolean, timeout: number | null): string[] {
  const { original, reply, state, seenReply, assured } = flow;
  const name = [...PROTOCOLS].find(([, number]) => number === original.protocol)?.[0] ?? 'unknown';
  return [
    `${extended ? 'ipv4     2 ' : ''}${name.padEnd(8)} ${original.protocol}`,
    ...(timeout === null ? [] : [`${timeout}`]),
    ...(state === null ? [] : [state]),
    tupleText(original),
    ...(seenReply ? [] : ['[UNREPLIED]']),
    tupleText(reply),
    ...(assured ? ['[ASSURED]'] : []),
  ];
}

/** A line of a list. */
export const flowText = (flow: FlowInfo, extended: boolean): string =>
  `${[...flowParts(flow, extended, flow.timeout), `mark=${flow.mark} use=1`].join(' ')}\n`;

/** What stands behind an event's name: a mark only where there is one, and no time for what is over. */
export const eventText = (flow: FlowInfo, extended: boolean): string =>
  [
    ...flowParts(flow, extended, flow.timeout === 0 ? null : flow.timeout),
    ...(flow.mark === 0 ? [] : [`mark=${flow.mark}`]),
  ].join(' ');
