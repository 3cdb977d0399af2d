/** The check of transferSeconds. */
import {
  type Check,
  CodeFailure,
  type Random,
  type Sandbox,
  type Verdict,
} from '../../../src/exercise/index.ts';

/** Bytes, rated bits a second, share of that which gets through. */
type Transfer = readonly [bytes: number, rated: number, efficiency: number];

const EXAMPLES: readonly Transfer[] = [
  // The deck's case: 8 GB over 1 Gb/s, as rated and as measured.
  [8e9, 1e9, 1],
  [8e9, 1e9, 0.35],
  // 8 GiB are more than 8 GB.
  [8 * 2 ** 30, 1e9, 1],
  // A link of 100 Mb/s; one of 10 Gb/s.
  [125_000_000, 100e6, 1],
  [50e9, 10e9, 0.5],
  [1, 8, 1],
  [0, 1e9, 0.35],
];

const draw = (random: Random): Transfer => [
  random.between(1, 500) * random.pick([1e6, 1e9, 2 ** 20, 2 ** 30]),
  random.pick([10e6, 100e6, 1e9, 2.5e9, 10e9, 100e9]),
  random.between(1, 100) / 100,
];

export const seconds = ([bytes, rated, efficiency]: Transfer) => (bytes * 8) / (rated * efficiency);

/** Adding and multiplying in another order may cost the last digits. */
const same = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));

function faultOf(code: Sandbox, transfer: Transfer): Verdict | null {
  const call = `transferSeconds(${transfer.join(', ')})`;
  const result = code.call('transferSeconds', [...transfer]);
  if (!result.ok) throw new CodeFailure(result.error, `In ${call}`, result.output);
  const wanted = seconds(transfer);
  if (typeof result.value === 'number' && same(result.value, wanted)) return null;
  const [bytes, rated, efficiency] = transfer;
  return {
    passed: false,
    feedback: {
      summary: `${call} should give ${wanted} seconds, but gave ${JSON.stringify(result.value)}.`,
      expected: `${bytes * 8} bits at ${rated * efficiency} bits a second: ${wanted} s`,
      actual: JSON.stringify(result.value) ?? 'nothing',
      counterexample: { steps: [call] },
      ...(result.output.length > 0 && { printed: result.output.slice(-20) }),
      misconception:
        'Files are counted in bytes, links in bits: a byte is eight bits. What is rated is not what gets through.',
      next: 'Write the unit beside each number, and see what is left of the units after the division.',
    },
  };
}

export const transferCheck: Check = {
  id: 'transfer',
  title: 'transferSeconds keeps bits and bytes, rated and real speed apart',
  points: 10,
  run({ code, random }) {
    const drawn = Array.from({ length: 40 }, () => draw(random));
    for (const transfer of [...EXAMPLES, ...drawn]) {
      const verdict = faultOf(code, transfer);
      if (verdict !== null) return verdict;
    }
    return { passed: true };
  },
};
