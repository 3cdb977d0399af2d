/** The match connlimit: how many connections a host or a network has at a time (iptables-extensions(8)). */
import { type Match, parseIpv4 } from '../../../../network/index.ts';
import { UsageProblem } from './errors.ts';
import { type Extension, extension, flag, turning } from './extension.ts';
import { maskLength, numberOf, unsigned } from './values.ts';

export function connectionLimit(): Extension<Match> {
  let limit: number | null = null;
  let given: 'above' | 'upto' | null = null;
  let [over, length] = [true, 32];
  let of: 'source' | 'destination' | null = null;
  const refusePair = (first: string, second: string): never => {
    throw new UsageProblem(
      `connlimit: option "--connlimit-${first}" cannot be used together with "--connlimit-${second}".\n`,
    );
  };
  const take = (option: 'above' | 'upto') =>
    turning(([text], negate) => {
      if (given !== null) refusePair('upto', 'above');
      limit = numberOf(text!, 'connlimit', `connlimit-${option}`);
      [given, over] = [option, (option === 'above') !== negate];
    });
  const hosts = (which: 'source' | 'destination') =>
    flag(() => {
      if (of !== null) refusePair('saddr', 'daddr');
      of = which;
    });
  return extension(
    'connlimit',
    {
      'connlimit-above': take('above'),
      'connlimit-upto': take('upto'),
      'connlimit-mask': ([text]) => {
        length = maskOf(text!);
      },
      'connlimit-saddr': hosts('source'),
      'connlimit-daddr': hosts('destination'),
    },
    () => {
      if (limit === null)
        throw new UsageProblem('You must specify "--connlimit-above" or "--connlimit-upto".');
      return [{ kind: 'connections', of: of ?? 'source', length, limit, over, xt: 'connlimit' }];
    },
  );
}

/** Longer ones than there are are the longest. Throws UsageProblem. */
function maskOf(text: string): number {
  if (text.includes('.') && parseIpv4(text) !== null) return maskLength(text);
  const number = unsigned(text);
  if (Number.isNaN(number))
    throw new UsageProblem(
      'connlimit: bad value for option "--connlimit-mask", neither a valid network mask nor valid CIDR (0-32).\n',
    );
  return Math.min(number, 32);
}
