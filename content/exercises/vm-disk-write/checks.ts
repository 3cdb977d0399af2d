/** The checks: `service` on worked examples and on random cases, each check about one thing. */
import type { Check, Sandbox } from '../../../src/exercise/index.ts';
import { explained, type Random, shrinkList, type Verdict } from '../../../src/exercise/index.ts';
import {
  type Case,
  dataLength,
  EXAMPLES,
  OUT,
  type Request,
  randomCase,
  SECTOR,
  sum,
  type Topic,
} from './cases.ts';
import { requestText } from './drawing.ts';
import { type Finding, firstFinding } from './judging.ts';

/** Random cases for each check. */
const RANDOM_CASES = 12;

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

/** Requests with one piece of their data less, or with two pieces made one. */
function smallerRequests(request: Request): Request[] {
  const { type, readable, writable } = request;
  const side = type === OUT ? 'readable' : 'writable';
  const lengths = request[side];
  const pieces = type === OUT ? [1, lengths.length] : [0, lengths.length - 1];
  const smaller: Request[] = [];
  for (let at = pieces[0]!; at < pieces[1]!; at++)
    smaller.push({ ...request, [side]: lengths.toSpliced(at, 1) });
  for (const key of ['readable', 'writable'] as const)
    for (let at = 0; at + 1 < request[key].length; at++)
      smaller.push({
        ...request,
        [key]: request[key].toSpliced(at, 2, request[key][at]! + request[key][at + 1]!),
      });
  const plain = sum(readable) >= 16 && sum(writable) >= 1;
  const odd = dataLength(request) % SECTOR !== 0;
  return plain ? smaller.filter((one) => dataLength(one) > 0 && (odd || dataLength(one) % SECTOR === 0)) : [];
}

/** Whether cutting a request otherwise would make the case one of another check. */
const KEEPS_CUTS: readonly Topic[] = ['hostile', 'types', 'readOnly', 'range', 'ring', 'durable'];

/** A smaller case that still fails: fewer requests, then fewer pieces. */
function shrinkCase(tried: Case, topic: Topic, fails: (smaller: Case) => boolean): Case {
  const requests = shrinkList(tried.requests, (shorter) => fails({ ...tried, requests: shorter }), 40);
  let best: Case = { ...tried, requests };
  for (const simpler of [{ start: 0 }, { noInterrupt: false }, { size: 16 }]) {
    const candidate = { ...best, ...simpler };
    if (fits(candidate) && fails(candidate)) best = candidate;
  }
  if (KEEPS_CUTS.includes(topic)) return best;
  for (let budget = 40, found = true; found && budget > 0; ) {
    found = false;
    for (const [number, request] of best.requests.entries()) {
      for (const one of smallerRequests(request)) {
        const ordinary = one.readable[0] === 16 && one.writable.at(-1) === 1;
        if (topic === 'segments' && !ordinary) continue;
        const candidate = { ...best, requests: best.requests.with(number, one) };
        if (budget-- <= 0 || !fails(candidate)) continue;
        best = candidate;
        found = true;
        break;
      }
      if (found) break;
    }
  }
  return best;
}

/** A queue holds no more descriptors than it has entries. */
const fits = ({ size, requests }: Case) =>
  sum(requests.map(({ readable, writable }) => readable.length + writable.length + 1)) <= size;

function stepsOf({ requests, start, noInterrupt }: Case): string[] {
  const rings = start === 0 ? [] : [`both rings’ indices are at ${start}`];
  const doorbell = noInterrupt ? 'doorbell; the driver wants no interrupt' : 'doorbell';
  return [...rings, ...requests.map(requestText), doorbell];
}

/** The request is drawn with the place that went wrong. */
const TITLES = ['The request', 'After your code'] as const;

function verdictOf(tried: Case, finding: Finding, about: About): Verdict {
  const { summary, expected, actual, before, after, where, printed, explanation = about } = finding;
  return {
    passed: false,
    feedback: {
      summary,
      expected,
      actual,
      counterexample: { steps: stepsOf(tried), before, after, titles: TITLES },
      ...(where !== undefined && { where }),
      ...(printed !== undefined && { printed }),
      ...explained(actual, explanation),
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
    const smaller = shrinkCase(tried, topic, fails);
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
    topic: 'segments',
    title: 'Data in several descriptors is one run of bytes',
    points: 10,
    misconception:
      'A chain is header, data, status; but the data may lie in any number of pieces, of any length, anywhere in memory.',
    next: 'Walk the chain of the counterexample by hand, from the head along “next”, and note which bytes each descriptor adds.',
  }),
  check({
    topic: 'framing',
    title: 'Where the driver cuts the chain means nothing',
    points: 10,
    misconception:
      'The first descriptor is not always the header, nor the last one the status alone: a device must not look at how a message is cut (2.7.4).',
    next: 'First put all readable pieces together, and all writable ones; then take 16 bytes from the front of the one, and the last byte of the other.',
  }),
  check({
    topic: 'types',
    title: 'IN, OUT and FLUSH are answered, everything else is UNSUPP',
    points: 10,
    misconception: 'The type is all 32 bits of its field, and a device that does not know it says so.',
    next: 'Which status do you write at the end of the branch for types that are none of the three?',
  }),
  check({
    topic: 'readOnly',
    title: 'A read-only disk takes no writes',
    points: 5,
    misconception:
      'VIRTIO_BLK_F_RO is a promise that the host keeps: a guest may ignore it, so each OUT is refused by the back end.',
    next: 'Look for image.readOnly before image.write.',
  }),
  check({
    topic: 'range',
    title: 'Sectors that the disk has not got are an I/O error',
    points: 10,
    misconception:
      'Asking whether the first sector is on the disk is not enough: sector + count must be, with all 64 bits of the sector.',
    next: 'Compute first and last sector of the counterexample, and compare both with image.sectors before anything is read or written.',
  }),
  check({
    topic: 'hostile',
    title: 'No chain of a malicious driver harms the host',
    points: 15,
    misconception:
      'What lies in the rings comes from the guest. Every index, address and length is checked before it is used, and no chain is followed for ever.',
    next: 'Follow the whole chain and check it before you carry out any of it; give a bad one back with length 0 and go on with the next.',
  }),
  check({
    topic: 'ring',
    title: 'Both rings wrap, all chains come back, and the guest is told',
    points: 10,
    misconception:
      'Indices are 16 bits and run freely: after 65535 comes 0. Compare them for being equal, never for being smaller, and serve until they are.',
    next: 'Play the doorbell of the counterexample: which entries are between the used index and the available one?',
  }),
  check({
    topic: 'durable',
    title: 'What is answered OK is as safe as the guest believes',
    points: 10,
    misconception:
      'A FLUSH answered OK says that all writes before it survive a power cut, so the image must be flushed first. A host’s error is the guest’s I/O error.',
    next: 'In which order do image.flush(), the status byte and the used index change? And what becomes of an error that the image throws?',
  }),
];
