/** `virtbook exercise new ID`: a folder to start an exercise from. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from './commandError.ts';
import { EXERCISES } from './exercises.ts';

const exerciseText = (id: string) => `/** ${id}: say here which discussion question it answers. */
import { type CheckContext, defineExercise, type Verdict } from '../../../src/exercise/index.ts';

/** The learner's double(n) must be twice n. */
function doubles({ code, random }: CheckContext): Verdict {
  for (let i = 0; i < 20; i++) {
    const n = random.below(1000);
    const result = code.call('double', [n]);
    if (result.ok && result.value === 2 * n) continue;
    const actual = result.ok ? JSON.stringify(result.value) : result.error.message;
    const call = \`double(\${n})\`;
    const summary = \`\${call} should be \${2 * n}, but it was \${actual}.\`;
    return { passed: false, feedback: { summary, counterexample: { steps: [call] } } };
  }
  return { passed: true };
}

export default defineExercise({
  id: '${id}',
  title: '${id}',
  slide: 1,
  minutes: 10,
  predict: { kind: 'number', question: 'What is double(21)?', answer: 42 },
  scenario: () => ({ hosts: [{ name: 'bluebox', files: {} }] }),
  files: ['answer.ts'],
  entry: 'answer.ts',
  goals: [],
  checks: [{ id: 'doubles', title: 'double(n) is twice n', points: 10, run: doubles }],
  hints: ['What does the word say?', 'Which operator makes something larger?', 'n * 2'],
});
`;

const questionText = (id: string) => `---
title: ${id}
minutes: 10
outcomes:
  - say what the learner will be able to do after it
  - and what else
---

The question in one or two sentences, and what the learner finds on the host.
`;

const answerText = (id: string) => `---
title: ${id}
---

## Answer

The model answer in prose, with its sources.
`;

const code = (body: string) => `export function double(n: number): number {\n  return ${body};\n}\n`;

/** Makes the folder in `root`; throws CommandError for a bad id or one that is taken. Returns its path. */
export function newExercise(id: string, root = EXERCISES): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
    throw new CommandError(
      `${id} cannot be an exercise's id: use lower-case words joined by hyphens, such as vm-disk-write.`,
    );
  }
  const folder = path.join(root, id);
  if (existsSync(folder)) throw new CommandError(`content/exercises/${id} is there already.`);
  const files: Record<string, string> = {
    'exercise.ts': exerciseText(id),
    'question.mdx': questionText(id),
    'answer.mdx': answerText(id),
    'starter/answer.ts': code('n'),
    'solution/answer.ts': code('2 * n'),
    'wrong/adds-two/answer.ts': code('n + 2'),
    'wrong/squares/answer.ts': code('n * n'),
    'wrong/negates/answer.ts': code('-n'),
    'wrong/halves/answer.ts': code('n / 2'),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}
