/** The bridge driver: a bridge on the host for each network, and a veth pair for each endpoint. */
import { O_RDONLY, O_WRONLY, type Sys, sys, writeAll } from '../../linux/index.ts';
import { broadcastOf } from '../../network/index.ts';
import { randomHex, readText } from '../files.ts';
import { addNetworkRules, removeNetworkRules } from './firewall.ts';
import { type Netlink, unless, withNetlink } from './netlink.ts';
import { type Endpoint, MTU_OPTION, type Network } from './types.ts';

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/** Lets the host pass packets on; whether it did not before. */
export function* turnForwardingOn(): Sys<boolean> {
  if ((yield* readText(FORWARDING))?.trim() === '1') return false;
  const fd = yield* sys.open(FORWARDING, O_WRONLY);
  yield* writeAll(fd, '1\n');
  yield* sys.close(fd);
  return true;
}

/** `02:42:` and four bytes, as addresses of the daemon's devices begin. */
export function* bridgeMac(): Sys<string> {
  const noise = yield* randomHex(4);
  return `02:42:${noise.match(/../g)!.join(':')}`;
}

/** The address of a container's device says its IP address. */
export function macOf(address: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => ((address >>> shift) & 255).toString(16).padStart(2, '0'));
  return `02:42:${bytes.join(':')}`;
}

export const mtuOf = ({ record }: Network): number => Number(record.Options[MTU_OPTION] ?? 1500);

/** Makes the network's bridge with its address and rules; one that is there already is used. */
export function* makeBridge(netlink: Netlink, network: Network): Sys<void> {
  const { Bridge } = network.record;
  if ((yield* netlink.link(Bridge)) === null) {
    yield* netlink.request('RTM_NEWLINK', { kind: 'bridge', name: Bridge });
    const index = yield* netlink.indexOf(Bridge);
    yield* netlink.request('RTM_SETLINK', { index, mac: yield* bridgeMac() });
  }
  const index = yield* netlink.indexOf(Bridge);
  const { length } = network.subnet!;
  yield* unless(['EEXIST'], function* () {
    yield* netlink.request('RTM_NEWADDR', {
      index,
      address: network.gateway,
      length,
      broadcast: broadcastOf(network.gateway, length),
    });
  });
  yield* netlink.request('RTM_SETLINK', { index, up: true, mtu: mtuOf(network) });
  yield* addNetworkRules(netlink, network);
}

export function* removeBridge(netlink: Netlink, network: Network): Sys<void> {
  yield* removeNetworkRules(netlink, network);
  yield* netlink.deleteLink(network.record.Bridge);
}

/** Takes away every container's device that hangs on the network's bridge. */
export function* sweepPorts(netlink: Netlink, network: Network): Sys<void> {
  const links = yield* netlink.request('RTM_GETLINK', null);
  const bridge = links.find(({ name }) => name === network.record.Bridge);
  if (bridge === undefined) return;
  for (const { index, master, kind } of links)
    if (master === bridge.index && kind === 'veth') yield* netlink.request('RTM_DELLINK', { index });
}

/**
 * The endpoint's pair of devices: one end at the bridge, the other with its addresses in the namespace of the file `key`, whose socket is
 * `inside`.
 */
export function* plugIn(endpoint: Endpoint, key: string, inside: Netlink): Sys<void> {
  const { network, hostDevice, device, mac, address } = endpoint;
  const space = yield* sys.open(key, O_RDONLY);
  yield* withNetlink(function* (netlink) {
    yield* netlink.request('RTM_NEWLINK', {
      kind: 'veth',
      name: hostDevice,
      peer: { name: device, namespace: { fd: space } },
    });
    yield* sys.close(space);
    const bridge = yield* netlink.indexOf(network.record.Bridge);
    const index = yield* netlink.indexOf(hostDevice);
    const mtu = mtuOf(network);
    yield* netlink.request('RTM_SETLINK', { index, master: bridge, ...(mtu !== 1500 && { mtu }), up: true });
    const inner = yield* inside.indexOf(device);
    const { length } = network.subnet!;
    yield* inside.request('RTM_SETLINK', { index: inner, mac, ...(mtu !== 1500 && { mtu }) });
    yield* inside.request('RTM_NEWADDR', {
      index: inner,
      address,
      length,
      broadcast: broadcastOf(address, length),
    });
    yield* inside.request('RTM_SETLINK', { index: inner, up: true });
  });
}
