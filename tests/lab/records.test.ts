import { describe, expect, test } from 'vitest';
import {
  attemptName,
  parseExport,
  parseWork,
  salvageFiles,
  type Work,
} from '../../src/lab/storage/records.ts';

const WORK: Work = {
  format: 1,
  exerciseId: 'x',
  contentHash: 'h',
  seed: 's',
  files: { 'a.ts': 'text' },
  transcript: null,
  explanation: '',
  report: null,
  reached: { predicted: true, usedTerminal: false, submitted: false, stale: false },
  savedAt: 1,
};

describe('stored work', () => {
  test('what was written is read back', () => {
    expect(parseWork(structuredClone(WORK), 'x')).toEqual({ ok: true, value: WORK });
  });

  test.each<[string, unknown, string]>([
    ['a text', 'junk', 'it is not a record'],
    ['nothing', null, 'it is not a record'],
    ['another format', { ...WORK, format: 2 }, 'its format is 2, and this book reads format 1'],
    ['another exercise', { ...WORK, exerciseId: 'y' }, 'it belongs to the exercise "y"'],
    ['no seed', { ...WORK, seed: undefined }, 'its seed is missing'],
    ['files that are not texts', { ...WORK, files: { 'a.ts': 7 } }, 'its files are not texts'],
    ['a record of no session', { ...WORK, transcript: 'x' }, 'its session record is not a record'],
    [
      'a result without checks',
      { ...WORK, report: { score: { points: 1, of: 2 } } },
      'its result is damaged',
    ],
    ['progress that is no yes or no', { ...WORK, reached: { predicted: 'yes' } }, 'its progress is damaged'],
  ])('%s is refused with the reason', (_name, raw, reason) => {
    expect(parseWork(raw, 'x')).toEqual({ ok: false, reason });
  });

  test('files are saved out of a record that is of no other use', () => {
    expect(salvageFiles({ ...WORK, format: 9, files: { 'a.ts': 'kept', b: 3 } })).toEqual({ 'a.ts': 'kept' });
    expect(salvageFiles('junk')).toEqual({});
  });
});

describe('an exported file', () => {
  const attempt = {
    id: 'i',
    exerciseId: 'x',
    name: 'n',
    at: 1,
    points: 2,
    of: 3,
    explanation: '',
    submission: {},
  };
  const text = (attempts: unknown) => JSON.stringify({ format: 'virtbook-work/1', work: WORK, attempts });

  test('comes back whole', () => {
    expect(parseExport(text([attempt]), 'x')).toMatchObject({
      ok: true,
      value: { work: WORK, attempts: [attempt] },
    });
  });

  test.each([
    ['cut off', '{"format":', /^it is not JSON/],
    ['something else', '{"a": 1}', /^it is not a work file/],
    [
      'a submission',
      '{"transcript": {}, "report": {}, "digest": "00"}',
      /^it is a submission, which is for handing in; .* “Export all my work”/,
    ],
    [
      'of another exercise',
      text([]).replace('"exerciseId":"x"', '"exerciseId":"y"'),
      /^it belongs to the exercise "y"/,
    ],
    ['with a damaged attempt', text([{ ...attempt, points: null }]), /^its list of attempts is damaged/],
  ])('%s is refused with the reason', (_name, raw, reason) => {
    const parsed = parseExport(raw, 'x');
    expect(parsed.ok ? '' : parsed.reason).toMatch(reason);
  });

  test('attempts are numbered from one and carry their points', () => {
    expect(attemptName(0, { score: { points: 2, of: 6 } })).toBe('Attempt 1: 2 of 6 points');
  });
});
