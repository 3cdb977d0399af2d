/** A DHCP server (RFC 2131, 4.3) at the level of UDP payloads: it is given messages and the time, and says what to send. */
import { encodeUtf8, type Nanos, SECOND } from '../../base/index.ts';
import { broadcastOf, type Ipv4, inPrefix, netmask, type Prefix } from '../address/ipv4.ts';
import type { Mac } from '../address/mac.ts';
import {
  buildDhcp,
  DHCP_CLIENT_PORT,
  DHCP_OPTION,
  DHCP_SERVER_PORT,
  type DhcpMessage,
  type DhcpType,
  dhcpType,
  numbersValue,
  optionNumbers,
  optionText,
  parseDhcp,
  typeValue,
} from './message.ts';

export interface DhcpServerConfig {
  /** The server's own address on this network, and the network's prefix length. */
  readonly address: Ipv4;
  readonly prefixLength: number;
  /** First and last address to give away; null: only those that stand below. */
  readonly range: readonly [Ipv4, Ipv4] | null;
  /** Addresses, and names, that certain MAC addresses get. */
  readonly hosts: ReadonlyMap<Mac, { readonly address: Ipv4; readonly name?: string }>;
  readonly routers: readonly Ipv4[];
  readonly nameServers: readonly Ipv4[];
  readonly domain: string | null;
  /** Seconds. */
  readonly leaseTime: number;
  /** What a machine boots from the network by: file, and the server that has it; the server itself for null. */
  readonly bootFile: string | null;
  readonly nextServer: Ipv4 | null;
}

export interface DhcpLease {
  readonly mac: Mac;
  readonly address: Ipv4;
  readonly hostName: string | null;
  readonly expires: Nanos;
}

/** What to send. Broadcasts go out by the network's device, unicast to `mac` even when nobody answers ARP for the address yet. */
export interface DhcpAnswer {
  readonly payload: Uint8Array;
  readonly to: 'broadcast' | Ipv4;
  readonly port: number;
  readonly mac: Mac;
}

/** How long an offer is kept for whom it was made. */
const OFFER_TIME = 60 * SECOND;
/** How long an address is left alone that somebody said was in use already. */
const DECLINE_TIME = 600 * SECOND;

export class DhcpServer {
  readonly #config: DhcpServerConfig;
  readonly #leases = new Map<Ipv4, DhcpLease>();
  readonly #offers = new Map<Ipv4, { mac: Mac; until: Nanos }>();
  readonly #declined = new Map<Ipv4, Nanos>();

  constructor(config: DhcpServerConfig) {
    this.#config = config;
  }

