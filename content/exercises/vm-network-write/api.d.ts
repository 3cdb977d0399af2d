/** The API of `vswitch.ts`: what the host's switch asks, and with what. All of it is plain data, and a copy of yours. */

/** A port of the switch: a VM's tap, a network card of the host, or the host itself. */
export interface Port {
  readonly name: string;
  /** The VLAN of frames without a tag on this port, those that come in and those that go out. null: the port has no such frames. */
  readonly untagged: number | null;
  /** The VLANs of frames with a tag on this port, those that come in and those that go out. */
  readonly tagged: readonly number[];
  /** Switched off by the spanning tree, since another way leads to the same place: nothing goes in or out here. */
  readonly blocked: boolean;
}

/** What the switch reads of a frame. */
export interface Frame {
  /** As '52:54:00:00:00:0a'. In addresses of groups the lowest bit of the first byte is set; 'ff:ff:ff:ff:ff:ff' is everybody. */
  readonly destination: string;
  readonly source: string;
  /** The EtherType: 2048 is IPv4, 2054 is ARP. */
  readonly type: number;
  /** The VLAN in the frame's tag; null: it has no tag. */
  readonly vlan: number | null;
}

/** A line of the table: where an address was heard last. There is one for each pair of VLAN and address. */
export interface Entry {
  readonly mac: string;
  readonly vlan: number;
  /** The name of the port. */
  readonly port: string;
  /** When: in seconds, as `now`. */
  readonly seen: number;
}

/** A frame that leaves. */
export interface Out {
  /** The name of the port. */
  readonly port: string;
  /** The VLAN of the tag that it leaves with; null: without one. */
  readonly tag: number | null;
}

export interface Result {
  /** Everything that is known after this frame. Next time you are given it back. */
  readonly table: readonly Entry[];
  /** Where the frame goes; empty: nowhere. */
  readonly out: readonly Out[];
}
