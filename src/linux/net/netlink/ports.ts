/** Ports of bridges in messages about their devices. */
import { OsError } from '../../../base/index.ts';
import { BridgeDevice, type NetworkDevice } from '../../../network/index.ts';
import type { PortInfo } from './requests.ts';

/** Null for what is no port. */
export function portInfo(device: NetworkDevice): PortInfo | null {
  const port = device.master instanceof BridgeDevice ? device.master.port(device) : null;
  if (port === null) return null;
  const { number, priority, cost, hairpin, learning, flood, multicastFlood, broadcastFlood, isolated } = port;
  // A port that nobody is at the other end of is disabled, whatever it was set to.
  const state = device.running ? port.state : 'disabled';
  return {
    number,
    state,
    priority,
    cost,
    hairpin,
    learning,
    flood,
    multicastFlood,
    broadcastFlood,
    isolated,
  };
}

/** Throws EOPNOTSUPP for what is no port, ENETDOWN for a state of one that does not run. */
export function changePort(device: NetworkDevice, change: Partial<Omit<PortInfo, 'number'>>): void {
  const port = device.master instanceof BridgeDevice ? device.master.port(device) : null;
  if (port === null) throw new OsError('EOPNOTSUPP');
  if (change.state !== undefined && change.state !== 'disabled' && !device.running)
    throw new OsError('ENETDOWN');
  Object.assign(port, change);
  (device.master as BridgeDevice).portChanged(device);
}
