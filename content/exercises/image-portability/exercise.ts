/** IMG-1: can an image made on one cloud be moved to another? */
import { defineExercise } from '../../../src/exercise/index.ts';
import { facetCheck, refusalCheck } from './checks.ts';
import { goals } from './goals.ts';
import { live } from './live.ts';
import { transferCheck } from './transfer.ts';
import { scenario } from './world.ts';

export default defineExercise({
  id: 'image-portability',
  title: 'An image moves to another cloud',
  slide: 12,
  minutes: 25,
  predict: {
    kind: 'number',
    unit: 's',
    question:
      'The image is 8 GB, the link to the other cloud is rated 1 Gb/s, and 35 % of that gets through. How many seconds does it travel?',
    answer: 183,
    explanation:
      '8 GB are 64 Gb: 64 s as rated. At 0.35 Gb/s they are 64 / 0.35, about 183 s, three minutes before anything else has been done.',
  },
  scenario,
  files: ['port.ts'],
  entry: 'port.ts',
  live,
  goals,
  checks: [
    transferCheck,
    refusalCheck,
    facetCheck({
      id: 'format',
      title: 'The file has a format and a container that the target takes',
      points: 10,
      misconception:
        'A format is how a file is laid out inside, not what the file is called: naming a VMDK file disk.raw converts nothing.',
      next: 'Which formats does the image’s cloud give out, and which of them does the target take as they are? Only without one is a conversion needed.',
    }),
    facetCheck({
      id: 'size',
      title: 'The disk has a size that the target takes',
      points: 10,
      misconception:
        'A GB is 1,000,000,000 bytes, a GiB 1,073,741,824: 8 GB are not whole GiB, and 8 GiB are.',
      next: 'How many units of the target does the disk begin? So many whole ones, in bytes, is the size; without a unit it stays.',
    }),
    facetCheck({
      id: 'drivers',
      title: 'The initramfs has drivers for the target’s disk and network',
      points: 10,
      misconception:
        'The same bits do not boot everywhere: until the root file system is found, the kernel has no drivers but those in the initramfs.',
      next: 'Disk and network each need one driver of the target’s list. What is there already? What do the kernel’s modules have?',
    }),
    facetCheck({
      id: 'boot',
      title: 'It boots there, can be watched, and asks the right service for key and address',
      points: 10,
      misconception:
        'Names of devices, the console, the boot mode and the metadata service are the cloud’s, not the image’s.',
      next: 'Compare root, console, boot mode and agents of the image with the target, one by one.',
    }),
    facetCheck({
      id: 'order',
      title: 'Every step comes when it can be done',
      points: 10,
      misconception:
        'What is done to the disk has to be in the file before it is packed and sent; qemu-img resizes raw and qcow2 files alone.',
      next: 'For each step: what must be there already, and what is closed by then?',
    }),
  ],
  hints: [
    'Read the target’s list line by line. For each line: is the image so already, can it be made so, or is that the end of it?',
    'Three groups of steps, in this order: what makes a file of it (export, convert, resize), what is mended inside of the disk (drivers, root, console, agent), and what sends it away (pack, upload, import). Refuse first, with the whole list of reasons.',
    'The size is Math.ceil(size / unit) × unit with unit = sizeMultipleGiB × 2 ** 30 bytes. Export in the first format of the image’s that the target takes (raw or qcow2 if it must grow); only without one, export any and convert.',
  ],
});
