/** What every part of a simulated network is given: time, chance and the trace. */
import type { EventQueue, Random, Trace } from '../base/index.ts';

export interface NetworkContext {
  /** nf_conntrack_max; absent: as a new host has it. */
  conntrackMax?: number;
  /** The identifier that a socket which can only ping was given last; absent: none was. */
  lastPingIdentifier?: number;
  readonly queue: EventQueue;
  /** MAC addresses, initial sequence numbers, ports, loss: all draws come from here. */
  readonly random: Random;
  readonly trace: Trace | null;
  /** Whether each frame that a device receives or sends leaves a `net.frame` event; figures turn this on. */
  traceFrames: boolean;
}