  /** Leases that hold, by address. */
  leases(now: Nanos): readonly DhcpLease[] {
    return [...this.#leases.values()]
      .filter((lease) => lease.expires > now)
      .sort((a, b) => a.address - b.address);
  }

  /** Puts leases back that were kept in a file. */
  restore(leases: readonly DhcpLease[]): void {
    for (const lease of leases) this.#leases.set(lease.address, lease);
  }

  /** A message came to port 67; null when there is nothing to say. */
  receive(payload: Uint8Array, now: Nanos): DhcpAnswer | null {
    const message = parseDhcp(payload);
    if (message === null || message.reply) return null;
    switch (dhcpType(message)) {
      case 'DISCOVER':
        return this.#discover(message, now);
      case 'REQUEST':
        return this.#request(message, now);
      case 'RELEASE':
        this.#release(message);
        return null;
      case 'DECLINE':
        this.#decline(message, now);
        return null;
      case 'INFORM':
        return this.#answer(message, 'ACK', 0, message.clientAddress);
      default:
        return null;
    }
  }

  #discover(message: DhcpMessage, now: Nanos): DhcpAnswer | null {
    const address = this.#choose(
      message.mac,
      optionNumbers(message, DHCP_OPTION.requestedAddress)[0] ?? null,
      now,
    );
    if (address === null) return null;
    this.#offers.set(address, { mac: message.mac, until: now + OFFER_TIME });
    return this.#answer(message, 'OFFER', address, 0);
  }

  /** Section 4.3.2: after an offer, after a reboot, or to keep what one has. */
  #request(message: DhcpMessage, now: Nanos): DhcpAnswer | null {
    const [server] = optionNumbers(message, DHCP_OPTION.serverIdentifier);
    // Another server's offer was taken.
    if (server !== undefined && server !== this.#config.address) {
      this.#withdraw(message.mac);
      return null;
    }
    const requested = optionNumbers(message, DHCP_OPTION.requestedAddress)[0] ?? message.clientAddress;
    if (requested === 0) return null;
    const lease = this.#leases.get(requested);
    if (server === undefined && !inPrefix(requested, this.#network))
      return this.#refuse(message, 'wrong network');
    if (!this.#mayHave(message.mac, requested, now)) {
      // Somebody else's client, of whom nothing is known here, is left to the server that knows it.
      const known = lease !== undefined || this.#isOurs(requested, message.mac);
      return server !== undefined || known ? this.#refuse(message, 'address not available') : null;
    }
    this.#offers.delete(requested);
    this.#forget(message.mac, requested);
    const hostName = this.#config.hosts.get(message.mac)?.name ?? optionText(message, DHCP_OPTION.hostName);
    const expires = now + this.#config.leaseTime * SECOND;
    this.#leases.set(requested, { mac: message.mac, address: requested, hostName, expires });
    return this.#answer(message, 'ACK', requested, message.clientAddress);
  }

  #release(message: DhcpMessage): void {
    const lease = this.#leases.get(message.clientAddress);
    if (lease?.mac === message.mac) this.#leases.delete(message.clientAddress);
  }

  #decline(message: DhcpMessage, now: Nanos): void {
    const [address] = optionNumbers(message, DHCP_OPTION.requestedAddress);
    if (address === undefined || this.#leases.get(address)?.mac !== message.mac) return;
    this.#leases.delete(address);
    this.#declined.set(address, now + DECLINE_TIME);
  }

  get #network(): Prefix {
    return { address: this.#config.address, length: this.#config.prefixLength };
  }

  /** Section 4.3.1: the address it has or had, the one it asks for, then the first that is free. */
  #choose(mac: Mac, requested: Ipv4 | null, now: Nanos): Ipv4 | null {
    const fixed = this.#config.hosts.get(mac)?.address;
    if (fixed !== undefined) return this.#mayHave(mac, fixed, now) ? fixed : null;
    const former = [...this.#leases.values()].find((lease) => lease.mac === mac)?.address;
    const offered = [...this.#offers].find(([, offer]) => offer.mac === mac)?.[0];
    for (const address of [former, offered, requested])
      if (address != null && this.#mayHave(mac, address, now)) return address;
    if (this.#config.range === null) return null;
    const [low, high] = this.#config.range;
    for (let address = low; address <= high; address++) if (this.#mayHave(mac, address, now)) return address;
    return null;
  }

  #isOurs(address: Ipv4, mac: Mac): boolean {
    const { hosts, range } = this.#config;
    if (hosts.get(mac)?.address === address) return true;
    return range !== null && address >= range[0] && address <= range[1];
  }

  /** Whether an address is to be given away, and nobody else has it, is promised it or keeps it for good. */
  #mayHave(mac: Mac, address: Ipv4, now: Nanos): boolean {
    const { hosts } = this.#config;
    if (address === this.#config.address || !this.#isOurs(address, mac)) return false;
    const fixed = hosts.get(mac)?.address;
    if (fixed !== undefined && fixed !== address) return false;
    for (const [other, host] of hosts) if (other !== mac && host.address === address) return false;
    const lease = this.#leases.get(address);
    if (lease !== undefined && lease.mac !== mac && lease.expires > now) return false;
    const offer = this.#offers.get(address);
    if (offer !== undefined && offer.mac !== mac && offer.until > now) return false;
    return (this.#declined.get(address) ?? 0) <= now;
  }

  /** A client has one address at a time. */
  #forget(mac: Mac, but: Ipv4): void {
    for (const [address, lease] of this.#leases)
      if (lease.mac === mac && address !== but) this.#leases.delete(address);
    this.#withdraw(mac);
  }

  #withdraw(mac: Mac): void {
    for (const [address, offer] of this.#offers) if (offer.mac === mac) this.#offers.delete(address);
  }

  #refuse(message: DhcpMessage, why: string): DhcpAnswer {
    const options = new Map<number, Uint8Array>([
      [DHCP_OPTION.messageType, typeValue('NAK')],
      [DHCP_OPTION.serverIdentifier, numbersValue(this.#config.address)],
      [DHCP_OPTION.message, encodeUtf8(why)],
    ]);
    const payload = buildDhcp({ ...this.#reply(message), options });
    // A client that has a wrong address hears broadcasts only.
    if (message.relay !== 0) return { payload, to: message.relay, port: DHCP_SERVER_PORT, mac: message.mac };
    return { payload, to: 'broadcast', port: DHCP_CLIENT_PORT, mac: message.mac };
  }

  #reply(message: DhcpMessage): DhcpMessage {
    const { transaction, broadcast, relay, mac } = message;
    return {
      reply: true,
      transaction,
      seconds: 0,
      broadcast,
      clientAddress: 0,
      yourAddress: 0,
      nextServer: 0,
      relay,
      mac,
      serverName: '',
      bootFile: '',
      options: new Map(),
    };
  }

  /** OFFER or ACK, with what the network needs (section 4.3.1's table), sent where section 4.1 says. */
  #answer(message: DhcpMessage, type: DhcpType, address: Ipv4, clientAddress: Ipv4): DhcpAnswer {
    const { bootFile, nextServer } = this.#config;
    const payload = buildDhcp({
      ...this.#reply(message),
      clientAddress,
      yourAddress: address,
      nextServer: bootFile === null ? 0 : (nextServer ?? this.#config.address),
      bootFile: bootFile ?? '',
      options: this.#options(message, type, address),
    });
    const { mac } = message;
    if (message.relay !== 0) return { payload, to: message.relay, port: DHCP_SERVER_PORT, mac };
    const to =
      message.clientAddress !== 0 ? message.clientAddress : message.broadcast ? 'broadcast' : address;
    return { payload, to, port: DHCP_CLIENT_PORT, mac };
  }

  #options(message: DhcpMessage, type: DhcpType, address: Ipv4): ReadonlyMap<number, Uint8Array> {
    const { prefixLength, leaseTime, routers, nameServers, domain, hosts } = this.#config;
    const options = new Map<number, Uint8Array>([
      [DHCP_OPTION.messageType, typeValue(type)],
      [DHCP_OPTION.serverIdentifier, numbersValue(this.#config.address)],
    ]);
    if (address !== 0) {
      options.set(DHCP_OPTION.leaseTime, numbersValue(leaseTime));
      options.set(DHCP_OPTION.renewalTime, numbersValue(Math.floor(leaseTime / 2)));
      options.set(DHCP_OPTION.rebindingTime, numbersValue(Math.floor((leaseTime * 7) / 8)));
    }
    options.set(DHCP_OPTION.subnetMask, numbersValue(netmask(prefixLength)));
    options.set(DHCP_OPTION.broadcastAddress, numbersValue(broadcastOf(this.#config.address, prefixLength)));
    if (routers.length > 0) options.set(DHCP_OPTION.router, numbersValue(...routers));
    if (nameServers.length > 0) options.set(DHCP_OPTION.domainNameServer, numbersValue(...nameServers));
    if (domain !== null) options.set(DHCP_OPTION.domainName, encodeUtf8(domain));
    const name = hosts.get(message.mac)?.name;
    if (name !== undefined) options.set(DHCP_OPTION.hostName, encodeUtf8(name));
    this.#bootOptions(message, options);
    return options;
  }

  /** Options 66 and 67 for those who ask for them; the fixed fields say the same. */
  #bootOptions(message: DhcpMessage, options: Map<number, Uint8Array>): void {
    const { bootFile, nextServer } = this.#config;
    const wanted = message.options.get(DHCP_OPTION.parameterRequestList) ?? new Uint8Array(0);
    if (bootFile === null) return;
    const server = nextServer ?? this.#config.address;
    const dotted = [24, 16, 8, 0].map((shift) => (server >>> shift) & 255).join('.');
    if (wanted.includes(DHCP_OPTION.tftpServerName))
      options.set(DHCP_OPTION.tftpServerName, encodeUtf8(dotted));
    if (wanted.includes(DHCP_OPTION.bootFileName))
      options.set(DHCP_OPTION.bootFileName, encodeUtf8(bootFile));
  }
}
