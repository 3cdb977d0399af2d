/** Messages about neighbours. */
import { OsError } from '../../../base/index.ts';
import { deviceOf, type MessageHandlers } from './types.ts';

export const neighbourHandlers: MessageHandlers<'RTM_GETNEIGH' | 'RTM_NEWNEIGH' | 'RTM_DELNEIGH'> = {
  RTM_GETNEIGH: ({ network }) =>
    network.neighbours.all.map(({ device, ...neighbour }) => ({ index: device.index, ...neighbour })),
  RTM_NEWNEIGH({ network }, { index, address, mac, state, create, exclusive }) {
    const device = deviceOf(network, index);
    const known = network.neighbours.has(device, address);
    if (known && exclusive) throw new OsError('EEXIST');
    if (!known && !create) throw new OsError('ENOENT');
    if (mac === null || (state !== 'PERMANENT' && state !== 'REACHABLE' && state !== 'STALE'))
      throw new OsError('EINVAL');
    network.neighbours.set(device, address, mac, state);
    return null;
  },
  RTM_DELNEIGH({ network }, { index, address }) {
    if (!network.neighbours.delete(deviceOf(network, index), address)) throw new OsError('ENOENT');
    return null;
  },
};
