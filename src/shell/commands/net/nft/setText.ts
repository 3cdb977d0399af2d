/** Sets with names as `nft list` writes them. */
import type { SetInfo } from '../../../../linux/net/netlink/filterRequests.ts';
import type { SetKey } from '../../../../network/index.ts';
import { type FormatOptions, handle } from './format.ts';
import { TYPES } from './setTypes.ts';
import { durationText } from './times.ts';

/** Names are compared as the kernel holds them: as one number of sixteen bytes, the first of which counts least. */
const backwards = (name: string) => [...name].reverse().join('');

/** Names in a set of intervals are compared byte by byte. */
function compareKeys(a: SetKey, b: SetKey, interval: boolean): number {
  if (typeof a !== 'string' && typeof b !== 'string') return a[0] - b[0];
  const [left, right] = [`${a}`, `${b}`].map((name) => (interval ? name : backwards(name))) as [
    string,
    string,
  ];
  if (interval) return left < right ? -1 : left > right ? 1 : 0;
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function elementText(
  { key, timeout, left, comment }: SetInfo['elements'][number],
  type: SetInfo['declaration']['type'],
  { stateless }: FormatOptions,
): string {
  return [
    TYPES[type].text(key),
    ...(timeout === null ? [] : [`timeout ${durationText(timeout)}`]),
    ...(left === null || stateless ? [] : [`expires ${durationText(left)}`]),
    ...(comment === null ? [] : [`comment "${comment}"`]),
  ].join(' ');
}

function elementsText({ elements, declaration }: SetInfo, options: FormatOptions): string {
  const sorted = [...elements].sort((a, b) => compareKeys(a.key, b.key, declaration.interval));
  const { inLine } = TYPES[declaration.type];
  const text = sorted.map((each, i) => {
    const before = i === 0 ? '' : i % inLine === 0 ? ',\n\t\t\t     ' : ', ';
    return before + elementText(each, declaration.type, options);
  });
  return `\t\telements = { ${text.join('')} }\n`;
}

/** A time that all elements have makes the flag say nothing new. */
function flagsText({ constant, interval, timeouts, timeout }: SetInfo['declaration']): string {
  if (!constant && !interval && (!timeouts || timeout !== null)) return '';
  const flags = [constant && 'constant', interval && 'interval', timeouts && 'timeout'];
  return `\t\tflags ${flags.filter((flag) => flag !== false).join(',')}\n`;
}

export function setText(set: SetInfo, options: FormatOptions): string {
  const { type, constant, policy, size, autoMerge, timeout, gcInterval, comment } = set.declaration;
  return [
    `\tset ${set.name} {${handle(set.handle, options)}\n`,
    `\t\ttype ${type}\n`,
    policy === 'memory' && !constant ? '\t\tpolicy memory\n' : '',
    size === null || constant ? '' : `\t\tsize ${size}\n`,
    flagsText(set.declaration),
    autoMerge ? '\t\tauto-merge\n' : '',
    timeout === null ? '' : `\t\ttimeout ${durationText(timeout)}\n`,
    gcInterval === null ? '' : `\t\tgc-interval ${durationText(gcInterval)}\n`,
    comment === null ? '' : `\t\tcomment "${comment}"\n`,
    set.elements.length === 0 || options.terse ? '' : elementsText(set, options),
    '\t}\n',
  ].join('');
}
