/** The terminal goals: looked at on the host's files, whatever route led there. */
import { decodeUtf8, type Goal, type World } from '../../../src/exercise/index.ts';

const DOCKER = '/var/lib/docker';

interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly image: string;
  readonly mounts: readonly {
    readonly source: string;
    readonly destination: string;
    readonly volume: string;
  }[];
}

const view = (world: World) => world.host('bluebox').view;

function text(world: World, path: string): string | null {
  const bytes = view(world).readFile(path);
  return bytes === null ? null : decodeUtf8(bytes);
}

/** From config.v2.json, where the engine keeps them. */
function containers(world: World): ContainerState[] {
  const ids = view(world).readdir(`${DOCKER}/containers`) ?? [];
  return ids.flatMap(({ name: id }) => {
    const json = text(world, `${DOCKER}/containers/${id}/config.v2.json`);
    if (json === null) return [];
    const config = JSON.parse(json);
    const points = Object.values(config.MountPoints ?? {}) as Record<string, string>[];
    return [
      {
        id,
        name: String(config.Name).replace(/^\//, ''),
        running: config.State.Running === true,
        image: String(config.Config.Image),
        mounts: points.map((point) => ({
          source: point['Source'] ?? '',
          destination: point['Destination'] ?? '',
          volume: point['Name'] ?? '',
        })),
      },
    ];
  });
}

const kept: Goal = {
  id: 'kept',
  title: 'The container “one” was replaced, and its journal is still in /data',
  points: 10,
  feedback:
    'There must be a new container named one (docker rm -f one, then docker run), running from notes:1, with journal.txt of the old one in its /data. Which of the three places was outside the container?',
  holds(world) {
    const first = text(world, '/root/first-container')?.trim();
    const one = containers(world).find((container) => container.name === 'one');
    if (one === undefined || one.id === first || !one.running || one.image !== 'notes:1') return false;
    const data = one.mounts.find((mount) => mount.destination === '/data');
    if (data === undefined) return false;
    const source = data.source === '' ? `${DOCKER}/volumes/${data.volume}/_data` : data.source;
    return text(world, `${source}/journal.txt`)?.includes('first entry') ?? false;
  },
};

/** What the upper directory of the container `two` has for each path. */
function explanation(world: World): Map<string, string> | null {
  const two = containers(world).find((container) => container.name === 'two');
  if (two === undefined) return null;
  const mountId = text(world, `${DOCKER}/image/overlay2/layerdb/mounts/${two.id}/mount-id`)?.trim();
  if (mountId === undefined) return null;
  const upper = `${DOCKER}/overlay2/${mountId}/diff`;
  const inImage = new Set(['/srv/page.html', '/srv/old.html', '/etc/motd']);
  return new Map(
    ['/srv/page.html', '/srv/old.html', '/srv/new.html', '/etc/motd'].map((path) => {
      const stat = view(world).stat(upper + path);
      if (stat === null) return [path, 'nothing'];
      const whiteout = (stat.mode & 0o170000) === 0o020000;
      return [path, whiteout ? 'whiteout' : inImage.has(path) ? 'copied' : 'new'];
    }),
  );
}

const explained: Goal = {
  id: 'explained',
  title: 'docker diff of “two” is explained in ~/diff.txt',
  points: 10,
  feedback:
    'diff.txt in your home directory has a line "PATH WORD" for each of the four paths; README.txt lists the words. Compare docker diff two with what lies in its upper directory.',
  holds(world) {
    const wanted = explanation(world);
    const given = text(world, '/home/student/diff.txt');
    if (wanted === null || given === null) return false;
    const lines = new Map(given.split('\n').map((line) => line.trim().split(/\s+/) as [string, string]));
    return [...wanted].every(([path, word]) => lines.get(path) === word);
  },
};

export const goals: readonly Goal[] = [kept, explained];
