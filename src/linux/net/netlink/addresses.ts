/** Messages about addresses. */
import { isOsError } from '../../../base/index.ts';
import { NetlinkError } from './requests.ts';
import { deviceOf, type MessageHandlers } from './types.ts';

export const addressHandlers: MessageHandlers<'RTM_GETADDR' | 'RTM_NEWADDR' | 'RTM_DELADDR'> = {
  /** Of each device the primary ones first. */
  RTM_GETADDR: ({ network }) =>
    network.addresses.all
      .map(({ device, ...address }) => ({ index: device.index, ...address }))
      .sort((a, b) => Number(a.secondary) - Number(b.secondary)),
  /** Of an address that is there only lifetimes could be changed (`inet_rtm_newaddr`, net/ipv4/devinet.c), which are not simulated. */
  RTM_NEWADDR({ network }, { index, address, length, replace = false, ...options }) {
    const device = deviceOf(network, index);
    const same = (each: { readonly address: number; readonly length: number }) =>
      each.address === address && each.length === length;
    if (replace && network.addresses.of(device).some(same)) return null;
    try {
      network.addresses.add(device, address, length, options);
    } catch (error) {
      throw isOsError(error, 'EEXIST') ? new NetlinkError('EEXIST', 'ipv4: Address already assigned') : error;
    }
    return null;
  },
  RTM_DELADDR({ network }, { index, address, length }) {
    try {
      network.addresses.delete(deviceOf(network, index), address, length);
    } catch (error) {
      throw isOsError(error, 'EADDRNOTAVAIL')
        ? new NetlinkError('EADDRNOTAVAIL', 'ipv4: Address not found')
        : error;
    }
    return null;
  },
};
