/** A VLAN device (IEEE 802.1Q): a device's frames with one tag, as a device of their own, `eth0.10`. */
import { OsError } from '../../base/index.ts';
import type { NetworkContext } from '../context.ts';
import { tagged, untagged } from '../packet/ethernet.ts';
import { NetworkDevice, type OperState } from './device.ts';

export class VlanDevice extends NetworkDevice {
  readonly kind = 'vlan';
  readonly parent: NetworkDevice;
  /** 0 … 4094. */
  readonly id: number;

  /** Throws ERANGE for an id that a tag cannot have, EEXIST for one that is taken on `parent`. */
  constructor(context: NetworkContext, name: string, parent: NetworkDevice, id: number) {
    super(context, name, parent.mac);
    if (!Number.isInteger(id) || id < 0 || id > 4094) throw new OsError('ERANGE');
    if (parent.vlans.has(id)) throw new OsError('EEXIST');
    this.parent = parent;
    this.id = id;
    this.chooseMtu(parent.mtu);
    parent.vlans.set(id, this);
  }

  override get carrier(): boolean {
    return this.parent.running;
  }

  override get operState(): OperState {
    if (!this.up) return 'DOWN';
    return this.carrier ? 'UP' : this.stateWithout(this.parent);
  }

  protected transmit(frame: Uint8Array): boolean {
    this.parent.send(tagged(frame, this.id));
    return true;
  }

  protected override fromBelow(frame: Uint8Array): void {
    this.receive(untagged(frame));
  }

  override destroy(): void {
    this.parent.vlans.delete(this.id);
  }
}
