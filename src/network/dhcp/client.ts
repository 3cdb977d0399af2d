/** A DHCP client (RFC 2131, 4.4) at the level of UDP payloads: it says what to send and when to be called again. */
import { encodeUtf8, type Nanos, type Random, SECOND } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { type Mac, macBytes } from '../address/mac.ts';
import {
  buildDhcp,
  DHCP_OPTION,
  type DhcpMessage,
  type DhcpType,
  dhcpType,
  numbersValue,
  optionNumbers,
  optionText,
  parseDhcp,
  typeValue,
} from './message.ts';

/** Figure 5's states. */
export type DhcpClientState = 'INIT' | 'SELECTING' | 'REQUESTING' | 'BOUND' | 'RENEWING' | 'REBINDING';

/** What the client was given. */
export interface DhcpBinding {
  readonly address: Ipv4;
  readonly mask: Ipv4 | null;
  readonly broadcast: Ipv4 | null;
  readonly routers: readonly Ipv4[];
  readonly nameServers: readonly Ipv4[];
  readonly domain: string | null;
  readonly hostName: string | null;
  readonly server: Ipv4;
  /** Seconds. */
  readonly leaseTime: number;
  readonly nextServer: Ipv4;
  readonly bootFile: string;
}

/** What is to be done: messages go to port 67, by broadcast or to a server. */
export type DhcpAction =
  | { readonly kind: 'send'; readonly payload: Uint8Array; readonly to: 'broadcast' | Ipv4 }
  | { readonly kind: 'bound'; readonly binding: DhcpBinding; readonly renewed: boolean }
  /** The address may not be used any more. */
  | { readonly kind: 'lost' };

/** Waiting doubles from 4 to 64 seconds, give or take one (4.1). */
const FIRST_WAIT = 4 * SECOND;
const LONGEST_WAIT = 64 * SECOND;
/** While renewing, half of what is left is waited, but not less than this (4.4.5). */
const SHORTEST_RENEWAL = 60 * SECOND;
/** After this many requests without an answer the search begins anew. */
const REQUESTS = 4;

export class DhcpClient {
  readonly #mac: Mac;
  readonly #random: Random;
  readonly #hostName: string | null;
  #state: DhcpClientState = 'INIT';
  #transaction = 0;
  #begun: Nanos = 0;
  #wait: Nanos = FIRST_WAIT;
  #sent = 0;
  #deadline: Nanos | null = null;
  #offer: { address: Ipv4; server: Ipv4 } | null = null;
  #binding: DhcpBinding | null = null;
  /** When the lease began, and when renewing, rebinding and the end are due. */
  #times = { renew: 0, rebind: 0, end: 0 };

  constructor(mac: Mac, random: Random, hostName: string | null = null) {
    this.#mac = mac;
    this.#random = random;
    this.#hostName = hostName;
  }

  get state(): DhcpClientState {
    return this.#state;
  }

  get binding(): DhcpBinding | null {
    return this.#binding;
  }

  /** When {@link timedOut} is to be called; null for never. */
  get deadline(): Nanos | null {
    return this.#deadline;
  }

