/**
 * /dev/net/tun (the kernel's tuntap document): a tap device of the host's network, and the descriptor that is its other end. It goes with the
 * descriptor. A VM takes such a descriptor for the cable of its network card.
 */
import { OsError } from '../../base/index.ts';
import type { VirtualSwitch } from '../../hypervisor/index.ts';
import { type Driver, type Location, OpenFile, requireCapable, type Task } from '../../linux/index.ts';
import { BridgeDevice, type NetworkNamespace, TapDevice } from '../../network/index.ts';

export const TUN_PATH = '/dev/net/tun';

export class TunDriver implements Driver {
  readonly node = 'net/tun';
  readonly device = { major: 10, minor: 200 };
  readonly mode = 0o666;
  readonly gid = 0;
  readonly #network: NetworkNamespace;
  readonly #bridging: VirtualSwitch | null;

  /** `bridging` takes the place of all bridges that taps are plugged into. */
  constructor(network: NetworkNamespace, bridging: VirtualSwitch | null = null) {
    this.#network = network;
    this.#bridging = bridging;
  }

  open(location: Location, flags: number): OpenFile {
    return new TunFile(this.#network, this.#bridging, location, flags);
  }

  /** Its devices are the host's. */
  dump(): null {
    return null;
  }
}

/** Where a tap is plugged in. */
export interface TapPort {
  readonly bridge: string;
  /** Of the network card at its other end. */
  readonly mac: string;
  /** Null: that of new ports. */
  readonly vlan: number | null;
}

export class TunFile extends OpenFile {
  readonly #network: NetworkNamespace;
  readonly #bridging: VirtualSwitch | null;
  readonly #location: Location;
  #tap: TapDevice | null = null;

  constructor(network: NetworkNamespace, bridging: VirtualSwitch | null, location: Location, flags: number) {
    super(flags);
    this.#network = network;
    this.#bridging = bridging;
    this.#location = location;
  }

  override get location(): Location {
    return this.#location;
  }

  get name(): string {
    return this.#location.dentry.name;
  }

  /** Throws OsError EINVAL before it is the end of a device. */
  get tap(): TapDevice {
    if (this.#tap === null) throw new OsError('EINVAL');
    return this.#tap;
  }

  stat() {
    return this.#location.dentry.inode.stat();
  }

  /** Frames go to and from VMs, not through read(2) and write(2). */
  read(): never {
    throw new OsError('EINVAL');
  }

  write(): never {
    throw new OsError('EINVAL');
  }

  override ioctl(task: Task, request: string, argument: unknown): unknown {
    const { net } = task.namespaces;
    if (net !== null) requireCapable(task.credentials, net.userNs, 'CAP_NET_ADMIN');
    switch (request) {
      case 'TUNSETIFF': {
        if (this.#tap !== null) throw new OsError('EINVAL');
        const tap = new TapDevice(this.#network.context, argument as string);
        this.#network.add(tap);
        this.#tap = tap;
        return null;
      }
      // As of a socket, in Linux: the device becomes a port of the bridge, and goes up.
      case 'SIOCBRADDIF': {
        const port = argument as TapPort;
        // libvirt: the card's address with a first byte that is higher than any of a bridge's own.
        this.tap.setMac(`fe${port.mac.slice(2)}`);
        this.#plug(port);
        this.tap.setUp(true);
        return null;
      }
      default:
        throw new OsError('ENOTTY');
    }
  }

  #plug({ bridge: name, mac, vlan }: TapPort): void {
    const { tap } = this;
    const bridge = this.#network.device(name);
    if (!(bridge instanceof BridgeDevice)) throw new OsError('ENODEV');
    if (this.#bridging !== null) {
      const port = { name: tap.name, vlan: vlan ?? bridge.defaultPvid, macs: [mac] };
      const { transmit } = this.#bridging.plug(port, (frame) => tap.send(frame));
      tap.handler = transmit;
      return;
    }
    bridge.addPort(tap);
    if (vlan === null) return;
    bridge.setVlanFiltering(true);
    const own = bridge.port(tap)!;
    if (own.vlans.pvid !== null) bridge.deleteVlan(own, own.vlans.pvid);
    bridge.addVlan(own, vlan, { pvid: true, untagged: true });
  }

  override release(): void {
    if (this.#tap !== null) {
      this.#bridging?.unplug(this.#tap.name);
      this.#network.remove(this.#tap);
    }
    this.#tap = null;
  }
}
