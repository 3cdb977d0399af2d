/** A world with one host whose engine has a small image, and a shell on it. */
import { decodeUtf8, encodeUtf8, SECOND } from '../../src/base/index.ts';
import type { FileTree, LinuxHost, WaitStatus } from '../../src/linux/index.ts';
import { createWorld, type World } from '../../src/world/index.ts';

const notes: FileTree = {
  '/srv/page': 'the page\n',
  '/srv/old': 'the old page\n',
  '/data/first': 'from the image\n',
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nada:x:1200:1300::/home/ada:/bin/sh\n',
  '/etc/group': 'root:x:0:\nada:x:1300:\nnotes:x:1400:ada\n',
  '/home/ada': { type: 'dir', uid: 1200, gid: 1300 },
  '/usr/bin/nothing': { content: 'neither program nor script\n', mode: 0o755 },
  '/usr/bin/broken': { content: 'no program\n', mode: 0o644 },
};

export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

export interface EngineHost {
  readonly world: World;
  readonly host: LinuxHost;
  /** Runs a shell script to its end, as root if nothing else is said; standard error apart. */
  sh(script: string, user?: string): Ended;
  /** Standard output of a script that ends well and says nothing on standard error. */
  out(script: string): string;
  /** A terminal with the learner's shell. */
  terminal(): { type(text: string): void; screen(): string };
  advance(seconds: number): void;
  /** A host file's text, null when there is none. */
  read(path: string): string | null;
}

export function engineHost(seed = 'engine'): EngineHost {
  const world = createWorld(
    {
      hosts: [
        {
          name: 'bluebox',
          images: [
            { reference: 'base:latest', from: 'base:latest', layers: [] },
            {
              reference: 'notes:1',
              from: 'base:latest',
              layers: [notes],
              config: { Cmd: ['sh', '-c', 'while :; do sleep 3600; done'], WorkingDir: '/srv' },
            },
          ],
        },
      ],
    },
    seed,
  );
  const host = world.host('bluebox');
  const read = (path: string) => {
    const bytes = host.view.readFile(path);
    return bytes === null ? null : decodeUtf8(bytes);
  };
  const sh = (script: string, user = 'root'): Ended => {
    const errors = `/tmp/stderr.${user}`;
    let out = '';
    let ended: WaitStatus['state'] | null = null;
    host.spawn({
      argv: ['/bin/bash', '-c', `exec 2>${errors}\n${script}`],
      user,
      onOutput: (bytes) => {
        out += decodeUtf8(bytes);
      },
      onExit: ({ state }) => {
        ended = state;
      },
    });
    if (!world.runUntil(() => ended !== null, world.now + 1000 * SECOND))
      throw new Error(`the script did not end:\n${script}\n${out}`);
    const state = ended as WaitStatus['state'] | null;
    return { out, err: read(errors) ?? '', status: state?.kind === 'exited' ? state.code : -1 };
  };
  return {
    world,
    host,
    sh,
    read,
    out(script) {
      const { out, err, status } = sh(script);
      if (status !== 0 || err !== '') throw new Error(`${script}\nended with ${status}: ${err}`);
      return out;
    },
    advance: (seconds) => world.run(world.now + seconds * SECOND),
    terminal() {
      let shown = '';
      const terminal = host.openTerminal({
        user: 'student',
        size: { rows: 24, cols: 80 },
        onOutput: (bytes) => {
          shown += decodeUtf8(bytes);
        },
      });
      world.run(world.now + SECOND);
      return {
        screen: () => shown,
        type(text) {
          terminal.input(encodeUtf8(text));
          world.run(world.now + SECOND);
        },
      };
    },
  };
}
