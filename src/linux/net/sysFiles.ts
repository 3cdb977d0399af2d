/** Network devices in /sys, of one namespace: Linux' Documentation/ABI/testing/sysfs-class-net and sysfs-class-net-statistics. */
import { OsError } from '../../base/index.ts';
import { BridgeDevice, type NetworkDevice } from '../../network/index.ts';
import { type ComputedNode, directoryOf } from '../fs/index.ts';
import { belowOf } from './netlink/links.ts';
import type { HostNamespace } from './socketFile.ts';

/** IFF_* of netdevice(7). */
const [UP, BROADCAST, LOOPBACK, NOARP] = [1, 2, 8, 0x80] as const;
const [PROMISC, ALLMULTI, MULTICAST] = [0x100, 0x200, 0x1000] as const;
/** ARPHRD_ETHER and ARPHRD_LOOPBACK. */
const [ETHERNET, LOOP] = [1, 772] as const;

function flagsOf(device: NetworkDevice): number {
  return (
    (device.kind === 'loopback' ? LOOPBACK : BROADCAST) |
    (device.up ? UP : 0) |
    (device.arp ? 0 : NOARP) |
    (device.multicast ? MULTICAST : 0) |
    (device.promiscuity > 0 ? PROMISC : 0) |
    // A bridge hears of all that its ports hear of.
    (device.allMulticast || device.master !== null ? ALLMULTI : 0)
  );
}

/** EINVAL while the device is not up, as for everything that a link alone can tell. */
function carrierOf(device: NetworkDevice): string {
  if (!device.up) throw new OsError('EINVAL');
  return device.carrier ? '1' : '0';
}

/** Counters that there are; what they count beyond those does not happen here. */
function statisticsOf({ statistics: s }: NetworkDevice): Record<string, number> {
  return {
    ...{ collisions: 0, multicast: s.rxMulticast },
    ...{ rx_bytes: s.rxBytes, rx_compressed: 0, rx_crc_errors: 0, rx_dropped: s.rxDropped },
    ...{ rx_errors: s.rxErrors, rx_fifo_errors: 0, rx_frame_errors: 0, rx_length_errors: 0 },
    ...{ rx_missed_errors: 0, rx_nohandler: 0, rx_over_errors: 0, rx_packets: s.rxPackets },
    ...{ tx_aborted_errors: 0, tx_bytes: s.txBytes, tx_carrier_errors: 0, tx_compressed: 0 },
    ...{ tx_dropped: s.txDropped, tx_errors: s.txErrors, tx_fifo_errors: 0, tx_heartbeat_errors: 0 },
    ...{ tx_packets: s.txPackets, tx_window_errors: 0 },
  };
}

const line = (text: () => string | number): ComputedNode => ({ kind: 'file', text: () => `${text()}\n` });
const link = (target: string): ComputedNode => ({ kind: 'link', target: () => target });

/** What stood in a directory whose device has gone is not there any more. */
function deviceDirectory(device: NetworkDevice): ComputedNode {
  const { owner } = device;
  const here = () => device.owner === owner;
  const files = deviceFiles(device);
  return {
    kind: 'dir',
    names: () => (here() ? Object.keys(files) : []),
    child: (name) => (here() && Object.hasOwn(files, name) ? files[name]! : null),
  };
}

function deviceFiles(device: NetworkDevice): Record<string, ComputedNode> {
  const { kind, master } = device;
  const typed = kind === 'bridge' || kind === 'vlan' ? `DEVTYPE=${kind}\n` : '';
  return {
    addr_len: line(() => 6),
    address: line(() => device.mac),
    ...(device instanceof BridgeDevice && { brif: portsOf(device) }),
    broadcast: line(() => (kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff')),
    ...(master !== null && { brport: directoryOf({ bridge: link(`../../${master.name}`) }) }),
    carrier: line(() => carrierOf(device)),
    flags: line(() => `0x${flagsOf(device).toString(16)}`),
    ifindex: line(() => device.index),
    iflink: line(() => belowOf(device)?.index ?? device.index),
    ...(master !== null && { master: link(`../${master.name}`) }),
    mtu: line(() => device.mtu),
    operstate: line(() => device.operState.toLowerCase()),
    statistics: directoryOf(
      Object.fromEntries(
        Object.keys(statisticsOf(device)).map((name) => [name, line(() => statisticsOf(device)[name]!)]),
      ),
    ),
    tx_queue_len: line(() => device.queueLength),
    type: line(() => (kind === 'loopback' ? LOOP : ETHERNET)),
    uevent: { kind: 'file', text: () => `${typed}INTERFACE=${device.name}\nIFINDEX=${device.index}\n` },
  };
}

function portsOf(bridge: BridgeDevice): ComputedNode {
  const names = () => bridge.ports.map(({ device }) => device.name);
  return {
    kind: 'dir',
    names,
    child: (name) => (names().includes(name) ? link(`../../${name}/brport`) : null),
  };
}

/** A directory with something for each device of the namespace that `has` chooses. */
function perDevice(
  { network }: HostNamespace,
  has: (device: NetworkDevice) => boolean,
  node: (device: NetworkDevice) => ComputedNode,
): ComputedNode {
  return {
    kind: 'dir',
    names: () => network.devices.filter(has).map(({ name }) => name),
    child: (name) => {
      const device = network.device(name);
      return device === null || !has(device) ? null : node(device);
    },
  };
}

const isPhysical = ({ kind }: NetworkDevice) => kind === 'physical';
/** The place of a card on the PCI bus. */
const slotOf = ({ index }: NetworkDevice) => `0000:00:${(index + 1).toString(16).padStart(2, '0')}.0`;
const placeOf = (device: NetworkDevice) => (isPhysical(device) ? `pci0000:00/${slotOf(device)}` : 'virtual');

/** Cards by the bus that they are on. */
function cards(space: HostNamespace): ComputedNode {
  const found = () => space.network.devices.filter(isPhysical);
  return {
    kind: 'dir',
    names: () => found().map(slotOf),
    child: (slot) => {
      const card = found().find((device) => slotOf(device) === slot);
      if (card === undefined) return null;
      return directoryOf({ net: perDevice(space, (device) => device === card, deviceDirectory) });
    },
  };
}

/** What /sys has of a network: `class` and `devices`. */
export function sysFiles(space: HostNamespace): Record<'class' | 'devices', ComputedNode> {
  const all = () => true;
  const linked = perDevice(space, all, (device) =>
    link(`../../devices/${placeOf(device)}/net/${device.name}`),
  );
  const virtual = perDevice(space, (device) => !isPhysical(device), deviceDirectory);
  return {
    class: directoryOf({ net: linked }),
    devices: directoryOf({ 'pci0000:00': cards(space), virtual: directoryOf({ net: virtual }) }),
  };
}
