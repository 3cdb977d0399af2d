/** The match connlimit: how many connections a host or a network has at a time (iptables-extensions(8)). */
import type { Match } from '../../../../network/index.ts';
import { UsageProblem } from './errors.ts';
import { type Extension, extension, type Taking } from './extension.ts';

const MOST = 0xffff_ffff;

export function connectionLimit(): Extension<Match> {
  let limit: number | null = null;
  let given: 'above' | 'upto' | null = null;
  let [over, length] = [true, 32];
  let of: 'source' | 'destination' = 'source';
  const take = (option: 'above' | 'upto'): Taking => {
    return ([text], negate) => {
      if (given !== null && given !== option)
        throw new UsageProblem(
          'connlimit: option "--connlimit-upto" cannot be used together with "--connlimit-above".\n',
        );
      const number = /^\d+$/.test(text!) ? Number(text) : Number.NaN;
      if (!(number <= MOST))
        throw new UsageProblem(
          `connlimit: bad value for option "--connlimit-${option}", or out of range (0-${MOST}).\n`,
        );
      [limit, given, over] = [number, option, (option === 'above') !== negate];
    };
  };
  return extension(
    'connlimit',
    {
      'connlimit-above': take('above'),
      'connlimit-upto': take('upto'),
      'connlimit-mask': ([text]) => {
        const number = /^\d+$/.test(text!) ? Number(text) : Number.NaN;
        if (Number.isNaN(number))
          throw new UsageProblem(`connlimit: bad value for option "--connlimit-mask"\n`);
        length = Math.min(number, 32);
      },
      'connlimit-saddr': () => {
        of = 'source';
      },
      'connlimit-daddr': () => {
        of = 'destination';
      },
    },
    () => {
      if (limit === null)
        throw new UsageProblem('You must specify "--connlimit-above" or "--connlimit-upto".');
      return [{ kind: 'connections', of, length, limit, over, xt: 'connlimit' }];
    },
    { 'connlimit-saddr': 0, 'connlimit-daddr': 0 },
  );
}
