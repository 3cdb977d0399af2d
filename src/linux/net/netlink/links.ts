/** Messages about devices: RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK. */
import { OsError } from '../../../base/index.ts';
import {
  BridgeDevice,
  DummyDevice,
  type NetworkDevice,
  type NetworkNamespace,
  randomMac,
  TapDevice,
  VethDevice,
  VlanDevice,
} from '../../../network/index.ts';
import type { Task } from '../../tasks/task.ts';
import type { HostNamespace } from '../socketFile.ts';
import { changePort, portInfo } from './ports.ts';
import { type LinkChange, type LinkInfo, NetlinkError, type NewLink } from './requests.ts';
import { deviceOf, type MessageHandlers, spaceOf, spaceToChange } from './types.ts';

/** Devices that have had a queue since they were first up. */
const started = new WeakSet<NetworkDevice>();

/** net.core.default_qdisc for devices with a queue of their own; virtual ones pass frames on at once, as libvirt's taps do. */
export function qdiscOf(device: NetworkDevice): string {
  if (device.up) started.add(device);
  if (device.qdisc !== null) return device.qdisc.options.kind;
  if (!started.has(device)) return 'noop';
  const queued = device.kind === 'physical' || (device instanceof TapDevice && device.persistent);
  return queued ? 'pfifo_fast' : 'noqueue';
}

/** The device that IFLA_LINK names. */
export function belowOf(device: NetworkDevice): NetworkDevice | null {
  if (device instanceof VethDevice) return device.peer;
  return device instanceof VlanDevice ? device.parent : null;
}

/** A device as messages have it. */
export function linkInfo(space: HostNamespace, device: NetworkDevice): LinkInfo {
  const link = belowOf(device);
  const elsewhere = link !== null && link.owner !== space.network;
  return {
    index: device.index,
    name: device.name,
    kind: device.kind,
    mac: device.mac,
    mtu: device.mtu,
    up: device.up,
    carrier: device.carrier,
    operState: device.operState,
    queueLength: device.queueLength,
    qdisc: qdiscOf(device),
    promiscuity: device.promiscuity,
    promiscuous: device.promiscuous,
    multicast: device.multicast,
    allMulticast: device.allMulticast,
    arp: device.arp,
    alias: device.alias,
    master: device.master?.index ?? 0,
    link: link?.index ?? 0,
    linkNamespace: elsewhere ? numberOf(space, link.owner) : null,
    statistics: { ...device.statistics },
    port: portInfo(device),
    bridge:
      device instanceof BridgeDevice
        ? {
            ageing: device.fdb.ageing,
            vlanFiltering: device.vlanFiltering,
            defaultPvid: device.defaultPvid,
          }
        : null,
    vlan: device instanceof VlanDevice ? device.id : null,
  };
}

/** The number that other namespaces have in this one (NETNSA_NSID), given when one is first met. */
function numberOf(space: HostNamespace, owner: NetworkDevice['owner']): number | null {
  if (owner === null) return null;
  const known = space.peers.indexOf(owner);
  return known >= 0 ? known : space.peers.push(owner) - 1;
}

/** `veth0`, `veth1`, …: the first that is free. */
function freeName(network: NetworkNamespace, stem: string): string {
  let number = 0;
  while (network.device(`${stem}${number}`) !== null) number++;
  return `${stem}${number}`;
}

/** Everything that may fail comes before anything is changed. */
function newLink(space: HostNamespace, link: NewLink, task: Task): null {
  const target = link.namespace === undefined ? space : spaceToChange(task, link.namespace);
  const { network } = target;
  const { context } = network;
  const name = link.name;
  if (network.device(name) !== null) throw new OsError('EEXIST');
  switch (link.kind) {
    case 'bridge':
      network.add(new BridgeDevice(context, name));
      return null;
    case 'dummy':
      network.add(new DummyDevice(context, name, randomMac(context.random)));
      return null;
    case 'tap':
      network.add(new TapDevice(context, name, true));
      return null;
    case 'vlan': {
      if (link.vlan === undefined) throw new NetlinkError('EINVAL', 'VLAN properties not specified');
      if (link.link === undefined) throw new NetlinkError('EINVAL', 'link not specified');
      const parent = deviceOf(space.network, link.link);
      network.add(new VlanDevice(context, name, parent, link.vlan));
      return null;
    }
    case 'veth': {
      const elsewhere = link.peer?.namespace ?? null;
      const peerSpace = elsewhere === null ? space : spaceToChange(task, elsewhere);
      const peerName = link.peer?.name ?? freeName(peerSpace.network, 'veth');
      if (peerSpace.network.device(peerName) !== null || (peerSpace === target && peerName === name))
        throw new OsError('EEXIST');
      const [own, peer] = VethDevice.pair(context, name, peerName);
      peerSpace.network.add(peer);
      network.add(own);
      if (peerSpace !== target) numberOf(target, peerSpace.network);
    }
  }
  return null;
}

