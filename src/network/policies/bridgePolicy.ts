/**
 * A bridge's decision as a function that can be replaced: asked for each frame that comes in, it takes plain data and gives plain data back
 * at once. The table is the bridge's own all the while, so that what shows or changes it shows and changes that one.
 */
import { type Nanos, SECOND } from '../../base/index.ts';
import { isGroupMac, parseMac } from '../address/mac.ts';
import type { NetworkContext } from '../context.ts';
import type { BridgePort, VlanMembership } from '../link/bridgePort.ts';
import type { DeviceOwner, NetworkDevice } from '../link/device.ts';
import type { Fdb, FdbEntry } from '../link/fdb.ts';
import { type EthernetFrame, parseEthernet, tagged, untagged, vlanOf } from '../packet/ethernet.ts';
import '../events.ts';

/** A port as the function sees it. The bridge's own device is one, by the bridge's name. */
export interface BridgePolicyPort {
  readonly name: string;
  /** The VLAN of frames without a tag, in and out; null: there are none. 0 on a bridge that does not look at VLANs. */
  readonly untagged: number | null;
  /** The VLANs of frames with a tag, in and out. */
  readonly tagged: readonly number[];
  readonly blocked: boolean;
}

export interface BridgePolicyFrame {
  readonly destination: string;
  readonly source: string;
  readonly type: number;
  /** Of the tag; null without one, or on a bridge that does not look at VLANs. */
  readonly vlan: number | null;
}

/** An address that was heard; `seen` in seconds of virtual time. */
export interface BridgePolicyEntry {
  readonly mac: string;
  readonly vlan: number;
  readonly port: string;
  readonly seen: number;
}

export interface BridgePolicyAnswer {
  /** What is known afterwards. */
  readonly table: readonly BridgePolicyEntry[];
  /** Where the frame goes, and the tag that it leaves with. */
  readonly out: readonly { readonly port: string; readonly tag: number | null }[];
}

export interface BridgeQuestion {
  readonly frame: BridgePolicyFrame;
  readonly port: BridgePolicyPort;
  /** Seconds of virtual time. */
  readonly now: number;
  readonly table: readonly BridgePolicyEntry[];
  readonly ports: readonly BridgePolicyPort[];
}

/** Null leaves this frame to the bridge itself. An answer has to be one that {@link bridgeAnswerProblem} finds nothing wrong with. */
export type BridgePolicy = (question: BridgeQuestion, bridge: string) => BridgePolicyAnswer | null;

/** What is asked about of a bridge. */
interface Bridge {
  readonly name: string;
  readonly context: NetworkContext;
  readonly owner: DeviceOwner | null;
  readonly fdb: Fdb;
  readonly vlanFiltering: boolean;
  readonly ports: readonly BridgePort[];
  readonly ownVlans: VlanMembership;
}

/**
 * Asks about a frame that came in by `from`, null for the host itself, and writes what was learned into the bridge's table. Gives the frames
 * that are to leave, and the devices they leave by; null when the bridge has to decide by itself.
 */
export function decide<B extends Bridge & NetworkDevice>(
  policy: BridgePolicy,
  bridge: B,
  from: BridgePort | null,
  bytes: Uint8Array,
): readonly (readonly [NetworkDevice, Uint8Array])[] | null {
  const { name, vlanFiltering: filtering, fdb } = bridge;
  const own = portOf(name, bridge.ownVlans, { filtering, blocked: false });
  const now = bridge.context.queue.now;
  const frame = frameOf(parseEthernet(bytes)!, filtering);
  const devices = new Map<string, NetworkDevice>([[name, bridge]]);
  const ports = [own];
  let port = own;
  for (const each of bridge.ports) {
    if (each.state === 'disabled' || !each.device.running) continue;
    const blocked = each.state !== 'forwarding';
    const shown = portOf(each.device.name, each.vlans, { filtering, blocked });
    devices.set(shown.name, each.device);
    ports.push(shown);
    if (each === from) port = shown;
  }
  // Addresses of the bridge's own are there for no VLAN as well.
  const inside = fdb.entries.filter(({ vlan }) => (vlan === 0) !== filtering);
  const table = inside.map((entry) => entryOf(entry, name, now));
  const answer = policy({ frame, port, now: now / SECOND, table, ports }, name);
  if (answer === null) return null;
  learn(bridge, devices, answer.table);
  const plain = filtering && vlanOf(bytes) !== null ? untagged(bytes) : bytes;
  return answer.out.flatMap(({ port: target, tag }) => {
    const device = devices.get(target);
    return device === undefined ? [] : [[device, tag === null ? plain : tagged(plain, tag)] as const];
  });
}

