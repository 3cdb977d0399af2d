/** TCP sockets: tcp(7). A socket is fresh, listens, or has a connection. */
import { OsError } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { NetworkSocket, type SocketAddress, type SocketReadiness } from '../socket/socket.ts';
import { TcpConnection, type TcpState } from './connection.ts';
import type { TcpLayer } from './layer.ts';
import { updateWindow } from './output.ts';

export class TcpSocket extends NetworkSocket {
  readonly #layer: TcpLayer;
  #bound: SocketAddress = { address: 0, port: 0 };
  #connection: TcpConnection | null = null;
  /** Set by listen(2): how many may wait for accept(2). */
  #backlog: number | null = null;
  readonly #ready: TcpConnection[] = [];
  readonly #halfOpen = new Set<TcpConnection>();
  /** connect(2) has begun, and its caller does not know the end yet. */
  #connecting = false;
  #wasConnected = false;
  /** It listened, and was shut down. */
  #stopped = false;
  /** SO_REUSEADDR. */
  reuseAddress = false;
  /** TCP_NODELAY; counts from the next connect(2) or accept(2) on. */
  noDelay = false;
  /** Connections that were turned away since the backlog was full. */
  overflows = 0;

  /** Made by {@link TcpLayer.open}. */
  constructor(layer: TcpLayer) {
    super();
    this.#layer = layer;
  }

  get boundAddress(): Ipv4 {
    return this.#bound.address;
  }

  get boundPort(): number {
    return this.#bound.port;
  }

  get sharesPort(): boolean {
    return this.reuseAddress && !this.listening;
  }

  get listening(): boolean {
    return this.#backlog !== null;
  }