function setMaster(network: NetworkNamespace, device: NetworkDevice, index: number): void {
  const bridge = index === 0 ? null : network.deviceByIndex(index);
  if (bridge === null && index !== 0) throw new OsError('EINVAL');
  if (bridge !== null && !(bridge instanceof BridgeDevice)) throw new OsError('EOPNOTSUPP');
  if (bridge === device.master) return;
  if (bridge !== null && device.kind === 'loopback') throw new OsError('EINVAL');
  if (bridge !== null && device.kind === 'bridge')
    throw new NetlinkError('ELOOP', 'Can not enslave a bridge to a bridge');
  if (device.master instanceof BridgeDevice) device.master.removePort(device);
  bridge?.addPort(device);
}

function changeBridge(device: NetworkDevice, change: NonNullable<LinkChange['bridge']>): void {
  if (!(device instanceof BridgeDevice)) throw new OsError('EOPNOTSUPP');
  if (change.ageing !== undefined) device.fdb.ageing = change.ageing;
  if (change.defaultPvid !== undefined) device.setDefaultPvid(change.defaultPvid);
  if (change.vlanFiltering !== undefined) device.setVlanFiltering(change.vlanFiltering);
}

function setMtu(device: NetworkDevice, mtu: number): void {
  if (mtu < 68) throw new NetlinkError('EINVAL', 'mtu less than device minimum');
  if (mtu > 65_535) throw new NetlinkError('EINVAL', 'mtu greater than device maximum');
  device.setMtu(mtu);
}

function setFlags(device: NetworkDevice, change: LinkChange): void {
  if (change.promiscuous !== undefined) device.setPromiscuous(change.promiscuous);
  if (change.multicast !== undefined) device.multicast = change.multicast;
  if (change.allMulticast !== undefined) device.allMulticast = change.allMulticast;
  if (change.arp !== undefined && change.arp !== device.arp) {
    device.arp = change.arp;
    (device.owner as NetworkNamespace).neighbours.flush(device);
  }
  if (change.up !== undefined) device.setUp(change.up);
}

/** In the kernel's order: namespace, address, MTU, name, master, flags. */
function setLink(space: HostNamespace, change: LinkChange, task: Task): null {
  const { network } = space;
  const device = deviceOf(network, change.index);
  if (change.namespace !== undefined) network.move(device, spaceToChange(task, change.namespace).network);
  if (change.mac !== undefined) device.setMac(change.mac);
  if (change.mtu !== undefined) setMtu(device, change.mtu);
  const owner = device.owner as NetworkNamespace;
  if (change.name !== undefined && change.name !== device.name) owner.rename(device, change.name);
  if (change.master !== undefined) setMaster(owner, device, change.master);
  if (change.bridge !== undefined) changeBridge(device, change.bridge);
  if (change.port !== undefined) changePort(device, change.port);
  if (change.queueLength !== undefined) device.queueLength = change.queueLength;
  if (change.alias !== undefined) device.alias = change.alias;
  setFlags(device, change);
  if (device.up) started.add(device);
  owner.events.tell({ kind: 'link', device, gone: false });
  return null;
}

type Messages = 'RTM_GETLINK' | 'RTM_NEWLINK' | 'RTM_SETLINK' | 'RTM_DELLINK' | 'RTM_GETNSID';

export const linkHandlers: MessageHandlers<Messages> = {
  RTM_GETLINK(space, wanted) {
    if (wanted === null) return space.network.devices.map((device) => linkInfo(space, device));
    const device = space.network.device(wanted.name);
    if (device === null) throw new OsError('ENODEV');
    return [linkInfo(space, device)];
  },
  RTM_GETNSID(space, name, task) {
    const { network } = spaceOf(task, name);
    const at = space.peers.indexOf(network);
    return at < 0 ? null : at;
  },
  RTM_NEWLINK: newLink,
  RTM_SETLINK: setLink,
  RTM_DELLINK({ network }, { index }) {
    const device = deviceOf(network, index);
    if (device.kind === 'physical') throw new OsError('EOPNOTSUPP');
    network.remove(device);
    return null;
  },
};
