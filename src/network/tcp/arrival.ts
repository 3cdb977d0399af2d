/** What an arriving segment does to a connection: "SEGMENT ARRIVES" of RFC 9293, 3.10.7, with RFC 5961's care. */
import { ACK, FIN, RST, SYN, type TcpSegment } from '../packet/tcp.ts';
import type { TcpConnection } from './connection.ts';
import {
  acknowledgeSoon,
  challenge,
  output,
  resendFirst,
  sendAck,
  sendSyn,
  startRetransmission,
  traceRetransmission,
} from './output.ts';
import { add, distance, isAfter, isBefore } from './sequence.ts';

/** A SYN for a connection that does not exist yet, at a listening socket: it gets its answer. */
export function answerSyn(connection: TcpConnection, segment: TcpSegment): void {
  connection.enter('SYN-RECEIVED');
  synchronised(connection, segment);
  sendSyn(connection);
}

/** Takes in what the peer's SYN says. */
function synchronised(connection: TcpConnection, segment: TcpSegment): void {
  connection.irs = segment.sequence;
  connection.rcvNxt = connection.advertised = add(segment.sequence, 1);
  connection.peerMss = Math.max(segment.options.mss ?? 536, 64);
  connection.layer.chooseMss(connection);
  const scaled = segment.options.windowScale !== null;
  connection.sendScale = segment.options.windowScale ?? 0;
  connection.receiveScale = scaled ? 7 : 0;
  connection.sendWindow = connection.largestWindow = segment.window;
  connection.wl1 = segment.sequence;
  connection.wl2 = segment.acknowledgement;
}

export function segmentArrives(connection: TcpConnection, segment: TcpSegment): void {
  if (connection.state === 'SYN-SENT') {
    inSynSent(connection, segment);
    return;
  }
  const pure = (segment.flags & (SYN | ACK | RST)) === SYN;
  if (connection.state === 'SYN-RECEIVED' && pure && segment.sequence === connection.irs) {
    // Our answer was lost.
    sendSyn(connection);
    return;
  }
  if (!isAcceptable(connection, segment)) {
    if ((segment.flags & RST) === 0) challenge(connection, segment.data.length > 0);
    return;
  }
  if ((segment.flags & RST) !== 0) {
    reset(connection, segment);
    return;
  }
  if ((segment.flags & SYN) !== 0) {
    // A SYN inside of the window may be forged: the peer, if it means it, answers this with RST (RFC 5961, 4).
    challenge(connection, false);
    return;
  }
  if ((segment.flags & ACK) === 0 || !acknowledge(connection, segment)) return;
  if (connection.state === 'CLOSED') return;
  takeData(connection, segment);
}

function inSynSent(connection: TcpConnection, segment: TcpSegment): void {
  const acknowledges = (segment.flags & ACK) !== 0;
  if (acknowledges && segment.acknowledgement !== connection.nxt) {
    if ((segment.flags & RST) === 0) connection.layer.refuse(connection.local, connection.remote, segment);
    return;
  }
  if ((segment.flags & RST) !== 0) {
    if (acknowledges) connection.fail('ECONNREFUSED');
    return;
  }
  if ((segment.flags & SYN) === 0) return;
  synchronised(connection, segment);
  if (!acknowledges) {
    // Both opened at once.
    connection.enter('SYN-RECEIVED');
    sendSyn(connection);
    return;
  }
  connection.una = segment.acknowledgement;
  measure(connection);
  connection.stop('retransmit');
  connection.retries = 0;
  connection.enter('ESTABLISHED');
  sendAck(connection);
  connection.changed();
  output(connection);
}

/** The four cases of 3.4's table: whether any of the segment lies in the receive window. */
function isAcceptable(connection: TcpConnection, segment: TcpSegment): boolean {
  const length = segmentLength(segment);
  const window = Math.max(0, distance(connection.advertised, connection.rcvNxt));
  const start = distance(segment.sequence, connection.rcvNxt);
  const end = start + length - 1;
  if (length === 0) return window === 0 ? start === 0 : start >= 0 && start < window;
  if (window === 0) return false;
  return (start >= 0 && start < window) || (end >= 0 && end < window);
}

function segmentLength(segment: TcpSegment): number {
  return segment.data.length + ((segment.flags & SYN) !== 0 ? 1 : 0) + ((segment.flags & FIN) !== 0 ? 1 : 0);
}

