/** What is asked of networks as such: create, remove, prune. */
import type { Sys } from '../../linux/index.ts';
import { formatIpv4, formatPrefix } from '../../network/index.ts';
import { randomHex, timestamp } from '../files.ts';
import { EngineError } from '../model.ts';
import { makeBridge, removeBridge } from './bridge.ts';
import type { Catalogue } from './catalogue.ts';
import { freeSubnet, poolOf } from './ipam.ts';
import { withNetlink } from './netlink.ts';
import { PREDEFINED_NAMES } from './predefined.ts';
import { networkOfRecord } from './store.ts';
import {
  BINDING_OPTION,
  BRIDGE_OPTION,
  ICC_OPTION,
  MASQUERADE_OPTION,
  MTU_OPTION,
  type Network,
  type NetworkRecord,
  type PoolConfig,
} from './types.ts';

/** The body of POST /networks/create. */
export interface NetworkCreateRequest {
  readonly Name?: string;
  readonly Driver?: string;
  readonly Internal?: boolean;
  readonly Attachable?: boolean;
  readonly Ingress?: boolean;
  readonly ConfigOnly?: boolean;
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6?: boolean;
  readonly IPAM?: { readonly Driver?: string; readonly Config?: readonly PoolConfig[] | null } | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const OPTIONS = [BRIDGE_OPTION, MTU_OPTION, MASQUERADE_OPTION, ICC_OPTION, BINDING_OPTION];
/** Drivers that the real engine has besides. */
const OTHER_DRIVERS = ['overlay', 'macvlan', 'ipvlan'];

function refuse(what: string): never {
  throw new EngineError(400, `${what} is not simulated`);
}

/** Throws EngineError for what cannot be or is not simulated. */
function requirePossible(request: NetworkCreateRequest): void {
  const driver = !request.Driver || request.Driver === 'default' ? 'bridge' : request.Driver;
  if (request.Attachable) refuse('an attachable network');
  if (request.Ingress) refuse('an ingress network');
  if (request.ConfigOnly) refuse('a network for configuration only');
  if (request.EnableIPv6) refuse('IPv6 on networks');
  if (request.EnableIPv4 === false) refuse('a network without IPv4');
  if ((request.IPAM?.Driver ?? 'default') !== 'default') refuse(`the IPAM driver ${request.IPAM?.Driver}`);
  if (driver === 'host' || driver === 'null')
    throw new EngineError(403, `only one instance of "${driver}" network is allowed`);
  if (OTHER_DRIVERS.includes(driver)) refuse(`the network driver ${driver}`);
  if (driver !== 'bridge')
    throw new EngineError(404, `could not find plugin ${driver} in v1 plugin registry: plugin not found`);
  for (const [name, value] of Object.entries(request.Options ?? {})) {
    if (!OPTIONS.includes(name)) refuse(`the option ${name}`);
    if (name === ICC_OPTION && value !== 'true') refuse(`${name}=${value}`);
    if (name === MTU_OPTION && !(Number(value) >= 68 && Number(value) <= 65_535))
      throw new EngineError(400, `invalid value for ${name}: ${value}`);
  }
}

function requireName(networks: Catalogue, name: string): void {
  if (name === '') throw new EngineError(400, 'invalid name: name is empty');
  if (PREDEFINED_NAMES.includes(name))
    throw new EngineError(403, `operation is not permitted on predefined ${name} network`);
  if (!NAME.test(name))
    throw new EngineError(400, `invalid network name "${name}": only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  if ([...networks.all.values()].some(({ record }) => record.Name === name))
    throw new EngineError(409, `network with name ${name} already exists`);
}

/** The new network. Throws EngineError. */
export function* createNetwork(networks: Catalogue, request: NetworkCreateRequest): Sys<Network> {
  const Name = request.Name ?? '';
  requirePossible(request);
  requireName(networks, Name);
  const Id = yield* randomHex(32);
  const Created = yield* timestamp();
  const configs = request.IPAM?.Config ?? [];
  if (configs.length > 1) throw new EngineError(400, "bridge driver doesn't support multiple subnets");
  const Options = request.Options ?? {};
  const network = yield* withNetlink(function* (netlink) {
    const asked = configs[0];
    const used = yield* networks.usedSubnets(netlink);
    const subnet = asked?.Subnet ? asked.Subnet : formatPrefix(freeSubnet(used));
    const pool = poolOf({ ...asked, Subnet: subnet }, networks.subnets());
    const record: NetworkRecord = {
      ...{ Name, Id, Created, Driver: 'bridge', Internal: request.Internal ?? false },
      Bridge: Options[BRIDGE_OPTION] ?? `br-${Id.slice(0, 12)}`,
      IPAM: [asked?.Subnet ? asked : { ...asked, Subnet: subnet, Gateway: formatIpv4(pool.gateway) }],
      UserSubnet: Boolean(asked?.Subnet),
      ...{ Options, Labels: request.Labels ?? {} },
    };
    const made = networkOfRecord(record);
    const bridges = [...networks.all.values()].map((other) => other.record.Bridge);
    if (bridges.includes(record.Bridge))
      throw new EngineError(
        403,
        `cannot create network ${Id} (${record.Bridge}): conflicts with network ${networkWith(networks, record.Bridge).record.Id} (${record.Bridge}): networks have same bridge name`,
      );
    // Somebody else may have made one meanwhile; from here on its name and subnet are taken.
    requireName(networks, Name);
    networks.all.set(Id, made);
    yield* makeBridge(netlink, made);
    return made;
  });
  yield* networks.save();
  return network;
}

const networkWith = (networks: Catalogue, bridge: string): Network =>
  [...networks.all.values()].find(({ record }) => record.Bridge === bridge)!;

function* remove(networks: Catalogue, network: Network): Sys<void> {
  networks.all.delete(network.record.Id);
  yield* withNetlink((netlink) => removeBridge(netlink, network));
  yield* networks.save();
}

/** The network that is gone. Throws EngineError. */
export function* removeNetwork(networks: Catalogue, name: string): Sys<Network> {
  const network = networks.require(name);
  const { Name, Id } = network.record;
  if (PREDEFINED_NAMES.includes(Name))
    throw new EngineError(403, `${Name} is a pre-defined network and cannot be removed`);
  if (network.endpoints.size > 0)
    throw new EngineError(403, `error while removing network: network ${Name} id ${Id} has active endpoints`);
  yield* remove(networks, network);
  return network;
}

/** Removes what `wanted` takes of the networks that nobody uses. */
export function* pruneNetworks(networks: Catalogue, wanted: (network: Network) => boolean): Sys<Network[]> {
  const gone: Network[] = [];
  for (const network of [...networks.all.values()]) {
    const { Name } = network.record;
    if (PREDEFINED_NAMES.includes(Name) || network.endpoints.size > 0 || !wanted(network)) continue;
    yield* remove(networks, network);
    gone.push(network);
  }
  return gone;
}
