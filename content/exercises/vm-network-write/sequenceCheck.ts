/** A check made of sequences of frames: its examples first, then drawn ones. */
import type { Check, Random, Verdict } from '../../../src/exercise/index.ts';
import { drawn } from './cases.ts';
import { type Aspect, firstFault, type Sequence } from './sequence.ts';

interface SequenceCheck {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly aspects: readonly Aspect[];
  readonly examples: readonly Sequence[];
  readonly draw: (random: Random) => Sequence;
  readonly misconception: string;
  readonly next: string;
}

const DRAWN = 30;

export const sequenceCheck = ({
  aspects,
  examples,
  draw,
  misconception,
  next,
  ...rest
}: SequenceCheck): Check => ({
  ...rest,
  run({ code, random }): Verdict {
    const found =
      firstFault(code, examples, aspects) ??
      firstFault(
        code,
        drawn(DRAWN, () => draw(random)),
        aspects,
      );
    return found === null ? { passed: true } : { passed: false, feedback: { ...found, misconception, next } };
  },
});
