/** Two hosts on a cable: `box` with an engine and a small image, `far` with nothing but its network. */
import type { ProgramTable } from '../../src/linux/index.ts';
import { type NetworkWorld, networkWorld } from './networkWorld.ts';

/** `programs` are on `far`. */
export function dockerWorld(seed = 'docker', programs: ProgramTable = new Map()): NetworkWorld {
  return networkWorld(
    {
      hosts: [
        {
          name: 'box',
          images: [{ reference: 'base:1', from: 'base:latest', layers: [] }],
          network: {
            devices: [{ name: 'eth0', mac: '02:00:00:00:00:01', addresses: ['192.0.2.1/24'] }],
          },
        },
        {
          name: 'far',
          programs,
          network: {
            devices: [{ name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['192.0.2.2/24'] }],
          },
        },
      ],
      cables: [{ between: ['box/eth0', 'far/eth0'] }],
    },
    seed,
  );
}
