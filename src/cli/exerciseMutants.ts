/**
 * `virtbook exercise mutants ID`: mutation testing of an exercise. Each small change to the solution is a wrong solution that nobody had to
 * think of; one that no check notices is either a change that changes nothing, or a gap in the checks. One that is noticed for some seeds
 * only is a grade by luck.
 */
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { type Exercise, runCheck } from '../exercise/index.ts';
import { CommandError } from './commandError.ts';
import { codeIn, loadExercise, sandbox } from './exercises.ts';

/** A solution with one place changed. */
interface Mutant {
  /** From 1. */
  readonly line: number;
  readonly was: string;
  readonly now: string;
  /** The whole file. */
  readonly code: string;
}

const ignore = () => {};
const silent = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  ...{ trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore },
};

/** What StrykerJS would change in a TypeScript file, in the order of its places. */
async function mutantsOf(name: string, text: string): Promise<Mutant[]> {
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants } = await new Instrumenter(silent).instrument(
    [{ name, mutate: true, content: text }],
    options,
  );
  const starts = [0];
  for (const line of text.split('\n')) starts.push(starts.at(-1)! + line.length + 1);
  const offset = ({ line, column }: { line: number; column: number }) => starts[line]! + column;
  return mutants.map(({ location, replacement }) => {
    const [from, to] = [offset(location.start), offset(location.end)];
    return {
      line: location.start.line + 1,
      was: text.slice(from, to),
      now: replacement,
      code: text.slice(0, from) + replacement + text.slice(to),
    };
  });
}

/** A mutant, and for each check how many seeds it fails for. */
interface Trial {
  readonly mutant: Mutant;
  readonly failed: ReadonlyMap<string, number>;
}

/** Runs every check on `code` with the file `name` replaced by a mutant, for each seed. */
async function tryMutant(
  exercise: Exercise,
  code: Readonly<Record<string, string>>,
  name: string,
  mutant: Mutant,
  seeds: readonly string[],
): Promise<Trial> {
  const failed = new Map<string, number>();
  for (const check of exercise.checks)
    for (const seed of seeds) {
      const { status } = await runCheck(
        exercise,
        check,
        { ...code, [name]: mutant.code },
        seed,
        await sandbox(),
      );
      if (status !== 'passed') failed.set(check.id, (failed.get(check.id) ?? 0) + 1);
    }
  return { mutant, failed };
}

/** The beginning of a piece of code, on one line. */
function short(code: string): string {
  const line = code.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

const placeOf = ({ line, was, now }: Mutant) =>
  `  line ${`${line}`.padEnd(4)} ${short(was)}  →  ${short(now) || '(nothing)'}`;

/** What the trials of a file say, as lines: which mutants survived, and which were found by luck. */
function summary(trials: readonly Trial[], seeds: number): string[] {
  const survived = trials.filter(({ failed }) => failed.size === 0);
  const byLuck = trials.filter(({ failed }) => [...failed.values()].some((times) => times < seeds));
  return [
    `${survived.length} of ${trials.length} mutants survived: no check fails for any of ${seeds} seeds`,
    ...survived.map(({ mutant }) => placeOf(mutant)),
    `${byLuck.length} fail a check for some seeds only`,
    ...byLuck.flatMap(({ mutant, failed }) => [
      placeOf(mutant),
      ...[...failed]
        .filter(([, times]) => times < seeds)
        .map(([id, times]) => `            ${id}: ${times} of ${seeds} seeds`),
    ]),
    `${trials.length - survived.length - byLuck.length} fail the same checks for every seed`,
  ];
}

interface SurveyOptions {
  /** The folder with the exercises. */
  readonly root?: string;
  readonly print?: (text: string) => void;
}

/** Prints what mutation testing of an exercise found, for so many seeds. */
export async function surveyMutants(
  id: string,
  seedCount: number,
  { root, print = (text) => void process.stdout.write(text) }: SurveyOptions = {},
): Promise<void> {
  const { exercise, files } = await loadExercise(id, root);
  const seeds = Array.from({ length: seedCount }, (_none, i) => `mutants ${i}`);
  const code = codeIn(exercise, files, 'solution');
  const tell = process.stderr.isTTY ? (text: string) => void process.stderr.write(`\r\x1b[K${text}`) : ignore;
  for (const name of exercise.files) {
    const mutants = await mutantsOf(name, code[name]!);
    const trials: Trial[] = [];
    for (const mutant of mutants) {
      tell(`${name}: mutant ${trials.length + 1} of ${mutants.length}`);
      trials.push(await tryMutant(exercise, code, name, mutant, seeds));
    }
    tell('');
    print(`${id}/solution/${name}\n${summary(trials, seeds.length).join('\n')}\n`);
  }
}

/** The command. Throws CommandError for a number of seeds that is none. */
export async function exerciseMutants(id: string, { seeds }: { readonly seeds: string }): Promise<void> {
  if (!/^[1-9]\d{0,2}$/.test(seeds))
    throw new CommandError(`--seeds ${seeds}: a number from 1 to 999 is expected.`);
  await surveyMutants(id, Number(seeds));
}
