/** `virtbook exercise test [ID]`: proves that an exercise's checks check. */
import { type Check, type Exercise, runCheck } from '../exercise/index.ts';
import { codeIn, loadExercise, sandbox } from './exercises.ts';

const SEEDS = ['a', 'b', 'c'];
const LEAST_WRONG = 4;

/** A code check that has failed, and whether it shows steps that lead to the fault. */
interface Failure {
  readonly id: string;
  readonly shown: boolean;
}

const textOf = ({ id, shown }: Failure) => (shown ? id : `${id} without a counterexample`);

/** The code checks, of `checks`, that `code` fails, for each seed. */
async function failures(
  exercise: Exercise,
  code: Record<string, string>,
  seeds: readonly string[] = SEEDS,
  checks: readonly Check[] = exercise.checks,
): Promise<Failure[][]> {
  const results: Failure[][] = [];
  for (const seed of seeds) {
    const failed: Failure[] = [];
    for (const check of checks) {
      const { status, feedback } = await runCheck(exercise, check, code, seed, await sandbox());
      const shown = (feedback?.counterexample?.steps.length ?? 0) > 0;
      if (status !== 'passed') failed.push({ id: check.id, shown });
    }
    results.push(failed);
  }
  return results;
}

/** The same where one check is to fail: all of them on one seed, and on the other seeds the one that failed there. */
async function quickFailures(
  exercise: Exercise,
  code: Record<string, string>,
  seed: string,
): Promise<Failure[][]> {
  const runs = await failures(exercise, code, [seed]);
  const caught = exercise.checks.filter(({ id }) => runs[0]!.some((failed) => failed.id === id));
  const others = SEEDS.filter((other) => other !== seed);
  return [...runs, ...(await failures(exercise, code, others, caught))];
}

function strayFiles(exercise: Exercise, files: Record<string, string>): string[] {
  const known = /^([\w.-]+\.ts|question\.mdx|answer\.mdx)$/;
  return Object.keys(files).filter((file) => {
    const match = /^(?:starter|solution|wrong\/[\w-]+)\/(.+)$/.exec(file);
    return match === null ? !known.test(file) : !exercise.files.includes(match[1]!);
  });
}

export interface TestOptions {
  /** The folder with the exercises. */
  readonly root?: string;
  readonly print?: (text: string) => void;
  /** Whether a wrong solution meets the checks that are not meant for it on one seed only, another one for each. */
  readonly quick?: boolean;
}

/** Prints a line for each proof; returns how many failed. */
export async function testExercise(
  id: string,
  { root, print = (text) => void process.stdout.write(text), quick = false }: TestOptions = {},
): Promise<number> {
  const { exercise, files } = await loadExercise(id, root);
  let failed = 0;
  const tell = (good: boolean, text: string) => {
    if (!good) failed++;
    print(`${good ? 'ok    ' : 'FAILED'} ${id}: ${text}\n`);
  };
  const stray = strayFiles(exercise, files);
  tell(stray.length === 0, stray.length === 0 ? 'no stray files' : `stray files: ${stray.join(', ')}`);
  for (const text of ['question.mdx', 'answer.mdx']) tell(files[text] !== undefined, `${text} is there`);

  const solution = (await failures(exercise, codeIn(exercise, files, 'solution'))).flat();
  tell(
    solution.length === 0,
    solution.length === 0
      ? 'solution passes every check'
      : `solution fails ${solution.map(({ id }) => id).join(', ')}`,
  );
  const starter = await failures(exercise, exercise.starter);
  tell(
    starter.every((run) => run.length > 0),
    'starter does not pass yet',
  );

  const wrong = [
    ...new Set(Object.keys(files).flatMap((file) => /^wrong\/([\w-]+)\//.exec(file)?.[1] ?? [])),
  ];
  tell(wrong.length >= LEAST_WRONG, `${wrong.length} wrong solutions, at least ${LEAST_WRONG} are needed`);
  for (const [i, name] of wrong.entries()) {
    const code = codeIn(exercise, files, `wrong/${name}`);
    const runs = await (quick
      ? quickFailures(exercise, code, SEEDS[i % SEEDS.length]!)
      : failures(exercise, code));
    const caught = new Set(runs.map((run) => run.map(textOf).join('+')));
    const [only = ''] = caught;
    const exact = caught.size === 1 && runs.every((run) => run.length === 1 && run[0]!.shown);
    tell(
      exact,
      exact
        ? `wrong/${name} fails exactly ${only}`
        : `wrong/${name} fails ${[...caught].map((run) => run || 'nothing').join(' / ')}; it must fail exactly one check, the same for each seed, with a counterexample`,
    );
  }
  return failed;
}
