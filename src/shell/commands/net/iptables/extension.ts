/** An extension of iptables: its options, and the statements that come of them. */
import { UsageProblem, unsimulatedHere } from './errors.ts';

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

/** An option that is not as most are, which take one word, once, and cannot be turned round. */
interface Option {
  readonly take: Taking;
  /** How many words follow. */
  readonly words?: number;
  /** `!` may stand before it. */
  readonly turns?: boolean;
  /** The first name of an option with several, by which messages call it and which all of them can be used once. */
  readonly as?: string;
  /** What a second one is told in place of the usual words. */
  readonly twice?: string;
}

/** Options by their names (`xtables_option_parse` of libxtables/xtoptions.c, where its messages come from). */
export function extension<S>(
  name: string,
  options: Readonly<Record<string, Taking | Option>>,
  statements: () => readonly S[],
): Extension<S> {
  const all = new Map(
    Object.entries(options).map(([option, how]): [string, Option] => [
      option,
      typeof how === 'function' ? { take: how } : how,
    ]),
  );
  const given = new Set<string>();
  return {
    name,
    options: new Map([...all].map(([option, { words = 1 }]) => [option, words])),
    take: (option, values, negate) => {
      const { take, as = option, turns = false, twice } = all.get(option)!;
      if (given.has(as))
        throw new UsageProblem(twice ?? `${name}: option "--${as}" can only be used once.\n`);
      if (negate && !turns) throw new UsageProblem(`${name}: option "--${as}" cannot be inverted.\n`);
      given.add(as);
      take(values, negate);
    },
    statements,
  };
}

/** An option that `!` may stand before. */
export const turning = (take: Taking, how: Omit<Option, 'take' | 'turns'> = {}): Option => ({
  take,
  turns: true,
  ...how,
});

/** An option that no word follows. */
export const flag = (take: Taking): Option => ({ take, words: 0 });

/** Options that the real extension has besides: they are refused by name, and they make shortened names ambiguous as there. */
export function others(
  extensionName: string,
  names: readonly string[],
  words = 1,
): Readonly<Record<string, Option>> {
  const refuse = (option: string) => () => {
    throw unsimulatedHere(`"--${option}" of ${extensionName}`);
  };
  return Object.fromEntries(names.map((option) => [option, { take: refuse(option), words, turns: true }]));
}
