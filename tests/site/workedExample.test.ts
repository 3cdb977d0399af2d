/** The terminal session printed in the section on container disks is what the book's own kernel and engine answer. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, SECOND } from '../../src/base/index.ts';
import { imageLayers } from '../../src/figures/overlay/scenario.ts';
import { createWorld, type World } from '../../src/world/index.ts';
import { type ConsoleBlock, consoleBlocks } from '../support/consoleBlocks.ts';

/** What differs from run to run: container ids, the names of engine directories. */
function normal(output: string): string {
  return output
    .replace(/\b[0-9a-f]{64}\b/g, '<id>')
    .replace(/overlay2\/[^/]+\/diff/g, 'overlay2/<id>/diff')
    .replace(/(\[pid +|Process |si_pid=|flags=CLONE_NEW.*\) = )\d+/g, '$1<pid>')
    .trim();
}

function shopWorld(): World {
  const layers = imageLayers.toReversed().map(({ files }) => files);
  const config = { Cmd: ['sleep', 'infinity'] };
  const images = [{ reference: 'shop:1', from: 'base:latest', layers, config }];
  return createWorld({ hosts: [{ name: 'bluebox', images }] }, 'worked example');
}

/** Runs all commands of a session in one shell; returns what each printed. */
function run(world: World, { prompt, exchanges }: ConsoleBlock): string[] {
  const mark = '-- next --';
  const script = exchanges.map(({ command }) => `${command}\necho '${mark}'`).join('\n');
  let output = '';
  let ended = false;
  world.host('bluebox').spawn({
    argv: ['/usr/bin/bash', '-c', script],
    user: prompt === '#' ? 'root' : 'student',
    onOutput: (bytes) => {
      output += decodeUtf8(bytes);
    },
    onExit: () => {
      ended = true;
    },
  });
  const done = world.runUntil(() => ended, world.now + 120 * SECOND);
  if (!done) throw new Error(`the session did not end; it printed: ${output}`);
  return output.split(`${mark}\n`).slice(0, exchanges.length);
}

test('disk-layers: the line that mounts a pile does, and shows the layers’ files', () => {
  const layers = Object.fromEntries(
    imageLayers.flatMap(({ name, files }) =>
      Object.entries(files).map(([path, content]) => [`/layers/${name}${path}`, content]),
    ),
  );
  const world = createWorld({ hosts: [{ name: 'bluebox', files: layers }] }, 'worked pile');
  const [session] = consoleBlocks('03-containers.mdx', 'disk-layers');
  const shown = [
    { command: 'mkdir -p /web1/upper /web1/work /web1/merged', output: '' },
    ...session!.exchanges,
    { command: 'cat /web1/merged/etc/shop.conf /web1/merged/etc/motd', output: 'port=8080\nWelcome!\n' },
  ];
  expect(run(world, { ...session!, exchanges: shown })).toEqual(shown.map(({ output }) => output));
});

describe.each(['con-made', 'disk-example', 'disk-volumes'])('%s', (anchor) => {
  test('prints what the text shows', () => {
    const world = shopWorld();
    const sessions = consoleBlocks('03-containers.mdx', anchor);
    expect(sessions.length).toBeGreaterThan(0);
    for (const session of sessions) {
      const printed = run(world, session);
      session.exchanges.forEach(({ command, output }, index) => {
        expect(`${command}\n${normal(printed[index] ?? '')}`).toBe(`${command}\n${normal(output)}`);
      });
    }
  });
});
