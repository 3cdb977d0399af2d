/** What learner code prints, and why a call of it failed, is told where the learner looks: in the terminal, and beside a failed check. */
import { describe, expect, test } from 'vitest';
import { exerciseFile, newSession } from '../support/exerciseSession.ts';

/** The solution, its `lookup` beginning with `first`. */
async function withFirst(first: string): Promise<string> {
  const solution = await exerciseFile('solution/overlay.ts');
  const head = 'export function lookup(stack: Stack, path: string): Entry | null {\n';
  expect(solution).toContain(head);
  return solution.replace(head, `${head}  ${first}\n`);
}

describe('in the terminal', () => {
  test('a line that live code prints is shown once, with the command’s own output', async () => {
    const { session, type } = await newSession('notices');
    await session.saveFile('overlay.ts', await withFirst("console.log('LOGGED', path);"));
    const shown = type('ls /lab/one/merged');
    expect(shown).toContain('[your code] printed: LOGGED /');
    expect(shown).toContain('etc');
    expect(shown.match(/printed: LOGGED \/\n/g)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  test.each([
    ['throws what is no error', "throw 'x';", /\[your code\] .*threw the text "x"/],
    ['never ends', 'for (;;);', /\[your code\] .*does not come to an end/],
  ])('code that %s says so beside the system’s error', async (_, first, message) => {
    const { session, type } = await newSession('notices');
    await session.saveFile('overlay.ts', await withFirst(first));
    const shown = type('ls /lab/one/merged');
    expect(shown).toMatch(message);
    expect(shown).toContain('Input/output error');
  });

  test.each([
    ['lookup', "if (path !== '/') return { kind: 'whiteout' };", 'lookup gave the whiteout itself'],
    ['lookup', "if (path !== '/') return { kind: 'file' };", 'lookup gave {"kind":"file"}, which is neither'],
    ['readdir', "if (path !== '/') return;", 'readdir gave nothing, which is no list of names'],
    ['readdir', "if (path !== '/') return ['a/b'];", 'readdir gave "a/b" in its list, which is no name'],
  ])('a %s with %s is told, and the host goes on', async (name, first, message) => {
    const { session, type } = await newSession('notices');
    const solution = await exerciseFile('solution/overlay.ts');
    const code = solution.replace(new RegExp(`(export function ${name}.*\\n)`), `$1  ${first}\n`);
    await session.saveFile('overlay.ts', code);
    expect(type('ls /lab/one/merged/etc')).toContain(message);
    expect(type('echo $((40 + 2))')).toMatch(/\r42\n/);
  });

  test('however much it prints, a command’s worth of it is enough', async () => {
    const { session, type } = await newSession('notices');
    await session.saveFile(
      'overlay.ts',
      await withFirst('for (let i = 0; i < 50; i++) console.log(path, i);'),
    );
    const shown = type('ls /lab/one/merged');
    expect(shown.match(/\[your code\]/g)?.length).toBe(21);
    expect(shown).toContain('more is not shown');
  });

  test('it is no part of the world: the hash is that of a session whose code says nothing', async () => {
    const hashes = [];
    for (const first of ["console.log('x');", '']) {
      const { session, type } = await newSession('notices');
      await session.saveFile('overlay.ts', await withFirst(first));
      type('ls /lab/one/merged');
      hashes.push((await session.judge()).worldHash);
    }
    expect(hashes[0]).toBe(hashes[1]);
  });
});

describe('beside a failed check', () => {
  const lookup = async (first: string) => {
    const { session } = await newSession('notices');
    await session.saveFile('overlay.ts', await withFirst(first));
    return (await session.judge()).checks.find(({ id }) => id === 'lookup')!.feedback!;
  };

  test('a wrong answer comes with what was printed in its call', async () => {
    const feedback = await lookup("console.log('at', path); return null;");
    expect(feedback.printed).toEqual([expect.stringMatching(/^at \//)]);
  });

  test('so does a call that never ends, and a thrown error is a sentence', async () => {
    expect((await lookup("console.log('before'); for (;;);")).printed).toEqual(['before']);
    expect((await lookup("throw 'x';")).summary).toMatch(/, but threw the text "x", which is no Error\.$/);
  });
});
