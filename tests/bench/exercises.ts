/** Every exercise by itself, in Node: how long its world takes to build, and its checks for the book's own solution. */
import { exerciseIds, loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { Session } from '../../src/exercise/index.ts';

type Row = readonly [what: string, measured: string, aim: string];

async function rowsOf(id: string): Promise<Row[]> {
  const { exercise, files } = await loadExercise(id);
  // The first one pays for code that is compiled; a learner's page has done that when it shows the button.
  await Session.start({ exercise, seed: 'warm', sandbox });
  const before = performance.now();
  const session = await Session.start({ exercise, seed: 'bench', sandbox });
  const built = performance.now() - before;
  for (const name of exercise.files)
    await session.saveFile(name, files[`solution/${name}`] ?? exercise.starter[name]!);
  const started = performance.now();
  await session.judge();
  const checked = performance.now() - started;
  return [
    [`${id}: world built`, `${built.toFixed(0)} ms`, '≤ 200 ms'],
    [`${id}: check set`, `${checked.toFixed(0)} ms`, '≤ 2000 ms'],
  ];
}

export async function exerciseRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const id of exerciseIds()) rows.push(...(await rowsOf(id)));
  return rows;
}
