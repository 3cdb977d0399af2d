/** The check on migration: an address is where it was heard last. */
import { arrival, BROADCAST, drawSequence, frame, HOST_PORTS, mac } from './cases.ts';
import { sequenceCheck } from './sequenceCheck.ts';

const [A, B] = [mac(0x0a), mac(0x0b)];

export const migrationCheck = sequenceCheck({
  id: 'migration',
  title: 'Migration: an address moves with its VM, at its first frame from the new place',
  points: 10,
  aspects: ['out', 'table'],
  examples: [
    {
      ports: HOST_PORTS,
      arrivals: [
        arrival('tap0', 1, frame(A, B)),
        arrival('eth0', 2, frame(A, BROADCAST)),
        arrival('tap1', 3, frame(B, A)),
      ],
    },
    {
      ports: HOST_PORTS,
      arrivals: [
        arrival('tap1', 1, frame(B, A)),
        arrival('tap0', 2, frame(A, B)),
        arrival('eth0', 3, frame(A, B)),
        arrival('tap0', 4, frame(A, B)),
        arrival('tap1', 5, frame(B, A)),
      ],
    },
  ],
  draw: (random) => drawSequence(random, { length: random.between(5, 14), steps: [1, 2, 5], moves: true }),
  misconception:
    'A VM that is moved while it runs keeps its address and is suddenly behind another port. The last frame tells where it is; whoever holds on to what was learned first sends into the void for five minutes.',
  next: 'What do you do when the table has the sender already, but at another port? There is one line for each pair of VLAN and address.',
});
