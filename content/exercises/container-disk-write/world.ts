/** The host of the exercise: two containers from one image, a volume, a bind mount, and the learner's file system. */
import type { FileTree, Scenario } from '../../../src/exercise/index.ts';

const student = { uid: 1000, gid: 1000 };

const imageFiles: FileTree = {
  '/srv/page.html': '<h1>The notes of the course</h1>\n',
  '/srv/old.html': '<h1>The notes of last year</h1>\n',
  '/etc/motd': 'This is the notes image, version 1.\n',
};

const lab: FileTree = {
  '/lab/lower1/etc/motd': 'welcome\n',
  '/lab/lower1/etc/hosts': '127.0.0.1 localhost\n',
  '/lab/lower1/srv/old.html': 'the notes of last year\n',
  '/lab/lower2/etc/motd': 'welcome to version 2\n',
  '/lab/lower2/srv/page.html': { content: 'the notes of the course\n', mode: 0o600, ...student },
  '/lab/one/upper': { type: 'dir', ...student },
  '/lab/one/merged': { type: 'dir', ...student },
  '/lab/two/upper': { type: 'dir', ...student },
  '/lab/two/merged': { type: 'dir', ...student },
};

const readme = `Two containers run from the image notes:1.

  one   has the volume "journal" at /data, and your directory ~/shared at
        /shared
  two   has neither

  docker exec one sh -c 'ls -l /srv /data /shared'    what is in them
  docker diff one                                     changes in its own layer

1. Replace the container "one" (docker rm -f, docker run) so that it runs
   again from notes:1 under the same name, and the file journal.txt is still
   in its /data.

2. Explain "docker diff two". For each of these paths write a line
   "PATH WORD" into ~/diff.txt:

       /srv/page.html   /srv/old.html   /srv/new.html   /etc/motd

   WORD says what the upper layer of the container "two" has there:
       copied    a copy of the image's file, then changed
       whiteout  the mark that hides the image's file
       new       a file that the image does not have
       nothing   the file is seen from the image

3. The file system of /lab/one/merged and /lab/two/merged is yours: overlay.ts
   in the editor. Its layers are /lab/lower2 over /lab/lower1, and
   /lab/one/upper or /lab/two/upper on top. It has no rmdir: to see mkdir
   over a whiteout, remove a file and make a directory of its name.
`;

const motd = `This is bluebox, with docker and two containers.
README.txt says what there is to do.
`;

const setup = `
docker run -d --name one -v journal:/data -v /home/student/shared:/shared notes:1 >/root/first-container
docker run -d --name two notes:1 >/dev/null
docker exec one sh -c 'echo "first entry" >/data/journal.txt; echo "for all to see" >/shared/hello.txt; echo "a draft" >/srv/draft.txt'
docker exec two sh -c 'echo "<p>corrected</p>" >>/srv/page.html; rm /srv/old.html; echo "<h1>New</h1>" >/srv/new.html'
layers=lowerdir=/lab/lower2:/lab/lower1
mount -t overlay-lab -o $layers,upperdir=/lab/one/upper overlay /lab/one/merged
mount -t overlay-lab -o $layers,upperdir=/lab/two/upper overlay /lab/two/merged
`;

export const scenario = (): Scenario => ({
  hosts: [
    {
      name: 'bluebox',
      user: 'student',
      motd,
      images: [
        {
          reference: 'notes:1',
          from: 'base:latest',
          layers: [imageFiles],
          config: { Cmd: ['sh', '-c', 'while :; do sleep 3600; done'], WorkingDir: '/srv' },
        },
      ],
      files: {
        ...lab,
        '/home/student/README.txt': { content: readme, ...student },
        '/home/student/shared': { type: 'dir', ...student },
      },
      setup,
    },
  ],
});
