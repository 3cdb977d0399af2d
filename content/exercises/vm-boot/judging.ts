/** One case played with the learner's `boot`, and what is shown of the first thing that is wrong with it. */
import {
  type CallResult,
  CodeFailure,
  type Feedback,
  type Sandbox,
  type SandboxError,
} from '../../../src/exercise/index.ts';
import { readAnswer } from './answer.ts';
import { bootArguments, hostFunctions } from './binding.ts';
import type { Case, Topic } from './cases.ts';
import { type Difference, differenceOf, type Played, startText } from './differences.ts';
import { answerText, bytesText, chainText, deviceText, hex, machineText } from './drawing.ts';
import { Machine } from './machine.ts';
import { entryOf, expect, reasonOf } from './reference.ts';

/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

export interface Finding {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly before: string;
  readonly after: string;
  readonly where?: Feedback['where'];
  readonly printed?: Feedback['printed'];
  /** Whether a smaller case says more. It does not where the code comes to no end, or its answer could not be used. */
  readonly shrinks: boolean;
}

/** What became of a case: something is wrong, nothing is, or this check cannot say, since something else is wrong first. */
export type Outcome = Finding | 'right' | 'not judged';

/** Throws CodeFailure when there is nothing to judge: no function, a limit of the sandbox. */
export function play(code: Sandbox, tried: Case, topic: Topic): Outcome {
  const machine = new Machine(tried);
  const played: Played = { tried, expected: expect(tried), machine };
  code.bindHost(hostFunctions(machine));
  const result = code.call('boot', bootArguments(tried.devices, tried.order, tried));
  if (!result.ok) {
    const difference = ended(result.error, result.output, played);
    if (topic === 'reasons' && result.error.kind === 'thrown') return 'not judged';
    return finding(played, difference, 'nothing was given back', result);
  }
  const answer = readAnswer(result.value);
  if ('wrong' in answer) {
    const difference = { summary: summaryOf(played), expected: shapeText(played), actual: answer.wrong };
    return { ...finding(played, difference, answer.wrong, result), shrinks: false };
  }
  const difference = differenceOf(played, answer, topic);
  if (difference === null || difference === 'not judged') return difference ?? 'right';
  return finding(played, difference, answerText(answer, loadedText(played)), result);
}

function finding(
  { tried, expected }: Played,
  { summary, expected: wanted, actual, note = null }: Difference,
  after: string,
  result: CallResult,
): Finding {
  const before = `${chainText(tried, expected, note)}\n${machineText(tried)}`;
  return { summary, expected: wanted, actual, before, after, ...evidence(result) };
}

const summaryOf = ({ tried }: Played) =>
  `The boot order is ${tried.order.length === 0 ? 'empty' : tried.order.join(', ')}; boot gives no answer that could be used.`;

function shapeText({ tried, expected }: Played): string {
  if (expected.device === null) return '{ failure, passedOver }: nothing can be started here';
  return `{ device: '${expected.device.name}', entry: ${hex(entryOf(tried, expected.device))}, registers, passedOver }`;
}

/** Accesses without end are stopped by the binding, loops without any by the sandbox. */
const isEndless = (error: SandboxError) => error.kind === 'budget' || error.code === 'ELOOP';

function ended(error: SandboxError, output: readonly string[], { tried, expected }: Played): Difference {
  if (error.kind !== 'thrown' && error.kind !== 'budget') throw new CodeFailure(error, 'In boot()', output);
  const unreadable = tried.order.findIndex((name) => reasonOf(tried, name) === 'read error');
  const place = Math.max(unreadable, 0);
  const asked = tried.order[place];
  return {
    summary:
      asked === undefined
        ? 'boot() ends in an error.'
        : `${deviceText(tried, asked)}; boot() ends in an error.`,
    expected: startText(expected),
    // Without the host's own word for the error number, which fits nothing here.
    actual:
      error.code === 'ELOOP'
        ? error.message.replace(/^.*: (?=boot\(\))/, '')
        : `boot() ended in an error: ${error.message}`,
    note: asked === undefined ? null : { place, what: 'boot() ended in an error' },
  };
}

function loadedText({ machine }: Played): string {
  const { sector, loaded } = machine;
  if (sector !== null) return `a sector that ends in ${bytesText(sector.subarray(510))}`;
  const count = loaded.filter((byte) => byte !== null).length;
  return count === 0 ? 'nothing written' : `${count} bytes written`;
}

/** Where in the code it ended, and what it had printed. */
function evidence(result: CallResult): Pick<Finding, 'where' | 'printed' | 'shrinks'> {
  const printed = result.output.length > 0 ? { printed: result.output.slice(-PRINTED_LINES) } : {};
  if (result.ok) return { ...printed, shrinks: true };
  const { file, line = 1, column = 1 } = result.error;
  return {
    ...printed,
    ...(file !== undefined && { where: { file, line, column } }),
    shrinks: !isEndless(result.error),
  };
}
