import type { Entry, Frame, Port, Result } from './api.d.ts';

/** Seconds after which an address that was not heard again is forgotten. */
const AGEING = 300;

/** Whether an address is a group's: the lowest bit of its first byte. */
const isGroup = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/** Whether a port has frames of this VLAN. A blocked one has none at all. */
const takes = (port: Port, vlan: number) =>
  !port.blocked && (port.untagged === vlan || port.tagged.includes(vlan));

export function receive(
  frame: Frame,
  port: Port,
  now: number,
  table: readonly Entry[],
  ports: readonly Port[],
): Result {
  const fresh = table.filter(({ seen }) => now - seen < AGEING);
  const vlan = frame.vlan ?? port.untagged;
  if (vlan === null || !takes(port, vlan) || isGroup(frame.source)) return { table: fresh, out: [] };

  // The sender is behind this port now, wherever it was before.
  const others = fresh.filter((entry) => entry.mac !== frame.source || entry.vlan !== vlan);
  const known = [...others, { mac: frame.source, vlan, port: port.name, seen: now }];

  const place = isGroup(frame.destination)
    ? undefined
    : known.find((entry) => entry.mac === frame.destination && entry.vlan === vlan);
  const targets = ports.filter(
    (each) =>
      each.name !== port.name && takes(each, vlan) && (place === undefined || place.port === each.name),
  );
  // Misconception: a frame leaves as it has come in.
  return {
    table: known,
    out: targets.map((each) => ({ port: each.name, tag: frame.vlan })),
  };
}
