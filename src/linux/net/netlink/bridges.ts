/** Messages about bridges: their forwarding databases and their VLANs. */
import { OsError } from '../../../base/index.ts';
import { BridgeDevice, type NetworkDevice, type NetworkNamespace } from '../../../network/index.ts';
import type { FdbInfo, VlanChange, VlanInfo } from './requests.ts';
import { deviceOf, type MessageHandlers } from './types.ts';

function bridgesOf(network: NetworkNamespace): BridgeDevice[] {
  return network.devices.filter((device) => device instanceof BridgeDevice);
}

function fdbOf(bridge: BridgeDevice): FdbInfo[] {
  const { now } = bridge.context.queue;
  const ports = bridge.ports.map(({ device }) => device);
  // The bridge may have a port's address: the row is the port's then.
  const owner = (port: NetworkDevice, mac: string) =>
    port === bridge ? (ports.find((each) => each.mac === mac) ?? bridge) : port;
  return bridge.knownAddresses().map(({ mac, port, vlan, kind, updated }) => ({
    mac,
    device: owner(port, mac).index,
    bridge: bridge.index,
    vlan,
    kind,
    age: now - updated,
  }));
}

/** The bridge whose port `device` is. Throws EOPNOTSUPP, as for an address of a device that keeps none itself. */
function bridgeAbove(device: NetworkDevice): BridgeDevice {
  if (device instanceof BridgeDevice) return device;
  if (device.master instanceof BridgeDevice) return device.master;
  throw new OsError('EOPNOTSUPP');
}

function vlansOf(bridge: BridgeDevice): VlanInfo[] {
  const rows = [
    ...bridge.ports.map((port) => ({ index: port.device.index, vlans: port.vlans })),
    { index: bridge.index, vlans: bridge.ownVlans },
  ];
  return rows.map(({ index, vlans }) => ({
    index,
    vlans: [...vlans.members]
      .sort(([a], [b]) => a - b)
      .map(([id, { untagged }]) => ({ id, untagged, pvid: vlans.pvid === id })),
  }));
}

function portFor(network: NetworkNamespace, { index, self }: VlanChange) {
  const device = deviceOf(network, index);
  const bridge = bridgeAbove(device);
  if (self !== (bridge === device)) throw new OsError('EOPNOTSUPP');
  return { bridge, port: self ? null : bridge.port(device) };
}

type Messages = 'RTM_GETFDB' | 'RTM_NEWFDB' | 'RTM_DELFDB' | 'RTM_GETVLAN' | 'RTM_NEWVLAN' | 'RTM_DELVLAN';

export const bridgeHandlers: MessageHandlers<Messages> = {
  RTM_GETFDB: ({ network }) => bridgesOf(network).flatMap(fdbOf),
  RTM_NEWFDB({ network }, { index, mac, vlan, kind }) {
    const device = deviceOf(network, index);
    const bridge = bridgeAbove(device);
    bridge.fdb.set({ mac, vlan, port: device, kind, updated: bridge.context.queue.now });
    return null;
  },
  RTM_DELFDB({ network }, { index, mac, vlan }) {
    const device = deviceOf(network, index);
    const { fdb } = bridgeAbove(device);
    if (fdb.get(mac, vlan)?.port !== device) throw new OsError('ENOENT');
    fdb.delete(mac, vlan);
    return null;
  },
  RTM_GETVLAN: ({ network }) => bridgesOf(network).flatMap(vlansOf),
  RTM_NEWVLAN({ network }, change) {
    const { bridge, port } = portFor(network, change);
    bridge.addVlan(port, change.id, change);
    return null;
  },
  RTM_DELVLAN({ network }, change) {
    const { bridge, port } = portFor(network, change);
    bridge.deleteVlan(port, change.id);
    return null;
  },
};
