/** The IPv4 addresses of a namespace's devices: ip-address(8). */
import { assert, OsError } from '../../base/index.ts';
import { broadcastOf, type Ipv4, inPrefix, isLoopback, isMulticast, networkOf } from '../address/ipv4.ts';
import type { NetworkDevice } from '../link/device.ts';

/** How far an address is valid. */
export type AddressScope = 'global' | 'link' | 'host';

export interface InterfaceAddress {
  readonly device: NetworkDevice;
  readonly address: Ipv4;
  /** Of the network on the link, 0 … 32. */
  readonly length: number;
  /** `brd` of ip-address(8); null is none. */
  readonly broadcast: Ipv4 | null;
  readonly scope: AddressScope;
  readonly label: string;
  /** Not the first one of its network on the device. */
  readonly secondary: boolean;
}

/** What is chosen when it is not told. */
export interface AddressOptions {
  readonly broadcast?: Ipv4 | null;
  readonly scope?: AddressScope;
  readonly label?: string;
}

export class AddressTable {
  readonly #addresses: InterfaceAddress[] = [];
  /** Keeps the routes that stand for addresses. */
  readonly #onAdd: (address: InterfaceAddress) => void;
  readonly #onDelete: (address: InterfaceAddress) => void;

  constructor(onAdd: (address: InterfaceAddress) => void, onDelete: (address: InterfaceAddress) => void) {
    this.#onAdd = onAdd;
    this.#onDelete = onDelete;
  }

  get all(): readonly InterfaceAddress[] {
    return this.#addresses;
  }

  of(device: NetworkDevice): readonly InterfaceAddress[] {
    return this.#addresses.filter((each) => each.device === device);
  }

  /** Throws EEXIST when the device has it already, EINVAL for what is no unicast address or prefix length. */
  add(device: NetworkDevice, address: Ipv4, length: number, options: AddressOptions = {}): InterfaceAddress {
    if (length < 0 || length > 32 || address === 0 || isMulticast(address)) throw new OsError('EINVAL');
    const mine = this.of(device);
    const network = networkOf(address, length);
    if (mine.some((each) => each.address === address && each.length === length)) throw new OsError('EEXIST');
    const added: InterfaceAddress = {
      device,
      address,
      length,
      broadcast: options.broadcast ?? null,
      scope: options.scope ?? (isLoopback(address) ? 'host' : 'global'),
      label: options.label ?? device.name,
      secondary: mine.some(
        (each) => each.length === length && networkOf(each.address, each.length) === network,
      ),
    };
    this.#addresses.push(added);
    this.#onAdd(added);
    return added;
  }

  /** Removes an address, and with a primary one the secondary ones of its network. Throws EADDRNOTAVAIL when there is none. */
  delete(device: NetworkDevice, address: Ipv4, length: number): void {
    const found = this.of(device).find((each) => each.address === address && each.length === length);
    if (found === undefined) throw new OsError('EADDRNOTAVAIL');
    const gone = this.of(device).filter(
      (each) =>
        each === found ||
        (!found.secondary &&
          each.length === length &&
          networkOf(each.address, length) === networkOf(address, length)),
    );
    for (const each of gone.reverse()) this.#remove(each);
  }

  /** All addresses of a device go. */
  flush(device: NetworkDevice): void {
    for (const each of [...this.of(device)].reverse()) this.#remove(each);
  }

  /** The source address that a device gives to packets for `destination`: one of the same network if there is one. */
  sourceFor(device: NetworkDevice, destination: Ipv4): Ipv4 | null {
    const fits = (each: InterfaceAddress) => each.scope !== 'host' || device.kind === 'loopback';
    const mine = this.of(device).filter((each) => !each.secondary && fits(each));
    const near = mine.find((each) => inPrefix(destination, { address: each.address, length: each.length }));
    const chosen = near ?? mine[0] ?? this.#addresses.find((each) => each.scope === 'global');
    return chosen?.address ?? null;
  }

  #remove(address: InterfaceAddress): void {
    const at = this.#addresses.indexOf(address);
    assert(at >= 0, 'an address that is not there');
    this.#addresses.splice(at, 1);
    this.#onDelete(address);
  }
}

/** The broadcast address that belongs to a prefix by custom (`brd +`); none for /31 and /32. */
export function customaryBroadcast(address: Ipv4, length: number): Ipv4 | null {
  return length < 31 ? broadcastOf(address, length) : null;
}
