/** From reset to the login: a VM with two disks, of which the second boots; and boots in which one link of the chain is missing. */
import { MemoryStore } from '../../disk/index.ts';
import { bootableDisk, guestInitramfs } from '../../hypervisor/index.ts';
import { grouped } from '../steps/html.ts';
import { BootConsole } from './bootConsole.ts';
import type { Path, Station } from './types.ts';

const ROOT = 'hostname=web1 root=/dev/vdb1';

const LAYERS = [
  { key: 'firmware', name: 'Firmware' },
  { key: 'loader', name: 'Boot loader' },
  { key: 'kernel', name: 'Kernel' },
  { key: 'process', name: 'Process 1' },
] as const;

/** A disk that nobody has put anything onto. */
function emptyDisk(): MemoryStore {
  const disk = new MemoryStore();
  disk.truncate(2 ** 20);
  return disk;
}

/** A stretch of the boot: it ends with a line on the console that has this in it. */
interface Stage extends Omit<Station, 'recorded'> {
  readonly until: string;
}

const STAGES: readonly Stage[] = [
  {
    until: 'vda: passed over',
    layer: 'firmware',
    title: 'Reset.',
    say: 'The vCPU begins at a fixed address, where the hypervisor has put firmware. It goes through the devices in the order its owner has set. The first disk is empty: it lacks the two bytes at the end of its first sector that say “here is something to start”.',
  },
  {
    until: 'vdb: boot signature found',
    layer: 'firmware',
    title: 'A disk with the sign.',
    say: 'The second disk has it. The firmware reads this one sector, 512 bytes, to a fixed address and jumps there. It knows nothing about files.',
  },
  {
    until: 'Virtbook loader',
    layer: 'loader',
    title: 'The boot sector.',
    say: 'Half a kilobyte is little room for a program. All it does is to load the sectors behind it, in which the loader proper lies, and to jump there in its turn.',
  },
  {
    until: 'Starting linux',
    layer: 'loader',
    title: 'The loader.',
    say: 'It can read the file system of the first partition. There it finds its configuration, and in that the names of two files and a line of text: kernel, initial RAM disk, command line. It still reads the disk by asking the firmware.',
  },
  {
    until: 'uart:',
    layer: 'kernel',
    title: 'The kernel.',
    say: 'From here on the firmware is not asked for disks any more. The kernel finds out what machine it is on, sets up its tables of memory, and takes over the console.',
  },
  {
    until: 'partition vdb1',
    layer: 'kernel',
    title: 'Drivers.',
    say: 'Which drivers there are is told by the initial RAM disk. With the one for virtio disks it finds both, and the partition on the second.',
  },
  {
    until: 'root: mounted /dev/vdb1',
    layer: 'kernel',
    title: 'The root file system.',
    say: 'The command line says where it is. The kernel mounts it: now there are files.',
  },
  {
    until: 'login: ',
    layer: 'process',
    title: 'Process 1.',
    say: 'The kernel starts its first program in user mode, init, which starts the rest, and in the end somebody can log in.',
  },
];

const soFar = ({ instructions, bytesRead }: BootConsole) =>
  `so far: ${grouped(instructions)} instructions, ${grouped(bytesRead)} bytes read from disks`;

export function recordBoot(): Path {
  const console = new BootConsole([emptyDisk(), bootableDisk({ commandLine: ROOT })], [0, 1]);
  const stations = STAGES.map(({ until, ...stage }) => {
    const lines = console.linesUntil(until);
    return { ...stage, recorded: [...lines, soFar(console)] };
  });
  return { layers: LAYERS, stations };
}

/** A boot that ends too early. */
export interface FailedBoot {
  /** What is missing, plain text. */
  readonly missing: string;
  /** The last lines of the console. */
  readonly lines: readonly string[];
}

interface Fault {
  readonly missing: string;
  readonly disk: () => MemoryStore;
  /** What the console says last. */
  readonly end: string;
  /** How many of the last lines tell what is wrong. */
  readonly lines: number;
}

const FAULTS: readonly Fault[] = [
  {
    missing: 'The boot order names a disk without anything to start.',
    disk: emptyDisk,
    end: 'No bootable device.',
    lines: 2,
  },
  {
    missing: 'The loader’s configuration names a kernel that is not there.',
    disk: () => bootableDisk({ configuration: 'DEFAULT linux\nLABEL linux\nLINUX /vmlinux-6.9\n' }),
    end: 'No bootable device.',
    lines: 3,
  },
  {
    missing: 'The command line names the wrong root.',
    disk: () => bootableDisk({ commandLine: 'hostname=web1 root=/dev/vdc1' }),
    end: 'Kernel panic',
    lines: 4,
  },
  {
    missing: 'The initial RAM disk lacks the driver of the disk.',
    disk: () =>
      bootableDisk({
        commandLine: 'hostname=web1 root=/dev/vda1',
        initramfs: guestInitramfs({ drivers: ['virtio_net'] }),
      }),
    end: 'Kernel panic',
    lines: 3,
  },
];

export function recordFailures(): FailedBoot[] {
  return FAULTS.map(({ missing, disk, end, lines }) => {
    const console = new BootConsole([disk()], [0]);
    return { missing, lines: console.linesUntil(end).slice(-lines) };
  });
}
