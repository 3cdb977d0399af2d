/** tc(8): what devices do with outgoing frames. */
import { type Program, type Sys, writeAll } from '../../../../linux/index.ts';
import { type QdiscChange, type QdiscInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { readLinks } from '../links.ts';
import { answering, expand, Refused, unsimulated, Words } from '../words.ts';
import { optionsText, parseOptions } from './kinds.ts';

const USAGE = `Usage:	tc [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { qdisc }
       OPTIONS := { -V[ersion] | -s[tatistics] }
`;
const QDISC_USAGE = `Usage: tc qdisc { add | del | replace | change } dev STRING
       root [ handle QHANDLE ] QDISC_KIND [ QDISC_OPTIONS | help ]

       tc qdisc { show | list } [ dev STRING ]
Where:
QDISC_KIND := { netem | tbf | pfifo }
`;

/** pfifo_fast's classes by the priority of packets, which nobody changes. */
const KERNEL_OPTIONS: Readonly<Record<string, string>> = {
  pfifo_fast: 'bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1',
};

const handleText = (handle: number) => `${handle.toString(16)}:`;

function infoText(info: QdiscInfo, device: string | null, statistics: boolean): string {
  const { handle, kind, options, backlog } = info;
  const dev = device === null ? '' : `dev ${device} `;
  const text = options === null ? (KERNEL_OPTIONS[kind] ?? '') : optionsText(options);
  const line = `qdisc ${kind} ${handle === 0 ? '0:' : handleText(handle)} ${dev}root refcnt 2 ${text}\n`;
  if (!statistics) return line;
  const { bytes, packets, dropped, overlimits } = info.statistics;
  return `${line} Sent ${bytes} bytes ${packets} pkt (dropped ${dropped}, overlimits ${overlimits} requeues 0) 
 backlog ${sizes(backlog.bytes)} ${backlog.packets}p requeues 0\n`;
}

/** Bytes that wait. */
function sizes(bytes: number): string {
  const mega = 1024 * 1024;
  if (bytes >= mega) return `${Math.round(bytes / mega)}Mb`;
  return bytes >= 1024 ? `${Math.round(bytes / 1024)}Kb` : `${bytes}b`;
}

function* show(words: Words, statistics: boolean): Sys<number> {
  let device: string | null = null;
  while (!words.done) {
    const word = words.next();
    if (word === 'dev') device = words.next();
    else if (word === 'root') continue;
    else if (['handle', 'parent', 'ingress', 'clsact', 'invisible'].includes(word))
      throw unsimulated('tc', `"qdisc show ${word}"`);
    else throw new Refused(`What is "${word}"? Try "tc qdisc help".`, 1);
  }
  const links = yield* readLinks();
  const wanted = device === null ? null : links.need(device).index;
  const all = yield* rtnetlink('RTM_GETQDISC', null);
  const shown = all.filter(({ index, kind }) => kind !== 'noop' && (wanted === null || wanted === index));
  const text = (info: QdiscInfo) =>
    infoText(info, device === null ? links.name(info.index) : null, statistics);
  yield* writeAll(1, shown.map(text).join(''));
  return 0;
}

/** `1:` or `1:0`; null for what is no handle of a discipline. */
function parseHandle(text: string): number | null {
  const match = /^([0-9a-f]{1,4}):?0*$/i.exec(text);
  return match === null ? null : Number.parseInt(match[1]!, 16);
}

function* change(words: Words, how: QdiscChange['how'] | 'delete'): Sys<number> {
  let device: string | null = null;
  let root = false;
  let handle: number | null = null;
  let kind: string | null = null;
  while (kind === null && !words.done) {
    const word = words.next();
    if (word === 'dev') device = words.next();
    else if (word === 'root') root = true;
    else if (word === 'handle') {
      const text = words.next();
      handle = parseHandle(text);
      if (handle === null) throw new Refused(`Error: argument "${text}" is wrong: invalid qdisc ID\n`, 255);
    } else if (word === 'parent' || word === 'ingress' || word === 'clsact')
      throw unsimulated('tc', `"qdisc ${word}"`);
    else if (word === 'help') {
      yield* writeAll(2, QDISC_USAGE);
      return 0;
    } else kind = word;
  }
  const options = kind === null || how === 'delete' ? null : parseOptions(kind, words);
  if (device === null) throw new Refused('RTNETLINK answers: No such device', 2);
  const { index } = (yield* readLinks()).need(device);
  if (!root || (options === null && how !== 'delete')) throw new Refused('Error: Handle cannot be zero.', 2);
  if (how === 'delete') yield* rtnetlink('RTM_DELQDISC', { index });
  else yield* rtnetlink('RTM_NEWQDISC', { index, handle, options: options!, how });
  return 0;
}

function* qdisc(words: Words, statistics: boolean): Sys<number> {
  const word = words.peek();
  if (word === null) return yield* show(words, statistics);
  words.next();
  const verb = expand(word, ['add', 'change', 'replace', 'link', 'delete', 'list', 'show', 'lst', 'help']);
  switch (verb) {
    case 'add':
    case 'change':
    case 'replace':
    case 'delete':
      return yield* change(words, verb);
    case 'list':
    case 'show':
    case 'lst':
      return yield* show(words, statistics);
    case 'link':
      throw unsimulated('tc', '"qdisc link"');
    case 'help':
      yield* writeAll(2, QDISC_USAGE);
      return 0;
    default:
      throw new Refused(`Command "${word}" is unknown, try "tc qdisc help".`, 255);
  }
}

function* run(args: readonly string[]): Sys<number> {
  let statistics = false;
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const word = args[at]!.replace(/^--?/, '');
    if (word !== '' && ('statistics'.startsWith(word) || word === 'stats')) statistics = true;
    else if (word !== '' && 'Version'.startsWith(word)) {
      yield* writeAll(1, 'tc utility, iproute2-6.1.0\n');
      return 0;
    } else if (word !== '' && 'help'.startsWith(word)) {
      yield* writeAll(1, USAGE);
      return 0;
    } else throw unsimulated('tc', `the option "${args[at]}"`);
  }
  const [word, ...words] = args.slice(at);
  if (word === undefined || word === 'help') {
    yield* writeAll(1, USAGE);
    return 0;
  }
  const object = expand(word, ['qdisc', 'class', 'filter', 'chain', 'actions', 'monitor', 'exec']);
  if (object === null) throw new Refused(`Object "${word}" is unknown, try "tc help".`, 255);
  if (object !== 'qdisc') throw unsimulated('tc', `"tc ${object}"`);
  return yield* qdisc(new Words(words), statistics);
}

export const tcProgram: Program = ({ argv }) => answering(2, () => run(argv.slice(1)));

const verb: CompletionSpec = { operands: 'none' };

export const tcCompletion: CompletionSpec = {
  subcommands: new Map([
    [
      'qdisc',
      {
        subcommands: new Map([
          ['add', verb],
          ['change', verb],
          ['delete', verb],
          ['replace', verb],
          ['show', verb],
        ]),
      },
    ],
  ]),
};
