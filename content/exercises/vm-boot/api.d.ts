/** The API of `firmware.ts`: what `boot` is given, and what it gives. */

export interface Disk {
  readonly kind: 'disk';
  /** What the boot order calls it. */
  readonly name: string;
  /** The slot it is in. Slots may be empty: this is not its place in the list. */
  readonly slot: number;
  /** Its size in sectors of 512 bytes. */
  readonly sectors: number;
  /**
   * `count` sectors from `sector` on, 128 at most. At the disk's end there are fewer bytes than asked for, and an image file can end in the middle of a
   * sector. Throws EIO when one of the sectors cannot be read. Other machines may be writing to the same disk meanwhile.
   */
  read(sector: number, count: number): Uint8Array;
}

export interface NetworkCard {
  readonly kind: 'network';
  readonly name: string;
  readonly slot: number;
  /** Whether there is a cable in it. */
  readonly link: boolean;
  /** Where the code begins that boots over this card: it is in memory already, and gets a loader by DHCP and TFTP. */
  readonly entry: number;
}

export type Device = Disk | NetworkCard;

export interface Memory {
  /** The number of the hart that will run what you start. */
  readonly hart: number;
  /** The address of the device tree: a description of this machine. */
  readonly deviceTree: number;
  /** Where the first sector of a disk belongs: its code is made for this address. */
  readonly bootAddress: number;
  /** 64 KiB at most. Throws EFAULT when not all of it would be in memory. */
  write(address: number, bytes: Uint8Array): void;
}

export type Reason =
  /** The order has its name, the machine has not got it. */
  | 'no device'
  /** A network card without a cable. */
  | 'no link'
  /** A disk that has no whole first sector. */
  | 'too short'
  /** The first sector cannot be read. */
  | 'read error'
  /** The first sector does not end in 55 AA. */
  | 'no signature';

export interface PassedOver {
  device: string;
  reason: Reason;
}

export type Result =
  /** Start here. The code finds hart, device tree and the slot that it comes from in the registers a0, a1 and a2. */
  | {
      device: string;
      entry: number;
      registers: { a0: number; a1: number; a2: number };
      /** Those asked before, in their order. */
      passedOver: PassedOver[];
    }
  /** Nothing can be started; `failure` is what the console says then. */
  | { failure: string; passedOver: PassedOver[] };
