/** The three networks that every engine has. */
import { formatIpv4, formatPrefix, type Prefix } from '../../network/index.ts';
import {
  BINDING_OPTION,
  BRIDGE_OPTION,
  ICC_OPTION,
  MASQUERADE_OPTION,
  MTU_OPTION,
  type NetworkRecord,
} from './types.ts';

export const PREDEFINED_NAMES: readonly string[] = ['bridge', 'host', 'none'];

const common = { Internal: false, UserSubnet: false, Labels: {} };

/** `subnet` is for the bridge. */
export function predefinedRecord(Name: string, Id: string, Created: string, subnet: Prefix): NetworkRecord {
  if (Name !== 'bridge')
    return {
      ...common,
      ...{ Name, Id, Created },
      ...{ Driver: Name === 'host' ? 'host' : 'null', Bridge: '', IPAM: [], Options: {} },
    };
  return {
    ...common,
    ...{ Name, Id, Created },
    Driver: 'bridge',
    Bridge: 'docker0',
    IPAM: [{ Subnet: formatPrefix(subnet), Gateway: formatIpv4(subnet.address + 1) }],
    Options: {
      'com.docker.network.bridge.default_bridge': 'true',
      [ICC_OPTION]: 'true',
      [MASQUERADE_OPTION]: 'true',
      [BINDING_OPTION]: '0.0.0.0',
      [BRIDGE_OPTION]: 'docker0',
      [MTU_OPTION]: '1500',
    },
  };
}
