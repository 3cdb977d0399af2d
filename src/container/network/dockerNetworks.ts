/** The networks of an engine's host: which there are, and what of them each container has while it runs. */
import { isOsError } from '../../base/index.ts';
import type { Fd, PollReply, PollRequest, Sys } from '../../linux/index.ts';
import { formatIpv4, type Prefix } from '../../network/index.ts';
import type { Engine } from '../engine.ts';
import { randomHex, readText, timestamp } from '../files.ts';
import { type Container, EngineError, type HostConfig, hasProcess, statusOf } from '../model.ts';
import {
  type EngineNetworks,
  hostsText,
  type IdentityTexts,
  type Networking,
  type NetworkingRequest,
  noSettings,
  sharedWith,
} from '../networking.ts';
import { makeBridge, sweepPorts, turnForwardingOn } from './bridge.ts';
import { gatewayOf, join, leave, setDefaultRoute } from './endpoints.ts';
import { setUpFirewall } from './firewall.ts';
import { freeSubnet } from './ipam.ts';
import { type Netlink, withNetlink } from './netlink.ts';
import { PREDEFINED_NAMES, predefinedRecord } from './predefined.ts';
import { resolvConfText } from './resolvConf.ts';
import { makeSandbox, removeSandbox, sandboxKey } from './sandbox.ts';
import { dnsNames, networkingOf } from './settings.ts';
import { loadRecords, networkOfRecord, saveRecords } from './store.ts';
import { type Endpoint, isDefault, type Network } from './types.ts';

const HOST_CONF = '/etc/resolv.conf';
const HOST_HOSTS = '/etc/hosts';

export class DockerNetworks implements EngineNetworks {
  readonly #engine: Engine;
  /** By id. */
  readonly all = new Map<string, Network>();
  readonly waiting: readonly PollRequest[] = [];
  readonly owned: readonly Fd[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  *start(): Sys<void> {
    for (const record of yield* loadRecords()) this.all.set(record.Id, networkOfRecord(record));
    const missing = PREDEFINED_NAMES.filter((name) => this.find(name) === null);
    yield* withNetlink((netlink) => this.#setUp(netlink, missing));
    if (missing.length > 0) yield* this.save();
  }

  *#setUp(netlink: Netlink, missing: readonly string[]): Sys<void> {
    for (const name of missing) {
      const subnet = freeSubnet(yield* this.usedSubnets(netlink));
      const record = predefinedRecord(name, yield* randomHex(32), yield* timestamp(), subnet);
      this.all.set(record.Id, networkOfRecord(record));
    }
    yield* setUpFirewall(netlink, yield* turnForwardingOn());
    for (const network of this.all.values()) {
      if (network.record.Driver !== 'bridge') continue;
      yield* makeBridge(netlink, network);
      yield* sweepPorts(netlink, network, new Set());
    }
  }

  /** Subnets that a new network must not meet: of networks, and of the host's routes. */
  *usedSubnets(netlink: Netlink): Sys<Prefix[]> {
    const routes = yield* netlink.request('RTM_GETROUTE', { table: 'main' });
    return [
      ...this.subnets(),
      ...routes
        .filter(({ length }) => length > 0)
        .map(({ destination, length }) => ({ address: destination, length })),
    ];
  }

  subnets(): Prefix[] {
    return [...this.all.values()].flatMap(({ subnet }) => (subnet === null ? [] : [subnet]));
  }

  *save(): Sys<void> {
    yield* saveRecords([...this.all.values()].map(({ record }) => record));
  }

  /** By name, id or start of an id. */
  find(name: string): Network | null {
    const all = [...this.all.values()];
    return (
      all.find(({ record }) => record.Name === name || record.Id === name) ??
      all.find(({ record }) => name !== '' && record.Id.startsWith(name)) ??
      null
    );
  }

  /** As {@link find}. Throws EngineError. */
  require(name: string): Network {
    const network = this.find(name);
    if (network === null) throw new EngineError(404, `network ${name} not found`);
    return network;
  }

  endpointsOf(container: Container): Endpoint[] {
    return [...this.all.values()].flatMap(({ endpoints }) => endpoints.get(container.ID) ?? []);
  }

  configure(
    config: Container['Config'],
    host: HostConfig,
    hostname: boolean,
    request: NetworkingRequest | undefined,
  ): Networking {
    return networkingOf(this.#engine, (name) => this.find(name), config, host, hostname, request);
  }

  *allocate(container: Container): Sys<void> {
    const { NetworkMode } = container.HostConfig;
    const shared = sharedWith(NetworkMode);
    container.NetworkSettings.SandboxKey = '';
    if (shared !== null) {
      container.NetworkSettings.SandboxKey = this.#runningContainer(
        shared,
        container,
      ).NetworkSettings.SandboxKey;
      return;
    }
    try {
      if (NetworkMode === 'host') yield* this.#joinHost(container);
      else yield* this.#joinNetworks(container);
    } catch (error) {
      if (!(error instanceof EngineError) && !isOsError(error)) throw error;
      yield* this.release(container);
      const status = error instanceof EngineError ? error.status : 500;
      throw new EngineError(status, `failed to set up container networking: ${error.message}`);
    }
  }

  #runningContainer(id: string, own: Container): Container {
    const other = this.#engine.containers.get(id);
    const failed = (status: number, text: string) =>
      new EngineError(status, `failed to set up container networking: ${text}`);
    if (other === undefined)
      throw failed(500, `joining network namespace of container: No such container: ${id}`);
    if (other === own) throw failed(500, 'cannot join own network namespace');
    if (!hasProcess(other.State))
      throw failed(
        409,
        `cannot join network namespace of a non running container: container ${other.Name.slice(1)} is ${statusOf(other.State)}`,
      );
    return other;
  }

