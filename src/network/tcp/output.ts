/** What a TCP connection sends, and when (RFC 9293, 3.8; RFC 1122, 4.2.3). */
import { MILLISECOND, type Nanos } from '../../base/index.ts';
import { ACK, FIN, NO_OPTIONS, PSH, SYN, type TcpOptions } from '../packet/tcp.ts';
import type { TcpConnection } from './connection.ts';
import { add, distance, isAfter, isBefore } from './sequence.ts';

const NO_DATA = new Uint8Array(0);
/** How long an acknowledgement waits for data to travel with (Linux's TCP_DELACK_MIN). */
const DELAYED_ACK: Nanos = 40 * MILLISECOND;
/** Windows are told in units of 128 bytes. */
const WINDOW_SCALE = 7;

/** The receive window to tell: never less than was told before (RFC 9293, 3.8.6.2.2: no shrinking), in small steps not at all. */
function window(connection: TcpConnection): number {
  const told = Math.max(0, distance(connection.advertised, connection.rcvNxt));
  const { space } = connection.received;
  const grown = space - told >= stepOf(connection) ? space : told;
  const unit = 2 ** connection.receiveScale;
  return Math.min(Math.floor(Math.max(grown, told) / unit), 65_535);
}

/** A larger window is told in steps of a segment, or of half of the buffer where segments are larger than that. */
function stepOf({ mss, received }: TcpConnection): number {
  return Math.min(mss, Math.floor(received.limit / 2));
}

interface Sending {
  readonly sequence: number;
  readonly flags: number;
  readonly data?: Uint8Array;
  readonly options?: TcpOptions;
}

/** Sends one segment as it is told. */
export function sendSegment(connection: TcpConnection, sending: Sending): void {
  const synchronising = (sending.flags & SYN) !== 0;
  // The window of a SYN is never scaled (RFC 7323, 2.2).
  const told = synchronising ? Math.min(connection.received.space, 64_240) : window(connection);
  if ((sending.flags & ACK) !== 0) {
    const edge = add(connection.rcvNxt, synchronising ? told : told * 2 ** connection.receiveScale);
    if (isAfter(edge, connection.advertised)) connection.advertised = edge;
    connection.unacknowledged = 0;
    connection.stop('ack');
  }
  connection.layer.transmit(connection, {
    sourcePort: connection.local.port,
    destinationPort: connection.remote.port,
    sequence: sending.sequence,
    acknowledgement: (sending.flags & ACK) !== 0 ? connection.rcvNxt : 0,
    flags: sending.flags,
    window: told,
    options: sending.options ?? NO_OPTIONS,
    data: sending.data ?? NO_DATA,
  });
}

/** SYN, or SYN and ACK: at first and again. */
export function sendSyn(connection: TcpConnection): void {
  const answering = connection.state === 'SYN-RECEIVED';
  const scaling = !answering || connection.receiveScale > 0;
  if (!answering) connection.receiveScale = WINDOW_SCALE;
  sendSegment(connection, {
    sequence: connection.iss,
    flags: answering ? SYN | ACK : SYN,
    options: { mss: connection.layer.localMss(connection), windowScale: scaling ? WINDOW_SCALE : null },
  });
  connection.timing = connection.retries === 0 ? { sequence: connection.iss, sent: connection.now } : null;
  connection.nxt = connection.max = add(connection.iss, 1);
  startRetransmission(connection);
}

/** An acknowledgement stands behind all that was ever sent, also while some of that is sent again. */
export function sendAck(connection: TcpConnection): void {
  sendSegment(connection, { sequence: connection.max, flags: ACK });
}

/** How often nonsense is answered: two ends that each find the other's segments wrong would never stop (RFC 5961, 7). */
const CHALLENGE_INTERVAL: Nanos = 500 * MILLISECOND;

/** Answers a segment that does not belong into the window, unless that was just done. */
export function challenge(connection: TcpConnection, hasData: boolean): void {
  const { now, challenged } = connection;
  if (!hasData && challenged !== null && now - challenged < CHALLENGE_INTERVAL) return;
  if (!hasData) connection.challenged = now;
  sendAck(connection);
}

/** Data was received in order: acknowledges every second segment at once, the last one a little later. */
export function acknowledgeSoon(connection: TcpConnection, bytes: number): void {
  connection.unacknowledged += bytes;
  if (connection.quickAcks > 0 || connection.unacknowledged >= 2 * connection.mss) {
    connection.quickAcks = Math.max(0, connection.quickAcks - 1);
    sendAck(connection);
  } else if (connection.timer('ack') === null) {
    connection.start('ack', DELAYED_ACK, () => sendAck(connection));
  }
}

/** The program has read: tells of the larger window when that is worth a segment (RFC 9293, 3.8.6.2.2). */
export function updateWindow(connection: TcpConnection): void {
  const told = distance(connection.advertised, connection.rcvNxt);
  const gain = connection.received.space - told;
  const step = stepOf(connection);
  if (gain >= 2 * step || (told < step && gain >= step)) sendAck(connection);
}

const MAY_SEND: ReadonlySet<string> = new Set([
  'ESTABLISHED',
  'CLOSE-WAIT',
  'FIN-WAIT-1',
  'CLOSING',
  'LAST-ACK',
]);

