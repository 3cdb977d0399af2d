/**
 * Address translation as functions that can be replaced: asked for each packet, they take plain data and give plain data back at once.
 * What they answer is really done. A function that throws, or answers what cannot be done, is a fault: its packet is lost.
 */
import type { Nanos } from '../../base/index.ts';

/** One end of a flow: a dotted address, and a port or, for ICMP, the identifier of an echo. */
export interface NatEnd {
  readonly address: string;
  readonly port: number;
}

/** A packet as a translator sees it. */
export interface NatPacket {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly source: NatEnd;
  /** For ICMP the port is that of the source: an echo has one identifier for both. */
  readonly destination: NatEnd;
  /** TCP's flags, by their letters as tcpdump prints them: `S`, `F`, `R`, `P`, `.`; empty for others. */
  readonly flags: string;
}

/** Another end to write into the packet, a reason to drop it, or null to leave it as it is. */
export type NatAnswer = { readonly rewrite: NatEnd } | { readonly drop: string } | null;

export interface NatPolicy {
  /** A packet is about to leave by the outside device: which source is written into it? */
  outbound(packet: NatPacket, now: Nanos): NatAnswer;
  /** A packet has come in by the outside device for this host's address: which destination is written into it? */
  inbound(packet: NatPacket, now: Nanos): NatAnswer;
}

export interface NatFault {
  readonly asked: 'outbound' | 'inbound';
  readonly message: string;
}
