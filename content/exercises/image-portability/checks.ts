/** The checks: the learner's plans for worked examples and random pairs, carried out and held against the reference planner. */
import {
  type Check,
  CodeFailure,
  type Feedback,
  type Json,
  type Random,
  type Sandbox,
  shrinkList,
  type Verdict,
} from '../../../src/exercise/index.ts';
import type { Plan, Reason, Step } from './api.d.ts';
import {
  type Change,
  EXAMPLES,
  type Pair,
  pairOf,
  REFUSED,
  randomDoubtfulPair,
  randomPair,
} from './cases.ts';
import { readPlan } from './plans.ts';
import { type Facet, problemsWith, reasonsAgainst, referencePlan, stepText } from './reference.ts';

const RANDOM_PAIRS = 150;
/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

/** One thing that is wrong with an answer. */
interface Fault {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly steps: readonly string[];
  readonly printed: readonly string[];
}

interface Answer {
  readonly plan: Plan;
  readonly printed: readonly string[];
}

/** What plan() gives; an error of the code ends the check. A string says why it is no plan. */
function ask(code: Sandbox, pair: Pair): Answer | string {
  const result = code.call('plan', [pair.image as unknown as Json, pair.target as unknown as Json]);
  if (!result.ok) throw new CodeFailure(result.error, 'In plan(image, target)', result.output);
  const plan = readPlan(result.value);
  return typeof plan === 'string' ? plan : { plan, printed: result.output.slice(-PRINTED_LINES) };
}

const sentence = (text: string) => `plan(image, target) ${text}`;

const noPlan = (why: string): Fault => ({
  summary: sentence(`gave what is no plan: ${why}.`),
  expected: '{ steps: [...] } or { refused: [...] }, as api.d.ts has them',
  actual: why,
  steps: [],
  printed: [],
});

const list = (reasons: readonly Reason[]) => reasons.join(', ') || 'none';

/** About whether it is refused, and why: order does not matter, a reason given twice does not either. */
function refusalFault(code: Sandbox, changes: readonly Change[]): Fault | null {
  const pair = pairOf(changes);
  const answer = ask(code, pair);
  if (typeof answer === 'string') return noPlan(answer);
  const wanted = reasonsAgainst(pair.image, pair.target);
  const given = 'refused' in answer.plan ? answer.plan.refused : [];
  const missing = wanted.find((reason) => !given.includes(reason));
  const wrong = given.find((reason) => !wanted.includes(reason));
  if (missing === undefined && wrong === undefined) return null;
  const actual =
    'refused' in answer.plan
      ? `the reasons ${list(given)}`
      : `steps: ${stepsOf(answer.plan).join(', ') || 'none'}`;
  const expected = wanted.length === 0 ? 'steps: nothing is in the way' : `the reasons ${list(wanted)}`;
  return {
    summary: sentence(
      missing !== undefined
        ? 'refused' in answer.plan
          ? `does not name ${missing}.`
          : `gives steps, although ${missing} stands in the way.`
        : `names ${wrong}, which does not stand in the way.`,
    ),
    expected,
    actual,
    steps: stepsOf(answer.plan),
    printed: answer.printed,
  };
}

const stepsOf = (plan: Plan) =>
  'steps' in plan ? plan.steps.map(stepText) : plan.refused.map((reason) => `refused: ${reason}`);

/** About one subject of a plan for a pair that can be done. */
function planFault(code: Sandbox, changes: readonly Change[], facet: Facet): Fault | null {
  const pair = pairOf(changes);
  const answer = ask(code, pair);
  if (typeof answer === 'string') return noPlan(answer);
  const { plan, printed } = answer;
  if ('refused' in plan)
    return {
      summary: sentence(`refuses (${list(plan.refused)}), and there is a way.`),
      expected: stepsOf(referencePlan(pair.image, pair.target)).join(', '),
      actual: `the reasons ${list(plan.refused)}`,
      steps: [],
      printed,
    };
  const problem = problemsWith(plan.steps, pair.image, pair.target).find((each) => each.facet === facet);
  if (problem === undefined) return null;
  const { step, expected, actual } = problem;
  if (facet === 'order' && step !== undefined)
    return {
      summary: `Step ${step + 1}, ${stepText(plan.steps[step] as Step)}, cannot be done there: ${actual}.`,
      expected,
      actual,
      steps: stepsOf(plan),
      printed,
    };
  const place =
    step === undefined ? 'In the end' : `At step ${step + 1}, ${stepText(plan.steps[step] as Step)}`;
  return {
    summary: `${place}: expected ${expected}; but ${actual}.`,
    expected,
    actual,
    steps: stepsOf(plan),
    printed,
  };
}

const shown = (value: unknown): string =>
  Array.isArray(value) ? value.join(' ') || '(none)' : typeof value === 'number' ? `${value}` : String(value);

/** What matters in a pair: what sets it off from one that needs nothing. */
function pairText(changes: readonly Change[]): string {
  const plain = pairOf([]);
  const pair = pairOf(changes);
  const lines = (['image', 'target'] as const).flatMap((on) =>
    Object.entries(pair[on])
      .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify((plain[on] as never)[key]))
      .map(([key, value]) => `${on}.${key}  ${shown(value)}`),
  );
  return lines.join('\n') || 'image and target that fit each other as they are';
}

type Look = (code: Sandbox, changes: readonly Change[]) => Fault | null;

/** The first pair with a fault, made as small as it gets. */
function verdictOf(
  code: Sandbox,
  pairs: Iterable<readonly Change[]>,
  look: Look,
  about: Pick<Feedback, 'misconception' | 'next'>,
): Verdict {
  for (const changes of pairs) {
    const found = look(code, changes);
    if (found === null) continue;
    const smaller = shrinkList(changes, (fewer) => look(code, fewer) !== null);
    // Code that keeps something between its calls may do right when it is asked again.
    const again = look(code, smaller);
    const { summary, expected, actual, steps, printed } = again ?? found;
    const counterexample = { steps, before: pairText(again === null ? changes : smaller) };
    return {
      passed: false,
      feedback: {
        summary,
        expected,
        actual,
        counterexample,
        ...(printed.length > 0 && { printed }),
        ...about,
      },
    };
  }
  return { passed: true };
}

function* allPairs(
  examples: readonly (readonly Change[])[],
  random: Random,
  draw: (random: Random) => readonly Change[],
): Generator<readonly Change[]> {
  yield* examples;
  for (let i = 0; i < RANDOM_PAIRS; i++) yield draw(random);
}

interface FacetCheck {
  readonly id: Facet;
  readonly title: string;
  readonly points: number;
  readonly misconception: string;
  readonly next: string;
}

/** A check of one subject of plans, on pairs that can be done. */
export function facetCheck({ id, title, points, ...about }: FacetCheck): Check {
  return {
    id,
    title,
    points,
    run: ({ code, random }) =>
      verdictOf(
        code,
        allPairs(EXAMPLES, random, randomPair),
        (sandbox, changes) => planFault(sandbox, changes, id),
        about,
      ),
  };
}

export const refusalCheck: Check = {
  id: 'refuse',
  title: 'What cannot be moved is refused, with every reason named',
  points: 15,
  run: ({ code, random }) =>
    verdictOf(code, allPairs(REFUSED, random, randomDoubtfulPair), refusalFault, {
      misconception:
        'A first reason is no end: whoever removes it meets the next. And what looks like an obstacle may be none for this target.',
      next: 'Go through the list of reasons in api.d.ts one by one, each by itself, on the pair of the counterexample.',
    }),
};
