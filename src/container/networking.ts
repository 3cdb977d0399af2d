/**
 * What the engine asks of its networks, and the engine of a host without a network stack. The code behind it (network/) comes with that of
 * hosts that have one: importing network/index.ts provides it.
 */
import { isOsError } from '../base/index.ts';
import { type Fd, type PollReply, type PollRequest, type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { readText } from './files.ts';
import { type Container, type ContainerConfig, EngineError, type HostConfig } from './model.ts';

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** `80/tcp` → where it is published. */
export type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>;

/** A container's place in a network, in the words of the API; what is only known while it runs is empty before and after. */
export interface EndpointSettings {
  IPAMConfig: { readonly IPv4Address?: string } | null;
  Links: null;
  Aliases: readonly string[] | null;
  MacAddress: string;
  DriverOpts: null;
  GwPriority: 0;
  NetworkID: string;
  EndpointID: string;
  Gateway: string;
  IPAddress: string;
  IPPrefixLen: number;
  IPv6Gateway: '';
  GlobalIPv6Address: '';
  GlobalIPv6PrefixLen: 0;
  DNSNames: readonly string[] | null;
}

export interface NetworkSettings {
  SandboxID: string;
  /** The file of the container's network namespace; empty when it has none of its own. */
  SandboxKey: string;
  Ports: PortMap;
  /** By the networks' names. */
  Networks: Record<string, EndpointSettings>;
}

/** Of POST /containers/create. */
export interface NetworkingRequest {
  readonly EndpointsConfig?: Readonly<Record<string, Partial<EndpointSettings> | null>>;
}

export const noSettings = (): NetworkSettings => ({
  SandboxID: '',
  SandboxKey: '',
  Ports: {},
  Networks: {},
});

/** Files of a container's /etc that say how it is connected. */
export interface IdentityTexts {
  readonly hosts: string;
  readonly 'resolv.conf': string;
}

/** How a container is connected: its network mode, the default by its name and a container by its id, and its settings. */
export interface Networking {
  readonly mode: string;
  readonly settings: NetworkSettings;
  /** The host name that it has from elsewhere. */
  readonly hostname?: string;
}

/** What a list of networks is narrowed by: values of each key, of which one must fit. */
export type NetworkFilter = ReadonlyMap<string, readonly string[]>;

export interface EngineNetworks {
  /** At the daemon's start, before it listens: bridges, rules, and what containers that run on have. */
  start(): Sys<void>;
  /** What a new container is to be connected to; `hostname`: the user has chosen one. Throws EngineError for what cannot be. */
  configure(
    config: ContainerConfig,
    host: HostConfig,
    hostname: boolean,
    request: NetworkingRequest | null | undefined,
  ): Sys<Networking>;
  /** Before a start: namespace, devices, addresses, ports. Throws EngineError; nothing is left then. */
  allocate(container: Container): Sys<void>;
  /** After a container's end, or a start that failed: all that goes back. */
  release(container: Container): Sys<void>;
  /** It has another name. */
  renamed(container: Container): Sys<void>;
  identity(container: Container): Sys<IdentityTexts>;
  /** The API's requests about networks themselves. All throw EngineError. */
  list(wanted: NetworkFilter): unknown[];
  inspect(name: string): unknown;
  create(request: unknown): Sys<string>;
  destroy(name: string): Sys<void>;
  prune(wanted: NetworkFilter): Sys<string[]>;
  connect(container: Container, name: string, asked: Partial<EndpointSettings> | null): Sys<void>;
  disconnect(container: Container, name: string): Sys<void>;
  /** What the daemon's main process waits for besides its own sockets. */
  readonly waiting: readonly PollRequest[];
  /** Virtual nanoseconds until it has something to do by itself; null: never. */
  timeout(): Sys<number | null>;
  /** In the main process: something of `waiting` is ready, or the time is over (null). */
  serve(reply: PollReply | null): Sys<void>;
  /** In a process that serves one request: descriptors that are the main process's alone. */
  readonly owned: readonly Fd[];
}

type Make = (engine: Engine) => Sys<EngineNetworks>;

let provided: Make | null = null;

export function provideEngineNetworks(make: Make): void {
  provided = make;
}

/** The networks of the engine's host. */
export function* makeNetworks(engine: Engine): Sys<EngineNetworks> {
  try {
    yield* sys.close(yield* sys.socket({ family: 'netlink', type: 'raw' }));
  } catch (error) {
    if (isOsError(error, 'EAFNOSUPPORT')) return noNetworks;
    throw error;
  }
  return provided === null ? noNetworks : yield* provided(engine);
}

/** `container:ID` → the id; null for other modes. */
export function sharedWith(mode: string): string | null {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : null;
}

/** The file of the network namespace that the container's processes go into; empty when they stay in the host's. */
export const namespacePath = ({ NetworkSettings, HostConfig }: Container): string =>
  HostConfig.NetworkMode === 'host' ? '' : NetworkSettings.SandboxKey;

/** Whose directory holds the files hostname, hosts and resolv.conf of a container. */
export const identityOwner = ({ ID, HostConfig }: Container): string =>
  sharedWith(HostConfig.NetworkMode) ?? ID;

export const hostsText = (lines: readonly string[] = []): string =>
  `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
${lines.map((line) => `${line}\n`).join('')}`;

function refuseNetwork(): never {
  throw new EngineError(400, 'networks are not simulated on a host without one');
}

/** What a client is told although the container is made. */
export function networkWarnings({ HostConfig }: Container): string[] {
  const discarded = HostConfig.NetworkMode === 'host' && Object.keys(HostConfig.PortBindings).length > 0;
  return discarded ? ['Published ports are discarded when using host network mode'] : [];
}

/** A host without a network stack: containers are as alone as it is. */
export const noNetworks: EngineNetworks = {
  *start() {},
  *configure(_, host) {
    const what =
      Object.keys(host.PortBindings).length > 0 || host.PublishAllPorts
        ? 'published ports are'
        : !['none', 'host', 'default'].includes(host.NetworkMode)
          ? `the network ${host.NetworkMode} is`
          : null;
    if (what !== null) throw new EngineError(400, `${what} not simulated on a host without a network`);
    return { mode: 'none', settings: noSettings() };
  },
  *allocate() {},
  *release() {},
  *renamed() {},
  list: () => [],
  inspect: refuseNetwork,
  create: refuseNetwork,
  destroy: refuseNetwork,
  *prune() {
    return [];
  },
  connect: refuseNetwork,
  disconnect: refuseNetwork,
  *identity() {
    return { hosts: hostsText(), 'resolv.conf': (yield* readText('/etc/resolv.conf')) ?? '' };
  },
  waiting: [],
  *timeout() {
    return null;
  },
  *serve() {},
  owned: [],
};
