/** A bridge's port: a device, its state and flags (bridge(8), `bridge link set`), and its VLANs. */
import type { NetworkDevice } from './device.ts';

/** States of IEEE 802.1D, as `bridge link` prints them. */
export type PortState = 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking';

/** The VLANs of a port, or of the bridge itself: which it is a member of, and how frames of each go out. */
export class VlanMembership {
  /** VLAN id → whether frames of it leave without a tag. */
  readonly members = new Map<number, { untagged: boolean }>();
  /** The VLAN of frames that come without a tag; null refuses them. */
  pvid: number | null = null;

  /** Adds a VLAN or changes its flags. */
  add(id: number, flags: { pvid: boolean; untagged: boolean }): void {
    this.members.set(id, { untagged: flags.untagged });
    if (flags.pvid) this.pvid = id;
    else if (this.pvid === id) this.pvid = null;
  }

  /** False when it was no member. */
  delete(id: number): boolean {
    if (this.pvid === id) this.pvid = null;
    return this.members.delete(id);
  }
}

export class BridgePort {
  readonly device: NetworkDevice;
  /** The port's number, from 1. */
  readonly number: number;
  state: PortState = 'forwarding';
  /** Frames may leave by the port that they came in by. */
  hairpin = false;
  /** Source addresses are learned. */
  learning = true;
  /** Frames for unknown unicast addresses leave here. */
  flood = true;
  multicastFlood = true;
  broadcastFlood = true;
  /** Isolated ports do not talk to each other. */
  isolated = false;
  /** Spanning tree's cost and priority, which are shown; the protocol itself is not simulated. */
  cost = 2;
  priority = 32;
  readonly vlans = new VlanMembership();
  /** The device's address and MTU when the bridge last looked. */
  mac = '';
  mtu = 0;

  constructor(device: NetworkDevice, number: number) {
    this.device = device;
    this.number = number;
  }

  /** The bridge looks. */
  noticed(): void {
    this.mac = this.device.mac;
    this.mtu = this.device.mtu;
  }

  /** Whether frames go through. */
  get forwards(): boolean {
    return this.state === 'forwarding' && this.device.running;
  }
}
