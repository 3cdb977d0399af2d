/** What is told of connections to those who listen: the events of nf_conntrack_ecache. */
import type { Flow } from './flow.ts';

export interface FlowEvent {
  readonly kind: 'new' | 'update' | 'destroy';
  readonly flow: Flow;
  /** The process that made the connection be forgotten; null: nobody. */
  readonly by: number | null;
}
