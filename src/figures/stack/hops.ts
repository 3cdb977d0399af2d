/**
 * A disk write through two stacks. What the guest does, and what the book's own type 1 hypervisor does, comes from the recorded path of
 * the figure `paths`; the type 2 host is told after the interface of KVM (KVM_RUN, KVM_EXIT_MMIO, the pwrite of the VM's process).
 */
import { recordDisk, type Station } from '../paths/index.ts';

export type StackKind = 'type 1' | 'type 2';

/** The layers of each stack, from above. */
export const STACKS: Readonly<Record<StackKind, readonly string[]>> = {
  'type 1': ['Program', 'Guest’s kernel', 'Hypervisor', 'Hardware'],
  'type 2': ['Program', 'Guest’s kernel', 'VM’s process', 'Host’s kernel', 'Hardware'],
};

/** Which code has the processor's highest privilege in each stack. */
export const MOST_PRIVILEGED: Readonly<Record<StackKind, string>> = {
  'type 1': 'Hypervisor',
  'type 2': 'Host’s kernel',
};

/** The request arrives at a layer. */
export interface Hop {
  readonly stack: StackKind;
  readonly layer: string;
  readonly title: string;
  readonly say: string;
  /** Lines of the recorded path. */
  readonly recorded: readonly string[];
}

const LAYER_NAMES: Readonly<Record<string, string>> = {
  program: 'Program',
  kernel: 'Guest’s kernel',
  hypervisor: 'Hypervisor',
  file: 'Hardware',
};

interface Visit {
  readonly layer: string;
  readonly stations: Station[];
}

/** The recorded write without its flush, as visits to one layer after the other. */
function visits(): Visit[] {
  const { stations } = recordDisk();
  const sync = stations.findIndex(({ recorded }) => recorded.includes('guest: system call: sync'));
  const end = stations.findIndex(({ title }) => title === 'The write is done.');
  const found: Visit[] = [];
  for (const station of stations.slice(sync, end + 1)) {
    const layer = LAYER_NAMES[station.layer]!;
    const last = found.at(-1);
    if (last?.layer === layer) last.stations.push(station);
    else found.push({ layer, stations: [station] });
  }
  return found;
}

const TYPE1_WORDS: readonly (readonly [string, string])[] = [
  ['Type 1: the request.', 'A program in the VM wants its data on the disk.'],
  [
    'Down to the guest’s kernel.',
    'It makes a request for its disk, lays it into memory shared with the device, and rings the doorbell.',
  ],
  [
    'VM exit to the hypervisor.',
    'It is the lowest software there is. It checks the request, finds out which place of which disk is meant, and needs a driver for it: its own, or one in a VM that it keeps for the purpose, which would be one more stop.',
  ],
  [
    'The hardware.',
    'The data are written. (In the book’s machine the place is a file’s, clusters and tables included.)',
  ],
  [
    'Back in the hypervisor.',
    'It notes that the request is done, and makes an interrupt pending in the guest.',
  ],
  ['VM entry.', 'The guest’s kernel takes the interrupt and finds the request among those that are done.'],
];

/** What a type 2 host does between the guest's doorbell and its interrupt: layer, title, what happens. */
const HOSTED: readonly (readonly [string, string, string])[] = [
  [
    'Host’s kernel',
    'VM exit to the host’s kernel.',
    'The privileged half of the hypervisor is here. It sees that the access is meant for a device, which is not its business, and lets the call KVM_RUN return to the process that made it.',
  ],
  [
    'VM’s process',
    'Up to the VM’s process.',
    'The unprivileged half: an application that plays the device. It reads the exit’s reason (KVM_EXIT_MMIO), checks the request, and finds the place in the file that is this VM’s disk.',
  ],
  [
    'Host’s kernel',
    'A system call of the process.',
    'It writes to a file as any program does. Rights, quotas and limits of the host apply to it as to others.',
  ],
  ['Hardware', 'The hardware.', 'The host’s own driver has the data written.'],
  ['Host’s kernel', 'The host’s interrupt.', 'The host’s kernel finishes the system call.'],
  [
    'VM’s process',
    'Back in the VM’s process.',
    'It notes in the guest’s memory that the request is done, asks the kernel to make an interrupt pending in the guest, and calls KVM_RUN again.',
  ],
  ['Host’s kernel', 'Down to the host’s kernel.', 'It loads the vCPU’s registers and enters the guest.'],
];

/** All hops: first through a type 1 stack, then through a type 2 one. */
export function hops(): Hop[] {
  const seen = visits();
  const recordedOf = ({ stations }: Visit) => stations.flatMap(({ recorded }) => recorded);
  const type1 = seen.map((visit, index): Hop => {
    const [title, say] = TYPE1_WORDS[index]!;
    return { stack: 'type 1', layer: visit.layer, title, say, recorded: recordedOf(visit) };
  });
  const own = (index: number, title: string, say: string): Hop => ({
    ...type1[index]!,
    stack: 'type 2',
    title,
    say,
  });
  const last = type1.length - 1;
  return [
    ...type1,
    own(
      0,
      'Type 2: the same request.',
      'The guest is the same, byte for byte, and does not know the difference.',
    ),
    own(1, 'Down to the guest’s kernel.', 'As before: a request in shared memory, and a doorbell.'),
    ...HOSTED.map(([layer, title, say]): Hop => ({ stack: 'type 2', layer, title, say, recorded: [] })),
    own(
      last,
      'VM entry.',
      'The guest’s kernel takes its interrupt. The way was longer: twice to the process and back. Real systems shorten it, by a thread of the host’s kernel that is woken by the doorbell and does the work there (vhost, ioeventfd).',
    ),
  ];
}
