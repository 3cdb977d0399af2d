/** The terminal session printed in the section on container disks is what the book's own kernel and engine answer. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, SECOND } from '../../src/base/index.ts';
import { imageLayers } from '../../src/figures/overlay/scenario.ts';
import { createWorld, type World } from '../../src/world/index.ts';

const chapter = readFileSync(
  new URL('../../content/chapters/02-virtualization/03-containers.mdx', import.meta.url),
  'utf8',
);

interface Exchange {
  readonly command: string;
  readonly output: string;
}

interface Session {
  readonly asRoot: boolean;
  readonly exchanges: readonly Exchange[];
}

/** The console blocks under the heading with this anchor; `#` and `$` are the prompts of root and of a user. */
function sessionsOf(anchor: string): Session[] {
  const [, section = ''] = chapter.split(`{#${anchor}}`);
  const text = section.split(/^#{2,} /m)[0] ?? '';
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = '']) => ({
    asRoot: block.startsWith('# '),
    exchanges: block
      .split(/^[$#] /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { command: part.slice(0, end), output: part.slice(end + 1) };
      }),
  }));
}

/** What differs from run to run: container ids, the names of engine directories, times. */
function normal(output: string): string {
  return output
    .replace(/\b[0-9a-f]{64}\b/g, '<id>')
    .replace(/overlay2\/[^/]+\/diff/g, 'overlay2/<id>/diff')
    .replace(/\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b/g, '<time>')
    .trim();
}

function shopWorld(): World {
  const layers = imageLayers.toReversed().map(({ files }) => files);
  const config = { Cmd: ['sleep', 'infinity'] };
  const images = [{ reference: 'shop:1', from: 'base:latest', layers, config }];
  return createWorld({ hosts: [{ name: 'bluebox', images }] }, 'worked example');
}

/** Runs all commands of a session in one shell; returns what each printed. */
function run(world: World, { asRoot, exchanges }: Session): string[] {
  const mark = '-- next --';
  const script = exchanges.map(({ command }) => `${command}\necho '${mark}'`).join('\n');
  let output = '';
  let ended = false;
  world.host('bluebox').spawn({
    argv: ['/usr/bin/bash', '-c', script],
    user: asRoot ? 'root' : 'student',
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

describe.each(['disk-example', 'disk-volumes'])('%s', (anchor) => {
  test('prints what the text shows', () => {
    const world = shopWorld();
    const sessions = sessionsOf(anchor);
    expect(sessions.length).toBeGreaterThan(0);
    for (const session of sessions) {
      const printed = run(world, session);
      session.exchanges.forEach(({ command, output }, index) => {
        expect(`${command}\n${normal(printed[index] ?? '')}`).toBe(`${command}\n${normal(output)}`);
      });
    }
  });
});
