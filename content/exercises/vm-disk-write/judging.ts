/** One case played with the learner's `service`, and the first thing in which it differs from the reference model. */
import {
  type CallResult,
  CodeFailure,
  type Feedback,
  type Sandbox,
  type SandboxError,
} from '../../../src/exercise/index.ts';
import { hostFunctions, serviceArguments } from './binding.ts';
import type { Case, Topic } from './cases.ts';
import {
  type Difference,
  type Explanation,
  flushingDifference,
  interruptDifference,
  orderDifference,
  outcomeDifference,
} from './differences.ts';
import { afterText, beforeText, requestText } from './drawing.ts';
import { type Laid, layOut, Machine, usedIndex } from './machine.ts';
import { expect } from './reference.ts';

/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

/** What went wrong, ready to be shown. */
export interface Finding {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly before: string;
  readonly after: string;
  readonly where?: Feedback['where'];
  readonly printed?: Feedback['printed'];
  readonly explanation?: Explanation;
  /** The code did not come to an end: trying smaller cases would take long. */
  readonly endless: boolean;
}

/** What of a case one check alone looks at, besides rings, memory and image. */
const JUDGES_ORDER: Topic = 'ring';
const JUDGES_INTERRUPT: Topic = 'ring';
const JUDGES_FLUSHING: Topic = 'durable';

/** The first thing wrong, or null. Throws CodeFailure when there is nothing to judge: no function, a limit of the sandbox. */
export function firstFinding(code: Sandbox, tried: Case, topic: Topic): Finding | null {
  const laid = layOut(tried);
  const machine = new Machine(laid, tried.broken, topic === JUDGES_ORDER || topic === JUDGES_FLUSHING);
  code.bindHost(hostFunctions(machine, machine.disk));
  const result = code.call('service', serviceArguments(laid.queue, tried));
  const difference = result.ok
    ? differenceOf(tried, laid, machine, result.value, topic)
    : endedBy(result.error, result.output, tried, machine);
  if (difference === null) return null;
  const { number, expected, actual, note = null } = difference;
  const request = tried.requests[number];
  const about = request === undefined ? 'With nothing available' : requestText(request);
  return {
    summary: difference.summary ?? `${about}: expected ${expected}, but ${actual}.`,
    expected,
    actual,
    before: beforeText(tried, laid, number, note),
    after: afterText(tried, laid, machine.ram, machine.image, number),
    ...(difference.explanation && { explanation: difference.explanation }),
    ...evidence(result),
  };
}

function differenceOf(
  tried: Case,
  laid: Laid,
  machine: Machine,
  value: unknown,
  topic: Topic,
): Difference | null {
  const expected = expect(tried, laid);
  return (
    outcomeDifference(tried, laid, machine, expected) ??
    (topic === JUDGES_ORDER ? orderDifference(tried, laid, machine) : null) ??
    (topic === JUDGES_FLUSHING ? flushingDifference(tried, laid, machine, expected) : null) ??
    (topic === JUDGES_INTERRUPT ? interruptDifference(tried, value, expected) : null)
  );
}

/** Accesses without end are stopped by the binding, loops without any by the sandbox. */
const isEndless = (error: SandboxError) => error.kind === 'budget' || error.code === 'ELOOP';

/** What was given back was done; the code ended in the request after that. */
function endedBy(error: SandboxError, output: readonly string[], tried: Case, machine: Machine): Difference {
  if (error.kind !== 'thrown' && error.kind !== 'budget')
    throw new CodeFailure(error, 'In service()', output);
  const done = (usedIndex(machine.ram) - tried.start) & 0xffff;
  return {
    number: Math.min(done, tried.requests.length - 1),
    expected: 'an answer, whatever the driver and the host’s disk do',
    // Without the host's own word for the error number, which fits nothing here.
    actual:
      error.code === 'ELOOP'
        ? error.message.replace(/^.*: (?=service)/, '')
        : `service() ended in an error: ${error.message}`,
  };
}

/** Where in the code it ended, and what it had printed. */
function evidence(result: CallResult): Pick<Finding, 'where' | 'printed' | 'endless'> {
  const printed = result.output.length > 0 ? { printed: result.output.slice(-PRINTED_LINES) } : {};
  if (result.ok) return { ...printed, endless: false };
  const { file, line = 1, column = 1 } = result.error;
  return {
    ...printed,
    ...(file !== undefined && { where: { file, line, column } }),
    endless: isEndless(result.error),
  };
}
