/** The match string: packets that carry a text (iptables-extensions(8)). */
import { encodeUtf8 } from '../../../../base/index.ts';
import type { Match } from '../../../../network/index.ts';
import { UsageProblem, unsimulatedHere } from './errors.ts';
import { type Extension, extension, flag, others, turning } from './extension.ts';
import { numberOf } from './values.ts';

/** XT_STRING_MAX_PATTERN_SIZE. */
const LONGEST = 128;

export function stringMatch(): Extension<Match> {
  let text: string | null = null;
  let algorithm: string | null = null;
  let [from, to, negated, ignoreCase] = [0, 65_535, false, false];
  return extension(
    'string',
    {
      string: turning(([word], negate) => {
        if (word === '') throw unsimulatedHere('an empty text of string');
        if (encodeUtf8(word!).length > LONGEST) throw new UsageProblem(`STRING too long \`${word}'`);
        if (/[^\x20-\x7e]/.test(word!)) throw unsimulatedHere('a text of string that is not of ASCII');
        [text, negated] = [word!, negate];
      }),
      algo: ([word]) => {
        if (word === 'fsm') throw unsimulatedHere('the algorithm "fsm" of string');
        algorithm = word!;
      },
      from: ([word]) => {
        from = numberOf(word!, 'string', 'from', 65_535);
      },
      to: ([word]) => {
        to = numberOf(word!, 'string', 'to', 65_535);
      },
      icase: flag(() => {
        ignoreCase = true;
      }),
      ...others('string', ['hex-string']),
    },
    () => {
      if (text === null)
        throw new UsageProblem("STRING match: You must specify `--string' or `--hex-string'");
      if (algorithm === null) throw new UsageProblem('string: option "--algo" must be specified\n');
      return [{ kind: 'text', text, algorithm, from, to, ignoreCase, negate: negated, xt: 'string' }];
    },
  );
}
