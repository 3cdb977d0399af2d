/**
 * A network namespace (network_namespaces(7)): devices, addresses, routes, neighbours, sockets and filters of its own. This file
 * owns the devices and joins the layers, each of which lives in a file of its own.
 */
import { assert, OsError } from '../../base/index.ts';
import { LOOPBACK_ADDRESS } from '../address/ipv4.ts';
import type { NetworkContext } from '../context.ts';
import { BridgeDevice } from '../link/bridge.ts';
import type { DeviceOwner, FrameListener, NetworkDevice } from '../link/device.ts';
import { LoopbackDevice } from '../link/loopback.ts';
import { VethDevice } from '../link/veth.ts';
import { Listeners } from '../listeners.ts';
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP } from '../packet/ethernet.ts';
import { PacketSocket } from '../socket/packet.ts';
import { PingLayer } from '../socket/ping.ts';
import { RawSockets } from '../socket/raw.ts';
import { UdpLayer } from '../socket/udp.ts';
import { TcpLayer } from '../tcp/layer.ts';
import { AddressTable } from './addresses.ts';
import type { NetworkEvent } from './events.ts';
import { IcmpLayer } from './icmpLayer.ts';
import { IpLayer } from './ipLayer.ts';
import { NeighbourTable } from './neighbours.ts';
import type { PacketFilter } from './packet.ts';
import { Routing } from './routing.ts';
import { defaultSettings, type NetworkSettings } from './settings.ts';

