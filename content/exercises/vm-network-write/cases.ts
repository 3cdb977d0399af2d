/** Sequences of frames: worked examples, and drawn ones. Each kind is about one thing and leaves the others alone. */
import type { Random } from '../../../src/exercise/index.ts';
import type { Frame, Port } from './api.d.ts';
import type { Arrival } from './reference.ts';
import type { Sequence } from './sequence.ts';

export const BROADCAST = 'ff:ff:ff:ff:ff:ff';
/** All IPv4 multicast listeners on the link; and IPv6's. */
const GROUPS = ['01:00:5e:00:00:01', '33:33:00:00:00:01'];
const NOBODY = '52:54:00:00:00:77';

export const mac = (last: number): string => `52:54:00:00:00:${last.toString(16).padStart(2, '0')}`;

export const access = (name: string, untagged: number | null = 1, tagged: readonly number[] = []): Port => ({
  name,
  untagged,
  tagged,
  blocked: false,
});

export const frame = (source: string, destination: string, vlan: number | null = null): Frame => ({
  destination,
  source,
  type: 0x800,
  vlan,
});

export const arrival = (port: string, now: number, which: Frame): Arrival => ({ port, frame: which, now });

/** The host's switch: three VMs and the cable to the other host. */
export const HOST_PORTS: readonly Port[] = ['tap0', 'tap1', 'tap2', 'eth0'].map((name) => access(name));

/** A station behind a port. */
interface Station {
  readonly mac: string;
  readonly port: string;
}

function drawPorts(random: Random): readonly Port[] {
  return Array.from({ length: random.between(3, 5) }, (_, i) => access(i === 0 ? 'eth0' : `tap${i - 1}`));
}

/** Some ports have several stations behind them, as a cable to another host has. */
function drawStations(random: Random, ports: readonly Port[]): readonly Station[] {
  return Array.from({ length: random.between(4, 6) }, (_, i) => ({
    mac: mac(0x0a + i),
    port: random.pick(ports).name,
  }));
}

export interface Draw {
  /** Frames of it. */
  readonly length: number;
  /** Seconds from one to the next. */
  readonly steps: readonly number[];
  /** Stations move. */
  readonly moves?: boolean;
  /** Some frames are for groups smaller than everybody. */
  readonly groups?: boolean;
  /** Some frames have a group as their sender. */
  readonly groupSources?: boolean;
}

/** In one VLAN. */
export function drawSequence(
  random: Random,
  { length, steps, moves = false, groups = false, groupSources = false }: Draw,
): Sequence {
  const ports = drawPorts(random);
  const stations = [...drawStations(random, ports)];
  let now = 0;
  const arrivals = Array.from({ length }, () => {
    now += random.pick(steps);
    const index = random.below(stations.length);
    if (moves && random.chance(1, 3))
      stations[index] = { ...stations[index]!, port: random.pick(ports).name };
    const { mac: own, port } = stations[index]!;
    const source = groupSources && random.chance(1, 6) ? random.pick(GROUPS) : own;
    // What has sent is asked for more often than what has not.
    const all = stations.map((station) => station.mac);
    const destination = random.pick([
      ...all,
      ...all,
      BROADCAST,
      BROADCAST,
      groups ? random.pick(GROUPS) : BROADCAST,
      NOBODY,
    ]);
    return arrival(port, now, frame(source, destination));
  });
  return { ports, arrivals };
}

const VLANS = [10, 20];

/** Ports in different VLANs, with tags and without; an address is at one port in each VLAN, but not the same in both. */
export function drawVlanSequence(random: Random, length: number): Sequence {
  const ports = Array.from({ length: random.between(4, 6) }, (_, i) => {
    if (i > 1 && random.chance(1, 2)) return access(`tap${i}`, random.pick(VLANS));
    return access(`eth${i}`, random.pick([null, 1, 10]), random.pick([[10, 20], [20], [20, 30]]));
  }).map((port) => ({ ...port, tagged: port.tagged.filter((id) => id !== port.untagged) }));
  const stations = Array.from({ length: 4 }, (_, i) => mac(0x0a + i));
  const places = new Map<string, string>();
  const arrivals: Arrival[] = [];
  for (let now = 1; arrivals.length < length; now++) {
    const source = random.pick(stations);
    const port = random.pick(ports);
    const vlan = random.chance(1, 2) ? null : random.pick([...VLANS, ...VLANS, 30]);
    const inside = `${vlan ?? port.untagged} ${source}`;
    if ((places.get(inside) ?? port.name) !== port.name) continue;
    places.set(inside, port.name);
    const destination = random.pick([...stations, ...stations, BROADCAST]);
    arrivals.push(arrival(port.name, now, frame(source, destination, vlan)));
  }
  return { ports, arrivals };
}

export function* drawn(count: number, draw: () => Sequence): Generator<Sequence> {
  for (let i = 0; i < count; i++) yield draw();
}
