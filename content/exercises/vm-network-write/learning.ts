/** The check on learning: what the table holds, within one VLAN, soon after. */
import { arrival, BROADCAST, drawSequence, frame, HOST_PORTS, mac } from './cases.ts';
import { sequenceCheck } from './sequenceCheck.ts';

const [A, B, C] = [mac(0x0a), mac(0x0b), mac(0x0c)];

export const learningCheck = sequenceCheck({
  id: 'learning',
  title: 'Learning: the table has who has sent, and the port they are behind',
  points: 15,
  aspects: ['table'],
  examples: [
    { ports: HOST_PORTS, arrivals: [arrival('tap0', 1, frame(A, B))] },
    {
      ports: HOST_PORTS,
      arrivals: [
        arrival('tap0', 1, frame(A, BROADCAST)),
        arrival('tap1', 2, frame(B, A)),
        arrival('eth0', 3, frame(C, A)),
        arrival('tap0', 4, frame(A, C)),
      ],
    },
    {
      ports: HOST_PORTS,
      arrivals: [arrival('tap0', 1, frame(A, B)), arrival('tap1', 2, frame('01:00:5e:00:00:01', A))],
    },
  ],
  draw: (random) =>
    drawSequence(random, { length: random.between(4, 14), steps: [1, 2, 5], groupSources: true }),
  misconception:
    'A switch learns from senders alone: that somebody is asked for says nothing of where they are. A group’s address never sends, so it is never behind a port.',
  next: 'What do you know about frame.source after this frame? And about frame.destination?',
});