  /** Begins to look for an address. */
  start(now: Nanos): readonly DhcpAction[] {
    this.#transaction = this.#random.uint32();
    this.#begun = now;
    this.#wait = FIRST_WAIT;
    this.#offer = null;
    this.#state = 'SELECTING';
    return [this.#discover(now)];
  }

  /** Gives the address back. */
  release(now: Nanos): readonly DhcpAction[] {
    const binding = this.#binding;
    this.#state = 'INIT';
    this.#deadline = null;
    this.#binding = null;
    if (binding === null) return [];
    const options = this.#options('RELEASE');
    options.set(DHCP_OPTION.serverIdentifier, numbersValue(binding.server));
    const payload = this.#build(now, binding.address, options);
    return [{ kind: 'send', payload, to: binding.server }, { kind: 'lost' }];
  }

  /** The deadline has come. */
  timedOut(now: Nanos): readonly DhcpAction[] {
    switch (this.#state) {
      case 'INIT':
        return [];
      case 'SELECTING':
        this.#backOff();
        return [this.#discover(now)];
      case 'REQUESTING':
        if (this.#sent >= REQUESTS) return this.start(now);
        this.#backOff();
        return [this.#request(now)];
      default:
        return this.#keep(now);
    }
  }

  /** A message came to port 68. */
  receive(payload: Uint8Array, now: Nanos): readonly DhcpAction[] {
    const message = parseDhcp(payload);
    if (message === null || !message.reply || message.transaction !== this.#transaction) return [];
    if (message.mac !== this.#mac) return [];
    const type = dhcpType(message);
    if (type === 'OFFER' && this.#state === 'SELECTING') return this.#offered(message, now);
    const waiting = this.#state === 'REQUESTING' || this.#state === 'RENEWING' || this.#state === 'REBINDING';
    if (!waiting) return [];
    if (type === 'ACK') return this.#acknowledged(message, now);
    if (type !== 'NAK') return [];
    const had = this.#binding !== null;
    this.#binding = null;
    return [...(had ? [{ kind: 'lost' as const }] : []), ...this.start(now)];
  }

  /** The first offer is taken. */
  #offered(message: DhcpMessage, now: Nanos): readonly DhcpAction[] {
    const [server] = optionNumbers(message, DHCP_OPTION.serverIdentifier);
    if (server === undefined || message.yourAddress === 0) return [];
    this.#offer = { address: message.yourAddress, server };
    this.#state = 'REQUESTING';
    this.#wait = FIRST_WAIT;
    this.#sent = 0;
    return [this.#request(now)];
  }

  #acknowledged(message: DhcpMessage, now: Nanos): readonly DhcpAction[] {
    const [server] = optionNumbers(message, DHCP_OPTION.serverIdentifier);
    const [leaseTime] = optionNumbers(message, DHCP_OPTION.leaseTime);
    if (server === undefined || leaseTime === undefined || message.yourAddress === 0) return [];
    const renewed = this.#binding !== null;
    this.#binding = {
      address: message.yourAddress,
      mask: optionNumbers(message, DHCP_OPTION.subnetMask)[0] ?? null,
      broadcast: optionNumbers(message, DHCP_OPTION.broadcastAddress)[0] ?? null,
      routers: optionNumbers(message, DHCP_OPTION.router),
      nameServers: optionNumbers(message, DHCP_OPTION.domainNameServer),
      domain: optionText(message, DHCP_OPTION.domainName),
      hostName: optionText(message, DHCP_OPTION.hostName),
      server,
      leaseTime,
      nextServer: message.nextServer,
      bootFile: message.bootFile,
    };
    const renewal = optionNumbers(message, DHCP_OPTION.renewalTime)[0] ?? Math.floor(leaseTime / 2);
    const rebinding = optionNumbers(message, DHCP_OPTION.rebindingTime)[0] ?? Math.floor((leaseTime * 7) / 8);
    this.#times = {
      renew: now + renewal * SECOND,
      rebind: now + rebinding * SECOND,
      end: now + leaseTime * SECOND,
    };
    this.#state = 'BOUND';
    this.#deadline = this.#times.renew;
    return [{ kind: 'bound', binding: this.#binding, renewed }];
  }

  /** Asks the own server, then any, for more time; at the end the address is lost (4.4.5). */
  #keep(now: Nanos): readonly DhcpAction[] {
    const { rebind, end } = this.#times;
    if (now >= end) {
      this.#binding = null;
      return [{ kind: 'lost' }, ...this.start(now)];
    }
    if (this.#state === 'BOUND') {
      this.#begun = now;
      this.#transaction = this.#random.uint32();
    }
    this.#state = now >= rebind ? 'REBINDING' : 'RENEWING';
    const next = this.#state === 'RENEWING' ? rebind : end;
    this.#deadline = Math.min(next, now + Math.max(SHORTEST_RENEWAL, Math.floor((next - now) / 2)));
    const { address, server } = this.#binding!;
    const payload = this.#build(now, address, this.#options('REQUEST'));
    return [{ kind: 'send', payload, to: this.#state === 'RENEWING' ? server : 'broadcast' }];
  }

  #discover(now: Nanos): DhcpAction {
    this.#deadline = now + this.#jittered();
    return { kind: 'send', payload: this.#build(now, 0, this.#options('DISCOVER')), to: 'broadcast' };
  }

  #request(now: Nanos): DhcpAction {
    this.#sent++;
    this.#deadline = now + this.#jittered();
    const options = this.#options('REQUEST');
    options.set(DHCP_OPTION.requestedAddress, numbersValue(this.#offer!.address));
    options.set(DHCP_OPTION.serverIdentifier, numbersValue(this.#offer!.server));
    return { kind: 'send', payload: this.#build(now, 0, options), to: 'broadcast' };
  }

  #backOff(): void {
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
  }

  #jittered(): Nanos {
    return this.#wait + this.#random.between(0, 2_000_000) * 1000 - SECOND;
  }

  #options(type: DhcpType): Map<number, Uint8Array> {
    const options = new Map<number, Uint8Array>([
      [DHCP_OPTION.messageType, typeValue(type)],
      [DHCP_OPTION.clientIdentifier, Uint8Array.of(1, ...macBytes(this.#mac))],
    ]);
    if (this.#hostName !== null) options.set(DHCP_OPTION.hostName, encodeUtf8(this.#hostName));
    if (type !== 'RELEASE')
      options.set(
        DHCP_OPTION.parameterRequestList,
        Uint8Array.of(
          DHCP_OPTION.subnetMask,
          DHCP_OPTION.router,
          DHCP_OPTION.domainNameServer,
          DHCP_OPTION.hostName,
          DHCP_OPTION.domainName,
          DHCP_OPTION.broadcastAddress,
        ),
      );
    return options;
  }

  #build(now: Nanos, clientAddress: Ipv4, options: ReadonlyMap<number, Uint8Array>): Uint8Array {
    return buildDhcp({
      reply: false,
      transaction: this.#transaction,
      seconds: Math.min(0xffff, Math.floor((now - this.#begun) / SECOND)),
      broadcast: false,
      clientAddress,
      yourAddress: 0,
      nextServer: 0,
      relay: 0,
      mac: this.#mac,
      serverName: '',
      bootFile: '',
      options,
    });
  }
}
