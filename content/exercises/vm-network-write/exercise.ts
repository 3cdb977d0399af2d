/** VM-3: how does a VM write to the network? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { checks } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'vm-network-write',
  title: 'A frame from a VM to the network',
  slide: 7,
  minutes: 25,
  predict: {
    kind: 'choices',
    question:
      'web sends a frame to cache, another VM of the same host. The switch knows both of them. Where could a capture on the host see this frame?',
    options: [
      { id: 'web-tap', text: 'at the tap of web' },
      { id: 'cache-tap', text: 'at the tap of cache' },
      { id: 'bridge', text: 'at the switch, br0' },
      { id: 'card', text: 'at the card eth0, which leads to the other host' },
      { id: 'db-tap', text: 'at the tap of db, on the other host' },
    ],
    answer: ['web-tap', 'cache-tap', 'bridge'],
    explanation:
      'A frame between two VMs of a host goes from tap to switch to tap, and no cable ever carries it. Had the switch not known yet where cache is, it would have sent the frame everywhere, to the card as well.',
  },
  scenario,
  files: ['vswitch.ts'],
  entry: 'vswitch.ts',
  live,
  goals,
  checks,
  hints: [
    'A switch has no map of the network. What can it tell from a frame that it has just been given, about whom, and for how long is that worth believing?',
    'Five steps: throw out what is too old; find the frame’s VLAN; stop if the port does not take it (or is blocked, or the sender is a group); put the sender into the table in place of what was known of it; choose the ports.',
    'Ports that get it: not the one it came in by, not blocked, in the VLAN (untagged === vlan or tagged has it), and, unless the destination is a group or not in the table for this VLAN, with the name that the table has. Each leaves with tag null if untagged === vlan, else with the VLAN.',
  ],
});