/** RST counts only with exactly the next sequence number; others are asked about (RFC 5961, 3). */
function reset(connection: TcpConnection, segment: TcpSegment): void {
  if (segment.sequence !== connection.rcvNxt) {
    challenge(connection, false);
    return;
  }
  if (connection.state === 'TIME-WAIT' || connection.state === 'SYN-RECEIVED') connection.end();
  else connection.fail(connection.state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET');
}

/** Takes the acknowledgement and the window; false when the segment says no more. */
function acknowledge(connection: TcpConnection, segment: TcpSegment): boolean {
  const { acknowledgement } = segment;
  if (connection.state === 'SYN-RECEIVED' && !established(connection, segment)) return false;
  if (isAfter(acknowledgement, connection.max)) {
    challenge(connection, false);
    return false;
  }
  if (isAfter(acknowledgement, connection.una)) newlyAcknowledged(connection, acknowledgement);
  else if (acknowledgement === connection.una) perhapsDuplicate(connection, segment);
  updateSendWindow(connection, segment);
  const finished = connection.finQueued && connection.una === add(connection.dataEnd, 1);
  if (finished && !finAcknowledged(connection)) return false;
  output(connection);
  return true;
}

/** The handshake's third part. */
function established(connection: TcpConnection, segment: TcpSegment): boolean {
  if (segment.acknowledgement !== connection.nxt) {
    connection.layer.refuse(connection.local, connection.remote, segment);
    return false;
  }
  // Nobody takes connections fast enough: as if this had been lost; the peer will say it again.
  if (connection.parent !== null && !connection.parent.completed(connection)) return false;
  connection.enter('ESTABLISHED');
  connection.retries = 0;
  connection.sendWindow = segment.window * 2 ** connection.sendScale;
  if (connection.finQueued) connection.enter('FIN-WAIT-1');
  connection.changed();
  return true;
}

function newlyAcknowledged(connection: TcpConnection, acknowledgement: number): void {
  const count = distance(acknowledgement, connection.una);
  connection.una = acknowledgement;
  if (isBefore(connection.nxt, connection.una)) connection.nxt = connection.una;
  const data = Math.min(distance(acknowledgement, connection.bufferStart), connection.sendBuffer.length);
  if (data > 0) {
    connection.sendBuffer.drop(data);
    connection.bufferStart = add(connection.bufferStart, data);
  }
  measure(connection);
  connection.roundTrip.answered();
  connection.retries = 0;
  connection.softError = null;
  connection.layer.confirm(connection);
  if (connection.congestion.acknowledged(count, acknowledgement)) resendFirst(connection);
  connection.stop('persist');
  if (connection.una === connection.max) connection.stop('retransmit');
  else startRetransmission(connection);
  if (data > 0) connection.changed();
}

/** RFC 6298, 3: only segments that were sent once are measured. */
function measure(connection: TcpConnection): void {
  const { timing } = connection;
  if (timing === null || !isAfter(connection.una, timing.sequence)) return;
  connection.timing = null;
  connection.roundTrip.measured(connection.now - timing.sent);
}

/** An acknowledgement that says nothing new, while something is under way, says that something was lost (RFC 5681, 2). */
function perhapsDuplicate(connection: TcpConnection, segment: TcpSegment): void {
  const inFlight = distance(connection.max, connection.una);
  // An answer to a question about the closed window: the peer is alive.
  if (inFlight === 0) connection.retries = 0;
  const sameWindow = segment.window * 2 ** connection.sendScale === connection.sendWindow;
  if (inFlight === 0 || segment.data.length > 0 || (segment.flags & FIN) !== 0 || !sameWindow) return;
  if (!connection.congestion.duplicate(inFlight, connection.max)) return;
  connection.timing = null;
  traceRetransmission(connection, 'fast');
  resendFirst(connection);
  startRetransmission(connection);
}

function updateSendWindow(connection: TcpConnection, segment: TcpSegment): void {
  const newer =
    isBefore(connection.wl1, segment.sequence) ||
    (connection.wl1 === segment.sequence && !isAfter(connection.wl2, segment.acknowledgement));
  if (!newer) return;
  connection.sendWindow = segment.window * 2 ** connection.sendScale;
  connection.largestWindow = Math.max(connection.largestWindow, connection.sendWindow);
  connection.wl1 = segment.sequence;
  connection.wl2 = segment.acknowledgement;
  if (connection.sendWindow > 0) connection.stop('persist');
}

/** Our FIN has arrived; false when the connection is over by it. */
function finAcknowledged(connection: TcpConnection): boolean {
  if (connection.state === 'FIN-WAIT-1') {
    connection.enter('FIN-WAIT-2');
    if (connection.socket === null) connection.waitForFin();
    connection.changed();
  } else if (connection.state === 'CLOSING') connection.timeWait();
  else if (connection.state === 'LAST-ACK') {
    connection.end();
    return false;
  }
  return true;
}

function takeData(connection: TcpConnection, segment: TcpSegment): void {
  const { state } = connection;
  const fin = (segment.flags & FIN) !== 0;
  if (state === 'TIME-WAIT') {
    // The peer did not hear our last acknowledgement.
    if (fin) {
      sendAck(connection);
      connection.timeWait();
    }
    return;
  }
  if (state !== 'ESTABLISHED' && state !== 'FIN-WAIT-1' && state !== 'FIN-WAIT-2') return;
  if (segment.data.length > 0) {
    if (connection.socket === null && connection.parent === null) {
      // Nobody will ever read this (RFC 9293, 3.6.1).
      connection.abort();
      return;
    }
    const before = connection.rcvNxt;
    const room = distance(connection.advertised, segment.sequence);
    const hadHole = connection.received.hasHole;
    connection.rcvNxt = connection.received.insert(before, segment.sequence, segment.data.subarray(0, room));
    const got = distance(connection.rcvNxt, before);
    if (got > 0) connection.changed();
    if (!fin) {
      if (got === 0 || hadHole) sendAck(connection);
      else acknowledgeSoon(connection, got);
    }
  }
  if (fin) takeFin(connection, segment);
}

function takeFin(connection: TcpConnection, segment: TcpSegment): void {
  if (add(segment.sequence, segment.data.length) !== connection.rcvNxt) {
    // Something before it is missing; the peer will send FIN again.
    sendAck(connection);
    return;
  }
  connection.rcvNxt = add(connection.rcvNxt, 1);
  connection.finReceived = true;
  if (connection.state === 'ESTABLISHED') connection.enter('CLOSE-WAIT');
  else if (connection.state === 'FIN-WAIT-1') connection.enter('CLOSING');
  else {
    sendAck(connection);
    connection.timeWait();
    connection.changed();
    return;
  }
  sendAck(connection);
  connection.changed();
}
