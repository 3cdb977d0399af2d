/**
 * One end of a TCP connection (RFC 9293): its variables, by their names in section 3.3.1, and what a program does to it. What
 * segments do is in arrival.ts, what is sent in output.ts.
 */
import { type Errno, type Nanos, type ScheduledEvent, SECOND } from '../../base/index.ts';
import { formatIpv4, type Ipv4 } from '../address/ipv4.ts';
import type { NetworkDevice } from '../link/device.ts';
import { ACK, RST } from '../packet/tcp.ts';
import type { SocketAddress } from '../socket/socket.ts';
import { ByteQueue } from './byteQueue.ts';
import { Congestion } from './congestion.ts';
import type { TcpLayer } from './layer.ts';
import { output, sendSegment, sendSyn } from './output.ts';
import { ReceiveBuffer } from './receiveBuffer.ts';
import { RoundTrip } from './roundTrip.ts';
import { add } from './sequence.ts';
import type { TcpSocket } from './socket.ts';

export type TcpState =
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED';

/** TCP_TIMEWAIT_LEN; tcp_fin_timeout. */
const TIME_WAIT = 60 * SECOND;
const FIN_TIMEOUT = 60 * SECOND;

/** The segment size that goes everywhere, for peers that name none (RFC 9293, MUST-15). */
export const DEFAULT_MSS = 536;

/** How much a program may write ahead (tcp_wmem's default grows, in Linux, to this and more). */
const SEND_LIMIT = 512 * 1024;

export interface ConnectionOptions {
  readonly device: NetworkDevice | null;
  readonly ttl: number | null;
  readonly tos: number;
  readonly mark: number;
  readonly noDelay: boolean;
  readonly reuseAddress: boolean;
  /** The local port was chosen for it, not bound. */
  readonly ephemeral: boolean;
}

export type TimerName = 'retransmit' | 'persist' | 'ack' | 'end';

export class TcpConnection {
  readonly layer: TcpLayer;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly options: ConnectionOptions;
  /** Null when the program has closed it. */
  socket: TcpSocket | null;
  /** The listening socket it came by, until it is taken by accept(2). */
  parent: TcpSocket | null;
  #state: TcpState = 'CLOSED';

  // Send sequence space.
  readonly iss: number;
  /** The oldest that is not acknowledged, the next to be sent, and the end of what ever was sent. */
  una: number;
  nxt: number;
  max: number;
  /** The peer's window, and where it was told. */
  sendWindow = 0;
  wl1 = 0;
  wl2 = 0;
  largestWindow = 0;
  mss = DEFAULT_MSS;
  /** What the peer says it can take. */
  peerMss = DEFAULT_MSS;
  sendScale = 0;
  readonly sendBuffer = new ByteQueue();
  /** The sequence number of the send buffer's first byte. */
  bufferStart: number;
  /** The program will send no more. */
  finQueued = false;

  // Receive sequence space.
  irs = 0;
  rcvNxt = 0;
  receiveScale = 0;
  /** The right edge of the window that the peer was told. */
  advertised = 0;
  readonly received = new ReceiveBuffer();
  /** The peer will send no more. */
  finReceived = false;
  /** The program has said that it reads no more: where nothing is there it reads the end, and what comes later all the same. */
  readShut = false;
  /** Bytes that were received since the last acknowledgement, and segments that are acknowledged at once at the beginning. */
  unacknowledged = 0;
  quickAcks = 16;

  readonly roundTrip = new RoundTrip();
  congestion = new Congestion(DEFAULT_MSS);
  /** The one segment whose round trip is being measured. */
  timing: { sequence: number; sent: Nanos } | null = null;
  /** When nonsense was last answered. */
  challenged: Nanos | null = null;
  /** How often the timer ran out without an answer. */
  retries = 0;
  softError: Errno | null = null;
  /** Why it broke. */
  failure: Errno | null = null;
  /** The next segment's IPv4 identification: each connection counts for itself. */
  packetId: number;
  readonly #timers = new Map<TimerName, ScheduledEvent>();

