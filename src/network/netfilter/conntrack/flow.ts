/** A tracked connection: its two tuples, its state and when it is forgotten. */
import type { Nanos } from '../../../base/index.ts';
import type { TcpFlow } from './tcpFlow.ts';
import type { Tuple } from './tuple.ts';

export type Direction = 'original' | 'reply';

/** What rules call `ct state`. */
export type CtState = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

/** A packet's place in its flow. */
export interface Tracked {
  /** Null for packets that belong to no flow. */
  readonly flow: Flow | null;
  readonly direction: Direction;
  readonly state: CtState;
}

export interface Counters {
  packets: number;
  bytes: number;
}

export interface Flow {
  readonly original: Tuple;
  /** What answers look like when they arrive: the inverse of `original`, but for address translation. */
  reply: Tuple;
  /** Set for TCP. */
  readonly tcp: TcpFlow | null;
  /** Answers were seen. */
  seenReply: boolean;
  /** Not to be thrown out when the table is full. */
  assured: boolean;
  /** In the table: its first packet went through. */
  confirmed: boolean;
  /** It was ended by a packet that is still on its way, which the translation goes on for. */
  killed: boolean;
  /** Something about it has changed that was not told to those who listen. */
  changed: boolean;
  expires: Nanos;
  readonly begun: Nanos;
  mark: number;
  readonly counters: Readonly<Record<Direction, Counters>>;
  /** What translation was settled, and what it changes. */
  readonly nat: { source: 'open' | 'same' | 'changed'; destination: 'open' | 'same' | 'changed' };
  /** The device that MASQUERADE took the address of. */
  masqueradedBy: number | null;
}

/** The tuple that packets of a direction have when they arrive. */
export function tupleFor(flow: Flow, direction: Direction): Tuple {
  return direction === 'original' ? flow.original : flow.reply;
}

export function other(direction: Direction): Direction {
  return direction === 'original' ? 'reply' : 'original';
}
