/** Asking the learner's switch: plain data in, plain data out; what does not answer ends the check. */
import { CodeFailure, type Feedback, type Json, type Sandbox } from '../../../src/exercise/index.ts';
import { type BridgePolicyPort, bridgeAnswerProblem } from '../../../src/exercise/virtualization.ts';
import type { Entry, Port, Result } from './api.d.ts';
import type { Arrival } from './reference.ts';

export interface Answer {
  /** Null when what was given cannot be done. */
  readonly result: Result | null;
  readonly problem: string | null;
  /** What was printed on the way, the last lines. */
  readonly printed: Pick<Feedback, 'printed'>;
}

/** Of what a call printed, so many last lines are shown. */
const PRINTED_LINES = 20;

/** Throws CodeFailure when the function throws or does not end. */
export function ask(
  code: Sandbox,
  ports: readonly Port[],
  table: readonly Entry[],
  arrival: Arrival,
): Answer {
  const { frame, port: name, now } = arrival;
  const port = ports.find((each) => each.name === name)!;
  const args = [frame, port, now, table, ports] as unknown as readonly Json[];
  const result = code.call('receive', args);
  if (!result.ok) throw new CodeFailure(result.error, `In ${stepText(arrival)}`, result.output);
  const printed = result.output.length > 0 ? { printed: result.output.slice(-PRINTED_LINES) } : {};
  const problem = bridgeAnswerProblem(result.value, ports as readonly BridgePolicyPort[]);
  return { result: problem === null ? (result.value as unknown as Result) : null, problem, printed };
}

/** A call, as a learner would write it. */
export function stepText({ frame, port, now }: Arrival): string {
  const { source, destination, vlan } = frame;
  return `receive({ source: '${source}', destination: '${destination}', vlan: ${vlan} }, ${port}, ${now})`;
}
