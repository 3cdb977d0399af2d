/** Runs an exercise's checks and goals to a report. */
import { Random } from '../base/index.ts';
import type { Sandbox, SandboxError, SandboxFactory, SandboxProgram } from '../sandbox/index.ts';
import type { World } from '../world/index.ts';
import type { Check, CheckResult, Diagnostics, Exercise, Feedback, Goal, Report, Verdict } from './types.ts';

/** Thrown by a check when learner code did not answer; becomes the check's feedback. */
export class CodeFailure extends Error {
  readonly error: SandboxError;
  /** What the checker was doing, as a sentence. */
  readonly during: string;
  /** What it had printed by then. */
  readonly printed: readonly string[];

  constructor(error: SandboxError, during: string, printed: readonly string[] = []) {
    super(error.message);
    this.name = 'CodeFailure';
    this.error = error;
    this.during = during;
    this.printed = printed.slice(-20);
  }
}

function failureFeedback({ error, during, printed }: CodeFailure): Feedback {
  const where =
    error.file === undefined
      ? undefined
      : { file: error.file, line: error.line ?? 1, column: error.column ?? 1 };
  return {
    summary: `${during}: ${error.message}`,
    ...(where !== undefined && { where }),
    ...(printed.length > 0 && { printed }),
    next: 'Make the function answer in this case; what a console.log in it prints is shown here.',
  };
}

function judge(check: Check, code: Sandbox, seed: string): Verdict & { status: CheckResult['status'] } {
  try {
    const verdict = check.run({ code, random: Random.fromSeed(`${seed}/${check.id}`) });
    return { ...verdict, status: verdict.passed ? 'passed' : 'failed' };
  } catch (error) {
    if (!(error instanceof CodeFailure)) throw error;
    return { passed: false, status: 'error', feedback: failureFeedback(error) };
  }
}

function cannotRun(check: Check, [first]: readonly Diagnostics[]): CheckResult {
  const feedback: Feedback = {
    summary: `The code does not run yet: ${first!.message}`,
    where: { file: first!.file, line: first!.line, column: first!.column },
    next: 'Mend this place first; all checks that need the code wait for it.',
  };
  return { id: check.id, title: check.title, points: 0, of: check.points, status: 'error', feedback };
}

/** An exercise's program for the sandbox. */
export function programOf(exercise: Exercise, files: Readonly<Record<string, string>>): SandboxProgram {
  const { entry, binding } = exercise;
  if (binding === undefined) return { files, entry };
  const unbound = () => {
    throw new Error('a host function was called before bindHost');
  };
  const host = Object.fromEntries(binding.host.map((name) => [name, unbound]));
  return { files, entry, prelude: binding.prelude, host };
}

/** One check on a fresh instance of the learner's code. */
export async function runCheck(
  exercise: Exercise,
  check: Check,
  files: Readonly<Record<string, string>>,
  seed: string,
  factory: SandboxFactory,
): Promise<CheckResult> {
  const made = await factory.create(programOf(exercise, files));
  if (!made.ok) return cannotRun(check, made.diagnostics);
  try {
    const verdict = judge(check, made.sandbox, seed);
    const points = verdict.passed ? check.points : 0;
    return {
      id: check.id,
      title: check.title,
      points,
      of: check.points,
      status: verdict.status,
      ...(!verdict.passed && { feedback: verdict.feedback }),
    };
  } finally {
    made.sandbox.dispose();
  }
}

export function runGoal(goal: Goal, world: World): CheckResult {
  const holds = goal.holds(world);
  return {
    id: goal.id,
    title: goal.title,
    points: holds ? goal.points : 0,
    of: goal.points,
    status: holds ? 'passed' : 'failed',
    ...(!holds && { feedback: { summary: goal.feedback } }),
  };
}

export function reportOf(
  checks: readonly CheckResult[],
  goals: readonly CheckResult[],
  worldHash: string,
): Report {
  const all = [...checks, ...goals];
  const sum = (key: 'points' | 'of') => all.reduce((total, result) => total + result[key], 0);
  return {
    score: { points: sum('points'), of: sum('of') },
    checks: all,
    goals: goals.map(({ id, title, status }) => ({ id, title, holds: status === 'passed' })),
    worldHash,
  };
}
