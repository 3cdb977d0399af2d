/** The kinds of queueing disciplines: their options as words, and back. */
import type { NetemOptions, QdiscOptions, TbfOptions } from '../../../../network/index.ts';
import { Refused, unsimulated, type Words } from '../words.ts';
import {
  parseRate,
  parseShare,
  parseSize,
  parseTime,
  rateText,
  shareText,
  sizeText,
  timeText,
} from './units.ts';

const NETEM_USAGE = `Usage: ... netem [ limit PACKETS ]
                 [ delay TIME [ JITTER ]]
                 [ loss random PERCENT ]
                 [ duplicate PERCENT ]
                 [ rate RATE ]`;
const TBF_USAGE = 'Usage: ... tbf limit BYTES burst BYTES rate KBPS [ latency TIME ]';

const illegal = (what: string) => new Refused(`Illegal "${what}"`, 1);
const unknown = (word: string, usage: string) => new Refused(`What is "${word}"?\n${usage}`, 1);

/** The next word by `parse`. Throws Refused. */
function valueWord(words: Words, what: string, parse: (text: string) => number | null): number {
  const value = parse(words.next());
  if (value === null) throw illegal(what);
  return value;
}

const whole = (text: string) => (/^\d+$/.test(text) ? Number(text) : null);
const isNumber = (word: string | null) => word !== null && /^[\d.]/.test(word);

/** What the real ones have besides. */
const OTHER_NETEM = ['distribution', 'corrupt', 'reorder', 'gap', 'slot', 'ecn', 'drop'];

function netem(words: Words): NetemOptions {
  let options: NetemOptions = {
    kind: 'netem',
    limit: 1000,
    delay: 0,
    jitter: 0,
    loss: 0,
    duplicate: 0,
    rate: null,
  };
  while (!words.done) {
    const word = words.next();
    switch (word) {
      case 'limit':
        options = { ...options, limit: valueWord(words, 'limit', whole) };
        break;
      case 'delay':
      case 'latency': {
        const delay = valueWord(words, 'latency', parseTime);
        const jitter = isNumber(words.peek()) ? valueWord(words, 'latency', parseTime) : 0;
        if (isNumber(words.peek())) throw unsimulated('tc', 'the correlation of delays');
        options = { ...options, delay, jitter };
        break;
      }
      case 'loss':
        if (!words.take('random') && !isNumber(words.peek())) {
          const model = words.next();
          if (model === 'state' || model === 'gemodel') throw unsimulated('tc', `"loss ${model}"`);
          throw new Refused(`Unknown loss parameter: ${model}`, 1);
        }
        options = { ...options, loss: valueWord(words, 'loss percent', parseShare) };
        if (isNumber(words.peek())) throw unsimulated('tc', 'the correlation of losses');
        break;
      case 'duplicate':
        options = { ...options, duplicate: valueWord(words, 'duplicate', parseShare) };
        if (isNumber(words.peek())) throw unsimulated('tc', 'the correlation of duplicates');
        break;
      case 'rate':
        options = { ...options, rate: valueWord(words, 'rate', parseRate) };
        if (isNumber(words.peek())) throw unsimulated('tc', 'the overhead of a rate');
        break;
      default:
        if (OTHER_NETEM.includes(word)) throw unsimulated('tc', `"${word}" of netem`);
        throw unknown(word, NETEM_USAGE);
    }
  }
  return options;
}

function tbf(words: Words): TbfOptions {
  let rate: number | null = null;
  let burst: number | null = null;
  let limit: number | null = null;
  let latency: number | null = null;
  while (!words.done) {
    const word = words.next();
    if (word === 'rate') rate = valueWord(words, 'rate', parseRate);
    else if (word === 'burst' || word === 'buffer' || word === 'maxburst')
      burst = valueWord(words, word, parseSize);
    else if (word === 'limit') limit = valueWord(words, 'limit', parseSize);
    else if (word === 'latency') latency = valueWord(words, 'latency', parseTime);
    else if (['mtu', 'minburst', 'mpu', 'peakrate', 'overhead', 'linklayer'].includes(word))
      throw unsimulated('tc', `"${word}" of tbf`);
    else throw unknown(word, TBF_USAGE);
  }
  const missing = [
    rate === null && 'tbf: the "rate" parameter is mandatory.',
    burst === null && 'tbf: the "burst" parameter is mandatory.',
    rate !== null && limit === null && latency === null && 'tbf: either "limit" or "latency" is required.',
  ].filter((line) => line !== false);
  if (missing.length > 0) throw new Refused(`${missing.join('\n')}\n${TBF_USAGE}`, 1);
  const bytes = limit ?? Math.floor(((rate! / 8) * latency!) / 1e9) + burst!;
  return { kind: 'tbf', rate: rate!, burst: burst!, limit: bytes };
}

const OTHER_KINDS =
  `bfifo cake cbq choke clsact codel drr ematch etf fifo fq fq_codel fq_pie gred hfsc hhf htb ingress mqprio mq multiq pfifo_fast
pie plug prio qfq red sfb sfq skbprio taprio noqueue`.split(/\s+/);

/** The options of a kind. Throws Refused. */
export function parseOptions(kind: string, words: Words): QdiscOptions {
  if (words.peek() === 'help') {
    const usage =
      kind === 'netem' ? NETEM_USAGE : kind === 'tbf' ? TBF_USAGE : 'Usage: ... pfifo [ limit PACKETS ]';
    throw new Refused(usage, 1);
  }
  switch (kind) {
    case 'netem':
      return netem(words);
    case 'tbf':
      return tbf(words);
    case 'pfifo': {
      let limit = 1000;
      while (!words.done) {
        const word = words.next();
        if (word !== 'limit') throw unknown(word, 'Usage: ... pfifo [ limit PACKETS ]');
        limit = valueWord(words, 'limit', whole);
      }
      return { kind: 'pfifo', limit };
    }
    default:
      if (OTHER_KINDS.includes(kind)) throw unsimulated('tc', `the queueing discipline "${kind}"`);
      throw new Refused('Error: Specified qdisc kind is unknown.', 2);
  }
}

/** What stands behind `root refcnt 2 `. */
export function optionsText(options: QdiscOptions): string {
  switch (options.kind) {
    case 'netem': {
      const { limit, delay, jitter, loss, duplicate, rate } = options;
      const parts = [
        `limit ${limit}`,
        ...(delay > 0 || jitter > 0 ? [`delay ${timeText(delay)}`] : []),
        ...(jitter > 0 ? [` ${timeText(jitter)}`] : []),
        ...(loss > 0 ? [`loss ${shareText(loss)}`] : []),
        ...(duplicate > 0 ? [`duplicate ${shareText(duplicate)}`] : []),
        ...(rate === null ? [] : [`rate ${rateText(rate)}`]),
      ];
      return parts.join(' ');
    }
    case 'tbf': {
      const { rate, burst, limit } = options;
      const latency = Math.max(0, Math.round(((limit - burst) * 8 * 1e9) / rate));
      return `rate ${rateText(rate)} burst ${sizeText(burst)} lat ${timeText(latency)} `;
    }
    case 'pfifo':
      return `limit ${options.limit}p`;
  }
}
