/** What a container asks of its networks when it is made: POST /containers/create → the settings that it keeps. */
import type { Engine } from '../engine.ts';
import { type Container, EngineError, type HostConfig } from '../model.ts';
import {
  type EndpointSettings,
  type Networking,
  type NetworkingRequest,
  noSettings,
  sharedWith,
} from '../networking.ts';
import { requireEndpoint, requirePorts } from './asking.ts';
import { DEFAULT_NETWORK, isDefault, type Network } from './types.ts';

/** Nothing but what was asked for. */
export function emptyEndpoint(asked: Partial<EndpointSettings> | null = null): EndpointSettings {
  return {
    IPAMConfig: asked?.IPAMConfig ?? null,
    Links: null,
    Aliases: asked?.Aliases ?? null,
    MacAddress: asked?.MacAddress ?? '',
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

/** What cannot go together with somebody else's namespace (runconfig, validateNetContainerMode). */
function refuseInShared(config: Container['Config'], host: HostConfig, hostname: boolean): void {
  const conflicts: readonly (readonly [boolean, string])[] = [
    [hostname, 'hostname and the network mode'],
    [host.Dns.length > 0, 'dns and the network mode'],
    [host.ExtraHosts.length > 0, 'custom host-to-IP mapping and the network mode'],
    [
      Object.keys(host.PortBindings).length > 0 || host.PublishAllPorts,
      'port publishing and the container type network mode',
    ],
    [Object.keys(config.ExposedPorts).length > 0, 'port exposing and the container type network mode'],
  ];
  const found = conflicts.find(([holds]) => holds);
  if (found !== undefined) throw new EngineError(400, `conflicting options: ${found[1]}`);
}

/** A container whose network another one is to have need not be there before that is started. */
export function containerOrNull(engine: Engine, name: string): Container | null {
  try {
    return engine.findContainer(name);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

/** The mode as it is kept: the default by its name, a container by its id. */
function modeOf(engine: Engine, mode: string): string {
  if (mode === 'default' || mode === '') return DEFAULT_NETWORK;
  const shared = sharedWith(mode);
  return shared === null ? mode : `container:${containerOrNull(engine, shared)?.ID ?? shared}`;
}

/** `hostname`: the user has chosen one. Throws EngineError. */
export function networkingOf(
  engine: Engine,
  find: (name: string) => Network | null,
  config: Container['Config'],
  host: HostConfig,
  hostname: boolean,
  request: NetworkingRequest | null | undefined,
): Networking {
  const mode = modeOf(engine, host.NetworkMode);
  requirePorts(config, host);
  const settings = noSettings();
  if (sharedWith(mode) !== null) {
    refuseInShared(config, host, hostname);
    return { mode, settings };
  }
  const given = new Map(
    Object.entries(request?.EndpointsConfig ?? {}).map(([name, asked]) => [
      name === 'default' ? DEFAULT_NETWORK : name,
      asked,
    ]),
  );
  const names = new Set([mode, ...given.keys()]);
  if (names.size > 1 && ['host', 'none'].some((name) => names.has(name)))
    throw new EngineError(
      400,
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
  for (const name of names) {
    const asked = given.get(name) ?? null;
    requireEndpoint(asked);
    settings.Networks[find(name)?.record.Name ?? name] = emptyEndpoint(asked);
  }
  return { mode, settings };
}

/** What a network does not let a container ask for. Throws EngineError. */
export function requireFitting(network: Network, settings: EndpointSettings): void {
  const { record } = network;
  const problem = (text: string) =>
    new EngineError(400, `invalid config for network ${record.Name}: invalid endpoint settings:\n${text}`);
  const user = record.Driver === 'bridge' && !isDefault(network);
  const address = settings.IPAMConfig?.IPv4Address ?? '';
  if (address !== '' && !user)
    throw problem('user specified IP address is supported on user defined networks only');
  if ((settings.Aliases ?? []).length > 0 && !user)
    throw problem('network-scoped alias is supported only for containers in user defined networks');
  if (address !== '' && !record.UserSubnet)
    throw problem(
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    );
}

/** By what names the embedded resolver knows a container in a network; the first is the one that an address leads back to. */
export function dnsNames(container: Container, aliases: readonly string[] | null): string[] {
  const { ID, Name, Config } = container;
  return [...new Set([Name.slice(1), ...(aliases ?? []), ID.slice(0, 12), Config.Hostname].filter(Boolean))];
}
