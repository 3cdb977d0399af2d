/** The code of hosts with a network (networks.ts): importing this file provides it. */
import { isOsError, Random, strerror } from '../base/index.ts';
import { HostNetwork } from '../linux/net/index.ts';
import {
  BridgeDevice,
  customaryBroadcast,
  GIGABIT_WIRE,
  type NetworkContext,
  type NetworkDevice,
  NetworkNamespace,
  PhysicalDevice,
  parseIpv4,
  parseMac,
  parsePrefix,
  TapDevice,
} from '../network/index.ts';
import type { NetworkParts, NetworkPlace, Networks } from './networks.ts';
import { provideNetworks } from './networks.ts';
import {
  type CableSpec,
  type DeviceSpec,
  type HostSpec,
  type NetworkSpec,
  ScenarioError,
} from './scenario.ts';
import '../container/network/index.ts';
import './netCommands.ts';
import { registryParts } from './registries.ts';

class WorldNetworks implements Networks {
  readonly #place: NetworkPlace;
  readonly #cables: readonly CableSpec[];
  /** By `host/card`. */
  readonly #cards = new Map<string, PhysicalDevice>();

  constructor(cables: readonly CableSpec[], place: NetworkPlace) {
    this.#cables = cables;
    this.#place = place;
  }

  host(spec: HostSpec): NetworkParts {
    const { events: queue, trace, seed } = this.#place;
    const random = Random.fromSeed(`${seed}/${spec.name}/network`);
    const context = { queue, random, trace, traceFrames: spec.network?.traceFrames ?? false };
    const namespace = new NetworkNamespace(context, spec.name);
    namespace.loopback.setUp(true);
    try {
      configure(namespace, context, spec.network ?? {});
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new ScenarioError(`the network of ${spec.name} cannot be: ${strerror(error.code)}`);
    }
    for (const device of namespace.devices)
      if (device instanceof PhysicalDevice) this.#cards.set(`${spec.name}/${device.name}`, device);
    this.#plugIn(spec.name);
    addRoutes(namespace, spec);
    return { stack: new HostNetwork(namespace), namespace, ...registryParts(spec) };
  }

  /** Cables of which both ends are there. */
  #plugIn(host: string): void {
    for (const { between, rate, delay, loss } of this.#cables) {
      if (!between.some((end) => end.startsWith(`${host}/`))) continue;
      const [a, b] = between.map((end) => this.#cards.get(end));
      if (a === undefined || b === undefined) continue;
      PhysicalDevice.connect(a, b, {
        ...GIGABIT_WIRE,
        ...(rate !== undefined && { rate }),
        ...(delay !== undefined && { delay }),
        ...(loss !== undefined && { loss }),
      });
    }
  }
}

function makeDevice(context: NetworkContext, spec: DeviceSpec): NetworkDevice {
  const { name, kind = 'card' } = spec;
  if (kind === 'bridge') return new BridgeDevice(context, name);
  return kind === 'tap' ? new TapDevice(context, name, true) : new PhysicalDevice(context, name);
}

function configure(namespace: NetworkNamespace, context: NetworkContext, spec: NetworkSpec): void {
  namespace.settings.ipForward = spec.forward ?? false;
  const devices = spec.devices ?? [];
  for (const each of devices) {
    const device = makeDevice(context, each);
    const mac = each.mac === undefined ? device.mac : parseMac(each.mac);
    if (mac === null) throw new ScenarioError(`${each.mac} is no MAC address`);
    if (each.mac !== undefined) device.setMac(mac);
    namespace.add(device);
  }
  for (const each of devices) {
    const device = namespace.device(each.name)!;
    if (each.master !== undefined) {
      const bridge = namespace.device(each.master);
      if (!(bridge instanceof BridgeDevice)) throw new ScenarioError(`${each.master} is no bridge`);
      bridge.addPort(device);
    }
    for (const text of each.addresses ?? []) {
      const prefix = text.includes('/') ? parsePrefix(text) : null;
      if (prefix === null) throw new ScenarioError(`${text} is no address with a prefix length`);
      const { address, length } = prefix;
      namespace.addresses.add(device, address, length, { broadcast: customaryBroadcast(address, length) });
    }
    device.setUp(each.up ?? true);
  }
}

function addRoutes(namespace: NetworkNamespace, { name, network }: HostSpec): void {
  for (const { to, via } of network?.routes ?? []) {
    const prefix = to === 'default' ? { address: 0, length: 0 } : parsePrefix(to);
    const gateway = parseIpv4(via);
    if (prefix === null || gateway === null) throw new ScenarioError(`${name}: no route is ${to} via ${via}`);
    try {
      namespace.routing.add({
        destination: prefix.address,
        length: prefix.length,
        gateway,
        protocol: 'static',
      });
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new ScenarioError(`${name}: the route ${to} via ${via}: ${strerror(error.code)}`);
    }
  }
}

provideNetworks((cables, place) => new WorldNetworks(cables, place));
