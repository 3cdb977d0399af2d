/**
 * A TFTP server that gives files out (RFC 1350; options blksize and tsize, RFC 2348 and 2349): datagrams in, datagrams out. Each
 * transfer has a port of its own on the server. What is not acknowledged in time is sent again, and given up after some tries; an
 * acknowledgement that comes twice is answered once, so that a late packet does not double all that follow (RFC 1123, 4.2.3.1).
 */
import type { Nanos } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { buildTftp, parseTftp, TFTP_ERRORS, type TftpPacket } from './packets.ts';

/** Where requests go. */
export const TFTP_PORT = 69;

export interface TftpPeer {
  readonly address: Ipv4;
  readonly port: number;
}

/** A datagram from or to a port of the server. */
export interface TftpDatagram {
  /** The server's. */
  readonly port: number;
  readonly peer: TftpPeer;
  readonly bytes: Uint8Array;
}

export interface TftpServerOptions {
  /** A file's contents by the name in the request; null when there is none. */
  readonly file: (name: string) => Uint8Array | null;
  /** Ports for transfers: the next of these in turn. */
  readonly firstPort?: number;
  /** Hears how each request ended. */
  readonly onEnd?: (end: TftpEnd) => void;
}

export interface TftpEnd {
  readonly file: string;
  readonly peer: TftpPeer;
  /** `failed`: the client gave up, or was heard of no more. */
  readonly outcome: 'sent' | 'failed' | 'not found';
}

const BLOCK = 512;
/** RFC 2348. */
const BLOCK_LEAST = 8;
const BLOCK_MOST = 65_464;
/** As tftpd(8) has it. */
const PATIENCE: Nanos = 1_000_000_000;
const TRIES = 5;
const PORTS = 1000;

interface Transfer {
  readonly port: number;
  readonly peer: TftpPeer;
  readonly name: string;
  readonly file: Uint8Array;
  readonly blockSize: number;
  /** The block that is not acknowledged yet; 0 are the options. */
  block: number;
  last: Uint8Array;
  due: Nanos;
  tries: number;
}

export class TftpServer {
  readonly #file: TftpServerOptions['file'];
  readonly #onEnd: (end: TftpEnd) => void;
  readonly #firstPort: number;
  /** By the server's port. */
  readonly #transfers = new Map<number, Transfer>();
  #ports = 0;

  constructor({ file, firstPort = 50_000, onEnd = () => {} }: TftpServerOptions) {
    this.#file = file;
    this.#onEnd = onEnd;
    this.#firstPort = firstPort;
  }

  /** When {@link expired} has something to do; null: never, as it stands. */
  get due(): Nanos | null {
    const times = [...this.#transfers.values()].map(({ due }) => due);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Ports of transfers that go on: datagrams to them belong here. */
  get ports(): readonly number[] {
    return [...this.#transfers.keys()];
  }

  /** The answers to a datagram, in order. */
  receive(now: Nanos, { port, peer, bytes }: TftpDatagram): readonly TftpDatagram[] {
    const packet = parseTftp(bytes);
    if (packet === null) return [];
    if (port === TFTP_PORT) return this.#request(now, peer, packet);
    const transfer = this.#transfers.get(port);
    if (
      transfer === undefined ||
      transfer.peer.address !== peer.address ||
      transfer.peer.port !== peer.port
    ) {
      // An error is never answered by another.
      if (packet.kind === 'error') return [];
      return [failure(port, peer, TFTP_ERRORS.unknownTransfer, 'Unknown transfer ID')];
    }
    if (packet.kind === 'error') this.#end(transfer, 'failed');
    if (packet.kind !== 'acknowledgement' || packet.block !== (transfer.block & 0xffff)) return [];
    return this.#next(now, transfer);
  }

  /** What is to be sent again at `now`. */
  expired(now: Nanos): readonly TftpDatagram[] {
    const again: TftpDatagram[] = [];
    for (const transfer of this.#transfers.values()) {
      if (transfer.due > now) continue;
      if (++transfer.tries > TRIES) this.#end(transfer, 'failed');
      else again.push(sent(now, transfer));
    }
    return again;
  }

  #request(now: Nanos, peer: TftpPeer, packet: TftpPacket): readonly TftpDatagram[] {
    const refuse = (code: number, message: string) => [failure(TFTP_PORT, peer, code, message)];
    if (packet.kind === 'write') return refuse(TFTP_ERRORS.accessViolation, 'Access violation');
    if (packet.kind !== 'read')
      return packet.kind === 'error' ? [] : refuse(TFTP_ERRORS.illegalOperation, 'Illegal TFTP operation');
    if (packet.mode !== 'octet')
      return refuse(TFTP_ERRORS.illegalOperation, `Mode ${packet.mode} is not served`);
    const file = this.#file(packet.file);
    if (file === null) {
      this.#onEnd({ file: packet.file, peer, outcome: 'not found' });
      return refuse(TFTP_ERRORS.notFound, 'File not found');
    }
    // A request that comes again, since its answer was lost, begins its transfer anew.
    for (const other of this.#transfers.values())
      if (other.peer.address === peer.address && other.peer.port === peer.port)
        this.#transfers.delete(other.port);
    const { options, blockSize } = agreed(packet.options, file.length);
    const port = this.#freePort();
    const transfer: Transfer = {
      port,
      peer,
      name: packet.file,
      file,
      blockSize,
      block: 0,
      last: new Uint8Array(),
      due: 0,
      tries: 0,
    };
    this.#transfers.set(port, transfer);
    if (options.size === 0) return this.#next(now, transfer);
    transfer.last = buildTftp({ kind: 'options', options });
    return [sent(now, transfer)];
  }

  /** The block behind the one that was acknowledged; the last is shorter than the others, empty if need be. */
  #next(now: Nanos, transfer: Transfer): readonly TftpDatagram[] {
    const { file, blockSize } = transfer;
    const from = transfer.block * blockSize;
    if (from > file.length) {
      this.#end(transfer, 'sent');
      return [];
    }
    transfer.block++;
    transfer.tries = 0;
    const bytes = file.subarray(from, from + blockSize);
    transfer.last = buildTftp({ kind: 'data', block: transfer.block & 0xffff, bytes });
    return [sent(now, transfer)];
  }

  #end(transfer: Transfer, outcome: TftpEnd['outcome']): void {
    this.#transfers.delete(transfer.port);
    this.#onEnd({ file: transfer.name, peer: transfer.peer, outcome });
  }

  #freePort(): number {
    for (;;) {
      const port = this.#firstPort + (this.#ports++ % PORTS);
      if (!this.#transfers.has(port)) return port;
    }
  }
}

function sent(now: Nanos, transfer: Transfer): TftpDatagram {
  transfer.due = now + PATIENCE * 2 ** transfer.tries;
  return { port: transfer.port, peer: transfer.peer, bytes: transfer.last };
}

function failure(port: number, peer: TftpPeer, code: number, message: string): TftpDatagram {
  return { port, peer, bytes: buildTftp({ kind: 'error', code, message }) };
}

/** The options of a request that are known here, with the values that hold; what is not known is left out, as RFC 2347 wants it. */
function agreed(asked: ReadonlyMap<string, string>, size: number) {
  const options = new Map<string, string>();
  let blockSize = BLOCK;
  const wanted = asked.get('blksize') ?? '';
  if (/^\d{1,5}$/.test(wanted) && Number(wanted) >= BLOCK_LEAST) {
    blockSize = Math.min(Number(wanted), BLOCK_MOST);
    options.set('blksize', String(blockSize));
  }
  if (asked.has('tsize')) options.set('tsize', String(size));
  return { options, blockSize };
}
