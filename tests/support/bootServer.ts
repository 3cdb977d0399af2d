/** The network that a machine boots from, frame by frame: addresses by DHCP, files by TFTP, and a wire that may lose frames. */
import { encodeUtf8 } from '../../src/base/index.ts';
import type { NetDevice } from '../../src/machine/index.ts';
import {
  ARP_REPLY,
  ARP_REQUEST,
  buildArp,
  buildEthernet,
  buildIpv4,
  buildUdp,
  ETH_P_ARP,
  ETH_P_IP,
  IPPROTO_UDP,
  parseArp,
  parseEthernet,
  parseIpv4,
  parseIpv4Packet,
  parseMac,
  parseUdp,
  type TftpDatagram,
  TftpServer,
} from '../../src/network/index.ts';

const SERVER = parseIpv4('10.0.0.1')!;
const CLIENT = parseIpv4('10.0.0.5')!;
const EVERYBODY = 0xffff_ffff;
const SERVER_MAC = parseMac('52:54:00:00:00:01')!;
const CLIENT_MAC = parseMac('52:54:00:00:00:05')!;
const ALL_MAC = parseMac('ff:ff:ff:ff:ff:ff')!;
const COOKIE = [0x63, 0x82, 0x53, 0x63];

export interface BootServerOptions {
  /** Served by TFTP. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** DHCP options with their codes, behind type, server, mask and router. */
  readonly options?: readonly (readonly [code: number, bytes: readonly number[]])[];
  /** The header's fields. */
  readonly header?: { readonly siaddr?: number; readonly file?: string };
  /** Whether DHCP is answered at all; a negative acknowledgement for so many requests first. */
  readonly dhcp?: boolean;
  readonly refusals?: number;
  /** Whether the nth frame (of both directions together, from 1 on) is lost. */
  readonly loses?: (frame: number) => boolean;
  /** What becomes of a UDP payload that the server sends; the checksums around it are right. */
  readonly distort?: (payload: Uint8Array) => Uint8Array;
  /** Frames that come before each that the server sends. */
  readonly noise?: (frame: Uint8Array) => readonly Uint8Array[];
}

/** Names the boot file in option 67, for {@link BootServerOptions.options}. */
export const bootFile = (name: string) => [67, [...encodeUtf8(name)]] as const;

export class BootServer {
  readonly #options: BootServerOptions;
  readonly #tftp: TftpServer;
  #frames = 0;
  #refusals: number;
  /** DHCP messages by their type, and names of files asked for. */
  readonly seen: (number | string)[] = [];
  lost = 0;

  constructor(options: BootServerOptions) {
    this.#options = options;
    this.#refusals = options.refusals ?? 0;
    const { files = {} } = options;
    this.#tftp = new TftpServer({
      file: (name) => {
        this.seen.push(name);
        return files[name] ?? null;
      },
    });
  }

  /** For {@link BootMachineOptions}. */
  readonly transmit = (frame: Uint8Array, card: NetDevice, now: number): void => {
    if (this.#loses()) return;
    for (const reply of this.#answer(frame, now)) this.#send(reply, card);
  };

  readonly meanwhile = (now: number, card: NetDevice): void => {
    for (const datagram of this.#tftp.expired(now)) this.#send(this.#datagram(datagram), card);
  };

  #send(frame: Uint8Array, card: NetDevice): void {
    for (const noise of this.#options.noise?.(frame) ?? []) card.receive(noise);
    if (!this.#loses()) card.receive(frame);
  }

  #loses(): boolean {
    const loses = this.#options.loses?.(++this.#frames) ?? false;
    if (loses) this.lost++;
    return loses;
  }

  #answer(bytes: Uint8Array, now: number): Uint8Array[] {
    const frame = parseEthernet(bytes)!;
    if (frame.type === ETH_P_ARP) {
      const arp = parseArp(frame.payload)!;
      if (arp.operation !== ARP_REQUEST || arp.targetAddress !== SERVER) return [];
      const reply = {
        operation: ARP_REPLY,
        senderMac: SERVER_MAC,
        senderAddress: SERVER,
        targetMac: arp.senderMac,
        targetAddress: arp.senderAddress,
      };
      return [buildEthernet(arp.senderMac, SERVER_MAC, ETH_P_ARP, buildArp(reply))];
    }
    const ip = parseIpv4Packet(frame.payload);
    if (frame.type !== ETH_P_IP || ip === null || ip.protocol !== IPPROTO_UDP)
      throw new Error('a wrong packet');
    const udp = parseUdp(frame.payload.subarray(ip.headerLength, ip.totalLength), ip.source, ip.destination);
    if (udp === null) throw new Error('a datagram with a wrong checksum');
    if (udp.destinationPort === 67) return this.#dhcp(udp.data);
    const peer = { address: ip.source, port: udp.sourcePort };
    const datagram = { port: udp.destinationPort, peer, bytes: udp.data };
    return this.#tftp.receive(now, datagram).map((each) => this.#datagram(each));
  }

  #datagram({ port, peer, bytes }: TftpDatagram): Uint8Array {
    return frameOf(CLIENT_MAC, peer.address, port, peer.port, this.#distorted(bytes));
  }

  #distorted(payload: Uint8Array): Uint8Array {
    return this.#options.distort?.(payload) ?? payload;
  }

  #dhcp(message: Uint8Array): Uint8Array[] {
    const type = message[message.indexOf(53, 240) + 2]!;
    this.seen.push(type);
    if (this.#options.dhcp === false) return [];
    const refuses = type === 3 && this.#refusals-- > 0;
    const kind = type === 1 ? 2 : refuses ? 6 : 5;
    const { siaddr = 0, file = '' } = this.#options.header ?? {};
    const reply = new Uint8Array(240);
    reply.set(message.subarray(0, 44));
    reply[0] = 2;
    reply.set(words(CLIENT), 16);
    reply.set(words(siaddr), 20);
    reply.set(encodeUtf8(file), 108);
    reply.set(COOKIE, 236);
    const all = [
      [53, [kind]],
      [54, words(SERVER)],
      [1, [255, 255, 255, 0]],
      [3, words(SERVER)],
      ...(this.#options.options ?? []),
    ] as const;
    const options = all.flatMap(([code, bytes]) => [code, bytes.length, ...bytes]);
    const payload = this.#distorted(Uint8Array.from([...reply, ...options, 255]));
    return [frameOf(ALL_MAC, EVERYBODY, 67, 68, payload)];
  }
}

const words = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function frameOf(
  mac: typeof SERVER_MAC,
  to: number,
  from: number,
  port: number,
  data: Uint8Array,
): Uint8Array {
  const udp = buildUdp({ sourcePort: from, destinationPort: port, data }, SERVER, to);
  const packet = buildIpv4({ source: SERVER, destination: to, protocol: IPPROTO_UDP, payload: udp });
  return buildEthernet(mac, SERVER_MAC, ETH_P_IP, packet);
}
