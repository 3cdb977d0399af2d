/**
 * A tap device (the kernel's tuntap document): the host's end of a virtual machine's cable. What the host sends waits for whoever
 * holds /dev/net/tun open; what that one writes comes in as if from a wire.
 */
import { OsError } from '../../base/index.ts';
import { randomMac } from '../address/mac.ts';
import type { NetworkContext } from '../context.ts';
import { NetworkDevice, type OperState } from './device.ts';

/** Frames that wait for the reader (TUN_READQ_SIZE). */
const READ_QUEUE = 500;

export class TapDevice extends NetworkDevice {
  readonly kind = 'tap';
  /** Stays when its reader goes (TUNSETPERSIST). */
  persistent: boolean;
  #waiting: Uint8Array[] = [];
  #onReadable: (() => void) | null = null;
  /** A carrier that never changed is not reported as up: the state is unknown. */
  #carrierChanged: boolean;

  constructor(context: NetworkContext, name: string, persistent = false) {
    super(context, name, randomMac(context.random));
    this.persistent = persistent;
    this.#carrierChanged = persistent;
  }

  override get carrier(): boolean {
    return this.#onReadable !== null;
  }

  override get operState(): OperState {
    if (!this.up || !this.carrier) return 'DOWN';
    return this.#carrierChanged ? 'UP' : 'UNKNOWN';
  }

  /** The other end is opened (TUNSETIFF); `onReadable` runs when a frame can be read. Throws EBUSY when it is open already. */
  open(onReadable: () => void): void {
    if (this.#onReadable !== null) throw new OsError('EBUSY');
    this.#onReadable = onReadable;
    this.announce();
  }

  /** The other end is closed; frames that wait there are lost. */
  close(): void {
    this.#onReadable = null;
    this.#carrierChanged = true;
    this.#waiting = [];
    this.announce();
  }

  /** The next frame that the host has sent; null when none waits. */
  read(): Uint8Array | null {
    return this.#waiting.shift() ?? null;
  }

  get readable(): boolean {
    return this.#waiting.length > 0;
  }

  /** A frame comes from the other end. Throws EIO while the device is down, as a write to /dev/net/tun does. */
  write(frame: Uint8Array): void {
    if (!this.up) throw new OsError('EIO');
    this.receive(frame.slice());
  }

  protected transmit(frame: Uint8Array): boolean {
    if (this.#waiting.length >= READ_QUEUE) {
      this.lose('tx', frame, 'queue is full');
      return false;
    }
    this.#waiting.push(frame);
    this.#onReadable?.();
    return true;
  }
}

/** What a virtio-net device offers to its cable's other end. */
export interface VmCable {
  receive(frame: Uint8Array): void;
}

/** Holds a tap open for a VM's network device; `transmit` is what the VM's device sends by. Close the tap to unplug it. */
export function plugIntoTap(tap: TapDevice, cable: () => VmCable): { transmit(frame: Uint8Array): void } {
  tap.open(() => {
    for (let frame = tap.read(); frame !== null; frame = tap.read()) cable().receive(frame);
  });
  return {
    transmit: (frame) => {
      // A tap that is down loses frames, and the VM does not hear of it.
      if (tap.up) tap.write(frame);
    },
  };
}
