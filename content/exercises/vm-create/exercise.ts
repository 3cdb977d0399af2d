/** VM-4: how is a VM created? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { HOST_FUNCTIONS, PRELUDE } from './binding.ts';
import { checks } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'vm-create',
  title: 'A new VM on a host',
  slide: 7,
  minutes: 25,
  predict: {
    kind: 'choice',
    question:
      'base.raw is a disk of 8 MiB with a whole system on it. A new VM is to start from it, with a disk of its own made by qemu-img create -b. How large is the file of this disk when the VM is started for the first time?',
    options: [
      { id: 'copy', text: '8 MiB and a little: the base image, and what the VM adds' },
      { id: 'used', text: 'as much as the system on base.raw uses, about 1 MiB' },
      { id: 'tables', text: 'about 192 KiB, whatever is on base.raw' },
      { id: 'nothing', text: 'nothing: it is made at the first write' },
    ],
    answer: 'tables',
    explanation:
      'The file has tables only, three clusters of 64 KiB and a few bytes: nothing is copied. Each cluster that is not in it is read from base.raw, and the first write to one brings a copy of that cluster into it. The VM’s memory comes the same way, page by page, when it is first used.',
  },
  scenario,
  files: ['create.ts'],
  entry: 'create.ts',
  binding: { prelude: PRELUDE, host: HOST_FUNCTIONS },
  live,
  goals,
  checks,
  hints: [
    'Before anything is taken: what has the host promised to the VMs it has, and what would it promise with this one? After that: for each step, what would have to be given back if the next one failed?',
    'Keep a list of what is to be undone. Directly after each step, never before it, add the call that gives this thing back. Put all steps into one try; in catch, call what is on the list, the last first, and throw the same error again.',
    'A promise is memory + 16384 + Math.ceil(memory / 4 MiB) × 4096. Refuse with ENOMEM if the sum over host.vms and the new one is greater than host.memory, with EAGAIN if the vCPUs are more than cpus × cpuRatio. For a MAC address, count up until one is not among those of host.vms. makeVcpu(name, 0, { pc: host.firmwareEntry }), and null for the others.',
  ],
});
