/**
 * A bridge, as Linux's (the kernel's bridge document; IEEE 802.1D and 802.1Q): learns where addresses are, forwards to known ones,
 * floods the rest, and filters VLANs when told to. The bridge is a device of its host as well, one port more. Spanning tree is not simulated.
 */
import { OsError, SECOND } from '../../base/index.ts';
import { BROADCAST_MAC, isGroupMac, type Mac, randomMac, readMac } from '../address/mac.ts';
import type { NetworkContext } from '../context.ts';
import { tagged, untagged, vlanOf } from '../packet/ethernet.ts';
import { type BridgePolicy, decide } from '../policies/bridgePolicy.ts';
import { BridgePort, type PortState, VlanMembership } from './bridgePort.ts';
import { NetworkDevice } from './device.ts';
import { Fdb, type FdbEntry } from './fdb.ts';

/**
 * 01:80:c2:00:00:02 … 0f: between neighbours only; no bridge forwards them. 01 is PAUSE, which ends here. Spanning tree's own
 * address, 00, is forwarded by a bridge that does not take part in it, so that others find their loops.
 */
const LINK_LOCAL = /^01:80:c2:00:00:0[2-9a-f]$/;
const PAUSE = '01:80:c2:00:00:01';

export class BridgeDevice extends NetworkDevice {
  readonly kind = 'bridge';
  readonly #fdb = new Fdb(300 * SECOND);
  /** Ports have changed since the addresses of the host itself were put into the database. */
  #ownChanged = true;
  /** VLANs of the bridge as its host's device (`self`). */
  readonly ownVlans = new VlanMembership();
  /** Learns and forwards in place of what follows here, frame by frame. Its own addresses the bridge knows by itself. */
  policy: BridgePolicy | null = null;
  #vlanFiltering = false;
  #defaultPvid = 1;
  readonly #ports = new Map<NetworkDevice, BridgePort>();

  constructor(context: NetworkContext, name: string) {
    super(context, name, randomMac(context.random));
    this.ownVlans.add(1, { pvid: true, untagged: true });
  }

