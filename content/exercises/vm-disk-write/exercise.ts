/** VM-2: how does a VM write to a disk? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { HOST_FUNCTIONS, PRELUDE } from './binding.ts';
import { checks } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'vm-disk-write',
  title: 'A write from a VM to the disk',
  slide: 7,
  minutes: 25,
  predict: {
    kind: 'order',
    question:
      'A program in the VM “db” writes to a file and calls sync. Put the stations in the order in which the bytes pass them.',
    options: [
      { id: 'backend', text: 'the back end on the host reads the guest’s memory along the chain' },
      { id: 'flush', text: 'a FLUSH makes the host write its cache to its disk' },
      { id: 'call', text: 'write(2): the guest’s kernel copies the bytes into its cache' },
      { id: 'doorbell', text: 'the doorbell rings: the processor leaves the guest' },
      { id: 'interrupt', text: 'an interrupt: the FLUSH has come back, and sync returns' },
      { id: 'file', text: 'the bytes are written to the image file: they are in the host’s cache' },
      { id: 'chain', text: 'the guest’s driver puts a chain of descriptors into the virtqueue' },
    ],
    answer: ['call', 'chain', 'doorbell', 'backend', 'file', 'flush', 'interrupt'],
    explanation:
      'Twice on the way a write is said to be done while the bytes are in somebody’s memory only: in the guest’s cache after write(2), in the host’s after the first chain came back. sync sends one more chain, the FLUSH, and returns after the interrupt that follows it.',
  },
  scenario,
  files: ['virtio-blk.ts'],
  entry: 'virtio-blk.ts',
  binding: { prelude: PRELUDE, host: HOST_FUNCTIONS },
  live,
  goals,
  checks,
  hints: [
    'A chain is two runs of bytes: first all that you read, then all that you write. Which 16 bytes are the header, and which one is the status, if you do not know where the driver has cut them?',
    'Write one function that follows a chain to two lists of pieces, or to null when it breaks a rule: at most queue.size steps, each index below queue.size, each piece inside guestMemory, nothing to read after something to write, no INDIRECT. Everything else works on the lists.',
    'service is a loop while the used index (16 bits: & 0xffff) differs from the available one: take the head at index % size, follow, serve, write the status as the last byte, then the used element, then the used index. Put the image’s calls into try: an error is IOERR.',
  ],
});
