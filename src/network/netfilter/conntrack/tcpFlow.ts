/** The states of a TCP connection as somebody in the middle sees them, with Linux's timeouts (nf_conntrack_tcp_timeout_*). */
import { type Nanos, SECOND } from '../../../base/index.ts';
import { ACK, FIN, RST, SYN } from '../../packet/tcp.ts';
import type { Direction } from './flow.ts';

export type TcpFlowState =
  | 'NONE'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE';

const TIMEOUTS: Readonly<Record<TcpFlowState, Nanos>> = {
  NONE: 120 * SECOND,
  SYN_SENT: 120 * SECOND,
  SYN_RECV: 60 * SECOND,
  ESTABLISHED: 432_000 * SECOND,
  FIN_WAIT: 120 * SECOND,
  CLOSE_WAIT: 60 * SECOND,
  LAST_ACK: 30 * SECOND,
  TIME_WAIT: 120 * SECOND,
  CLOSE: 10 * SECOND,
};

export class TcpFlow {
  state: TcpFlowState = 'NONE';
  /** Who sent FIN first. */
  #closer: Direction | null = null;

  get timeout(): Nanos {
    return TIMEOUTS[this.state];
  }

  /** A new connection may begin where one has ended. */
  get isOver(): boolean {
    return this.state === 'TIME_WAIT' || this.state === 'CLOSE';
  }

  /** Takes a segment's flags in; false: it does not belong here. */
  advance(flags: number, direction: Direction): boolean {
    if (this.state === 'NONE' && (flags & (RST | FIN)) !== 0) return false;
    if ((flags & RST) !== 0) {
      this.state = 'CLOSE';
      return true;
    }
    if ((flags & SYN) !== 0) return this.#synchronise((flags & ACK) !== 0, direction);
    if ((flags & FIN) !== 0) {
      this.#finish(direction);
      return true;
    }
    if ((flags & ACK) === 0) return false;
    if (this.state === 'NONE') this.state = 'ESTABLISHED';
    else if (this.state === 'SYN_RECV' && direction === 'original') this.state = 'ESTABLISHED';
    else if (this.state === 'FIN_WAIT' && direction !== this.#closer) this.state = 'CLOSE_WAIT';
    else if (this.state === 'LAST_ACK' && direction === this.#closer) this.state = 'TIME_WAIT';
    return true;
  }

  #synchronise(acknowledges: boolean, direction: Direction): boolean {
    if (direction === 'original' && !acknowledges) {
      if (this.state === 'NONE' || this.state === 'SYN_SENT' || this.isOver) this.state = 'SYN_SENT';
      this.#closer = null;
      return true;
    }
    if (direction === 'reply' && acknowledges) {
      if (this.state === 'SYN_SENT') this.state = 'SYN_RECV';
      return this.state !== 'NONE';
    }
    // Both opened at once, or nonsense.
    return direction === 'reply' && this.state === 'SYN_SENT';
  }

  #finish(direction: Direction): void {
    if (this.#closer === null) {
      this.#closer = direction;
      this.state = 'FIN_WAIT';
    } else if (direction !== this.#closer && this.state !== 'TIME_WAIT') this.state = 'LAST_ACK';
  }
}
