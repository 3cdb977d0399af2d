/** What programs ask of the kernel about its sockets: sock_diag(7), decoded. */
import type { TcpState } from '../../../network/index.ts';
import type { Sys } from '../../program.ts';
import { sys } from '../../sys.ts';

export interface SocketEnd {
  readonly address: number;
  readonly port: number;
}

export interface SocketInfo {
  readonly protocol: 'tcp' | 'udp';
  /** Of UDP: ESTABLISHED when it is connected, otherwise CLOSED. */
  readonly state: TcpState;
  /** Bytes that wait to be read, or connections that wait for accept(2). */
  readonly receiveQueue: number;
  /** Bytes that are not acknowledged, or how many connections may wait. */
  readonly sendQueue: number;
  readonly local: SocketEnd;
  /** Null: anybody. */
  readonly remote: SocketEnd | null;
  /** The device that it is bound to. */
  readonly device: string | null;
  /** Whose it is, and of which control group; null: nobody's. */
  readonly uid: number;
  readonly cgroup: string | null;
  /** Of the file; 0 when none has it open. */
  readonly inode: number;
  /** Numbers sockets, from the first time that somebody looks. */
  readonly cookie: number;
  /** Which directions are closed; null where it is only waited for the end. */
  readonly shut: { readonly receive: boolean; readonly send: boolean } | null;
  /** What it waits for, how long still in nanoseconds, and how often in vain. */
  readonly timer: {
    readonly name: 'on' | 'persist' | 'timewait';
    readonly left: number;
    readonly retries: number;
  } | null;
  /** Of TCP: its retransmission timeout in nanoseconds, and in segments its congestion window and slow start's threshold, null while there is none. */
  readonly pace: {
    readonly timeout: number;
    readonly window: number;
    readonly threshold: number | null;
  } | null;
  /** Datagrams that found no room. */
  readonly drops: number;
  /** Who has it open, as far as the caller may see that. */
  readonly users: readonly { readonly name: string; readonly pid: number; readonly fd: number }[];
}

/** All sockets of TCP and UDP of the caller's namespace, by their ports. */
export function* readSockets(): Sys<readonly SocketInfo[]> {
  const fd = yield* sys.socket({ family: 'netlink', type: 'raw' });
  try {
    return (yield* sys.ioctl(fd, 'SOCK_DIAG', null)) as readonly SocketInfo[];
  } finally {
    yield* sys.close(fd);
  }
}
