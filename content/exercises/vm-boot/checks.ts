/** The checks: `boot` on worked examples and on random machines, each check about one of its duties. */
import {
  type Check,
  type CheckContext,
  explained,
  type Random,
  type Sandbox,
  shrinkList,
  type Verdict,
} from '../../../src/exercise/index.ts';
import { type Case, EXAMPLES, randomCase, type Topic } from './cases.ts';
import { deviceText } from './drawing.ts';
import { type Finding, play } from './judging.ts';

/** Random machines for each check. */
const RANDOM_CASES = 40;
/** Smaller machines that are tried at most. */
const SHRINKING = 40;

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

/** A machine that still fails: fewer devices, in an order that is no longer than it has to be. */
function shrinkCase(tried: Case, fails: (smaller: Case) => boolean): Case {
  const order = shrinkList(tried.order, (shorter) => fails({ ...tried, order: shorter }), SHRINKING);
  const rest = { ...tried, order };
  const devices = shrinkList(
    rest.devices,
    (fewer) => keepsOrdered(rest, fewer) && fails({ ...rest, devices: fewer }),
    SHRINKING,
  );
  return { ...rest, devices };
}

/** A device that is asked for does not vanish from a smaller machine: that would be another fault. */
const keepsOrdered = ({ devices, order }: Case, fewer: Case['devices']) =>
  devices.every((device) => fewer.includes(device) || !order.includes(device.name));

function stepsOf({ devices, order }: Case): string[] {
  const asked = order.length === 0 ? 'the boot order is empty' : `boot order: ${order.join(', ')}`;
  const all = { devices, order, hart: 0, deviceTree: 0, bootAddress: 0 };
  return [asked, ...devices.map(({ name }) => deviceText(all, name))];
}

/** The drawing of the machine says what is to become of each device. */
const TITLES = ['What is to happen', 'What your code did'] as const;

function verdictOf(tried: Case, finding: Finding, about: About): Verdict {
  const { summary, expected, actual, before, after, where, printed } = finding;
  return {
    passed: false,
    feedback: {
      summary,
      expected,
      actual,
      counterexample: { steps: stepsOf(tried), before, after, titles: TITLES },
      ...(where !== undefined && { where }),
      ...(printed !== undefined && { printed }),
      ...explained(actual, about),
    },
  };
}

function run({ code, random }: CheckContext, about: About): Verdict {
  const { topic } = about;
  let judged = 0;
  for (const tried of casesFor(topic, random)) {
    const outcome = play(code, tried, topic);
    if (outcome === 'not judged') continue;
    judged++;
    if (outcome === 'right') continue;
    if (!outcome.shrinks) return verdictOf(tried, outcome, about);
    const smaller = shrinkCase(tried, (candidate) => isFinding(code, candidate, topic));
    // Code that keeps something between its calls may do right when it is asked again.
    const again = play(code, smaller, topic);
    return typeof again === 'string' ? verdictOf(tried, outcome, about) : verdictOf(smaller, again, about);
  }
  return judged > 0 ? { passed: true } : unjudged(code, about);
}

function isFinding(code: Sandbox, tried: Case, topic: Topic): boolean {
  const outcome = play(code, tried, topic);
  return typeof outcome === 'object' && outcome.shrinks;
}

/** Where no machine was started as it should be, nothing can be said for what this check is about either. */
function unjudged(code: Sandbox, about: About): Verdict {
  const [tried] = EXAMPLES[about.topic];
  const outcome = play(code, tried!, 'order');
  if (typeof outcome === 'object') return verdictOf(tried!, outcome, about);
  return {
    passed: false,
    feedback: {
      summary: 'On none of the machines the right device was started, so this could not be looked at.',
      misconception: about.misconception,
      next: 'Mend what the other checks have found first.',
    },
  };
}

const check = (about: About): Check => ({
  id: about.topic,
  title: about.title,
  points: about.points,
  run: (context) => run(context, about),
});

export const checks: readonly Check[] = [
  check({
    topic: 'order',
    title: 'The devices of the order are asked in its order, and no others',
    points: 10,
    misconception:
      'The boot order is somebody’s wish, not a list of what there is: it is followed from its beginning, may name what is not there, and nothing beyond it is started.',
    next: 'Which list does your outermost loop go through, order or devices?',
  }),
  check({
    topic: 'signature',
    title: 'A sector without a boot signature is never executed',
    points: 15,
    misconception:
      'Byte 510 of sector 0 is 0x55 and byte 511 is 0xAA: both, in this order, in these places, and in the very bytes that are executed.',
    next: 'Write down bytes 508 to 511 of the counterexample’s first sector, and compare them with what your code looks at. Then look from where the bytes come that you write into memory.',
  }),
  check({
    topic: 'broken',
    title: 'A short or unreadable disk does not end the boot',
    points: 15,
    misconception:
      'Each device can fail in its own way, and the next one has to get its turn all the same. Only the first sector is asked for: what is behind it does not matter yet.',
    next: 'What does device.read do for the disk in the counterexample: how many bytes does it give, or what does it throw? Where does your code go on then?',
  }),
  check({
    topic: 'entry',
    title: 'What is started finds its sector, its place and its registers',
    points: 10,
    misconception:
      'Code that is started knows only what it is told: it is made for one address, and takes hart, device tree and slot from a0, a1 and a2. A slot is where a device is plugged in, not its place in a list.',
    next: 'Compare each register of the counterexample with memory.hart, memory.deviceTree and device.slot.',
  }),
  check({
    topic: 'network',
    title: 'Over the network when it is its turn and the cable is in',
    points: 10,
    misconception:
      'A network card is a boot device like others: it gets its turn by the order, and is passed over without a cable. Its code is in memory already, at its entry.',
    next: 'Follow the counterexample up to the card: is it its turn, has it a link, and where does the hart begin?',
  }),
  check({
    topic: 'reasons',
    title: 'Each device that was asked in vain is told with its reason',
    points: 10,
    misconception:
      'Who reads “No bootable device” alone has to guess. Each step knows exactly why it failed; those that were not asked have not failed.',
    next: 'When is an entry added to passedOver, and by which of the five reasons?',
  }),
];
