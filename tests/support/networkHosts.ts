/** Small networks for tests: hosts as namespaces, joined by cables and bridges. */
import { EventQueue, type Nanos, Random, SECOND, Trace } from '../../src/base/index.ts';
import {
  BridgeDevice,
  type NetworkContext,
  type NetworkDevice,
  NetworkNamespace,
  parseIpv4,
  parsePrefix,
  VethDevice,
} from '../../src/network/index.ts';

export class NetworkWorld {
  readonly queue = new EventQueue();
  readonly trace = new Trace(this.queue);
  readonly context: NetworkContext;

  constructor(seed = 'network') {
    this.context = {
      queue: this.queue,
      random: Random.fromSeed(seed),
      trace: this.trace,
      traceFrames: false,
    };
  }

  /** A host with its loopback device up. */
  host(name: string): NetworkNamespace {
    const host = new NetworkNamespace(this.context, name);
    host.loopback.setUp(true);
    return host;
  }

  /** A cable between two hosts; each end has an address `10.0.0.1/24` and is up, unless it has none. */
  join(
    a: NetworkNamespace,
    nameA: string,
    addressA: string | null,
    b: NetworkNamespace,
    nameB: string,
    addressB: string | null,
  ): readonly [VethDevice, VethDevice] {
    const ends = VethDevice.pair(this.context, nameA, nameB);
    a.add(ends[0]);
    b.add(ends[1]);
    for (const end of ends) end.setUp(true);
    if (addressA !== null) address(a, ends[0], addressA);
    if (addressB !== null) address(b, ends[1], addressB);
    return ends;
  }

  bridge(host: NetworkNamespace, name: string): BridgeDevice {
    const bridge = new BridgeDevice(this.context, name);
    host.add(bridge);
    bridge.setUp(true);
    return bridge;
  }

  /** Lets time pass, in nanoseconds. */
  run(time: Nanos = SECOND): void {
    const until = this.queue.now + time;
    while (this.queue.step(until));
    this.queue.advanceTo(until);
  }
}

/** Gives a device an address with its prefix length. */
export function address(host: NetworkNamespace, device: NetworkDevice, text: string): void {
  const prefix = parsePrefix(text)!;
  host.addresses.add(device, prefix.address, prefix.length);
}

/** The address of `text`, which must be one. */
export function ip(text: string): number {
  const parsed = parseIpv4(text);
  if (parsed === null) throw new Error(`${text} is no IPv4 address`);
  return parsed;
}

/** The default route. */
export function gateway(host: NetworkNamespace, text: string): void {
  host.routing.add({ destination: 0, length: 0, gateway: ip(text) });
}
