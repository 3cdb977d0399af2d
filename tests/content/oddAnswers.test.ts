/** Whatever a learner's functions give, a check says something about it: it never breaks itself. */
import { expect, test } from 'vitest';
import { codeIn, exerciseIds, loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { runCheck } from '../../src/exercise/index.ts';

/** What a right answer is made into: the answer is `value`. */
const SPOILT = [
  'undefined',
  'null',
  '0',
  'NaN',
  '2 ** 60',
  "''",
  "'whiteout'",
  'true',
  '[]',
  '[null]',
  '[[]]',
  '{}',
  "{ kind: 'whiteout' }",
  "{ kind: 'file' }",
  "{ error: 'EIO' }",
  '() => 1',
  '[value]',
  '{ value }',
  // Something inside it is missing, or of another kind.
  'spoil(value, (object, key) => { delete object[key]; })',
  'spoil(value, (object, key) => { object[key] = null; })',
  'spoil(value, (object, key) => { object[key] = {}; })',
  "spoil(value, (object, key) => { object[key] = 'x'; })",
  'spoil(value, (object, key) => { object[key] = -1.5; })',
  'spoil(value, (object, key) => { object[key] = [object[key]]; })',
  'Array.isArray(value) ? [...value, ...value] : value',
  'Array.isArray(value) ? value.concat(null) : value',
];

const HELPERS = `
let spoilt = 0;
/** Changes one place of a copy of an object or array, another one at each call. */
function spoil(value, change) {
  if (typeof value !== 'object' || value === null) return value;
  const copy = JSON.parse(JSON.stringify(value));
  const places = [];
  const walk = (object) => {
    for (const key of Object.keys(object)) {
      places.push([object, key]);
      if (typeof object[key] === 'object' && object[key] !== null) walk(object[key]);
    }
  };
  walk(copy);
  if (places.length > 0) change(...places[spoilt++ % places.length]);
  return copy;
}
`;

/** The solution, the exported functions of which give `answer` in place of their `value`. */
function spoilt(text: string, answer: string): string {
  const names = [...text.matchAll(/^export function (\w+)/gm)].map(([, name]) => name!);
  const wrapped = names.map((name) => {
    return `export function ${name}(...args) { const value = right_${name}(...args); return ${answer.startsWith('{') ? `(${answer})` : answer}; }`;
  });
  const rest = names.reduce(
    (code, name) => code.replaceAll(new RegExp(`(?<![.\\w'])${name}\\(`, 'g'), `right_${name}(`),
    text.replace(/^export function/gm, 'function'),
  );
  return `${rest}\n${HELPERS}\n${wrapped.join('\n')}\n`;
}

test.each(exerciseIds())('%s', async (id) => {
  const { exercise, files } = await loadExercise(id);
  const solution = codeIn(exercise, files, 'solution');
  // Every answer meets every fourth check: all of it would take a quarter of a minute.
  const run = async (answer: string, nth = 0, of = 1) => {
    const code = { ...solution, [exercise.entry]: spoilt(solution[exercise.entry]!, answer) };
    const results = [];
    for (const check of exercise.checks.filter((_check, i) => (i + nth) % of === 0))
      results.push(await runCheck(exercise, check, code, 'odd', await sandbox()));
    return results;
  };
  // The wrapping alone changes nothing.
  for (const { status, id: check } of await run('value')) expect(status, check).toBe('passed');
  for (const [nth, answer] of SPOILT.entries()) {
    for (const { status, feedback, id: check } of await run(answer, nth, 4)) {
      if (status === 'passed') continue;
      expect(feedback!.summary, `${check}: ${answer}`).toMatch(/\w{3}/);
      expect(feedback!.summary, `${check}: ${answer}`).not.toMatch(
        answer === 'NaN' ? /undefined|\[object/ : /undefined|\[object|NaN/,
      );
    }
  }
});
