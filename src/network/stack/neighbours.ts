/**
 * The neighbour cache and ARP (RFC 826; states of RFC 4861 as arp(7) and ip-neighbour(8) have them): who on a link has an IPv4
 * address. Times are Linux's defaults.
 */
import { type Nanos, type ScheduledEvent, SECOND } from '../../base/index.ts';
import { formatIpv4, type Ipv4 } from '../address/ipv4.ts';
import { BROADCAST_MAC, isGroupMac, type Mac, ZERO_MAC } from '../address/mac.ts';
import type { NetworkDevice } from '../link/device.ts';
import { ARP_REPLY, ARP_REQUEST, buildArp, parseArp } from '../packet/arp.ts';
import { buildEthernet, ETH_P_ARP } from '../packet/ethernet.ts';
import type { NetworkNamespace } from './namespace.ts';

export type NeighbourState =
  | 'INCOMPLETE'
  | 'REACHABLE'
  | 'STALE'
  | 'DELAY'
  | 'PROBE'
  | 'FAILED'
  | 'PERMANENT';

/** base_reachable_time, delay_first_probe_time, retrans_time; ucast_solicit and mcast_solicit. */
const REACHABLE_TIME = 30 * SECOND;
const DELAY_TIME = 5 * SECOND;
const RETRANSMIT_TIME = SECOND;
const PROBES = 3;
/** Packets that wait for an address (unres_qlen); the oldest goes first. */
const WAITING = 101;

interface Waiting {
  readonly send: (mac: Mac) => void;
  readonly fail: () => void;
}

interface Entry {
  readonly device: NetworkDevice;
  readonly address: Ipv4;
  mac: Mac | null;
  state: NeighbourState;
  confirmed: Nanos;
  probes: number;
  waiting: Waiting[];
  timer: ScheduledEvent | null;
}

/** One line of `ip neighbour`. */
export interface Neighbour {
  readonly device: NetworkDevice;
  readonly address: Ipv4;
  readonly mac: Mac | null;
  readonly state: NeighbourState;
}

