/** What programs ask of the kernel about tracked connections: the messages of ctnetlink, decoded. All need CAP_NET_ADMIN. */
import type { FlowEvent, TcpFlowState, Tuple } from '../../../network/index.ts';
import type { Sys } from '../../program.ts';
import { sys } from '../../sys.ts';
import { EventsSocket } from './eventsSocket.ts';

export interface FlowInfo {
  /** Names the flow to the other messages, as long as it is tracked. */
  readonly id: number;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** Of TCP. */
  readonly state: TcpFlowState | null;
  /** Whole seconds until it is forgotten. */
  readonly timeout: number;
  readonly seenReply: boolean;
  readonly assured: boolean;
  readonly mark: number;
  readonly sourceChanged: boolean;
  readonly destinationChanged: boolean;
}

/** Something that happened to a connection. */
export interface FlowEventInfo {
  readonly kind: FlowEvent['kind'];
  readonly flow: FlowInfo;
  /** The process that made it be forgotten; null: nobody. */
  readonly by: number | null;
}

/** Message → argument and answer. */
export interface FlowMessages {
  /** Oldest first. */
  CT_GET: { argument: null; answer: readonly FlowInfo[] };
  /** Those that are still there are forgotten. */
  CT_DELETE: { argument: readonly number[]; answer: null };
  /** What was counted, by the names that conntrack(8) has for it. */
  CT_GETSTATS: { argument: null; answer: readonly (readonly [name: string, value: number])[] };
}

export type FlowMessage = keyof FlowMessages;

/** Asks the kernel, over a socket of its own. Throws OsError. */
export function* ctnetlink<M extends FlowMessage>(
  message: M,
  argument: FlowMessages[M]['argument'],
): Sys<FlowMessages[M]['answer']> {
  const fd = yield* sys.socket({ family: 'netlink', type: 'raw' });
  try {
    return (yield* sys.ioctl(fd, message, argument)) as FlowMessages[M]['answer'];
  } finally {
    yield* sys.close(fd);
  }
}

/** A socket that is told what happens to connections. Throws EPERM. */
export const openFlowEvents = (): Sys<EventsSocket<FlowEventInfo>> => EventsSocket.open('CT_LISTEN');
