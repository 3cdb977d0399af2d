/**
 * What dnsmasq(8) does on a small network: addresses by DHCP and files by TFTP, on the UDP sockets of a namespace. What it did it
 * tells the trace, in the words of the real one's log.
 */
import { type Nanos, OsError, type ScheduledEvent } from '../../base/index.ts';
import { formatIpv4, LIMITED_BROADCAST } from '../address/ipv4.ts';
import {
  DHCP_OPTION,
  DHCP_SERVER_PORT,
  type DhcpMessage,
  dhcpType,
  optionNumbers,
  optionText,
  parseDhcp,
} from '../dhcp/message.ts';
import { type DhcpAnswer, type DhcpLease, DhcpServer, type DhcpServerConfig } from '../dhcp/server.ts';
import type { NetworkDevice } from '../link/device.ts';
import type { UdpSocket } from '../socket/udp.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import { TFTP_PORT, type TftpDatagram, type TftpEnd, TftpServer } from '../tftp/server.ts';

export interface DnsmasqOptions {
  readonly namespace: NetworkNamespace;
  /** The network's device, which has the server's address: nothing is heard or said elsewhere. */
  readonly device: NetworkDevice;
  readonly dhcp: DhcpServerConfig;
  /** A file under the TFTP root by its path there, without a slash before it; null when there is none. Null: no TFTP. */
  readonly tftp?: ((path: string) => Uint8Array | null) | null;
}

export class Dnsmasq {
  readonly #options: DnsmasqOptions;
  readonly #dhcp: DhcpServer;
  readonly #tftp: TftpServer | null;
  /** By their ports; those of transfers come and go. */
  readonly #sockets = new Map<number, UdpSocket>();
  #timer: ScheduledEvent | null = null;

  constructor(options: DnsmasqOptions) {
    this.#options = options;
    const { tftp = null } = options;
    this.#dhcp = new DhcpServer(options.dhcp);
    const file = (name: string) => tftp!(relative(name));
    this.#tftp = tftp === null ? null : new TftpServer({ file, onEnd: (end) => this.#ended(end) });
  }

  /** Takes its ports. Throws OsError EADDRINUSE, and has none then. */
  start(): void {
    try {
      this.#open(DHCP_SERVER_PORT).broadcast = true;
      if (this.#tftp !== null) this.#open(TFTP_PORT);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Gives its ports back; what was under way ends. Leases are remembered until the next start. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  leases(now: Nanos): readonly DhcpLease[] {
    return this.#dhcp.leases(now);
  }

  get #now(): Nanos {
    return this.#options.namespace.context.queue.now;
  }

  #open(port: number): UdpSocket {
    const { namespace, device } = this.#options;
    const socket = namespace.udp.open();
    socket.device = device;
    try {
      socket.bind(0, port);
    } catch (error) {
      socket.close();
      throw error;
    }
    const onChange = () => this.#drain(socket, port);
    socket.onChange = onChange;
    this.#sockets.set(port, socket);
    return socket;
  }

  #drain(socket: UdpSocket, port: number): void {
    for (let next = socket.receive(); next !== null; next = socket.receive()) {
      if (port === DHCP_SERVER_PORT) this.#heard(socket, next.data);
      else this.#send(this.#tftp!.receive(this.#now, { port, peer: next.from, bytes: next.data }));
    }
  }

  #heard(socket: UdpSocket, payload: Uint8Array): void {
    const message = parseDhcp(payload);
    if (message === null || message.reply) return;
    this.#tell(message);
    const answer = this.#dhcp.receive(payload, this.#now);
    if (answer === null) {
      if (dhcpType(message) === 'DISCOVER') this.#line(message, 'DISCOVER', null, 'no address available');
      return;
    }
    const reply = parseDhcp(answer.payload)!;
    const type = dhcpType(reply)!;
    const note =
      type === 'ACK'
        ? (optionText(reply, DHCP_OPTION.hostName) ?? optionText(message, DHCP_OPTION.hostName))
        : type === 'NAK'
          ? optionText(reply, DHCP_OPTION.message)
          : null;
    this.#line(message, type, type === 'NAK' ? wanted(message) : reply.yourAddress, note);
    this.#answer(socket, answer);
  }

  /** Whoever has no address yet does not answer ARP: its station is known from its message. */
  #answer(socket: UdpSocket, { payload, to, port, mac }: DhcpAnswer): void {
    const { namespace, device } = this.#options;
    if (to !== 'broadcast' && !namespace.neighbours.has(device, to))
      namespace.neighbours.set(device, to, mac, 'STALE');
    this.#quietly(() => socket.send(payload, { address: to === 'broadcast' ? LIMITED_BROADCAST : to, port }));
  }

  #send(datagrams: readonly TftpDatagram[]): void {
    for (const { port, peer, bytes } of datagrams) {
      const socket = this.#sockets.get(port) ?? this.#open(port);
      this.#quietly(() => socket.send(bytes, peer));
    }
    const alive = this.#tftp!.ports;
    for (const [port, socket] of this.#sockets) {
      if (port === DHCP_SERVER_PORT || port === TFTP_PORT || alive.includes(port)) continue;
      socket.close();
      this.#sockets.delete(port);
    }
    this.#timer?.cancel();
    const { due } = this.#tftp!;
    const { queue } = this.#options.namespace.context;
    this.#timer =
      due === null
        ? null
        : queue.after(Math.max(0, due - this.#now), () => this.#send(this.#tftp!.expired(this.#now)));
  }

  /** What cannot be sent is lost, as on the wire; it is asked for again. */
  #quietly(send: () => void): void {
    try {
      send();
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
    }
  }

  #tell(message: DhcpMessage): void {
    const type = dhcpType(message);
    if (type === 'DISCOVER') this.#line(message, type, wanted(message), null);
    else if (type === 'REQUEST' || type === 'RELEASE' || type === 'DECLINE' || type === 'INFORM')
      this.#line(message, type, wanted(message) ?? message.clientAddress, null);
  }

  #log(line: string): void {
    const { context, name } = this.#options.namespace;
    context.trace?.emit('dnsmasq.log', name, { line });
  }

  #line(message: DhcpMessage, type: string, address: number | null, note: string | null): void {
    const words = [address === null || address === 0 ? null : formatIpv4(address), message.mac, note];
    const text = words.filter((word) => word !== null && word !== '').join(' ');
    this.#log(`DHCP${type}(${this.#options.device.name}) ${text}`);
  }

  #ended({ file, peer, outcome }: TftpEnd): void {
    const path = `/${relative(file)}`;
    const client = formatIpv4(peer.address);
    if (outcome === 'sent') this.#log(`sent ${path} to ${client}`);
    else if (outcome === 'failed') this.#log(`failed sending ${path} to ${client}`);
    else this.#log(`file ${path} not found for ${client}`);
  }
}

/** The address that a client asks for. */
const wanted = (message: DhcpMessage) => optionNumbers(message, DHCP_OPTION.requestedAddress)[0] ?? null;

/** A path below the root: what leads out of it names nothing. */
function relative(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? '' : parts.join('/');
}
