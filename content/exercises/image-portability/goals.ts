/** The terminal goals: what the second cloud has, and what its instance's disk holds. */
import { decodeUtf8, type Goal, type World } from '../../../src/exercise/index.ts';
import { FatFs, isDiskError, readMbr, sliceOf } from '../../../src/exercise/virtualization.ts';
import { PUBLIC_KEY } from './world.ts';

const GOOGLE = '/var/lib/gcloud-sim';

interface GoogleState {
  readonly images: readonly { readonly name: string }[];
  readonly instances: readonly { readonly name: string; readonly image: string }[];
}

const view = (world: World) => world.host('bluebox').view;

function stateOf(world: World): GoogleState {
  const bytes = view(world).readFile(`${GOOGLE}/state.json`);
  return bytes === null ? { images: [], instances: [] } : JSON.parse(decodeUtf8(bytes));
}

/** A file on the only partition of a raw disk of the host's; only what is looked at is read. */
function fileOnDisk(world: World, disk: string, path: string): string | null {
  const inode = view(world).locate(disk)?.dentry.inode;
  if (inode === undefined) return null;
  const nothing = () => {
    throw new Error('a goal does not write');
  };
  const device = {
    size: inode.stat().size,
    read: (offset: number, length: number) => inode.read(offset, length),
    write: nothing,
    flush: nothing,
  };
  try {
    const partition = readMbr(device)?.partitions[0];
    if (partition === undefined) return null;
    const fs = FatFs.open(sliceOf(device, partition.start, partition.sectors));
    return fs.find(path) === null ? null : decodeUtf8(fs.readFile(path));
  } catch (error) {
    if (isDiskError(error)) return null;
    throw error;
  }
}

const imported: Goal = {
  id: 'imported',
  title: 'gcloud-sim has taken the image',
  points: 10,
  feedback:
    'gcloud-sim compute images list must show an image. A refused import names its reasons: the container first, then what it found on the disk.',
  holds: (world) => stateOf(world).images.length > 0,
};

const reachable: Goal = {
  id: 'reachable',
  title: 'An instance of it has booted there and has your key',
  points: 15,
  feedback:
    'An instance has to be made of the image with --metadata-from-file=ssh-keys=ssh-keys.txt, and its agent must have put the key on its disk; get-serial-port-output shows what became of it.',
  holds: (world) =>
    stateOf(world).instances.some(({ name }) =>
      fileOnDisk(world, `${GOOGLE}/instances/${name}/disk.raw`, '/etc/sshkeys')?.includes(PUBLIC_KEY),
    ),
};

export const goals: readonly Goal[] = [imported, reachable];
