/** An edit script, whichever of the shortest it is, must make the one file of the other: real patch applies what ours writes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { commandHost } from '../../support/commandHost.ts';

const real = (program: string, args: readonly string[], input = '') =>
  spawnSync(program, args, { input, encoding: 'utf8' });

const present = ['patch', 'diff'].every((program) => real(program, ['--version']).status === 0);

function text(random: Random): string {
  const lines = Array.from({ length: random.below(25) }, () => random.pick(['a', 'b', 'c', '', '}', 'x y']));
  return lines.join('\n') + (random.chance(1, 4) ? '' : '\n');
}

test.skipIf(!present).each(['-u', '-U0', '-U1', '--'])('real patch applies diff %s', (format) => {
  const directory = mkdtempSync(join(tmpdir(), 'diff-'));
  try {
    for (let round = 0; round < 20; round++) {
      const seed = `diff ${format} ${round}`;
      const random = Random.fromSeed(seed);
      const [a, b] = [text(random), text(random)];
      const host = commandHost({ '/work/a': a, '/work/b': b });
      const { stdout, status } = host.command(`diff ${format} a b`);
      expect(status, seed).toBe(a === b ? 0 : 1);
      const target = join(directory, 'a');
      writeFileSync(target, a);
      if (a !== b) expect(real('patch', ['-s', target], stdout).stdout, seed).toBe('');
      if (b !== '') expect(readFileSync(target, 'utf8'), seed).toBe(b);
      // As short as GNU diff's: a longer script would show lines as changed that are not.
      writeFileSync(join(directory, 'b'), b);
      const shortest = real('diff', ['-d', '-', join(directory, 'b')], a);
      const ours = host.command('diff a b').stdout;
      const count = (output: string) => output.match(/^[<>]/gm)?.length ?? 0;
      expect(count(ours), seed).toBe(count(shortest.stdout));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
