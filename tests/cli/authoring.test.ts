/** What an exercise author does: a new folder, and the proof that its checks check. */
import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandError } from '../../src/cli/commandError.ts';
import { surveyMutants } from '../../src/cli/exerciseMutants.ts';
import { newExercise } from '../../src/cli/exerciseNew.ts';
import { EXERCISES, exerciseIds, loadExercise } from '../../src/cli/exercises.ts';
import { testExercise } from '../../src/cli/exerciseTest.ts';

/** As deep as content/exercises, so that an exercise's imports lead to the same place. */
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(import.meta.dirname, '..', 'scratch-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** The lines of `exercise test`, and how many proofs failed. */
async function proofs(id: string, folder = root, quick = false) {
  let printed = '';
  const failed = await testExercise(id, {
    root: folder,
    quick,
    print: (text) => {
      printed += text;
    },
  });
  return { failed, lines: printed.trimEnd().split('\n') };
}

describe('exercise new', () => {
  test('what it makes passes exercise test at once', async () => {
    newExercise('first-try', root);
    expect(exerciseIds(root)).toEqual(['first-try']);
    const { failed, lines } = await proofs('first-try');
    expect(lines.filter((line) => !line.startsWith('ok'))).toEqual([]);
    expect(failed).toBe(0);
    expect(lines).toContain('ok     first-try: wrong/squares fails exactly doubles');
  });

  test.each(['Upper', 'two words', '../x', '-a', 'a-', 'ä', ''])('refuses the id %j', (id) => {
    expect(() => newExercise(id, root)).toThrow(CommandError);
  });

  test('its question has what a page needs: two outcomes at least', () => {
    const question = readFileSync(join(root, 'first-try', 'question.mdx'), 'utf8');
    expect(question.match(/^ {2}- /gm)?.length).toBeGreaterThanOrEqual(2);
  });

  test('does not touch what is there', () => {
    const folder = newExercise('taken', root);
    writeFileSync(join(folder, 'question.mdx'), 'mine');
    expect(() => newExercise('taken', root)).toThrow('taken is there already');
    expect(readFileSync(join(folder, 'question.mdx'), 'utf8')).toBe('mine');
  });
});

describe('exercise test says what is wrong', () => {
  const made = (id: string, change: (file: (name: string) => string) => void) => {
    const folder = newExercise(id, root);
    change((name) => join(folder, name));
    return proofs(id);
  };
  const right = 'export const double = (n: number) => n + n;\n';

  test('a solution that does not pass', async () => {
    const { failed, lines } = await made('bad-solution', (file) =>
      writeFileSync(file('solution/answer.ts'), 'export const double = () => 1;\n'),
    );
    expect(failed).toBe(1);
    expect(lines.join('\n')).toMatch(/FAILED bad-solution: solution fails doubles/);
  });

  test('a starter and a wrong solution that pass', async () => {
    const { failed, lines } = await made('too-easy', (file) => {
      writeFileSync(file('starter/answer.ts'), right);
      writeFileSync(file('wrong/halves/answer.ts'), right);
    });
    expect(failed).toBe(2);
    expect(lines.join('\n')).toMatch(/FAILED too-easy: wrong\/halves fails nothing/);
  });

  test('a check that fails and does not show how', async () => {
    const { failed, lines } = await made('vague', (file) => {
      const definition = readFileSync(file('exercise.ts'), 'utf8');
      writeFileSync(file('exercise.ts'), definition.replace('steps: [call]', 'steps: []'));
    });
    expect(failed).toBe(4);
    expect(lines.join('\n')).toContain('FAILED vague: wrong/squares fails doubles without a counterexample;');
  });

  test('files that nothing uses, texts that are missing, too few wrong solutions', async () => {
    const { failed, lines } = await made('untidy', (file) => {
      writeFileSync(file('solution/other.ts'), '');
      unlinkSync(file('answer.mdx'));
      unlinkSync(file('wrong/halves/answer.ts'));
    });
    expect(failed).toBe(3);
    expect(lines.join('\n')).toMatch(
      /stray files: solution\/other\.ts[\s\S]*answer\.mdx[\s\S]*3 wrong solutions, at least 4/,
    );
  });

  test('an exercise that is not there is answered with those that are', async () => {
    await expect(loadExercise('nowhere')).rejects.toThrow(`There are: ${exerciseIds().join(', ')}.`);
  });
});

describe('exercise mutants', () => {
  const survey = async (id: string, solution: string) => {
    const folder = newExercise(id, root);
    writeFileSync(join(folder, 'solution', 'answer.ts'), solution);
    let printed = '';
    await surveyMutants(id, 4, {
      root,
      print: (text) => {
        printed += text;
      },
    });
    return printed.trimEnd().split('\n');
  };

  test('every change to the solution of the template is found for every seed', async () => {
    const lines = await survey(
      'all-found',
      'export function double(n: number): number {\n  return 2 * n;\n}\n',
    );
    expect(lines).toEqual([
      'all-found/solution/answer.ts',
      '0 of 2 mutants survived: no check fails for any of 4 seeds',
      '0 fail a check for some seeds only',
      '2 fail the same checks for every seed',
    ]);
  });

  test('one that changes nothing survives, and one that few cases show is found by luck', async () => {
    const rare = 'export function double(n: number): number {\n  return n > 950 ? n + n : 2 * n;\n}\n';
    const text = (await survey('by-luck', rare)).join('\n');
    expect(text).toMatch(/4 of 7 mutants survived/);
    expect(text).toContain('  line 2    n > 950  →  false\n');
    expect(text).toMatch(
      /1 fail a check for some seeds only\n {2}line 2 {4}n \+ n {2}→ {2}n - n\n {12}doubles: [123] of 4 seeds/,
    );
    expect(text).toMatch(/2 fail the same checks for every seed$/);
  });
});

describe('the book', () => {
  // The solution and the starter meet all checks on each seed, a wrong solution those that are not meant for it on one of them: half a minute of
  // work for some exercises. `virtbook exercise test` takes the whole of it.
  test.each(exerciseIds())(
    '%s proves itself',
    async (id) => {
      const { lines } = await proofs(id, EXERCISES, true);
      expect(lines.filter((line) => !line.startsWith('ok'))).toEqual([]);
      expect(lines.length).toBeGreaterThan(8);
    },
    300_000,
  );
});
