/** The terminal goals: what the second cloud has, and what its instance's disk holds. */
import { decodeUtf8, type Goal, type World } from '../../../src/exercise/index.ts';
import { diskFiles, GOOGLE } from './facts.ts';
import { PUBLIC_KEY } from './world.ts';

interface GoogleState {
  readonly images: readonly { readonly name: string }[];
  readonly instances: readonly { readonly name: string; readonly image: string }[];
}

const view = (world: World) => world.host('bluebox').view;

function stateOf(world: World): GoogleState {
  const bytes = view(world).readFile(`${GOOGLE}/state.json`);
  return bytes === null ? { images: [], instances: [] } : JSON.parse(decodeUtf8(bytes));
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
  title: 'An instance of it has booted there, with your key and an address',
  points: 15,
  feedback:
    'An instance has to be made of the image with --metadata-from-file=ssh-keys=ssh-keys.txt, its agent must have put the key on its disk, and its network interface must have an address; get-serial-port-output shows what became of it.',
  holds: (world) =>
    stateOf(world).instances.some(({ name }) => {
      const file = diskFiles(view(world), `${GOOGLE}/instances/${name}/disk.raw`);
      const keys = file?.('/etc/sshkeys') ?? null;
      // What the machine has said: the address is its own until it is switched off, and on no disk.
      const console = view(world).readFile(`${GOOGLE}/instances/${name}/serial.log`);
      return (
        keys !== null &&
        decodeUtf8(keys).includes(PUBLIC_KEY) &&
        console !== null &&
        /^dhcp: \d+\.\d+\.\d+\.\d+\/\d+/m.test(decodeUtf8(console))
      );
    }),
};

export const goals: readonly Goal[] = [imported, reachable];
