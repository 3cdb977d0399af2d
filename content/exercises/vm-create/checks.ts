/** The checks: `createVm` on worked examples and on random cases, each check about one thing. */
import {
  type Check,
  explained,
  type Random,
  type Sandbox,
  shrinkList,
  type Verdict,
} from '../../../src/exercise/index.ts';
import { type Act, type Case, EXAMPLES, MIB, randomCase, type Topic } from './cases.ts';
import { actText } from './drawing.ts';
import { type Finding, firstFinding } from './judging.ts';

/** Random cases for each check. */
const RANDOM_CASES = 12;
/** Smaller cases tried. */
const SHRINK_BUDGET = 30;

interface About {
  readonly topic: Topic;
  readonly title: string;
  readonly points: number;
  readonly misconception: string;
  readonly next: string;
}

function* casesFor(topic: Topic, random: Random): Generator<Case> {
  yield* EXAMPLES[topic];
  for (let i = 0; i < RANDOM_CASES; i++) yield randomCase(random, topic);
}

/** The same with fewer vCPUs, with memory of a round size, or with an address that is not asked for. */
function simpler(act: Act): Act[] {
  if (act.act !== 'create' && act.act !== 'given') return [];
  const { spec } = act;
  const specs = [
    spec.vcpus > 1 && { ...spec, vcpus: 1 },
    spec.vcpus > 2 && { ...spec, vcpus: 2 },
    spec.memory > MIB && { ...spec, memory: MIB },
    spec.image !== 'base.raw' && { ...spec, image: 'base.raw' },
    act.act === 'create' && spec.mac !== null && { ...spec, mac: null },
  ];
  return specs.flatMap((one) => (one === false ? [] : [{ ...act, spec: one }]));
}

/** A smaller case that still fails: fewer acts, then simpler ones. */
function shrinkCase(tried: Case, last: number, fails: (smaller: Case) => boolean): Case {
  const upTo = tried.acts.slice(0, last + 1);
  const rest = upTo.at(-1)!;
  const earlier = shrinkList(
    upTo.slice(0, -1),
    (acts) => fails({ ...tried, acts: [...acts, rest] }),
    SHRINK_BUDGET,
  );
  let best: Case = { ...tried, acts: [...earlier, rest] };
  let left = SHRINK_BUDGET;
  for (let found = true; found && left > 0; ) {
    found = false;
    for (const [at, act] of best.acts.entries()) {
      for (const one of simpler(act)) {
        const candidate = { ...best, acts: best.acts.with(at, one) };
        if (left-- <= 0 || !fails(candidate)) continue;
        best = candidate;
        found = true;
        break;
      }
      if (found) break;
    }
  }
  return best;
}

function stepsOf({ acts }: Case, { number, failed }: Finding): string[] {
  const told = acts.slice(0, number + 1).map(actText);
  const fault = acts[number];
  if (failed === null || fault?.act !== 'create' || fault.fault === undefined) return told;
  return [...told, `its step ${failed} fails with ${fault.fault.code}`];
}

function verdictOf(tried: Case, finding: Finding, about: About): Verdict {
  const { expected, actual, before, after, where, printed } = finding;
  return {
    passed: false,
    feedback: {
      summary: finding.summary ?? `Expected ${expected}, but ${actual}.`,
      expected,
      actual,
      counterexample: { steps: stepsOf(tried, finding), before, after },
      ...(where !== undefined && { where }),
      ...(printed !== undefined && { printed }),
      ...explained(actual, about),
    },
  };
}

function run(code: Sandbox, random: Random, about: About): Verdict {
  const { topic } = about;
  for (const tried of casesFor(topic, random)) {
    const finding = firstFinding(code, tried, topic);
    if (finding === null) continue;
    if (finding.endless) return verdictOf(tried, finding, about);
    const fails = (candidate: Case) => {
      const found = firstFinding(code, candidate, topic);
      return found !== null && !found.endless;
    };
    const smaller = shrinkCase(tried, finding.number, fails);
    // Code that keeps something between its calls may do right when it is asked again.
    const again = firstFinding(code, smaller, topic);
    return again === null ? verdictOf(tried, finding, about) : verdictOf(smaller, again, about);
  }
  return { passed: true };
}

const check = (about: About): Check => ({
  id: about.topic,
  title: about.title,
  points: about.points,
  run: ({ code, random }) => run(code, random, about),
});

export const checks: readonly Check[] = [
  check({
    topic: 'made',
    title: 'A VM that is made has what was asked for',
    points: 15,
    misconception:
      'A VM starts as a machine does: one processor begins at the firmware’s entry, and the others wait until the guest’s kernel starts them.',
    next: 'Compare the marked line with the spec and with firmwareEntry.',
  }),
  check({
    topic: 'memory',
    title: 'Memory is promised only if it is there, tables included',
    points: 15,
    misconception:
      'What a VM costs is more than its RAM: the tables that map it lie in the same memory. And a promise counts in full, whether it is being used or not.',
    next: 'Add up the rows of the counterexample by hand. At “exactly fits”, what does your comparison say?',
  }),
  check({
    topic: 'vcpus',
    title: 'vCPUs are overcommitted up to the host’s ratio, and no further',
    points: 10,
    misconception:
      'A processor can be promised several times, a vCPU waits then; but how often is a limit for all VMs of the host together.',
    next: 'Which vCPUs count, those of the new VM or all of them? And against which number?',
  }),
  check({
    topic: 'unique',
    title: 'No two VMs have a MAC address, a frame or an overlay in common',
    points: 10,
    misconception:
      'How many VMs there are says nothing about which addresses are in use: some have been removed, and some addresses were asked for by name.',
    next: 'Play the counterexample and write the list of addresses after each line.',
  }),
  check({
    topic: 'undo',
    title: 'A failure at any step leaves the host as it was',
    points: 20,
    misconception:
      'The host does not clean up. Whoever took something gives it back, in reverse order since parts build on each other, and nothing else: what was never taken may be somebody else’s.',
    next: 'Note each thing right after it was taken, as something to be undone. When a step fails, undo what was noted, the last one first.',
  }),
  check({
    topic: 'named',
    title: 'The error says what was wrong',
    points: 10,
    misconception:
      'Cleaning up is no reason to forget why: who asked for the VM wants to know whether the image is missing, damaged, or the name taken.',
    next: 'Where do you catch the error of a step, and what do you throw after cleaning up?',
  }),
];
