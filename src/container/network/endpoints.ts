/** A container's endpoints: joining networks, leaving them, and the one of them that its default route leads through. */
import type { Sys } from '../../linux/index.ts';
import { formatIpv4, parseIpv4 } from '../../network/index.ts';
import { randomHex } from '../files.ts';
import type { Container } from '../model.ts';
import { macOf, plugIn } from './bridge.ts';
import { takeAddress } from './ipam.ts';
import { type Netlink, withNetlink } from './netlink.ts';
import { dnsNames, emptyEndpoint, requireFitting } from './settings.ts';
import { type Endpoint, isDefault, type Network } from './types.ts';

/** `eth0`, `eth1`, …: the first that the container has not got. */
function freeDevice(endpoints: readonly Endpoint[]): string {
  let number = 0;
  while (endpoints.some(({ device }) => device === `eth${number}`)) number++;
  return `eth${number}`;
}

/**
 * Connects the container, whose namespace is at `key` and has the socket `inside` (none: the host's own); `others` are its endpoints so far.
 * Throws EngineError.
 */
export function* join(
  container: Container,
  network: Network,
  others: readonly Endpoint[],
  key: string,
  inside: Netlink | null,
): Sys<void> {
  const { record } = network;
  const settings = container.NetworkSettings.Networks[record.Name]!;
  requireFitting(network, settings);
  const wanted = settings.IPAMConfig?.IPv4Address;
  const address = record.Driver === 'bridge' ? takeAddress(network, wanted ? parseIpv4(wanted) : null) : 0;
  const endpoint: Endpoint = {
    id: yield* randomHex(32),
    network,
    container: container.ID,
    address,
    mac: settings.MacAddress || (address === 0 ? '' : macOf(address)),
    hostDevice: address === 0 ? '' : `veth${(yield* randomHex(4)).slice(0, 7)}`,
    device: address === 0 ? '' : freeDevice(others),
  };
  network.endpoints.set(container.ID, endpoint);
  if (inside !== null && address !== 0) yield* plugIn(endpoint, key, inside);
  Object.assign(settings, {
    NetworkID: record.Id,
    EndpointID: endpoint.id,
    MacAddress: endpoint.mac,
    ...(address !== 0 && {
      Gateway: record.Internal ? '' : formatIpv4(network.gateway),
      IPAddress: formatIpv4(address),
      IPPrefixLen: network.subnet!.length,
    }),
    DNSNames: address === 0 || isDefault(network) ? null : dnsNames(container, settings.Aliases),
  });
}

/** Disconnects the container; what it asked for stays in its settings. */
export function* leave(container: Container, endpoint: Endpoint): Sys<void> {
  const { network, hostDevice, address } = endpoint;
  if (hostDevice !== '') yield* withNetlink((netlink) => netlink.deleteLink(hostDevice));
  network.endpoints.delete(container.ID);
  network.taken.delete(address);
  forget(container, network.record.Name);
}

/** What a container knew of a network while it was in it. */
export function forget(container: Container, name: string): void {
  const { Networks } = container.NetworkSettings;
  const settings = Networks[name];
  if (settings === undefined) return;
  const address = parseIpv4(settings.IPAddress);
  const given = address !== null && settings.MacAddress === macOf(address);
  Networks[name] = {
    ...emptyEndpoint({ ...settings, MacAddress: given ? '' : settings.MacAddress }),
    NetworkID: settings.NetworkID,
    DNSNames: settings.DNSNames,
  };
}

/** Of several networks with a way out the one whose name comes first. */
export function gatewayOf(endpoints: readonly Endpoint[]): Endpoint | null {
  const ways = endpoints.filter(({ network: { record } }) => record.Driver === 'bridge' && !record.Internal);
  const byName = (a: Endpoint, b: Endpoint) => (a.network.record.Name < b.network.record.Name ? -1 : 1);
  return ways.sort(byName)[0] ?? null;
}

export function* setDefaultRoute(inside: Netlink, endpoint: Endpoint | null): Sys<void> {
  if (endpoint === null) return;
  const { gateway } = endpoint.network;
  const route = { destination: 0, length: 0, gateway, protocol: 'boot' } as const;
  yield* inside.request('RTM_NEWROUTE', { ...route, how: 'replace' });
}