export class NeighbourTable {
  readonly #namespace: NetworkNamespace;
  readonly #entries = new Map<string, Entry>();

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
  }

  get all(): readonly Neighbour[] {
    const entries = [...this.#entries.values()];
    for (const entry of entries) this.#age(entry);
    return entries;
  }

  /** Calls `send` with the MAC address of `address` as soon as it is known, or `fail` when nobody answers. */
  resolve(device: NetworkDevice, address: Ipv4, send: (mac: Mac) => void, fail: () => void): void {
    const known = this.#get(device, address);
    // Nobody is asked: as arp_constructor() has it, frames go to the device's own address then.
    if (known === undefined && !device.arp) {
      send(device.mac);
      return;
    }
    const entry = known ?? this.#create(device, address, null, 'INCOMPLETE');
    this.#age(entry);
    if (entry.state === 'FAILED') this.#change(entry, 'INCOMPLETE');
    if (entry.state === 'INCOMPLETE') {
      if (entry.waiting.length >= WAITING) entry.waiting.shift();
      entry.waiting.push({ send, fail });
      if (entry.timer === null) this.#solicit(entry);
      return;
    }
    if (entry.state === 'STALE') {
      this.#change(entry, 'DELAY');
      this.#schedule(entry, DELAY_TIME);
    }
    send(entry.mac!);
  }

  /** Traffic in both directions shows that the neighbour is there: TCP says so. */
  confirm(device: NetworkDevice, address: Ipv4): void {
    const entry = this.#get(device, address);
    if (entry === undefined || entry.mac === null || entry.state === 'PERMANENT') return;
    this.#reached(entry, entry.mac);
  }

  /** `ip neighbour add` and `replace`: an address given by hand stays. */
  set(device: NetworkDevice, address: Ipv4, mac: Mac, state: 'PERMANENT' | 'REACHABLE' | 'STALE'): void {
    const entry = this.#get(device, address) ?? this.#create(device, address, null, state);
    this.#learned(entry, mac, state);
  }

  has(device: NetworkDevice, address: Ipv4): boolean {
    return this.#get(device, address) !== undefined;
  }

  /** False when there is no such entry. */
  delete(device: NetworkDevice, address: Ipv4): boolean {
    const entry = this.#get(device, address);
    if (entry === undefined) return false;
    // As neigh_delete() has it: what is known is forgotten first.
    if (entry.mac !== null) this.#tell({ ...entry, mac: null, state: 'FAILED' });
    this.#drop(entry, entry.mac === null ? entry.state : 'FAILED');
    return true;
  }

  #drop(entry: Entry, state: NeighbourState): void {
    entry.timer?.cancel();
    this.#entries.delete(key(entry.device, entry.address));
    this.#tell({ ...entry, mac: state === 'FAILED' ? null : entry.mac, state }, true);
  }

  #tell({ device, address, mac, state }: Neighbour, gone = false): void {
    this.#namespace.events.tell({ kind: 'neighbour', neighbour: { device, address, mac, state }, gone });
  }

  /** Forgets all entries of a device, or all but those given by hand. */
  flush(device: NetworkDevice, keepPermanent = false): void {
    for (const entry of [...this.#entries.values()])
      if (entry.device === device && !(keepPermanent && entry.state === 'PERMANENT'))
        this.#drop(entry, entry.state);
  }

  /** An ARP packet came in. */
  input(device: NetworkDevice, payload: Uint8Array, forUs: boolean): void {
    const packet = parseArp(payload);
    if (packet === null || isGroupMac(packet.senderMac) || device.kind === 'loopback' || !device.arp) return;
    const { routing } = this.#namespace;
    const { senderAddress, senderMac, targetAddress } = packet;
    const known = this.#get(device, senderAddress);
    if (packet.operation === ARP_REQUEST && routing.isLocal(targetAddress)) {
      // Who asks us is about to talk to us; a probe for duplicates (RFC 5227) has no address yet.
      if (senderAddress !== 0)
        this.#heard(known ?? this.#create(device, senderAddress, null, 'STALE'), senderMac);
      this.#send(device, ARP_REPLY, targetAddress, senderMac, senderAddress, senderMac);
    } else if (known !== undefined && packet.operation === ARP_REPLY && forUs)
      this.#reached(known, senderMac);
    else if (known !== undefined) this.#heard(known, senderMac);
  }

  #get(device: NetworkDevice, address: Ipv4): Entry | undefined {
    return this.#entries.get(key(device, address));
  }

  #create(device: NetworkDevice, address: Ipv4, mac: Mac | null, state: NeighbourState): Entry {
    const confirmed = this.#namespace.context.queue.now;
    const entry: Entry = { device, address, mac, state, confirmed, probes: 0, waiting: [], timer: null };
    this.#entries.set(key(device, address), entry);
    if (state === 'INCOMPLETE') this.#trace(entry, null);
    return entry;
  }

  /** An answer to our question. */
  #reached(entry: Entry, mac: Mac): void {
    if (entry.state === 'PERMANENT') return;
    entry.confirmed = this.#namespace.context.queue.now;
    this.#learned(entry, mac, 'REACHABLE');
  }

  /** A neighbour told of itself without being asked: its address counts, but not as a proof that it hears us. */
  #heard(entry: Entry, mac: Mac): void {
    if (entry.state === 'PERMANENT') return;
    if (entry.mac === mac && entry.state !== 'INCOMPLETE' && entry.state !== 'FAILED') return;
    this.#learned(entry, mac, 'STALE');
  }

  #learned(entry: Entry, mac: Mac, state: NeighbourState): void {
    entry.timer?.cancel();
    entry.timer = null;
    entry.probes = 0;
    const before = entry.mac;
    entry.mac = mac;
    this.#change(entry, state, before !== mac);
    const waiting = entry.waiting;
    entry.waiting = [];
    for (const each of waiting) each.send(mac);
  }

  #age(entry: Entry): void {
    const old = this.#namespace.context.queue.now - entry.confirmed >= REACHABLE_TIME;
    if (entry.state === 'REACHABLE' && old) this.#change(entry, 'STALE');
  }

  #schedule(entry: Entry, delay: Nanos): void {
    entry.timer?.cancel();
    entry.timer = this.#namespace.context.queue.after(delay, () => {
      entry.timer = null;
      if (entry.state === 'DELAY') this.#change(entry, 'PROBE');
      if (entry.probes < PROBES) this.#solicit(entry);
      else this.#failed(entry);
    });
  }

  /** Asks once more: everybody, or the neighbour itself when its address is known. */
  #solicit(entry: Entry): void {
    entry.probes++;
    this.#schedule(entry, RETRANSMIT_TIME);
    const { device, address, mac } = entry;
    const source = this.#namespace.addresses.sourceFor(device, address) ?? 0;
    this.#send(device, ARP_REQUEST, source, ZERO_MAC, address, mac ?? BROADCAST_MAC);
  }

  #failed(entry: Entry): void {
    entry.probes = 0;
    entry.mac = null;
    this.#change(entry, 'FAILED');
    const waiting = entry.waiting;
    entry.waiting = [];
    for (const each of waiting) each.fail();
  }

  #send(device: NetworkDevice, operation: number, sender: Ipv4, targetMac: Mac, target: Ipv4, to: Mac): void {
    const packet = {
      operation,
      senderMac: device.mac,
      senderAddress: sender,
      targetMac,
      targetAddress: target,
    };
    device.send(buildEthernet(to, device.mac, ETH_P_ARP, buildArp(packet)));
  }

  #change(entry: Entry, state: NeighbourState, always = false): void {
    const from = entry.state;
    entry.state = state;
    if (from === state && !always) return;
    this.#trace(entry, from);
    // The kernel tells what was found out, not that it is looked for.
    if (state !== 'INCOMPLETE' && state !== 'DELAY') this.#tell(entry);
  }

  #trace(entry: Entry, from: NeighbourState | null): void {
    this.#namespace.context.trace?.emit('arp.state', this.#namespace.name, {
      device: entry.device.name,
      address: formatIpv4(entry.address),
      from,
      to: entry.state,
      mac: entry.mac,
    });
  }
}

function key(device: NetworkDevice, address: Ipv4): string {
  return `${device.index}|${address}`;
}
