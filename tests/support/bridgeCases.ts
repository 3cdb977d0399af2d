/**
 * Cases that a real bridge and ours are held to: br0 has ports p0 … p3, with a station behind each. `send 0 1` sends a frame from
 * station 0 to station 1 and says who heard it, with the VLAN's number if it came tagged; other lines are ip(8)'s and bridge(8)'s own.
 * VLAN filtering is not among them: the kernel that answered was built without it.
 */
import type { NetworkCase } from './networkCases.ts';

export const BRIDGE_CASES: readonly NetworkCase[] = [
  {
    name: 'learning and flooding',
    lines: [
      'send 0 1',
      'send 1 0',
      'send 0 1',
      'send 2 all',
      'send 2 group',
      'send 2 nobody',
      'send 3 reserved',
      'send 0 0',
      'fdb',
    ],
  },
  {
    name: 'the host as one more station',
    lines: [
      'send host 0',
      'send 0 host',
      'send host all',
      'send host nobody',
      'send host 0',
      'send 1 host',
      'fdb',
    ],
  },
  {
    name: 'a station that moves',
    lines: [
      'send 1 all',
      'send 0 1',
      'ip link set e1 down',
      'wait 1.5',
      'send 0 1',
      'ip link set e1 up',
      'wait 0.3',
      'send 0 1',
      'fdb',
    ],
  },
  {
    name: 'flags of ports',
    lines: [
      'send 1 all',
      'bridge link set dev p1 flood off',
      'bridge link set dev p2 mcast_flood off',
      'bridge link set dev p3 bcast_flood off',
      'send 0 nobody',
      'send 0 group',
      'send 0 all',
      'send 0 1',
      'bridge link set dev p0 hairpin on',
      'send 0 all',
      'bridge link set dev p0 hairpin off',
      'bridge link set dev p0 isolated on',
      'bridge link set dev p1 isolated on',
      'send 0 1',
      'send 0 all',
      'send 2 all',
      'send 0 host',
      'bridge link set dev p2 learning off',
      'ip link set dev br0 type bridge fdb_flush',
      'send 2 all',
      'send 3 all',
      'fdb',
    ],
  },
  {
    name: 'states of ports',
    lines: [
      'bridge link set dev p1 state 4',
      'send 0 all',
      'send 1 all',
      'bridge link set dev p1 state 2',
      'send 1 all',
      'send 0 1',
      'fdb',
      'bridge link set dev p1 state 0',
      'send 1 all',
      'bridge link set dev p1 state 3',
      'send 1 all',
    ],
  },
  {
    name: 'entries by hand',
    lines: [
      'bridge fdb add 02:00:00:00:00:03 dev p1 master static',
      'send 0 3',
      'send 3 all',
      'fdb',
      'bridge fdb del 02:00:00:00:00:03 dev p1 master',
      'send 3 all',
      'send 0 3',
      'fdb',
    ],
  },
  {
    name: 'tags without filtering',
    lines: ['send 0 all vlan=10', 'send 1 0 vlan=20', 'send 0 host vlan=10', 'fdb'],
  },
];
