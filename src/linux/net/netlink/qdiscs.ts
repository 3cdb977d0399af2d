/** Messages about queueing disciplines: one at the root of each device. */
import { type NetworkContext, type NetworkDevice, Qdisc } from '../../../network/index.ts';
import { qdiscOf } from './links.ts';
import { NetlinkError, type QdiscChange, type QdiscInfo } from './requests.ts';
import { deviceOf, type MessageHandlers } from './types.ts';

/** Handles that the kernel chooses count up from here, over all its devices. */
const FIRST_HANDLE = 0x8001;
const nextHandles = new WeakMap<NetworkContext, number>();

function freeHandle(context: NetworkContext): number {
  const handle = nextHandles.get(context) ?? FIRST_HANDLE;
  nextHandles.set(context, handle + 1);
  return handle;
}

function qdiscInfo(device: NetworkDevice): QdiscInfo {
  const { qdisc, index } = device;
  if (qdisc !== null)
    return {
      index,
      handle: qdisc.handle,
      kind: qdisc.options.kind,
      options: qdisc.options,
      statistics: { ...qdisc.statistics },
      backlog: qdisc.backlog,
    };
  const kind = qdiscOf(device);
  const { txBytes, txPackets, txDropped } = device.statistics;
  // What passes a device without a queue is counted nowhere but there.
  const counted = kind === 'pfifo_fast';
  return {
    index,
    handle: 0,
    kind,
    options: null,
    statistics: {
      bytes: counted ? txBytes : 0,
      packets: counted ? txPackets : 0,
      dropped: counted ? txDropped : 0,
      overlimits: 0,
    },
    backlog: { packets: 0, bytes: 0 },
  };
}

function newQdisc(device: NetworkDevice, { handle, options, how }: QdiscChange): void {
  const { qdisc, context } = device;
  if (how === 'add' && qdisc !== null) throw new NetlinkError('EEXIST', 'Exclusivity flag on, cannot modify');
  if (how === 'change' && qdisc === null)
    throw new NetlinkError('ENOENT', 'Qdisc not found. To create specify NLM_F_CREATE flag');
  const sameKind = qdisc?.options.kind === options.kind;
  if (how === 'change' && !sameKind)
    throw new NetlinkError('EINVAL', 'Invalid qdisc name: must match existing qdisc');
  if (qdisc !== null && sameKind && (handle === null || handle === qdisc.handle)) {
    qdisc.change(options);
    return;
  }
  qdisc?.reset();
  device.qdisc = new Qdisc(context, handle ?? freeHandle(context), options, (frame) => device.put(frame));
}

export const qdiscHandlers: MessageHandlers<'RTM_GETQDISC' | 'RTM_NEWQDISC' | 'RTM_DELQDISC'> = {
  RTM_GETQDISC: ({ network }) => network.devices.map(qdiscInfo),
  RTM_NEWQDISC({ network }, change) {
    newQdisc(deviceOf(network, change.index), change);
    return null;
  },
  RTM_DELQDISC({ network }, { index }) {
    const device = deviceOf(network, index);
    if (device.qdisc === null) throw new NetlinkError('ENOENT', 'Cannot delete qdisc with handle of zero');
    device.qdisc.reset();
    device.qdisc = null;
    return null;
  },
};
