/** conntrack(8): the connections that the packet filter knows. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { processorCount } from '../../../../container/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { ctnetlink } from '../../../../linux/net/netlink/flowRequests.ts';
import type { CommandSpec, Parsed } from '../../options.ts';
import { showEvents } from './events.ts';
import { FILTERS, testsOf } from './filters.ts';
import { flowText } from './flowText.ts';
import { TOOL, Usage } from './protocols.ts';

const NOT_ROOT = 'sorry, you must be root or get CAP_NET_ADMIN capability to do this';
const VERBS = ['list', 'delete', 'count', 'flush', 'event', 'stats', 'version'] as const;
type Verb = (typeof VERBS)[number];

/** What the real one can show besides. */
const OTHER_OUTPUTS = ['id', 'ktimestamp', 'labels', 'save', 'userspace', 'xml'];

/** Throws Usage for none, for two, and for options that it does not take. */
function verbOf(parsed: Parsed): Verb {
  const [verb, ...others] = VERBS.filter((each) => parsed.has(each));
  if (verb === undefined) throw new Usage('a command is missing: -L, -D, -C, -F, -E or -S');
  if (others.length > 0)
    throw new Usage(`Can't use -${others[0]![0]!.toUpperCase()} with -${verb[0]!.toUpperCase()}`);
  const foreign = parsed.order.find(
    (each) => each !== verb && (verb === 'stats' || (verb !== 'event' && each === 'event-mask')),
  );
  if (foreign !== undefined) throw new Usage(`Illegal option \`--${foreign}' with this command`);
  return verb;
}

function outputOf(parsed: Parsed, verb: Verb): { readonly extended: boolean; readonly timestamps: boolean } {
  const words = parsed.value('output')?.split(',') ?? [];
  for (const word of words) {
    if (OTHER_OUTPUTS.includes(word) || (word === 'timestamp' && verb !== 'event'))
      throw new Usage(`the output "${word}" is not simulated`);
    if (word !== 'extended' && word !== 'timestamp') throw new Usage(`Bad parameter \`${word}'`);
  }
  return { extended: words.includes('extended'), timestamps: words.includes('timestamp') };
}

/** Packets of a simulated network are no processor's work: all is counted by the first. */
function* showStatistics(): Sys<number> {
  const counted = yield* ctnetlink('CT_GETSTATS', null);
  const line = (processor: number) =>
    `cpu=${processor}   \t${counted.map(([name, value]) => `${name}=${processor === 0 ? value : 0} `).join('')}\n`;
  const processors = yield* processorCount();
  yield* writeAll(1, Array.from({ length: processors }, (_, processor) => line(processor)).join(''));
  return 0;
}

function* run(parsed: Parsed): Sys<number> {
  const verb = verbOf(parsed);
  if (verb === 'version') {
    yield* writeAll(1, `${TOOL}\n`);
    return 0;
  }
  const [table = 'conntrack', ...words] = parsed.operands;
  if (words.length > 0) throw new Usage(`Bad parameter \`${words[0]}'`);
  if (table !== 'conntrack') throw new Usage(`the table "${table}" is not simulated`);
  const family = parsed.value('family');
  if (family !== null && family !== 'ipv4') throw new Usage(`the family "${family}" is not simulated`);
  const output = outputOf(parsed, verb);
  if (verb === 'stats') return yield* showStatistics();
  if (verb === 'event')
    return yield* showEvents({ mask: parsed.value('event-mask'), ...output, tests: testsOf(parsed) });
  const all = yield* ctnetlink('CT_GET', null);
  if (verb === 'count') {
    yield* writeAll(1, `${all.length}\n`);
    return 0;
  }
  const tests = testsOf(parsed);
  if (verb === 'flush') {
    yield* ctnetlink(
      'CT_DELETE',
      all.map(({ id }) => id),
    );
    yield* writeAll(2, `${TOOL}: connection tracking table has been emptied.\n`);
    return 0;
  }
  const chosen = all.filter((flow) => tests.every((test) => test(flow)));
  if (verb === 'delete')
    yield* ctnetlink(
      'CT_DELETE',
      chosen.map(({ id }) => id),
    );
  yield* writeAll(1, chosen.map((flow) => flowText(flow, output.extended)).join(''));
  const done = verb === 'delete' ? 'deleted' : 'shown';
  yield* writeAll(2, `${TOOL}: ${chosen.length} flow entries have been ${done}.\n`);
  return verb === 'delete' && chosen.length === 0 ? 1 : 0;
}

export const conntrackCommand: CommandSpec = {
  name: 'conntrack',
  usage: '-L|-D|-C|-F|-E|-S [OPTION]...',
  summary: 'Show, count, forget or watch the connections that the packet filter knows.',
  usageStatus: 2,
  options: [
    { short: 'L', long: 'list', help: 'show them' },
    { short: 'D', long: 'delete', help: 'forget them' },
    { short: 'C', long: 'count', help: 'say how many there are' },
    { short: 'F', long: 'flush', help: 'forget all' },
    { short: 'E', long: 'event', help: 'show what happens to them, until Ctrl-C' },
    { short: 'S', long: 'stats', help: 'show what was counted on their way' },
    {
      short: 'e',
      long: 'event-mask',
      argument: 'EVENTS',
      help: 'of -E: ALL, or some of NEW,UPDATES,DESTROY',
    },
    { short: 'f', long: 'family', argument: 'ipv4', help: 'the protocol, which is IPv4 anyhow' },
    { short: 'p', long: 'protonum', argument: 'PROTOCOL', help: 'tcp, udp or icmp' },
    ...FILTERS.map(({ test: _, needs: __, ...option }) => option),
    { short: 'n', long: 'src-nat', help: 'those whose source was translated' },
    { short: 'g', long: 'dst-nat', help: 'those whose destination was' },
    { short: 'j', long: 'any-nat', help: 'those of either kind' },
    {
      short: 'o',
      long: 'output',
      argument: 'OUTPUT',
      help: 'extended: with the protocol below; timestamp: of -E',
    },
    { short: 'V', long: 'version', help: 'tell the version' },
  ],
  *run(parsed) {
    try {
      return yield* run(parsed);
    } catch (error) {
      if (error instanceof Usage) {
        yield* writeAll(
          2,
          `${TOOL}: ${error.message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`,
        );
        return 2;
      }
      if (!isOsError(error, 'EPERM')) throw error;
      const words = parsed.has('event')
        ? `mnl_socket_bind: ${strerror(error.code)}\n${TOOL}: Can't open netlink socket\n`
        : `${TOOL}: Operation failed: ${parsed.has('stats') ? NOT_ROOT : strerror(error.code)}\n`;
      yield* writeAll(2, words);
      return 1;
    }
  },
};
