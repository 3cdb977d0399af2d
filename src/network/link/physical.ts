/** Network cards, and the cables between them. */
import { assert, OsError } from '../../base/index.ts';
import { type Mac, randomMac } from '../address/mac.ts';
import type { NetworkContext } from '../context.ts';
import { NetworkDevice } from './device.ts';
import { GIGABIT_WIRE, Wire, type WireOptions } from './wire.ts';

export class PhysicalDevice extends NetworkDevice {
  readonly kind = 'physical';
  /** The outgoing side; its options may be changed to shape the traffic. */
  readonly wire: Wire;
  #far: PhysicalDevice | null = null;

  constructor(context: NetworkContext, name: string, mac: Mac = randomMac(context.random)) {
    super(context, name, mac);
    this.wire = new Wire(context, GIGABIT_WIRE);
  }

  /** The card at the other end of the cable. */
  get far(): PhysicalDevice | null {
    return this.#far;
  }

  /** A card whose other end is down shows no carrier either: its light is off. */
  override get carrier(): boolean {
    return this.#far?.up ?? false;
  }

  protected override upChanged(): void {
    this.#far?.announce();
  }

  protected transmit(frame: Uint8Array): boolean {
    const far = this.#far!;
    // A cable that is pulled loses what is on it.
    const arrive = () => {
      if (this.#far === far) far.receive(frame);
    };
    if (this.wire.send(frame.length, arrive)) return true;
    this.lose('tx', frame, 'queue is full');
    return false;
  }

  /** Puts a cable between two cards, alike in both directions. Throws EBUSY when one has a cable already. */
  static connect(a: PhysicalDevice, b: PhysicalDevice, options: WireOptions = GIGABIT_WIRE): void {
    assert(a !== b, 'a cable from a card to itself');
    if (a.#far !== null || b.#far !== null) throw new OsError('EBUSY');
    a.#far = b;
    b.#far = a;
    a.wire.options = b.wire.options = options;
    a.announce();
    b.announce();
  }

  /** Pulls the cable, if there is one. */
  disconnect(): void {
    const far = this.#far;
    if (far === null) return;
    this.#far = far.#far = null;
    this.announce();
    far.announce();
  }

  override destroy(): void {
    this.disconnect();
  }
}
