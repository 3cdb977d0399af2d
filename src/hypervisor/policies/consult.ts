/** Asking a policy: what it answers is checked before anything is done with it. */
import type { PolicyFault, PolicyName, ReportPolicyFault } from './types.ts';

/** A policy threw, or answered what cannot be done. */
export class PolicyError extends Error {
  readonly fault: PolicyFault;

  constructor(policy: PolicyName, subject: string | null, message: string) {
    super(`${policy}: ${message}`);
    this.name = 'PolicyError';
    this.fault = { policy, subject, message };
  }
}

/** Which question is asked about whom. */
export interface Question {
  readonly policy: PolicyName;
  readonly subject: string | null;
}

/** Asks by `ask` and reads the answer by `read`, which throws an error that says what is wrong with it. Throws PolicyError. */
export function consult<T>(
  { policy, subject }: Question,
  ask: () => unknown,
  read: (answer: unknown) => T,
): T {
  try {
    return read(ask());
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    throw new PolicyError(policy, subject, error instanceof Error ? error.message : String(error));
  }
}

/** As {@link consult}; a fault is reported, and `otherwise` is the answer then. */
export function consultOr<T>(
  question: Question,
  ask: () => unknown,
  read: (answer: unknown) => T,
  report: ReportPolicyFault,
  otherwise: () => T,
): T {
  try {
    return consult(question, ask, read);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    report(error.fault);
    return otherwise();
  }
}

/** The answer as an object whose fields can be looked at. */
export function fieldsOf(answer: unknown): Readonly<Record<string, unknown>> {
  if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>;
  throw new Error(`answered ${shown(answer)}, which is no object`);
}

/** A whole number from `least` to `most`, named in the error that is thrown for anything else. */
export function wholeNumber(value: unknown, what: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${what} is ${shown(value)}, not a whole number from ${least} to ${most}`);
}

/** A value as it would be written; never throws, never long. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 200);
  } catch {
    return `a ${typeof value}`;
  }
}
