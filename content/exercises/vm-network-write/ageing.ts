/** The check on ageing: what was not heard for 300 s is forgotten. */
import { arrival, drawSequence, frame, HOST_PORTS, mac } from './cases.ts';
import { sequenceCheck } from './sequenceCheck.ts';

const [A, B, C] = [mac(0x0a), mac(0x0b), mac(0x0c)];

export const ageingCheck = sequenceCheck({
  id: 'ageing',
  title: 'Ageing: who has not sent for 300 s is forgotten',
  points: 10,
  aspects: ['out', 'table'],
  examples: [
    { ports: HOST_PORTS, arrivals: [arrival('tap0', 0, frame(A, B)), arrival('tap1', 299, frame(B, A))] },
    { ports: HOST_PORTS, arrivals: [arrival('tap0', 0, frame(A, B)), arrival('tap1', 300, frame(B, A))] },
    {
      ports: HOST_PORTS,
      arrivals: [
        arrival('tap0', 0, frame(A, B)),
        arrival('tap1', 200, frame(B, A)),
        arrival('tap2', 400, frame(C, A)),
      ],
    },
    {
      ports: HOST_PORTS,
      arrivals: [
        arrival('tap0', 0, frame(A, B)),
        arrival('tap0', 200, frame(A, B)),
        arrival('tap1', 400, frame(B, A)),
      ],
    },
  ],
  draw: (random) =>
    drawSequence(random, {
      length: random.between(4, 10),
      steps: [1, 50, 100, 149, 150, 151, 200, 299, 300, 301],
    }),
  misconception:
    'An address stays in the table as long as it sends. That others send to it keeps nothing alive: a VM that was switched off is asked for, too. And what is too old is not only passed over: it goes, or the table grows for ever.',
  next: 'When is an entry’s time set, and by which frame? Take out what is too old before you look anything up.',
});
