import { describe, expect, test } from 'vitest';
import { currentStep, isDone, type Progress, primaryAction, STEPS } from '../../src/lab/panels/flow.ts';
import { spokenResult } from '../../src/lab/panels/results.ts';
import { defaultSettings, readSettings } from '../../src/lab/settings.ts';
import {
  editedFiles,
  initialState,
  type LabState,
  progressOf,
  repeatedFailures,
  takeReport,
} from '../../src/lab/state.ts';
import type { Report } from '../../src/lab/worker/protocol.ts';
import { FAKE_EXERCISE, FakeSession } from '../support/labSession.ts';

const START: Progress = {
  predicted: false,
  goalsHold: false,
  editedCode: false,
  checking: false,
  result: 'none',
  submitted: false,
  answerOpened: false,
};
const working = { predicted: true, goalsHold: true, editedCode: true };

describe('the order of work', () => {
  test.each<[string, Partial<Progress>, string, string]>([
    ['at the start', {}, 'predict', 'predict'],
    ['after the prediction', { predicted: true }, 'terminal', 'check'],
    ['with the goals reached', { predicted: true, goalsHold: true }, 'code', 'check'],
    ['with code', working, 'check', 'check'],
    ['while checking', { ...working, checking: true }, 'check', 'check'],
    ['with a failed check', { ...working, result: 'failed' }, 'result', 'check'],
    ['mended but not checked', { ...working, result: 'stale' }, 'check', 'check'],
    ['with everything passed', { ...working, result: 'passed' }, 'result', 'submit'],
    ['after submitting', { ...working, result: 'passed', submitted: true }, 'explain', 'answer'],
    [
      'with the answer read',
      { ...working, result: 'passed', submitted: true, answerOpened: true },
      'explain',
      'check',
    ],
  ])('%s', (_name, change, step, action) => {
    const progress = { ...START, ...change };
    expect(currentStep(progress)).toBe(step);
    expect(primaryAction(progress).action).toBe(action);
  });

  test('a step is done when the work has gone beyond it', () => {
    const done = STEPS.filter(({ id }) => isDone(id, { ...START, ...working })).map(({ id }) => id);
    expect(done).toEqual(['predict', 'terminal', 'code']);
  });

  test('the terminal is not done before its goals hold, however far the rest is', () => {
    const progress = { ...START, ...working, goalsHold: false, result: 'passed' as const, submitted: true };
    const done = STEPS.filter(({ id }) => isDone(id, progress)).map(({ id }) => id);
    expect(done).toEqual(['predict', 'code', 'check', 'result']);
  });
});

describe('the state of the lab', () => {
  const started = (): LabState => ({
    ...initialState(),
    exercise: FAKE_EXERCISE,
    live: { 'adder.ts': 'one' },
  });
  const failing = async (): Promise<Report> =>
    new FakeSession({ seed: 's', onOutput: () => {}, onProgress: () => {} }).check();

  test('an edited file is one whose text the world does not run', () => {
    expect(editedFiles(started(), { 'adder.ts': 'one' })).toEqual([]);
    expect(editedFiles(started(), { 'adder.ts': 'two' })).toEqual(['adder.ts']);
  });

  test('goals hold when all of them do; where there are none, a key in the terminal counts', () => {
    const goal = (holds: boolean) => ({ id: String(holds), title: '', holds });
    const hold = (change: Partial<LabState>) => progressOf({ ...started(), ...change }, {}).goalsHold;
    expect(hold({ usedTerminal: true, goals: [goal(true), goal(false)] })).toBe(false);
    expect(hold({ goals: [goal(true), goal(true)] })).toBe(true);
    expect(hold({})).toBe(false);
    expect(hold({ usedTerminal: true })).toBe(true);
  });

  test('the starter itself is no code of the learner’s', () => {
    const starter = FAKE_EXERCISE.files[0]!.starter;
    expect(progressOf(started(), { 'adder.ts': starter }).editedCode).toBe(false);
    expect(progressOf(started(), { 'adder.ts': `${starter} ` }).editedCode).toBe(true);
  });

  test('the same failure twice offers a hint, as long as there is one', async () => {
    const state = started();
    takeReport(state, await failing());
    expect([...repeatedFailures(state)]).toEqual([]);
    takeReport(state, await failing());
    expect([...repeatedFailures(state)]).toEqual(['sum']);
    state.hints = ['a', 'b', 'c'];
    expect([...repeatedFailures(state)]).toEqual([]);
  });

  test('a check that could not look at the code has not failed in what it is about', async () => {
    const state = started();
    const report = await failing();
    const checks = report.checks.map((check) => ({ ...check, status: 'error' as const }));
    takeReport(state, { ...report, checks });
    takeReport(state, report);
    expect([...repeatedFailures(state)]).toEqual([]);
    takeReport(state, await failing());
    expect([...repeatedFailures(state)]).toEqual(['sum']);
  });

  test('a result is said in one breath: points, how many failed, the first of them', async () => {
    expect(spokenResult(await failing())).toBe(
      '2 of 6 points. 1 check failed. First: Adding two numbers. 1 and 2 gave 0.',
    );
  });
});

describe('settings', () => {
  const defaults = defaultSettings(false);

  test('a touched device gets the plain forms', () => {
    expect(defaultSettings(true)).toMatchObject({ plainEditor: true, plainTerminal: true });
    expect(defaults).toMatchObject({ plainEditor: false, plainTerminal: false });
  });

  test.each<[string, unknown, object]>([
    ['nothing', undefined, {}],
    ['junk', 'junk', {}],
    ['a size beyond bounds', { fontSize: 900 }, { fontSize: 28 }],
    ['a size that is none', { fontSize: 'big' }, {}],
    [
      'good ones',
      { screenReader: true, splits: { main: 40, work: 'x' } },
      { screenReader: true, splits: { main: 40 } },
    ],
  ])('%s read back', (_name, raw, expected) => {
    expect(readSettings(raw, defaults)).toEqual({ ...defaults, ...expected });
  });
});
