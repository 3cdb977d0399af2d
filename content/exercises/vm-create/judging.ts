/** One case played with the learner's `createVm`, and the first thing in it that is not as it should be. */
import type { Feedback, Sandbox } from '../../../src/exercise/index.ts';
import { PhysicalMemory } from '../../../src/exercise/virtualization.ts';
import type { Case, Topic } from './cases.ts';
import {
  type Difference,
  madeDifference,
  namedDifference,
  outcomeDifference,
  undoDifference,
  uniqueDifference,
} from './differences.ts';
import { accountsText, memoryText, vcpusText } from './drawing.ts';
import { type Attempt, Stage } from './playing.ts';
import { Books } from './reference.ts';

/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

/** What went wrong, ready to be shown. */
export interface Finding extends Difference {
  /** Of the acts. */
  readonly number: number;
  /** The step that was made to fail there. */
  readonly failed: Attempt['failed'];
  readonly before: string;
  readonly after: string;
  readonly where?: Feedback['where'];
  readonly printed?: Feedback['printed'];
  /** The code did not come to an end: trying smaller cases would take long. */
  readonly endless: boolean;
}

const isEndless = ({ call }: Attempt) =>
  !call.ok && (call.error.kind === 'budget' || call.error.code === 'ELOOP');

function endlessDifference(attempt: Attempt): Difference {
  return {
    expected: 'a VM, or an error',
    actual: attempt.failure?.message ?? 'it does not come to an end',
    marked: new Set(),
  };
}

function differenceOf(attempt: Attempt, books: Books, stage: Stage, topic: Topic): Difference | null {
  if (isEndless(attempt)) return endlessDifference(attempt);
  switch (topic) {
    case 'made':
      return madeDifference(attempt, stage.firmwareEntry);
    case 'memory':
    case 'vcpus':
      return outcomeDifference(attempt, books.refusals(attempt.spec));
    case 'unique':
      return uniqueDifference(attempt);
    case 'undo':
      return undoDifference(attempt);
    case 'named':
      return namedDifference(attempt, books.refusals(attempt.spec));
  }
}

/** Of the last case's host. */
let used: PhysicalMemory | undefined;

/** Cases come by the hundred, one after the other, and new memory for each would take longer than all that happens in it. */
function hostMemory({ memory: size, cpus: harts }: Case): PhysicalMemory {
  const inPlaceOf = used?.size === size && used.harts === harts ? used : undefined;
  used = new PhysicalMemory({ size, harts, inPlaceOf });
  return used;
}

/** The first thing wrong, or null. Throws CodeFailure when there is nothing to judge: no function, a limit of the sandbox. */
export function firstFinding(code: Sandbox, tried: Case, topic: Topic): Finding | null {
  const stage = new Stage(code, tried, hostMemory(tried));
  const books = new Books(tried);
  for (const [number, act] of tried.acts.entries()) {
    const attempt = stage.play(act);
    if (attempt === null) {
      books.note(act);
      continue;
    }
    const difference = differenceOf(attempt, books, stage, topic);
    if (difference !== null)
      return {
        ...difference,
        ...drawn(attempt, books, tried, topic, difference),
        ...evidence(attempt),
        number,
      };
    if (attempt.vm !== null) books.add(attempt.spec, macOf(attempt));
  }
  return null;
}

const macOf = ({ spec, after }: Attempt) => after.parts.find(({ name }) => name === spec.name)!.mac!;

function drawn(
  attempt: Attempt,
  books: Books,
  { cpus, cpuRatio }: Case,
  topic: Topic,
  { marked }: Difference,
): Pick<Finding, 'before' | 'after' | 'failed'> {
  const { before, after, spec, failed } = attempt;
  const accounts = accountsText(after, before, topic === 'undo' ? undefined : marked);
  // What was left behind is marked afterwards, what was taken away from somebody before.
  if (topic === 'undo') return { before: accountsText(before, after), after: accounts, failed };
  if (topic === 'memory') return { before: memoryText(books, spec), after: accounts, failed };
  if (topic === 'vcpus') return { before: vcpusText(books, spec, cpus, cpuRatio), after: accounts, failed };
  return { before: accountsText(before, before, new Set()), after: accounts, failed };
}

/** Where in the code it ended, and what it had printed. */
function evidence(attempt: Attempt): Pick<Finding, 'where' | 'printed' | 'endless'> {
  const { call } = attempt;
  const printed = call.output.length > 0 ? { printed: call.output.slice(-PRINTED_LINES) } : {};
  if (call.ok) return { ...printed, endless: false };
  const { file, line = 1, column = 1 } = call.error;
  return {
    ...printed,
    ...(file !== undefined && { where: { file, line, column } }),
    endless: isEndless(attempt),
  };
}