  /** The forwarding database. */
  get fdb(): Fdb {
    if (this.#ownChanged) this.#learnOwn();
    return this.#fdb;
  }

  get ports(): readonly BridgePort[] {
    return [...this.#ports.values()];
  }

  port(device: NetworkDevice): BridgePort | null {
    return this.#ports.get(device) ?? null;
  }

  get vlanFiltering(): boolean {
    return this.#vlanFiltering;
  }

  setVlanFiltering(on: boolean): void {
    if (on === this.#vlanFiltering) return;
    this.#vlanFiltering = on;
    this.#fdb.deleteWhere((entry) => entry.kind === 'learned');
    this.#ownChanged = true;
  }

  get defaultPvid(): number {
    return this.#defaultPvid;
  }

  /** The VLAN that new ports get, and those that still have the old one; 0 is none. */
  setDefaultPvid(id: number): void {
    for (const vlans of [this.ownVlans, ...this.ports.map((port) => port.vlans)]) {
      if (this.#defaultPvid !== 0 && vlans.pvid === this.#defaultPvid) vlans.delete(this.#defaultPvid);
      if (id !== 0 && vlans.pvid === null) vlans.add(id, { pvid: true, untagged: true });
    }
    this.#defaultPvid = id;
    this.#ownChanged = true;
  }

  /** A bridge works when one of its ports does; without any it has no carrier. */
  override get carrier(): boolean {
    return this.ports.some((port) => port.forwards);
  }

  /** Makes `device` a port. Throws EBUSY for a port of another bridge, EINVAL or ELOOP for what cannot be one. */
  addPort(device: NetworkDevice): void {
    if (device.kind === 'loopback') throw new OsError('EINVAL');
    if (device.kind === 'bridge') throw new OsError('ELOOP');
    if (device.master !== null) throw new OsError('EBUSY');
    const taken = new Set(this.ports.map((port) => port.number));
    let number = 1;
    while (taken.has(number)) number++;
    const port = new BridgePort(device, number);
    if (this.#defaultPvid !== 0) port.vlans.add(this.#defaultPvid, { pvid: true, untagged: true });
    this.#ports.set(device, port);
    device.master = this;
    device.promiscuity++;
    const handler: typeof device.handler = (frame) => this.#fromPort(port, frame);
    device.handler = handler;
    this.#portsChanged();
    device.announce();
  }

  /** Throws EINVAL when it is none. */
  removePort(device: NetworkDevice): void {
    if (!this.#ports.delete(device)) throw new OsError('EINVAL');
    device.master = null;
    device.promiscuity--;
    device.handler = null;
    this.#fdb.deleteWhere((entry) => entry.port === device);
    this.#portsChanged();
    device.announce();
  }

  /**
   * Sets a port's state as `bridge link set … state` does. Without spanning tree nothing keeps a port blocked: it forwards again at
   * once, as on Linux. Throws ENETDOWN for a port that does not run, unless it is disabled.
   */
  setPortState(port: BridgePort, state: PortState): void {
    if (!port.device.running && state !== 'disabled') throw new OsError('ENETDOWN');
    port.state = state === 'blocking' ? 'forwarding' : state;
    this.announce();
  }

  /** Adds a VLAN to a port, or to the bridge itself for null (`bridge vlan add`). Throws EINVAL for an id outside of 1 … 4094. */
  addVlan(port: BridgePort | null, id: number, flags: { pvid: boolean; untagged: boolean }): void {
    if (!Number.isInteger(id) || id < 1 || id > 4094) throw new OsError('EINVAL');
    (port?.vlans ?? this.ownVlans).add(id, flags);
    this.#ownChanged = true;
  }

  /** The other way round. Throws ENOENT when it is no member. */
  deleteVlan(port: BridgePort | null, id: number): void {
    if (!(port?.vlans ?? this.ownVlans).delete(id)) throw new OsError('ENOENT');
    if (port !== null) this.#fdb.deleteWhere((entry) => entry.port === port.device && entry.vlan === id);
    this.#ownChanged = true;
  }

  /** The forwarding database without what is too old to count. */
  knownAddresses(): readonly FdbEntry[] {
    return this.fdb.entries.filter((entry) => !this.fdb.isOld(entry, this.context.queue.now));
  }

  /** A port's carrier, MAC or MTU changed; what was learned behind one that does not run is forgotten. */
  portChanged(device: NetworkDevice): void {
    const port = this.#ports.get(device);
    if (port === undefined) return;
    if (!device.running) this.#fdb.deleteWhere((entry) => entry.kind === 'learned' && entry.port === device);
    // With a thousand ports, going through all at each change of one would be felt.
    if (port.mac !== device.mac || port.mtu !== device.mtu) this.#portsChanged();
    else this.announce();
  }

  override setMac(mac: Mac): void {
    super.setMac(mac);
    this.#ownChanged = true;
  }

  override destroy(): void {
    for (const port of this.ports) this.removePort(port.device);
  }

  protected override upChanged(): void {
    if (!this.up) this.#fdb.deleteWhere((entry) => entry.kind === 'learned');
  }

  /** The host sends: as if the frame had come in at one more port. */
  protected transmit(frame: Uint8Array): boolean {
    const inside = this.#enter(this.ownVlans, frame);
    if (inside === null) {
      this.lose('tx', frame, 'not a member of the VLAN');
      return false;
    }
    if (this.#decided(null, frame)) return true;
    this.#forward(null, inside.vlan, inside.frame);
    return true;
  }

  #fromPort(port: BridgePort, frame: Uint8Array): void {
    if (port.state === 'disabled') return;
    if (this.up && this.#decided(port, frame)) return;
    if (port.state === 'blocking' || port.state === 'listening') return;
    const source = readMac(frame, 6);
    if (isGroupMac(source)) return;
    const inside = this.#enter(port.vlans, frame);
    if (inside === null) {
      port.device.statistics.rxDropped++;
      return;
    }
    const target = readMac(frame, 0);
    if (!this.up || target === PAUSE) return;
    if (port.learning) this.#learn(port, source, inside.vlan);
    if (LINK_LOCAL.test(target)) this.#passUp(inside.vlan, inside.frame);
    else if (port.state === 'forwarding') this.#forward(port, inside.vlan, inside.frame);
  }

  /** Lets the policy decide about a frame; false when there is none, or it has no answer. What stays on the link is not asked about. */
  #decided(from: BridgePort | null, frame: Uint8Array): boolean {
    const target = readMac(frame, 0);
    if (this.policy === null || target === PAUSE || LINK_LOCAL.test(target)) return false;
    const out = decide(this.policy, this, from, frame);
    if (out === null) return false;
    for (const [device, outgoing] of out) {
      if (device === this) this.receive(outgoing);
      else device.send(outgoing);
    }
    if (this.#overhears(from) && out.every(([device]) => device !== this)) this.receive(frame);
    return true;
  }

  /** The frame without its tag and the VLAN it is in; null when it may not come in. VLAN 0 when VLANs are not filtered. */
  #enter(vlans: VlanMembership, frame: Uint8Array): { vlan: number; frame: Uint8Array } | null {
    if (!this.#vlanFiltering) return { vlan: 0, frame };
    const tag = vlanOf(frame);
    const vlan = tag === null || tag.id === 0 ? vlans.pvid : tag.id;
    if (vlan === null || !vlans.members.has(vlan)) return null;
    return { vlan, frame: tag === null ? frame : untagged(frame) };
  }

  #learn(port: BridgePort, mac: Mac, vlan: number): void {
    const now = this.context.queue.now;
    const known = this.fdb.get(mac, vlan);
    if (known?.kind === 'permanent') return;
    if (known?.port === port.device) {
      known.updated = now;
      return;
    }
    // An entry by hand moves as well, and stays one.
    this.fdb.set({ mac, vlan, port: port.device, kind: known?.kind ?? 'learned', updated: now });
    this.context.trace?.emit('bridge.learn', this.owner?.name ?? '', {
      bridge: this.name,
      mac,
      vlan,
      port: port.device.name,
      from: known?.port.name ?? null,
    });
  }

  /** Decides by the destination; `from` is null for the host's own frames. */
  #forward(from: BridgePort | null, vlan: number, frame: Uint8Array): void {
    const mac = readMac(frame, 0);
    if (isGroupMac(mac)) {
      this.#flood(from, vlan, frame, mac);
      if (from !== null) this.#passUp(vlan, frame);
      return;
    }
    const entry = this.#lookup(mac, vlan);
    if (entry?.kind === 'permanent') {
      if (from !== null) this.#passUp(vlan, frame);
      return;
    }
    const port = entry === null ? null : this.#ports.get(entry.port);
    if (entry === null) this.#flood(from, vlan, frame, mac);
    else if (port && this.#mayLeave(from, port, vlan)) this.#leave(port, vlan, frame);
    if (this.#overhears(from)) this.#passUp(vlan, frame);
  }

  /** Somebody captures on the bridge itself: as a promiscuous device it sees what only passes through. */
  #overhears(from: BridgePort | null): boolean {
    return from !== null && this.promiscuity > 0;
  }

  #lookup(mac: Mac, vlan: number) {
    const entry = this.fdb.get(mac, vlan);
    if (entry === null || !this.fdb.isOld(entry, this.context.queue.now)) return entry;
    this.fdb.delete(mac, vlan);
    this.context.trace?.emit('bridge.age', this.owner?.name ?? '', {
      bridge: this.name,
      mac,
      vlan,
      port: entry.port.name,
    });
    return null;
  }

  #flood(from: BridgePort | null, vlan: number, frame: Uint8Array, mac: Mac): void {
    const wanted = (port: BridgePort) => {
      if (mac === BROADCAST_MAC) return port.broadcastFlood;
      return isGroupMac(mac) ? port.multicastFlood : port.flood;
    };
    const ports = this.ports.filter((port) => wanted(port) && this.#mayLeave(from, port, vlan));
    if (ports.length > 0)
      this.context.trace?.emit('bridge.flood', this.owner?.name ?? '', {
        bridge: this.name,
        mac,
        vlan,
        ports: ports.map((port) => port.device.name),
      });
    for (const port of ports) this.#leave(port, vlan, frame);
  }

  #mayLeave(from: BridgePort | null, port: BridgePort, vlan: number): boolean {
    if (!port.forwards || (port === from && !port.hairpin)) return false;
    if (port.isolated && from?.isolated) return false;
    return !this.#vlanFiltering || port.vlans.members.has(vlan);
  }

  #leave(port: BridgePort, vlan: number, frame: Uint8Array): void {
    const plain = !this.#vlanFiltering || port.vlans.members.get(vlan)!.untagged;
    port.device.send(plain ? frame : tagged(frame, vlan));
  }

  /** The host's own device gets the frame. */
  #passUp(vlan: number, frame: Uint8Array): void {
    if (!this.up) return;
    if (!this.#vlanFiltering) {
      this.receive(frame);
      return;
    }
    const own = this.ownVlans.members.get(vlan);
    // A capture sees other VLANs as well.
    if (own !== undefined || this.promiscuity > 0)
      this.receive(own?.untagged === true ? frame : tagged(frame, vlan));
  }

  /** The bridge has the lowest address of its ports and their smallest MTU, unless told otherwise. */
  #portsChanged(): void {
    const devices = [...this.#ports.keys()];
    for (const port of this.#ports.values()) port.noticed();
    if (!this.macIsSet && devices.length > 0) {
      let lowest = devices[0]!.mac;
      for (const { mac } of devices) if (mac < lowest) lowest = mac;
      this.chooseMac(lowest);
    }
    if (devices.length > 0) this.chooseMtu(Math.min(...devices.map((each) => each.mtu)));
    this.#ownChanged = true;
    this.announce();
  }

  /** Frames for the bridge's and the ports' own addresses go to the host. */
  #learnOwn(): void {
    this.#ownChanged = false;
    this.#fdb.deleteWhere((entry) => entry.kind === 'permanent');
    const add = (device: NetworkDevice, vlans: VlanMembership) => {
      // A bridge has the address of one of its ports: that port is the one that is listed.
      for (const vlan of [0, ...(this.#vlanFiltering ? vlans.members.keys() : [])])
        if (this.#fdb.get(device.mac, vlan)?.kind !== 'permanent')
          this.#fdb.set({ mac: device.mac, vlan, port: device, kind: 'permanent', updated: 0 });
    };
    for (const port of this.ports) add(port.device, port.vlans);
    add(this, this.ownVlans);
  }
}
