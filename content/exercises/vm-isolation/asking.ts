/** Asking the learner's functions: plain data in, plain data out; what does not answer ends the check. */
import { CodeFailure, type Feedback, type Json, type Sandbox } from '../../../src/exercise/index.ts';

export interface Answer {
  readonly value: Json;
  /** What was printed on the way, the last lines. */
  readonly printed: Pick<Feedback, 'printed'>;
}

/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

/** Throws CodeFailure, which names `during`, when the function throws or gives nothing that could be read. */
export function ask(code: Sandbox, name: string, args: readonly unknown[], during: string): Answer {
  const result = code.call(name, args as readonly Json[]);
  if (!result.ok) throw new CodeFailure(result.error, during, result.output);
  const printed = result.output.length > 0 ? { printed: result.output.slice(-PRINTED_LINES) } : {};
  return { value: result.value, printed };
}

/** Looked for a smaller case, and there the function answered rightly: it does not depend on what it is given alone. */
export const UNSTEADY =
  'Asked the same once more, the function answered rightly. Does it keep something between two calls?';

export const hex = (value: number): string => `0x${value.toString(16)}`;
