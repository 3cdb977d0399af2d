/** The loopback device: what goes out comes back in. */
import { ZERO_MAC } from '../address/mac.ts';
import type { NetworkContext } from '../context.ts';
import { ETH_HLEN } from '../packet/ethernet.ts';
import { NetworkDevice, type OperState } from './device.ts';
import { VIRTUAL_WIRE, Wire } from './wire.ts';

export class LoopbackDevice extends NetworkDevice {
  readonly kind = 'loopback';
  override multicast = false;
  /** The header is off again before loopback_xmit() counts. */
  protected override readonly uncounted = ETH_HLEN;
  readonly #wire: Wire;

  constructor(context: NetworkContext) {
    super(context, 'lo', ZERO_MAC);
    this.chooseMtu(65_536);
    this.#wire = new Wire(context, VIRTUAL_WIRE);
  }

  override get operState(): OperState {
    return this.up ? 'UNKNOWN' : 'DOWN';
  }

  override get acceptsBroadcast(): boolean {
    return false;
  }

  protected transmit(frame: Uint8Array): boolean {
    if (this.#wire.send(frame.length, () => this.receive(frame))) return true;
    this.lose('tx', frame, 'queue is full');
    return false;
  }
}
