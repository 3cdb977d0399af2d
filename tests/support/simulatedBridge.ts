/** Runs the lines of bridgeCases.ts on our bridge: the same words as realBridge.py, the same outcomes. */
import { isOsError, MILLISECOND, OsError, SECOND } from '../../src/base/index.ts';
import {
  type BridgeDevice,
  type BridgePort,
  buildEthernet,
  type NetworkDevice,
  type PortState,
  parseEthernet,
  tagged,
  VethDevice,
} from '../../src/network/index.ts';
import type { NetworkCase } from './networkCases.ts';
import { NetworkWorld } from './networkHosts.ts';

type Outcome = string | readonly string[] | null;

const SPECIAL: Readonly<Record<string, string>> = {
  all: 'ff:ff:ff:ff:ff:ff',
  group: '01:00:5e:01:02:03',
  reserved: '01:80:c2:00:00:00',
  pause: '01:80:c2:00:00:01',
  lldp: '01:80:c2:00:00:0e',
  nobody: '02:00:00:00:00:77',
  host: '02:00:00:00:00:20',
};
const STATES: readonly PortState[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];
const mac = (word: string) => SPECIAL[word] ?? `02:00:00:00:00:0${word}`;

interface Switch {
  readonly world: NetworkWorld;
  readonly bridge: BridgeDevice;
  /** Stations by number, and the bridge itself as `host`. */
  readonly stations: ReadonlyMap<string, NetworkDevice>;
  readonly heard: { name: string; frame: Uint8Array }[];
}

export function simulateBridge({ lines }: NetworkCase): Outcome[] {
  const world = new NetworkWorld('bridge');
  const host = world.host('switch');
  const bridge = world.bridge(host, 'br0');
  bridge.setMac(mac('host'));
  const heard: Switch['heard'] = [];
  const stations = new Map<string, NetworkDevice>();
  for (let i = 0; i < 4; i++) {
    const [port, station] = VethDevice.pair(world.context, `p${i}`, `e${i}`);
    for (const device of [port, station]) host.add(device);
    port.setMac(`02:00:00:00:00:1${i}`);
    station.setMac(mac(String(i)));
    bridge.addPort(port);
    port.setUp(true);
    station.setUp(true);
    stations.set(String(i), station);
  }
  stations.set('host', bridge);
  for (const [name, device] of stations)
    device.listeners.add((frame, direction) => {
      if (direction === 'in' && (name !== 'host' || device.isForUs(frame))) heard.push({ name, frame });
    });
  const all = { world, bridge, stations, heard };
  return lines.map((line) => run(all, line)).filter((outcome) => outcome !== null);
}

function run(on: Switch, line: string): Outcome {
  const [verb, ...words] = line.split(' ') as [string, ...string[]];
  if (verb === 'send') return send(on, words);
  if (verb === 'wait') {
    on.world.run(Number(words[0]) * SECOND);
    return null;
  }
  if (verb === 'fdb')
    return on.bridge
      .knownAddresses()
      .filter((entry) => entry.kind !== 'permanent')
      .map(
        ({ mac: address, port, vlan, kind }) =>
          `${address} ${port.name}${vlan === 0 ? '' : ` ${vlan}`}${kind === 'static' ? ' static' : ''}`,
      )
      .sort();
  try {
    change(on, line);
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return 'failed';
  }
}

function send(on: Switch, words: readonly string[]): string {
  const [source, target, option] = words as [string, string, string | undefined];
  on.heard.length = 0;
  const plain = buildEthernet(mac(target), mac(source), 0x88b5, new Uint8Array(46));
  on.stations.get(source)!.send(option === undefined ? plain : tagged(plain, Number(option.split('=')[1])));
  on.world.run(50 * MILLISECOND);
  return on.heard
    .map(({ name, frame }) => {
      const { vlan } = parseEthernet(frame)!;
      return vlan === null ? name : `${name}:${vlan.id}`;
    })
    .sort()
    .join(' ');
}

function change(on: Switch, line: string): void {
  const { bridge } = on;
  const words = line.split(' ');
  const after = (word: string) => words[words.indexOf(word) + 1]!;
  const port = (name: string) => bridge.ports.find((each) => each.device.name === name) ?? null;
  if (line.endsWith('fdb_flush')) bridge.fdb.deleteWhere((entry) => entry.kind === 'learned');
  else if (line.startsWith('ip link set e')) on.stations.get(words[3]!.slice(1))!.setUp(words[4] === 'up');
  else if (line.startsWith('bridge link')) setFlag(bridge, port(after('dev'))!, words[5]!, words[6]!);
  else if (words[2] === 'add') {
    const entry = {
      mac: words[3]!,
      vlan: 0,
      port: port(after('dev'))!.device,
      kind: 'static' as const,
      updated: 0,
    };
    bridge.fdb.set(entry);
  } else {
    if (bridge.fdb.get(words[3]!, 0)?.port !== port(after('dev'))!.device) throw new OsError('ENOENT');
    bridge.fdb.delete(words[3]!, 0);
  }
}

function setFlag(bridge: BridgeDevice, port: BridgePort, flag: string, value: string): void {
  const on = value === 'on';
  if (flag === 'state') bridge.setPortState(port, STATES[Number(value)]!);
  else if (flag === 'flood') port.flood = on;
  else if (flag === 'mcast_flood') port.multicastFlood = on;
  else if (flag === 'bcast_flood') port.broadcastFlood = on;
  else if (flag === 'hairpin') port.hairpin = on;
  else if (flag === 'isolated') port.isolated = on;
  else if (flag === 'learning') port.learning = on;
  else throw new Error(`unknown flag ${flag}`);
}
