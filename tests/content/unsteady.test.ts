/** Code whose answers depend on what it was asked before: a smaller case may not show the fault again. Each check says something all the same. */
import { expect, test } from 'vitest';
import { exerciseIds, loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { runCheck } from '../../src/exercise/index.ts';

/** The solution, every exported function of which gives null at every `every`-th call in all. */
function unsteady(text: string, every: number): string {
  const gives = `if (globalThis.turn === undefined) globalThis.turn = 0; if (++globalThis.turn % ${every} === 0) return null;`;
  return text.replace(/(export function \w+\([^{]*\{\n)/g, `$1  ${gives}\n`);
}

test.each(exerciseIds())('%s', async (id) => {
  const { exercise, files } = await loadExercise(id);
  const [name] = exercise.files;
  for (const every of [2, 5, 9])
    for (const check of exercise.checks) {
      const code = { [name!]: unsteady(files[`solution/${name}`]!, every) };
      const result = await runCheck(exercise, check, code, 'unsteady', await sandbox());
      if (result.status === 'passed') continue;
      expect(result.feedback!.summary, `${check.id}, every ${every}`).toMatch(/\w{3}/);
    }
});