/** Sends what the windows allow. */
export function output(connection: TcpConnection): void {
  if (!MAY_SEND.has(connection.state)) return;
  for (;;) {
    const end = connection.dataEnd;
    const inFlight = distance(connection.nxt, connection.una);
    const room = Math.min(connection.sendWindow, connection.congestion.window) - inFlight;
    const waiting = distance(end, connection.nxt);
    const length = Math.max(0, Math.min(waiting, connection.mss, room));
    const fin = connection.finQueued && waiting === length;
    // FIN itself was sent and is not acknowledged: nothing is left.
    if (waiting < 0 || (length === 0 && !fin)) break;
    if (!worthIt(connection, length, waiting, inFlight, fin)) break;
    const last = length === waiting;
    const at = distance(connection.nxt, connection.bufferStart);
    const sequence = connection.nxt;
    sendSegment(connection, {
      sequence,
      flags: ACK | (last && length > 0 ? PSH : 0) | (fin ? FIN : 0),
      data: connection.sendBuffer.peek(at, length),
    });
    connection.nxt = add(sequence, length + (fin ? 1 : 0));
    if (isAfter(connection.nxt, connection.max)) {
      connection.max = connection.nxt;
      connection.timing ??= { sequence, sent: connection.now };
    }
    if (connection.timer('retransmit') === null) startRetransmission(connection);
  }
  const unsent = isBefore(connection.nxt, connection.dataEnd);
  if (unsent && connection.una === connection.nxt && connection.timer('persist') === null)
    startPersisting(connection);
}

/** No small segments while others are under way (Nagle, RFC 9293, 3.7.4), and none that a small window cuts small. */
function worthIt(
  connection: TcpConnection,
  length: number,
  waiting: number,
  inFlight: number,
  fin: boolean,
): boolean {
  if (length >= connection.mss || fin) return true;
  if (length < waiting) return length > 0 && length * 2 >= connection.largestWindow;
  return inFlight === 0 || connection.options.noDelay;
}

export function startRetransmission(connection: TcpConnection): void {
  connection.start('retransmit', connection.roundTrip.timeout, () => retransmissionTimedOut(connection));
}

/** RFC 6298, 5.4 to 5.7. */
function retransmissionTimedOut(connection: TcpConnection): void {
  const { tcpSynRetries, tcpSynAckRetries, tcpRetries2 } = connection.layer.namespace.settings;
  const synchronising = connection.state === 'SYN-SENT';
  const answering = connection.state === 'SYN-RECEIVED';
  const most = synchronising ? tcpSynRetries : answering ? tcpSynAckRetries : tcpRetries2;
  if (connection.retries >= most) {
    connection.fail(connection.softError ?? 'ETIMEDOUT');
    return;
  }
  connection.retries++;
  connection.roundTrip.backOff();
  connection.timing = null;
  traceRetransmission(connection, 'timeout');
  if (synchronising || answering) {
    sendSyn(connection);
    return;
  }
  connection.congestion.timedOut(distance(connection.max, connection.una));
  connection.nxt = connection.una;
  resendFirst(connection);
  startRetransmission(connection);
}

/** Sends the oldest segment again, or as much of it as a small window takes. */
export function resendFirst(connection: TcpConnection): void {
  const waiting = distance(connection.dataEnd, connection.una);
  const length = Math.max(0, Math.min(waiting, connection.mss, Math.max(connection.sendWindow, 1)));
  const fin = connection.finQueued && waiting === length;
  if (waiting < 0 || (length === 0 && !fin)) return;
  sendSegment(connection, {
    sequence: connection.una,
    flags: ACK | (length === waiting && length > 0 ? PSH : 0) | (fin ? FIN : 0),
    data: connection.sendBuffer.peek(distance(connection.una, connection.bufferStart), length),
  });
  const end = add(connection.una, length + (fin ? 1 : 0));
  if (isAfter(end, connection.nxt)) connection.nxt = end;
  if (isAfter(end, connection.max)) connection.max = end;
}

export function traceRetransmission(connection: TcpConnection, cause: 'timeout' | 'fast'): void {
  const { context, name } = connection.layer.namespace;
  context.trace?.emit('tcp.retransmit', name, {
    local: connection.localName,
    remote: connection.remoteName,
    sequence: connection.una,
    bytes: Math.max(0, Math.min(distance(connection.dataEnd, connection.una), connection.mss)),
    cause,
  });
}

/** The peer's window is closed: asks again and again, with a number that was acknowledged, whether it opens (RFC 9293, 3.8.6.1). */
function startPersisting(connection: TcpConnection): void {
  connection.start('persist', connection.roundTrip.timeout, () => {
    if (!isBefore(connection.una, connection.dataEnd) || connection.una !== connection.nxt) return;
    if (connection.retries >= connection.layer.namespace.settings.tcpRetries2) {
      connection.fail(connection.softError ?? 'ETIMEDOUT');
      return;
    }
    if (connection.sendWindow > 0) {
      // It is only too small to be worth a segment; after this time it is (RFC 9293, 3.8.6.2.1).
      resendFirst(connection);
      startRetransmission(connection);
      return;
    }
    connection.retries++;
    connection.roundTrip.backOff();
    sendSegment(connection, { sequence: add(connection.una, -1), flags: ACK });
    startPersisting(connection);
  });
}
