/** The check on forwarding: who gets a frame, within one VLAN, soon after. */
import { arrival, BROADCAST, drawSequence, frame, HOST_PORTS, mac } from './cases.ts';
import { sequenceCheck } from './sequenceCheck.ts';

const [A, B, C] = [mac(0x0a), mac(0x0b), mac(0x0c)];

export const forwardingCheck = sequenceCheck({
  id: 'forwarding',
  title: 'Forwarding: to the one port where it is known to be, else to all but the one it came from',
  points: 15,
  aspects: ['out'],
  examples: [
    { ports: HOST_PORTS, arrivals: [arrival('tap0', 1, frame(A, B))] },
    {
      ports: HOST_PORTS,
      arrivals: [arrival('tap1', 1, frame(B, BROADCAST)), arrival('tap0', 2, frame(A, B))],
    },
    {
      ports: HOST_PORTS,
      arrivals: [arrival('eth0', 1, frame(B, BROADCAST)), arrival('eth0', 2, frame(C, B))],
    },
    { ports: HOST_PORTS, arrivals: [arrival('tap0', 1, frame(A, '01:00:5e:00:00:01'))] },
  ],
  draw: (random) => drawSequence(random, { length: random.between(4, 14), steps: [1, 2, 5], groups: true }),
  misconception:
    'Unknown is not the same as wrong: a frame for somebody who has not sent yet goes to everybody but the port it came from. And behind that port it has been already: a frame for somebody there goes nowhere.',
  next: 'Three cases: a group, an address that the table has, one that it has not. In each of them: which ports, and may the one it came in by be among them?',
});
