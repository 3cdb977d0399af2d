/** A veth(4) pair: two devices with a cable between them, which may lie in two namespaces. */
import { randomMac } from '../address/mac.ts';
import type { NetworkContext } from '../context.ts';
import { NetworkDevice, type OperState } from './device.ts';
import { VIRTUAL_WIRE, Wire } from './wire.ts';

export class VethDevice extends NetworkDevice {
  readonly kind = 'veth';
  /** The outgoing side; its options may be changed to shape the traffic. */
  readonly wire: Wire;
  /** The other end; null when it was deleted, and this one soon. */
  peer: VethDevice | null = null;

  private constructor(context: NetworkContext, name: string) {
    super(context, name, randomMac(context.random));
    this.wire = new Wire(context, VIRTUAL_WIRE);
  }

  /** Two ends, joined, in no namespace yet. */
  static pair(context: NetworkContext, name: string, peerName: string): readonly [VethDevice, VethDevice] {
    const a = new VethDevice(context, name);
    const b = new VethDevice(context, peerName);
    a.peer = b;
    b.peer = a;
    return [a, b];
  }

  override get carrier(): boolean {
    return this.peer?.up ?? false;
  }

  override get operState(): OperState {
    if (!this.up) return 'DOWN';
    return this.carrier ? 'UP' : this.stateWithout(this.peer);
  }

  /** Both ends have one when both are up. */
  protected override get carrierFlag(): boolean {
    return this.up && this.carrier;
  }

  protected override upChanged(): void {
    this.peer?.announce();
  }

  protected transmit(frame: Uint8Array): boolean {
    const peer = this.peer!;
    if (this.wire.send(frame.length, () => peer.receive(frame))) return true;
    this.lose('tx', frame, 'queue is full');
    return false;
  }

  override destroy(): void {
    const peer = this.peer;
    this.peer = null;
    if (peer !== null) peer.peer = null;
  }
}
