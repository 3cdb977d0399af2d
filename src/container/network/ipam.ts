/** Addresses for networks and containers (libnetwork's ipam): pools that do not overlap, and of each the lowest free address. */
import {
  broadcastOf,
  formatIpv4,
  formatPrefix,
  type Ipv4,
  inPrefix,
  networkOf,
  type Prefix,
  parseIpv4,
  parsePrefix,
} from '../../network/index.ts';
import { EngineError } from '../model.ts';
import type { Network, PoolConfig } from './types.ts';

/** Where networks get their subnets from when nobody says: base, and how long a subnet's prefix is. */
const PREDEFINED: readonly (readonly [string, number])[] = [
  ['172.17.0.0/16', 16],
  ['172.18.0.0/16', 16],
  ['172.19.0.0/16', 16],
  ['172.20.0.0/14', 16],
  ['172.24.0.0/14', 16],
  ['172.28.0.0/14', 16],
  ['192.168.0.0/16', 20],
];

function* predefined(): Generator<Prefix> {
  for (const [base, length] of PREDEFINED) {
    const pool = parsePrefix(base)!;
    const step = 2 ** (32 - length);
    const end = pool.address + 2 ** (32 - pool.length);
    for (let address = pool.address; address < end; address += step) yield { address, length };
  }
}

const overlap = (a: Prefix, b: Prefix) => inPrefix(a.address, b) || inPrefix(b.address, a);

/** The first predefined subnet that meets none of `used`: other networks, and the host's routes. */
export function freeSubnet(used: readonly Prefix[]): Prefix {
  for (const subnet of predefined()) if (!used.some((other) => overlap(subnet, other))) return subnet;
  throw new EngineError(400, 'all predefined address pools have been fully subnetted');
}

export interface Pool {
  readonly subnet: Prefix;
  readonly range: Prefix;
  readonly gateway: Ipv4;
  readonly auxiliary: readonly Ipv4[];
}

/** Reads what a user wants; `used` are the subnets of other networks. Throws EngineError. */
export function poolOf(config: PoolConfig, used: readonly Prefix[]): Pool {
  const subnet = requirePrefix(config.Subnet, 'subnet');
  if (networkOf(subnet.address, subnet.length) !== subnet.address) {
    const right = formatPrefix({ address: networkOf(subnet.address, subnet.length), length: subnet.length });
    throw invalid(`invalid subnet ${config.Subnet}: it should be ${right}`);
  }
  if (subnet.length > 30) throw invalid(`invalid subnet ${config.Subnet}: it has no room for a container`);
  const range = config.IPRange ? requirePrefix(config.IPRange, 'ip-range') : subnet;
  if (!inPrefix(range.address, subnet) || range.length < subnet.length)
    throw invalid(`invalid ip-range ${config.IPRange}: parent subnet is ${config.Subnet}`);
  if (used.some((other) => overlap(subnet, other)))
    throw new EngineError(403, 'invalid pool request: Pool overlaps with other one on this address space');
  const within = (text: string, what: string): Ipv4 => {
    const address = parseIpv4(text);
    if (address === null) throw invalid(`invalid ${what} ${text}`);
    if (!inPrefix(address, subnet))
      throw invalid(`invalid ${what} ${text}: parent subnet is ${config.Subnet}`);
    return address;
  };
  return {
    subnet,
    range: { address: networkOf(range.address, range.length), length: range.length },
    gateway: config.Gateway
      ? within(config.Gateway, 'gateway address')
      : networkOf(range.address, range.length) + (range.length === 32 ? 0 : 1),
    auxiliary: Object.values(config.AuxiliaryAddresses ?? {}).map((text) =>
      within(text, 'auxiliary address'),
    ),
  };
}

const invalid = (what: string) => new EngineError(400, `invalid network config:\n${what}`);

function requirePrefix(text: string, what: string): Prefix {
  const prefix = text.includes('/') ? parsePrefix(text) : null;
  if (prefix === null)
    throw invalid(
      `invalid ${what} ${text}: ${text.includes(':') ? 'IPv6 is not simulated' : 'invalid CIDR block notation'}`,
    );
  return prefix;
}

/** Takes the lowest free address, or the wanted one. Throws EngineError. */
export function takeAddress(network: Network, wanted: Ipv4 | null): Ipv4 {
  const { subnet, range, taken, record } = network;
  if (wanted !== null) {
    const usable = inPrefix(wanted, subnet!) && wanted !== subnet!.address && wanted !== lastOf(subnet!);
    if (!usable)
      throw new EngineError(
        400,
        `invalid config for network ${record.Name}: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address ${formatIpv4(wanted)}`,
      );
    if (taken.has(wanted)) throw new EngineError(403, 'Address already in use');
    taken.add(wanted);
    return wanted;
  }
  const last = Math.min(lastOf(range!), lastOf(subnet!) - 1);
  for (let address = Math.max(range!.address, subnet!.address + 1); address <= last; address++) {
    if (taken.has(address)) continue;
    taken.add(address);
    return address;
  }
  throw new EngineError(
    500,
    `no available IPv4 addresses on this network's address pools: ${record.Name} (${record.Id})`,
  );
}

const lastOf = (prefix: Prefix): Ipv4 => broadcastOf(prefix.address, prefix.length);
