import type { Entry, Frame, Port, Result } from './api.d.ts';

/** Seconds after which an address that was not heard again is forgotten: from then on it does not count. */
const AGEING = 300;

/**
 * Called for each frame that comes in by `port`, at `now` (seconds). `table` is what you gave back last time, `ports` are all ports of
 * the switch. This one is a hub: it learns nothing, and sends
 * everything everywhere but where it came from.
 */
export function receive(
  frame: Frame,
  port: Port,
  now: number,
  table: readonly Entry[],
  ports: readonly Port[],
): Result {
  const others = ports.filter(({ name }) => name !== port.name);
  return { table: [], out: others.map(({ name }) => ({ port: name, tag: null })) };
}
