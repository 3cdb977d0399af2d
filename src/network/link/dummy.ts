/** A device with nothing behind it: it takes all frames and loses them. Good for addresses of a host as such. */
import { NetworkDevice, type OperState } from './device.ts';

export class DummyDevice extends NetworkDevice {
  readonly kind = 'dummy';
  override multicast = false;
  override arp = false;

  override get operState(): OperState {
    return this.up ? 'UNKNOWN' : 'DOWN';
  }

  protected transmit(_frame: Uint8Array): boolean {
    return true;
  }
}
