/** The check on VLANs: several networks in one switch, with tags and without. */
import { access, arrival, BROADCAST, drawVlanSequence, frame, mac } from './cases.ts';
import { sequenceCheck } from './sequenceCheck.ts';

const [A, B] = [mac(0x0a), mac(0x0b)];
const ports = [
  access('tap0', 10),
  access('tap1', 20),
  access('tap2', 10),
  access('eth0', 1, [10, 20]),
  access('eth1', null, [10, 20]),
];

export const vlansCheck = sequenceCheck({
  id: 'vlans',
  title: 'VLANs: a table, a set of ports and a tag of its own for each of them',
  points: 10,
  aspects: ['out', 'table'],
  examples: [
    { ports, arrivals: [arrival('tap0', 1, frame(A, BROADCAST))] },
    { ports, arrivals: [arrival('eth0', 1, frame(B, BROADCAST, 10)), arrival('tap2', 2, frame(A, B))] },
    { ports, arrivals: [arrival('eth0', 1, frame(B, A, 30))] },
    { ports, arrivals: [arrival('eth1', 1, frame(B, A))] },
    {
      ports,
      arrivals: [
        arrival('tap0', 1, frame(A, BROADCAST)),
        arrival('tap1', 2, frame(A, BROADCAST)),
        arrival('eth1', 3, frame(B, A, 10)),
      ],
    },
  ],
  draw: (random) => drawVlanSequence(random, random.between(4, 12)),
  misconception:
    'VLANs are separate networks that share ports. The same address may be in two of them, at different places. Which VLAN a frame is in is settled once, when it comes in; each port it leaves by decides by itself whether a tag says so.',
  next: 'Find out the frame’s VLAN first: its tag, or else port.untagged. Does the port take frames of it at all? From there on use that number for the table and for the ports, and look at frame.vlan no more.',
});