  /** The listen queue: who waits for accept(2), and how many may. */
  get queue(): { readonly waiting: number; readonly backlog: number } {
    return { waiting: this.#ready.length, backlog: this.#backlog ?? 0 };
  }

  get connection(): TcpConnection | null {
    return this.#connection;
  }

  get state(): TcpState {
    return this.listening ? 'LISTEN' : (this.#connection?.state ?? 'CLOSED');
  }

  /** Whether connect(2) has begun and not ended. */
  get connecting(): boolean {
    const state = this.#connection?.state;
    return this.#connecting && (state === 'SYN-SENT' || state === 'SYN-RECEIVED');
  }

  /** getsockname(2). */
  get local(): SocketAddress {
    return this.#connection?.local ?? this.#bound;
  }

  /** getpeername(2); null without a connection. */
  get remote(): SocketAddress | null {
    const connection = this.#connection;
    // In TIME-WAIT the socket has let go of its connection.
    const over = ['SYN-SENT', 'TIME-WAIT', 'CLOSED'];
    return connection === null || over.includes(connection.state) ? null : connection.remote;
  }

  /** bind(2); port 0 chooses one. Throws EINVAL when bound already, EADDRNOTAVAIL, EADDRINUSE. */
  bind(address: Ipv4, port: number): void {
    if (this.#bound.port !== 0 || this.#connection !== null) throw new OsError('EINVAL');
    const { namespace, ports } = this.#layer;
    if (address !== 0 && !namespace.routing.isLocal(address)) throw new OsError('EADDRNOTAVAIL');
    if (port !== 0) ports.check(address, port, this.reuseAddress);
    const chosen = port !== 0 ? port : ports.choose((each) => !ports.isTaken(address, each));
    if (chosen === null) throw new OsError('EADDRINUSE');
    this.#bound = { address, port: chosen };
    ports.add(this);
  }

  /** listen(2); again to change the backlog. Throws EINVAL for a connected socket, EADDRINUSE. */
  listen(backlog: number): void {
    if (this.#connection !== null) throw new OsError('EINVAL');
    if (this.#bound.port === 0) this.bind(0, 0);
    if (this.#stopped) this.#claim();
    // Two that were bound together cannot both listen.
    for (const other of this.#layer.ports.at(this.#bound.port)) {
      if (!(other instanceof TcpSocket) || other === this || !other.listening) continue;
      const meet =
        other.boundAddress === 0 || this.boundAddress === 0 || other.boundAddress === this.boundAddress;
      if (meet) throw new OsError('EADDRINUSE');
    }
    const { somaxconn } = this.#layer.namespace.settings;
    this.#backlog = Math.min(backlog < 0 ? somaxconn : backlog, somaxconn);
  }

  /** Takes the bound port once more. Throws EADDRINUSE when others have it by now. */
  #claim(): void {
    const { ports } = this.#layer;
    ports.remove(this);
    try {
      ports.check(this.#bound.address, this.#bound.port, this.reuseAddress);
    } finally {
      ports.add(this);
    }
    this.#stopped = false;
  }

  /** accept(2); null while nobody has come. Throws EINVAL when it does not listen. */
  accept(): TcpSocket | null {
    if (this.#backlog === null) throw new OsError('EINVAL');
    const connection = this.#ready.shift();
    if (connection === undefined) return null;
    const socket = new TcpSocket(this.#layer);
    socket.#adopt(connection);
    return socket;
  }

  #adopt(connection: TcpConnection): void {
    this.#connection = connection;
    this.#bound = connection.local;
    this.#wasConnected = true;
    this.reuseAddress = connection.options.reuseAddress;
    connection.socket = this;
    connection.parent = null;
    if (connection.failure !== null) this.fail(connection.failure);
  }

  /**
   * connect(2). True: connected. False: not yet; call again after `onChange`. Throws ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH and others
   * when it failed, EISCONN, EADDRNOTAVAIL when no port is free, ENETUNREACH and others when there is no way.
   */
  connect(address: Ipv4, port: number): boolean {
    if (this.listening) throw new OsError('EISCONN');
    if (!this.#connecting) {
      if (this.#connection !== null) throw new OsError('EISCONN');
      this.throwError();
      this.#begin(address, port);
    }
    return this.finishConnect();
  }

  /** As {@link connect}, for a connection that was begun. */
  finishConnect(): boolean {
    const state = this.#connection?.state;
    if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') return false;
    this.#connecting = false;
    if (state === undefined || state === 'CLOSED') {
      this.#connection = null;
      this.throwError();
      throw new OsError('ECONNABORTED');
    }
    this.#wasConnected = true;
    return true;
  }

  #begin(address: Ipv4, port: number): void {
    const { namespace, ports } = this.#layer;
    const way = namespace.routing.way(address, this.#bound.address, this.device);
    if (way.type === 'broadcast') throw new OsError('ENETUNREACH');
    const remote = { address: address === 0 ? way.source : address, port };
    const ephemeral = this.#bound.port === 0;
    const local = {
      address: way.source,
      port: ephemeral ? this.#choosePort(way.source, remote) : this.#bound.port,
    };
    if (this.#layer.has(local, remote)) throw new OsError('EADDRNOTAVAIL');
    const connection = new TcpConnection(this.#layer, local, remote, this.#options(ephemeral), this, null);
    if (!ephemeral) ports.remove(this);
    this.#bound = local;
    this.#connection = connection;
    this.#connecting = true;
    this.#layer.remember(connection);
    connection.open();
  }

  /** A port may serve many connections, to different peers. */
  #choosePort(address: Ipv4, remote: SocketAddress): number {
    const { ports } = this.#layer;
    const mayShare = (each: TcpSocket | TcpConnection) =>
      each instanceof TcpConnection && each.options.ephemeral;
    const port = ports.choose(
      (each) => [...ports.at(each)].every(mayShare) && !this.#layer.has({ address, port: each }, remote),
    );
    if (port === null) throw new OsError('EADDRNOTAVAIL');
    return port;
  }

  #options(ephemeral: boolean) {
    const { device, ttl, tos, mark, noDelay, reuseAddress } = this;
    return { device, ttl, tos, mark, noDelay, reuseAddress, ephemeral };
  }

  /** send(2): how many bytes were taken; null while there is no room. Throws EPIPE, ECONNRESET and others. */
  send(data: Uint8Array): number | null {
    this.throwError();
    const connection = this.#connection;
    if (connection === null) throw new OsError('EPIPE');
    const { state } = connection;
    if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') return null;
    if (connection.finQueued || state === 'CLOSED' || state === 'TIME-WAIT') throw new OsError('EPIPE');
    this.#wasConnected = true;
    return connection.write(data);
  }

  /** recv(2): at most `count` bytes, none at the end; null while nothing is there. Throws ENOTCONN, ECONNRESET and others. */
  receive(count: number, peek = false): Uint8Array | null {
    const connection = this.#connection;
    if (connection === null) {
      this.throwError();
      if (this.#wasConnected) return new Uint8Array(0);
      throw new OsError('ENOTCONN');
    }
    const { received } = connection;
    if (received.length > 0) {
      const bytes = peek ? received.peek(count) : received.take(count);
      if (!peek && connection.state !== 'CLOSED' && !connection.finReceived) updateWindow(connection);
      return bytes;
    }
    // The end was told already: an error that came after it is for who writes.
    if (connection.finReceived) return new Uint8Array(0);
    this.throwError();
    if (connection.readShut || connection.state === 'CLOSED') return new Uint8Array(0);
    return null;
  }

  /** shutdown(2). Throws ENOTCONN. A listening socket stops to listen when its reading side is shut. */
  shutdown(how: 'rd' | 'wr' | 'rdwr'): void {
    if (this.listening) {
      if (how !== 'wr') this.#stopListening();
      return;
    }
    const connection = this.#connection;
    if (connection === null || connection.state === 'CLOSED' || connection.state === 'TIME-WAIT')
      throw new OsError('ENOTCONN');
    if (how !== 'wr') connection.readShut = true;
    if (how !== 'rd') connection.finish();
    this.onChange();
  }

  poll(): SocketReadiness {
    if (this.listening) return { in: this.#ready.length > 0, out: false, hup: false, error: false };
    const connection = this.#connection;
    const error = this.error !== null;
    if (connection === null) return { in: error, out: true, hup: true, error };
    const { state, finQueued, finReceived, readShut } = connection;
    if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') return { in: false, out: false, hup: false, error };
    const ended = finReceived || readShut || state === 'CLOSED';
    const hup = state === 'CLOSED' || (finReceived && finQueued);
    return {
      in: connection.received.length > 0 || ended || error,
      out: hup || connection.sendRoom > 0,
      hup,
      error,
    };
  }

  close(): void {
    if (this.listening) this.#stopListening();
    this.#layer.ports.remove(this);
    this.#connection?.orphan();
    this.#connection = null;
  }

  /** Closes with RST (SO_LINGER with a time of 0). */
  abort(): void {
    const connection = this.#connection;
    if (connection !== null) {
      connection.socket = null;
      connection.abort();
    }
    this.close();
  }

  #stopListening(): void {
    this.#backlog = null;
    for (const connection of [...this.#ready, ...this.#halfOpen]) connection.abort();
    this.#ready.length = 0;
    this.#stopped = true;
  }

  /** A SYN came for this listening socket: a connection for it, or null when too many wait. */
  admit(local: SocketAddress, remote: SocketAddress): TcpConnection | null {
    const backlog = this.#backlog!;
    if (this.#ready.length > backlog || this.#halfOpen.size > backlog) {
      this.overflows++;
      return null;
    }
    const connection = new TcpConnection(this.#layer, local, remote, this.#options(false), null, this);
    this.#halfOpen.add(connection);
    return connection;
  }

  /** A handshake is complete; false when the backlog is full. */
  completed(connection: TcpConnection): boolean {
    if (this.#backlog === null || this.#ready.length > this.#backlog) {
      this.overflows++;
      return false;
    }
    this.#halfOpen.delete(connection);
    this.#ready.push(connection);
    this.onChange();
    return true;
  }

  /** A connection that waited, or was half open, is over. */
  pendingEnded(connection: TcpConnection): void {
    this.#halfOpen.delete(connection);
  }
}