export class NetworkNamespace implements DeviceOwner {
  readonly context: NetworkContext;
  /** The subject of its trace events. */
  readonly name: string;
  readonly settings: NetworkSettings = defaultSettings();
  readonly loopback: NetworkDevice;
  readonly events: Listeners<NetworkEvent>;
  readonly addresses: AddressTable;
  readonly routing: Routing;
  readonly neighbours: NeighbourTable;
  readonly ip: IpLayer;
  readonly icmp: IcmpLayer;
  readonly raw: RawSockets;
  readonly ping: PingLayer;
  readonly udp: UdpLayer;
  readonly tcp: TcpLayer;
  readonly packetSockets = new Set<PacketSocket>();
  /** Where rules that log, and a full table of connections, say so; the host's own namespace alone has it (nf_log_all_netns is 0). */
  kernelLog: ((text: string) => void) | null = null;
  /** netfilter, once there is a rule. */
  filter: PacketFilter | null = null;
  readonly #devices = new Map<number, NetworkDevice>();
  readonly #seen = new Map<NetworkDevice, { up: boolean; carrier: boolean }>();
  readonly #listen: FrameListener = (frame, direction, device) => {
    for (const socket of this.packetSockets) socket.observe(frame, direction, device);
  };

  constructor(context: NetworkContext, name: string) {
    this.context = context;
    this.name = name;
    this.loopback = new LoopbackDevice(context);
    this.events = new Listeners(context.queue, () => this.neighbours.all);
    this.addresses = new AddressTable(
      (address) => {
        this.events.tell({ kind: 'address', address, gone: false });
        this.routing.addressAdded(address);
      },
      (address) => {
        this.events.tell({ kind: 'address', address, gone: true });
        this.routing.addressDeleted(address);
      },
    );
    this.routing = new Routing(
      () => this.addresses,
      () => this.loopback,
      (table, route, gone) => this.events.tell({ kind: 'route', table, route, gone }),
    );
    this.neighbours = new NeighbourTable(this);
    this.ip = new IpLayer(this);
    this.icmp = new IcmpLayer(this);
    this.raw = new RawSockets(this);
    this.ping = new PingLayer(this);
    this.udp = new UdpLayer(this);
    this.tcp = new TcpLayer(this);
    this.add(this.loopback);
  }

  /** By index. */
  get devices(): readonly NetworkDevice[] {
    return [...this.#devices.values()].sort((a, b) => a.index - b.index);
  }

  device(name: string): NetworkDevice | null {
    for (const device of this.#devices.values()) if (device.name === name) return device;
    return null;
  }

  deviceByIndex(index: number): NetworkDevice | null {
    return this.#devices.get(index) ?? null;
  }

  /** Puts a device in, which is in no namespace yet. Throws EEXIST when its name is taken, EINVAL for a name that cannot be one. */
  add(device: NetworkDevice): void {
    assert(device.owner === null, `${device.name} is in a namespace already`);
    this.#checkName(device.name);
    // A device that comes from elsewhere keeps its number where it can.
    if (device.index === 0 || this.#devices.has(device.index)) {
      let index = 1;
      for (const used of this.#devices.keys()) index = Math.max(index, used + 1);
      device.index = index;
    }
    device.owner = this;
    this.#devices.set(device.index, device);
    this.#seen.set(device, { up: device.up, carrier: device.carrier });
    device.listeners.add(this.#listen);
    this.events.tell({ kind: 'link', device, gone: false });
  }

  /** Throws EEXIST, EINVAL as {@link add}, and EBUSY while the device is up. */
  rename(device: NetworkDevice, name: string): void {
    if (device.up) throw new OsError('EBUSY');
    this.#checkName(name);
    device.name = name;
  }

  #checkName(name: string): void {
    if (!/^[^\s/:]{1,15}$/.test(name) || name === '.' || name === '..') throw new OsError('EINVAL');
    if (this.device(name) !== null) throw new OsError('EEXIST');
  }

  /** Deletes a device, and a veth's other end, wherever it is. Throws EOPNOTSUPP for the loopback device. */
  remove(device: NetworkDevice): void {
    if (device === this.loopback) throw new OsError('EOPNOTSUPP');
    const peer = device instanceof VethDevice ? device.peer : null;
    for (const vlan of [...device.vlans.values()]) vlan.owner?.remove(vlan);
    this.#takeOut(device);
    device.destroy();
    if (peer !== null) peer.owner?.remove(peer);
  }

  /** Gives a device to another namespace, down and without addresses. Throws EINVAL for what cannot leave, EEXIST for its name. */
  move(device: NetworkDevice, target: NetworkNamespace, name = device.name): void {
    if (device === this.loopback || device instanceof BridgeDevice) throw new OsError('EINVAL');
    if (target === this) return;
    target.#checkName(name);
    this.#takeOut(device);
    device.name = name;
    target.add(device);
  }

  #takeOut(device: NetworkDevice): void {
    assert(device.owner === this, `${device.name} is in another namespace`);
    device.setUp(false);
    if (device.master instanceof BridgeDevice) device.master.removePort(device);
    this.addresses.flush(device);
    this.neighbours.flush(device);
    device.listeners.delete(this.#listen);
    this.events.tell({ kind: 'link', device, gone: true });
    this.#devices.delete(device.index);
    this.#seen.delete(device);
    device.owner = null;
  }

  /** The namespace goes: cards move to `home`, all other devices are deleted. */
  destroy(home: NetworkNamespace | null): void {
    this.tcp.abortAll();
    for (const device of this.devices) {
      if (device === this.loopback || device.owner !== this) continue;
      if (device.kind !== 'physical' || home === null) this.remove(device);
      else {
        const taken = home.device(device.name) !== null;
        this.move(device, home, taken ? `dev${device.index}` : device.name);
      }
    }
    this.loopback.setUp(false);
  }

  /** Whether packets that came in by `device` may be passed on. */
  forwards(_device: NetworkDevice): boolean {
    return this.settings.ipForward;
  }

  /** A packet socket (AF_PACKET) for an EtherType or ETH_P_ALL. */
  openPacketSocket(protocol: number): PacketSocket {
    const socket = new PacketSocket(this, protocol);
    this.packetSockets.add(socket);
    return socket;
  }

  input(device: NetworkDevice, frame: Uint8Array): void {
    const forUs = device.kind === 'loopback' || device.isForUs(frame);
    if (!forUs) return;
    const type = (frame[12]! << 8) | frame[13]!;
    const payload = frame.subarray(ETH_HLEN);
    if (type === ETH_P_IP) this.ip.input(device, frame, payload);
    else if (type === ETH_P_ARP) this.neighbours.input(device, payload, (frame[0]! & 1) === 0);
    else device.statistics.rxDropped++;
  }

  changed(device: NetworkDevice): void {
    const before = this.#seen.get(device);
    if (before === undefined) return;
    const now = { up: device.up, carrier: device.carrier };
    this.#seen.set(device, now);
    this.events.tell({ kind: 'link', device, gone: false });
    if (now.up && !before.up) this.#wentUp(device);
    if (!now.up && before.up) this.#wentDown(device);
    if (now.up && before.carrier && !now.carrier) this.neighbours.flush(device, true);
    if (device.master instanceof BridgeDevice) device.master.portChanged(device);
    if (now.up !== before.up) for (const vlan of device.vlans.values()) vlan.setUp(now.up);
    for (const vlan of device.vlans.values()) vlan.announce();
  }

  #wentUp(device: NetworkDevice): void {
    if (device === this.loopback && this.addresses.of(device).length === 0)
      this.addresses.add(device, LOOPBACK_ADDRESS, 8);
    this.routing.deviceUp(device);
  }

  #wentDown(device: NetworkDevice): void {
    this.routing.deviceDown(device);
    this.filter?.deviceDown(device);
    this.neighbours.flush(device);
  }
}
