/** What containers have of the networks of an engine's host: namespaces, endpoints, names, published ports. */
import { isOsError } from '../../base/index.ts';
import { type Fd, type PollReply, type PollRequest, type Sys, sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import { randomHex, readText } from '../files.ts';
import { writeIdentityFiles } from '../identity.ts';
import { type Container, EngineError, type HostConfig, hasProcess, statusOf } from '../model.ts';
import {
  type EndpointSettings,
  type EngineNetworks,
  type IdentityTexts,
  type NetworkFilter,
  type Networking,
  type NetworkingRequest,
  noSettings,
  sharedWith,
} from '../networking.ts';
import { createNetwork, type NetworkCreateRequest, pruneNetworks, removeNetwork } from './administration.ts';
import { Catalogue } from './catalogue.ts';
import { addToSettings, requireConnected } from './connecting.ts';
import { forget, gatewayOf, join, leave, setDefaultRoute } from './endpoints.ts';
import { fits } from './filters.ts';
import { identityTexts } from './identityTexts.ts';
import { MainThread } from './mainThread.ts';
import { hasNames, namedEndpoint } from './names.ts';
import { type Netlink, withNetlink } from './netlink.ts';
import { Publisher } from './publisher.ts';
import { upstreamServers } from './resolvConf.ts';
import { Resolver } from './resolver.ts';
import { sweep } from './restoring.ts';
import { makeSandbox, openSandbox, removeSandbox, sandboxKey } from './sandbox.ts';
import { containerOrNull, dnsNames, networkingOf } from './settings.ts';
import type { Network } from './types.ts';
import { networkView } from './views.ts';

export class DockerNetworks implements EngineNetworks {
  readonly #engine: Engine;
  readonly #catalogue = new Catalogue();
  readonly #main = new MainThread();
  readonly #publisher = new Publisher();
  readonly #resolver: Resolver;

  constructor(engine: Engine) {
    this.#engine = engine;
    const container = (id: string) => engine.containers.get(id)!;
    this.#resolver = new Resolver({
      key: (id) => container(id).NetworkSettings.SandboxKey,
      *upstream(id) {
        return upstreamServers(container(id).HostConfig, (yield* readText('/etc/resolv.conf')) ?? '');
      },
      known: (id) =>
        this.#catalogue
          .endpointsOf({ ID: id })
          .filter(hasNames)
          .flatMap(({ network }) => [...network.endpoints.values()])
          .map((endpoint) => namedEndpoint(endpoint, container(endpoint.container))),
    });
  }

  *start(): Sys<void> {
    yield* this.#main.open();
    const catalogue = this.#catalogue;
    yield* withNetlink(function* (netlink) {
      yield* catalogue.setUp(netlink);
      yield* sweep(catalogue, netlink);
    });
    // An earlier daemon has not seen them end.
    for (const container of this.#engine.containers.values()) {
      const settings = container.NetworkSettings;
      if (settings.SandboxID === '' && settings.SandboxKey === '') continue;
      for (const name of Object.keys(settings.Networks)) forget(container, name);
      Object.assign(settings, { ...noSettings(), Networks: settings.Networks });
      yield* this.#engine.save(container);
    }
  }

  get waiting(): readonly PollRequest[] {
    return [this.#main.waiting, ...this.#resolver.waiting];
  }

  get owned(): readonly Fd[] {
    return [this.#main.waiting.fd, ...this.#resolver.owned];
  }

  timeout(): Sys<number | null> {
    return this.#resolver.timeout();
  }

  *serve(reply: PollReply | null): Sys<void> {
    if (reply === null) yield* this.#resolver.expire();
    else if (reply.fd === this.#main.waiting.fd) yield* this.#main.serve();
    else yield* this.#resolver.serve(reply);
  }

  *configure(
    config: Container['Config'],
    host: HostConfig,
    hostname: boolean,
    request: NetworkingRequest | null | undefined,
  ): Sys<Networking> {
    const find = (name: string) => this.#catalogue.find(name);
    const networking = networkingOf(this.#engine, find, config, host, hostname, request);
    const shared = sharedWith(networking.mode);
    if (shared !== null) {
      const other = containerOrNull(this.#engine, shared);
      return other === null ? networking : { ...networking, hostname: other.Config.Hostname };
    }
    if (networking.mode !== 'host' || hostname) return networking;
    return { ...networking, hostname: (yield* sys.uname()).nodename };
  }

  list(wanted: NetworkFilter): unknown[] {
    return [...this.#catalogue.all.values()]
      .filter((network) => fits(network, wanted))
      .map((network) => networkView(network, null));
  }

  inspect(name: string): unknown {
    const nameOf = (id: string) => this.#engine.containers.get(id)?.Name.slice(1) ?? '';
    return networkView(this.#catalogue.require(name), nameOf);
  }

  *create(request: unknown): Sys<string> {
    const network = yield* createNetwork(this.#catalogue, request as NetworkCreateRequest);
    yield* this.#tell('create', network);
    return network.record.Id;
  }

  *destroy(name: string): Sys<void> {
    yield* this.#tell('destroy', yield* removeNetwork(this.#catalogue, name));
  }

  /** For `docker events`. */
  *#tell(action: string, { record }: Network, container?: Container): Sys<void> {
    yield* this.#engine.events.emit('network', action, record.Id, {
      ...(container !== undefined && { container: container.ID }),
      name: record.Name,
      type: record.Driver,
    });
  }

  *prune(wanted: NetworkFilter): Sys<string[]> {
    const gone = yield* pruneNetworks(this.#catalogue, (network) => fits(network, wanted));
    for (const network of gone) yield* this.#tell('destroy', network);
    return gone.map(({ record }) => record.Name);
  }

  *connect(container: Container, name: string, asked: Partial<EndpointSettings> | null): Sys<void> {
    const network = this.#catalogue.require(name);
    addToSettings(container, network, asked);
    if (container.NetworkSettings.SandboxKey === '') return;
    try {
      yield* this.#inside(container, (inside, key, others) =>
        this.#join(container, network, others, key, inside),
      );
    } catch (error) {
      yield* this.#leave(container, network);
      delete container.NetworkSettings.Networks[network.record.Name];
      throw error;
    }
  }

  *disconnect(container: Container, name: string): Sys<void> {
    const network = this.#catalogue.require(name);
    requireConnected(container, network);
    if (container.NetworkSettings.SandboxKey !== '')
      yield* this.#inside(container, () => this.#leave(container, network));
    delete container.NetworkSettings.Networks[network.record.Name];
  }

  *#join(...args: Parameters<typeof join>): Sys<void> {
    yield* join(...args);
    yield* this.#tell('connect', args[1], args[0]);
  }

  *#leave(container: Container, network: Network): Sys<void> {
    const endpoint = network.endpoints.get(container.ID);
    if (endpoint === undefined) return;
    yield* leave(container, endpoint);
    yield* this.#tell('disconnect', network, container);
  }

  /** Changes the networks of a container that runs; its way out, ports, names and files follow. */
  *#inside(
    container: Container,
    change: (inside: Netlink, key: string, others: ReturnType<Catalogue['endpointsOf']>) => Sys<void>,
  ): Sys<void> {
    const key = container.NetworkSettings.SandboxKey;
    const inside = yield* openSandbox(key);
    try {
      yield* change(inside, key, this.#catalogue.endpointsOf(container));
      yield* this.#settle(container, inside);
    } finally {
      yield* inside.close();
    }
    yield* writeIdentityFiles(container, yield* this.identity(container));
  }

  /** The default route, published ports and the resolver as the container's endpoints want them. */
  *#settle(container: Container, inside: Netlink): Sys<void> {
    const way = gatewayOf(this.#catalogue.endpointsOf(container));
    yield* setDefaultRoute(inside, way);
    if ((way?.id ?? null) !== this.#publisher.endpointOf(container)) {
      const main = this.#main;
      const publisher = this.#publisher;
      const { Ports } = container.NetworkSettings;
      const before = publisher.endpointOf(container) === null ? null : Ports;
      yield* publisher.withdraw(container);
      if (way !== null && publisher.wanted(container))
        yield* main.run(() => publisher.publish(container, way, before));
    }
    const named = this.#catalogue.endpointsOf(container).some(hasNames);
    if (named !== this.#resolver.serves(container.ID))
      yield* this.#main.run(() => this.#openResolver(container));
  }

  /** In the main process. */
  *#openResolver(container: Container): Sys<void> {
    if (this.#catalogue.endpointsOf(container).some(hasNames)) yield* this.#resolver.open(container.ID);
    else yield* this.#resolver.close(container.ID);
  }

  *allocate(container: Container): Sys<void> {
    const { NetworkSettings, HostConfig } = container;
    const shared = sharedWith(HostConfig.NetworkMode);
    try {
      if (shared !== null) NetworkSettings.SandboxKey = this.#sharedSandbox(shared, container);
      else if (HostConfig.NetworkMode === 'host') yield* this.#joinHost(container);
      else yield* this.#joinNetworks(container);
    } catch (error) {
      if (!(error instanceof EngineError) && !isOsError(error)) throw error;
      yield* this.release(container);
      const status = error instanceof EngineError ? error.status : 500;
      throw new EngineError(status, `failed to set up container networking: ${error.message}`);
    }
  }

  #sharedSandbox(id: string, own: Container): string {
    const other = containerOrNull(this.#engine, id);
    if (other === null)
      throw new EngineError(500, `joining network namespace of container: No such container: ${id}`);
    if (other === own) throw new EngineError(500, 'cannot join own network namespace');
    if (!hasProcess(other.State))
      throw new EngineError(
        409,
        `cannot join network namespace of a non running container: container ${other.Name.slice(1)} is ${statusOf(other.State)}`,
      );
    // Named before it was there: from now on it is that one.
    Object.assign(own.HostConfig, { NetworkMode: `container:${other.ID}` });
    return other.NetworkSettings.SandboxKey;
  }

  *#joinHost(container: Container): Sys<void> {
    container.NetworkSettings.SandboxID = yield* randomHex(32);
    yield* this.#join(container, this.#catalogue.require('host'), [], '', null);
  }

  *#joinNetworks(container: Container): Sys<void> {
    const settings = container.NetworkSettings;
    const id = yield* randomHex(32);
    const key = sandboxKey(id);
    Object.assign(settings, { SandboxID: id, SandboxKey: key });
    const inside = yield* makeSandbox(key);
    try {
      for (const name of Object.keys(settings.Networks).sort()) {
        const network = this.#catalogue.require(name);
        yield* this.#join(container, network, this.#catalogue.endpointsOf(container), key, inside);
      }
      yield* this.#settle(container, inside);
    } finally {
      yield* inside.close();
    }
  }

  *release(container: Container): Sys<void> {
    const settings = container.NetworkSettings;
    const key = settings.SandboxKey;
    const resolver = this.#resolver;
    yield* this.#publisher.withdraw(container);
    if (resolver.serves(container.ID)) yield* this.#main.run(() => resolver.close(container.ID));
    for (const { network } of this.#catalogue.endpointsOf(container)) yield* this.#leave(container, network);
    Object.assign(settings, { ...noSettings(), Networks: settings.Networks });
    if (key !== '' && sharedWith(container.HostConfig.NetworkMode) === null) yield* removeSandbox(key);
  }

  *renamed(container: Container): Sys<void> {
    for (const { network } of this.#catalogue.endpointsOf(container)) {
      const settings = container.NetworkSettings.Networks[network.record.Name]!;
      if (settings.DNSNames !== null) settings.DNSNames = dnsNames(container, settings.Aliases);
    }
  }

  identity(container: Container): Sys<IdentityTexts> {
    const { gateway } = this.#catalogue.require('bridge');
    return identityTexts(container, this.#catalogue.endpointsOf(container), gateway);
  }
}
