/** An extension of iptables: its options, and the statements that come of them. */
import { unsimulatedHere } from './errors.ts';

/** An extension that a rule has loaded. */
export interface Extension<S> {
  readonly name: string;
  /** Options without their dashes, and how many words follow each. */
  readonly options: ReadonlyMap<string, number>;
  /** Throws UsageProblem. */
  take(option: string, values: readonly string[], negate: boolean): void;
  /** When all options were taken. Throws UsageProblem. */
  statements(): readonly S[];
}

/** Takes the words behind an option. */
export type Taking = (values: readonly string[], negate: boolean) => void;

/** One word follows each option unless `counts` says otherwise. */
export function extension<S>(
  name: string,
  taking: Readonly<Record<string, Taking>>,
  statements: () => readonly S[],
  counts: Readonly<Record<string, number>> = {},
): Extension<S> {
  return {
    name,
    options: new Map(Object.keys(taking).map((each) => [each, counts[each] ?? 1])),
    take: (option, values, negate) => taking[option]!(values, negate),
    statements,
  };
}

/** Options that the real extension has besides: they are refused by name, and they make shortened names ambiguous as there. */
export function others(
  extensionName: string,
  ...options: readonly string[]
): Readonly<Record<string, () => never>> {
  const refuse = (option: string) => () => {
    throw unsimulatedHere(`"--${option}" of ${extensionName}`);
  };
  return Object.fromEntries(options.map((option) => [option, refuse(option)]));
}