/** Takes a table over. Addresses of the bridge's own, and those that somebody has entered by hand, stay as they are. */
function learn(
  bridge: Bridge,
  devices: ReadonlyMap<string, NetworkDevice>,
  table: readonly BridgePolicyEntry[],
): void {
  const { fdb, context, owner, name } = bridge;
  const key = ({ mac, vlan }: { mac: string; vlan: number }) => `${vlan}|${mac}`;
  const kept = new Set(table.map(key));
  fdb.deleteWhere((entry) => entry.kind === 'learned' && !kept.has(key(entry)));
  for (const { mac, vlan, port, seen } of table) {
    const device = devices.get(port);
    const known = fdb.get(mac, vlan);
    if (device === undefined || (known !== null && known.kind !== 'learned')) continue;
    fdb.set({ mac, vlan, port: device, kind: 'learned', updated: Math.round(seen * SECOND) });
    if (known?.port === device) continue;
    const place = { bridge: name, mac, vlan, port, from: known?.port.name ?? null };
    context.trace?.emit('bridge.learn', owner?.name ?? '', place);
  }
}

function portOf(
  name: string,
  { members }: VlanMembership,
  { filtering, blocked }: { filtering: boolean; blocked: boolean },
): BridgePolicyPort {
  if (!filtering) return { name, untagged: 0, tagged: [], blocked };
  const untagged = [...members].find(([, { untagged }]) => untagged)?.[0] ?? null;
  return { name, untagged, tagged: [...members.keys()].filter((id) => id !== untagged), blocked };
}

/** Addresses of the bridge and its ports are always known, and lead to its own device. */
function entryOf(
  { mac, vlan, port, kind, updated }: FdbEntry,
  bridge: string,
  now: Nanos,
): BridgePolicyEntry {
  if (kind === 'permanent') return { mac, vlan, port: bridge, seen: now / SECOND };
  return { mac, vlan, port: port.name, seen: (kind === 'static' ? now : updated) / SECOND };
}

function frameOf({ destination, source, type, vlan }: EthernetFrame, filtering: boolean): BridgePolicyFrame {
  return { destination, source, type, vlan: filtering && vlan !== null && vlan.id !== 0 ? vlan.id : null };
}

/** What is wrong with an answer; null: it can be done. */
export function bridgeAnswerProblem(answer: unknown, ports: readonly BridgePolicyPort[]): string | null {
  const names: readonly unknown[] = ports.map(({ name }) => name);
  const text = (value: unknown) => JSON.stringify(value ?? null);
  const { table, out } = (answer ?? {}) as { readonly table?: unknown; readonly out?: unknown };
  if (!Array.isArray(table) || !Array.isArray(out))
    return `${text(answer)} is no { table, out } of two lists`;
  for (const entry of table as unknown[]) {
    const { mac, vlan, port, seen } = (entry ?? {}) as Record<string, unknown>;
    const known = typeof mac === 'string' ? parseMac(mac) : null;
    if (known === null || known !== mac || isGroupMac(known))
      return `${text(mac)} in table is no station’s address`;
    if (!isNumber(vlan, 0, 4094)) return `${mac} is in VLAN ${text(vlan)} in table`;
    if (!names.includes(port)) return `${mac} is at ${text(port)} in table, which is no port`;
    if (typeof seen !== 'number' || !Number.isFinite(seen))
      return `${mac} was seen at ${text(seen)} in table`;
  }
  for (const delivery of out as unknown[]) {
    const { port, tag } = (delivery ?? {}) as Record<string, unknown>;
    if (!names.includes(port)) return `${text(port)} in out is no port`;
    if (tag !== null && !isNumber(tag, 1, 4094))
      return `${text(tag)} in out is no tag: a VLAN’s number, or null`;
  }
  return null;
}

const isNumber = (value: unknown, from: number, to: number) =>
  typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