  *#joinHost(container: Container): Sys<void> {
    container.NetworkSettings.SandboxID = yield* randomHex(32);
    yield* join(container, this.require('host'), [], '', null);
  }

  *#joinNetworks(container: Container): Sys<void> {
    const settings = container.NetworkSettings;
    const id = yield* randomHex(32);
    const key = sandboxKey(id);
    Object.assign(settings, { SandboxID: id, SandboxKey: key });
    const inside = yield* makeSandbox(key);
    try {
      for (const name of Object.keys(settings.Networks).sort())
        yield* join(container, this.require(name), this.endpointsOf(container), key, inside);
      yield* setDefaultRoute(inside, gatewayOf(this.endpointsOf(container)));
    } finally {
      yield* inside.close();
    }
  }

  *release(container: Container): Sys<void> {
    const settings = container.NetworkSettings;
    const key = settings.SandboxKey;
    for (const endpoint of this.endpointsOf(container)) yield* leave(container, endpoint);
    Object.assign(settings, { ...noSettings(), Networks: settings.Networks });
    if (key !== '' && sharedWith(container.HostConfig.NetworkMode) === null) yield* removeSandbox(key);
  }

  *renamed(container: Container): Sys<void> {
    for (const endpoint of this.endpointsOf(container)) {
      const settings = container.NetworkSettings.Networks[endpoint.network.record.Name]!;
      if (settings.DNSNames !== null) settings.DNSNames = dnsNames(container, settings.Aliases);
    }
  }

  *identity(container: Container): Sys<IdentityTexts> {
    const hostConf = (yield* readText(HOST_CONF)) ?? '';
    if (container.HostConfig.NetworkMode === 'host')
      return { hosts: (yield* readText(HOST_HOSTS)) ?? '', 'resolv.conf': hostConf };
    const endpoints = this.endpointsOf(container);
    const internal = endpoints.some(({ network, address }) => address !== 0 && !isDefault(network));
    const own = endpoints
      .filter(({ address }) => address !== 0)
      .map(({ address }) => `${formatIpv4(address)}\t${container.Config.Hostname}`);
    const extra = container.HostConfig.ExtraHosts.map((line) => {
      const [name = '', address = ''] = line.split(/:(.*)/s);
      return `${address === 'host-gateway' ? this.#hostGateway() : address}\t${name}`;
    });
    return {
      hosts: hostsText([...extra, ...own]),
      'resolv.conf': resolvConfText(container.HostConfig, hostConf, internal),
    };
  }

  /** The address of the host on the default bridge. */
  #hostGateway(): string {
    return formatIpv4(this.require('bridge').gateway);
  }

  *timeout(): Sys<number | null> {
    return null;
  }

  *serve(_reply: PollReply | null): Sys<void> {}
}
