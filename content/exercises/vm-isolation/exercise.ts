/** VM-1: what keeps one VM's actions apart from another's on the same host? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { checks } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'vm-isolation',
  title: 'Four walls between two VMs',
  slide: 7,
  minutes: 25,
  predict: {
    kind: 'choices',
    question:
      'mallory is root in a VM of her own and may change its kernel as she likes. Which of these can she change, so that it no longer stands between her and alice, another VM of the host?',
    options: [
      { id: 'page-table', text: 'the page table that her programs’ addresses go through' },
      { id: 'stage-2', text: 'the second stage of translation, from her physical addresses to the host’s' },
      { id: 'interrupts', text: 'whether her processor takes interrupts from its devices' },
      { id: 'timer', text: 'the timer by which the hypervisor takes the processor back' },
      { id: 'source', text: 'the sender’s address in the frames that she sends' },
      { id: 'port', text: 'the switch’s knowledge of which addresses are behind her port' },
    ],
    answer: ['page-table', 'interrupts', 'source'],
    explanation:
      'Everything inside her VM is hers: page tables, interrupts, every byte she sends. What keeps her from alice lies outside of it and is not reachable from there: the second stage, the hypervisor’s timer, the host’s switch, and whoever maps the sectors of her disk.',
  },
  scenario,
  files: ['isolation.ts'],
  entry: 'isolation.ts',
  live,
  goals,
  checks,
  hints: [
    'Go through the resources one at a time. For each of them: what does the guest choose, and what does the host know without asking it?',
    'translate and mapBlock are comparisons: both ends of the range, of the guest physical address and of sector + count. pickVcpu needs a quantum whatever the guest does. forward starts from the port, not from the frame.',
    'pickVcpu: the index with the smallest runtime / weight, and a quantum of some milliseconds. forward: nobody for a tagged frame or a foreign source; of the other ports in the same VLAN all for a group address (lowest bit of the first byte), else the one that has the destination. mapBlock: refuse when count > sectors or sector > sectors − count.',
  ],
});
