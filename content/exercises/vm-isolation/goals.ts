/** The terminal goals: what the learner has found out. */
import { decodeUtf8, type Goal, type World } from '../../../src/exercise/index.ts';

const WALLS: Readonly<Record<string, string>> = {
  peek: 'translate',
  dma: 'translate',
  hog: 'pickVcpu',
  dd: 'mapBlock',
  sniff: 'forward',
  spoof: 'forward',
};

const read = (world: World, name: string): string => {
  const bytes = world.host('bluebox').view.readFile(`/home/student/${name}`);
  return bytes === null ? '' : decodeUtf8(bytes);
};

/** alice's own disk says it: the learner's world may have another seed than the goal's reader knows. */
function secretIn(world: World): string | null {
  const volume = world.host('bluebox').view.readFile('/var/lib/libvirt/images/pool.img');
  return volume === null
    ? null
    : (/Secret: ([\w-]+)/.exec(decodeUtf8(volume.subarray(0, 4 << 20)))?.[1] ?? null);
}

const stolen: Goal = {
  id: 'stolen',
  title: '~/secret.txt has the secret on alice’s disk',
  points: 10,
  feedback:
    'secret.txt in your home directory does not have the word behind “Secret:” in sector 0 of alice’s disk. Her disk begins in the volume where mallory’s ends: ask mallory’s own disk for the sector right behind its last one.',
  holds: (world) => {
    const secret = secretIn(world);
    return secret !== null && read(world, 'secret.txt').trim() === secret;
  },
};

const walls: Goal = {
  id: 'walls',
  title: '~/walls.txt says which function stops which attack',
  points: 10,
  feedback:
    'walls.txt needs a line for each of peek, dma, hog, dd, sniff and spoof, each with the function that stops it. A device that is given an address reaches for memory, not for a disk.',
  holds(world) {
    const lines = read(world, 'walls.txt')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const said = new Map(
      lines.filter(({ length }) => length === 2).map(([attack, wall]) => [attack!, wall!]),
    );
    return Object.entries(WALLS).every(([attack, wall]) => said.get(attack) === wall);
  },
};

export const goals: readonly Goal[] = [stolen, walls];
