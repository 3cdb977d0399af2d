/** VM-5: how are VMs booted? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { HOST_FUNCTIONS, PRELUDE } from './binding.ts';
import { checks } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'vm-boot',
  title: 'Five VMs that do not boot',
  slide: 7,
  minutes: 25,
  predict: {
    kind: 'choice',
    question:
      'A VM starts from a disk that is whole and in order. Only the initramfs on it lacks the driver for this kind of disk. How far does the boot get?',
    options: [
      { id: 'firmware', text: 'The firmware finds no device that it could start from' },
      { id: 'loader', text: 'The boot loader starts, and cannot read the kernel' },
      { id: 'kernel', text: 'The kernel starts, and cannot mount its root file system' },
      { id: 'login', text: 'Up to the login: the driver is on the disk, and is loaded from there' },
    ],
    answer: 'kernel',
    explanation:
      'Firmware and loader read the disk by code of their own: the kernel and the initramfs come into memory without any driver of the kernel. Then the kernel looks with its own eyes. It would find the driver on the disk, which it cannot read without the driver: that is what an initramfs is for.',
  },
  scenario,
  files: ['firmware.ts'],
  entry: 'firmware.ts',
  binding: { prelude: PRELUDE, host: HOST_FUNCTIONS },
  live,
  goals,
  checks,
  hints: [
    'For each VM: who said the last line on its console, firmware, loader or kernel? What was that one about to do, and who has to have told it how?',
    'Write one function that makes a single device ready, and returns where to begin or the reason why not; boot is then a loop over order. Read the first sector once, and look at three things, in this order: could it be read, is it whole, does it end in 55 AA.',
    'Around device.read stands a try: what it throws is the reason “read error”. Then if (sector.length < 512) it is “too short”; bytes 510 and 511 are compared with 0x55 and 0xaa; memory.write(memory.bootAddress, sector) puts the same bytes in place. a0 is memory.hart, a1 memory.deviceTree, a2 the device’s slot.',
  ],
});