  constructor(
    layer: TcpLayer,
    local: SocketAddress,
    remote: SocketAddress,
    options: ConnectionOptions,
    socket: TcpSocket | null,
    parent: TcpSocket | null,
  ) {
    this.layer = layer;
    this.local = local;
    this.remote = remote;
    this.options = options;
    this.socket = socket;
    this.parent = parent;
    this.iss = layer.namespace.context.random.uint32();
    this.packetId = layer.namespace.context.random.below(65_536);
    this.una = this.nxt = this.max = this.iss;
    this.bufferStart = add(this.iss, 1);
  }

  get state(): TcpState {
    return this.#state;
  }

  get boundAddress(): Ipv4 {
    return this.local.address;
  }

  get boundPort(): number {
    return this.local.port;
  }

  get sharesPort(): boolean {
    return this.options.reuseAddress;
  }

  get now(): Nanos {
    return this.layer.namespace.context.queue.now;
  }

  /** The sequence number behind the last byte to be sent, where FIN is. */
  get dataEnd(): number {
    return add(this.bufferStart, this.sendBuffer.length);
  }

  /** `10.0.0.1:80`. */
  get localName(): string {
    return `${formatIpv4(this.local.address)}:${this.local.port}`;
  }

  get remoteName(): string {
    return `${formatIpv4(this.remote.address)}:${this.remote.port}`;
  }

  enter(state: TcpState): void {
    const from = this.#state;
    if (from === state) return;
    this.#state = state;
    const { context, name } = this.layer.namespace;
    context.trace?.emit('tcp.state', name, {
      local: this.localName,
      remote: this.remoteName,
      from,
      to: state,
    });
  }

  /** Starts or restarts a timer. */
  start(timer: TimerName, delay: Nanos, run: () => void): void {
    this.stop(timer);
    const event = this.layer.namespace.context.queue.after(delay, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.set(timer, event);
  }

  stop(timer: TimerName): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.delete(timer);
  }

  /** When a timer runs out; null when it does not run. */
  timer(timer: TimerName): Nanos | null {
    return this.#timers.get(timer)?.time ?? null;
  }

  changed(): void {
    this.socket?.onChange();
  }

  /** Active open: sends SYN. */
  open(): void {
    this.enter('SYN-SENT');
    sendSyn(this);
  }

  /** How many of `data`'s bytes went into the send buffer; null: none, for it is full. */
  write(data: Uint8Array): number | null {
    const room = SEND_LIMIT - this.sendBuffer.length;
    if (room <= 0) return null;
    const part = data.slice(0, room);
    this.sendBuffer.push(part);
    output(this);
    return part.length;
  }

  get sendRoom(): number {
    return SEND_LIMIT - this.sendBuffer.length;
  }

  /** The program sends no more: FIN follows the last byte. */
  finish(): void {
    if (this.finQueued) return;
    this.finQueued = true;
    if (this.#state === 'ESTABLISHED') this.enter('FIN-WAIT-1');
    else if (this.#state === 'CLOSE-WAIT') this.enter('LAST-ACK');
    output(this);
  }

  /** The program has closed its socket; the connection goes on by itself until all is sent and acknowledged. */
  orphan(): void {
    this.socket = null;
    if (this.#state === 'SYN-SENT') this.end();
    else if (this.received.length > 0) this.abort();
    else {
      this.finish();
      if (this.#state === 'FIN-WAIT-2') this.waitForFin();
    }
  }

  /** Nobody reads any more: the peer's FIN is waited for only so long. */
  waitForFin(): void {
    this.start('end', FIN_TIMEOUT, () => this.end());
  }

  /** Tells the peer that all is over, and ends. */
  abort(): void {
    if (this.#state !== 'SYN-SENT' && this.#state !== 'TIME-WAIT' && this.#state !== 'CLOSED')
      sendSegment(this, { sequence: this.max, flags: RST | ACK });
    this.end();
  }

  /** The connection broke: the program hears of it by its next call. */
  fail(error: Errno): void {
    this.failure = error;
    this.socket?.fail(error);
    this.end();
  }

  timeWait(): void {
    this.enter('TIME-WAIT');
    this.stop('retransmit');
    this.stop('persist');
    this.start('end', TIME_WAIT, () => this.end());
    this.socket?.onChange();
  }

  /** The connection leaves the world. */
  end(): void {
    for (const timer of [...this.#timers.keys()]) this.stop(timer);
    this.enter('CLOSED');
    this.layer.forget(this);
    this.parent?.pendingEnded(this);
    this.changed();
  }
}
