/** conntrack(8): the connections that the packet filter knows. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import { ctnetlink, type FlowInfo } from '../../../linux/net/netlink/flowRequests.ts';
import { formatIpv4, parseIpv4, type Tuple } from '../../../network/index.ts';
import type { CommandSpec, OptionSpec, Parsed } from '../options.ts';

const TOOL = 'conntrack v1.4.7 (conntrack-tools)';
const ICMP = 1;
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', ICMP],
  ['tcp', 6],
  ['udp', 17],
]);
/** With ports. */
const TRANSPORTS = ['tcp', 'udp'];

/** Wrong usage, with a hint; exit status 2. */
class Usage extends Error {}

function tupleText({ source, destination, protocol, sourcePort, destinationPort }: Tuple): string {
  const addresses = `src=${formatIpv4(source)} dst=${formatIpv4(destination)}`;
  if (protocol === ICMP)
    return `${addresses} type=${destinationPort >> 8} code=${destinationPort & 255} id=${sourcePort}`;
  if (protocol !== 6 && protocol !== 17) return addresses;
  return `${addresses} sport=${sourcePort} dport=${destinationPort}`;
}

function flowText(flow: FlowInfo, extended: boolean): string {
  const { original, reply, state, timeout, seenReply, assured, mark } = flow;
  const name = [...PROTOCOLS].find(([, number]) => number === original.protocol)?.[0] ?? 'unknown';
  const parts = [
    `${extended ? 'ipv4     2 ' : ''}${name.padEnd(8)} ${original.protocol} ${timeout}`,
    ...(state === null ? [] : [state]),
    tupleText(original),
    ...(seenReply ? [] : ['[UNREPLIED]']),
    tupleText(reply),
    ...(assured ? ['[ASSURED]'] : []),
    `mark=${mark} use=1`,
  ];
  return `${parts.join(' ')}\n`;
}

type Test = (flow: FlowInfo) => boolean;

function addressTest(text: string, of: (flow: FlowInfo) => number): Test {
  const address = parseIpv4(text);
  if (address === null) throw new Usage(`\`${text}' is not a valid address`);
  return (flow) => of(flow) === address;
}

function portTest(text: string, of: (flow: FlowInfo) => number): Test {
  if (!/^\d+$/.test(text) || Number(text) > 65_535) throw new Usage(`\`${text}' is not a valid port`);
  return (flow) => of(flow) === Number(text);
}

const STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
];

const STATUSES: Readonly<Record<string, Test>> = {
  ASSURED: ({ assured }) => assured,
  SEEN_REPLY: ({ seenReply }) => seenReply,
  UNSET: ({ seenReply, assured }) => !seenReply && !assured,
};

function markTest(text: string): Test {
  const match = /^(\d+|0x[0-9a-f]+)(?:\/(\d+|0x[0-9a-f]+))?$/i.exec(text);
  if (match === null) throw new Usage(`\`${text}' is not a valid mark`);
  const mask = match[2] === undefined ? 0xffff_ffff : Number(match[2]);
  return ({ mark }) => (mark & mask) >>> 0 === Number(match[1]);
}

/** Options that choose flows. Those with ports and states need -p before them, as they are the protocol's own. */
const FILTERS: readonly (OptionSpec & { readonly test: (text: string) => Test; readonly needs?: string })[] =
  [
    {
      short: 's',
      long: 'src',
      argument: 'ADDRESS',
      help: 'the source of packets that began it',
      test: (text) => addressTest(text, ({ original }) => original.source),
    },
    {
      long: 'orig-src',
      argument: 'ADDRESS',
      help: 'the same',
      test: (text) => addressTest(text, ({ original }) => original.source),
    },
    {
      short: 'd',
      long: 'dst',
      argument: 'ADDRESS',
      help: 'their destination',
      test: (text) => addressTest(text, ({ original }) => original.destination),
    },
    {
      long: 'orig-dst',
      argument: 'ADDRESS',
      help: 'the same',
      test: (text) => addressTest(text, ({ original }) => original.destination),
    },
    {
      short: 'r',
      long: 'reply-src',
      argument: 'ADDRESS',
      help: 'the source of answers',
      test: (text) => addressTest(text, ({ reply }) => reply.source),
    },
    {
      short: 'q',
      long: 'reply-dst',
      argument: 'ADDRESS',
      help: 'their destination',
      test: (text) => addressTest(text, ({ reply }) => reply.destination),
    },
    ...(['sport', 'orig-port-src'] as const).map((long) => ({
      long,
      argument: 'PORT',
      help: 'the source’s port',
      needs: 'port',
      test: (text: string) => portTest(text, ({ original }) => original.sourcePort),
    })),
    ...(['dport', 'orig-port-dst'] as const).map((long) => ({
      long,
      argument: 'PORT',
      help: 'the destination’s port',
      needs: 'port',
      test: (text: string) => portTest(text, ({ original }) => original.destinationPort),
    })),
    {
      long: 'reply-port-src',
      argument: 'PORT',
      help: 'the port that answers come from',
      needs: 'port',
      test: (text) => portTest(text, ({ reply }) => reply.sourcePort),
    },
    {
      long: 'reply-port-dst',
      argument: 'PORT',
      help: 'the port that they go to',
      needs: 'port',
      test: (text) => portTest(text, ({ reply }) => reply.destinationPort),
    },
    {
      long: 'state',
      argument: 'STATE',
      help: 'the state of a TCP connection',
      needs: 'tcp',
      test: (text) => {
        if (!STATES.includes(text)) throw new Usage(`unknown TCP state \`${text}'`);
        return ({ state }) => state === text;
      },
    },
    { short: 'm', long: 'mark', argument: 'MARK[/MASK]', help: 'its mark', test: markTest },
    {
      short: 'u',
      long: 'status',
      argument: 'STATUS',
      help: 'ASSURED, SEEN_REPLY or UNSET',
      test: (text) => {
        const status = Object.hasOwn(STATUSES, text) ? STATUSES[text] : undefined;
        if (status === undefined) throw new Usage(`the status "${text}" is not simulated`);
        return status;
      },
    },
  ];

function protocolOf(parsed: Parsed): string | null {
  const text = parsed.value('protonum');
  if (text === null) return null;
  const name = [...PROTOCOLS].find(([each, number]) => each === text.toLowerCase() || `${number}` === text);
  if (name === undefined) throw new Usage(`\`${text}' unsupported protocol`);
  return name[0];
}

function testsOf(parsed: Parsed): readonly Test[] {
  const protocol = protocolOf(parsed);
  const tests: Test[] = [];
  if (protocol !== null) tests.push(({ original }) => original.protocol === PROTOCOLS.get(protocol));
  for (const { long, needs, test } of FILTERS) {
    const text = parsed.value(long!);
    if (text === null) continue;
    const known =
      needs === undefined || (needs === 'port' ? TRANSPORTS.includes(protocol ?? '') : protocol === needs);
    if (!known) throw new Usage(`unknown option \`--${long}'`);
    tests.push(test(text));
  }
  if (parsed.has('src-nat')) tests.push(({ sourceChanged }) => sourceChanged);
  if (parsed.has('dst-nat')) tests.push(({ destinationChanged }) => destinationChanged);
  if (parsed.has('any-nat'))
    tests.push(({ sourceChanged, destinationChanged }) => sourceChanged || destinationChanged);
  return tests;
}

function* run(parsed: Parsed): Sys<number> {
  const verbs = ['list', 'delete', 'count', 'flush', 'version'].filter((each) => parsed.has(each));
  const [verb, ...others] = verbs;
  if (verb === undefined) throw new Usage('a command is missing: -L, -D, -C or -F');
  if (others.length > 0)
    throw new Usage(`Can't use -${others[0]![0]!.toUpperCase()} with -${verb[0]!.toUpperCase()}`);
  if (verb === 'version') {
    yield* writeAll(1, `${TOOL}\n`);
    return 0;
  }
  const [table = 'conntrack', ...words] = parsed.operands;
  if (words.length > 0) throw new Usage(`Bad parameter \`${words[0]}'`);
  if (table !== 'conntrack') throw new Usage(`the table "${table}" is not simulated`);
  const family = parsed.value('family');
  if (family !== null && family !== 'ipv4') throw new Usage(`the family "${family}" is not simulated`);
  const output = parsed.value('output');
  if (output !== null && output !== 'extended') throw new Usage(`the output "${output}" is not simulated`);
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
  yield* writeAll(1, chosen.map((flow) => flowText(flow, output !== null)).join(''));
  const done = verb === 'delete' ? 'deleted' : 'shown';
  yield* writeAll(2, `${TOOL}: ${chosen.length} flow entries have been ${done}.\n`);
  return verb === 'delete' && chosen.length === 0 ? 1 : 0;
}

export const conntrackCommand: CommandSpec = {
  name: 'conntrack',
  usage: '-L|-D|-C|-F [OPTION]...',
  summary: 'Show, count or forget the connections that the packet filter knows.',
  usageStatus: 2,
  options: [
    { short: 'L', long: 'list', help: 'show them' },
    { short: 'D', long: 'delete', help: 'forget them' },
    { short: 'C', long: 'count', help: 'say how many there are' },
    { short: 'F', long: 'flush', help: 'forget all' },
    { short: 'f', long: 'family', argument: 'ipv4', help: 'the protocol, which is IPv4 anyhow' },
    { short: 'p', long: 'protonum', argument: 'PROTOCOL', help: 'tcp, udp or icmp' },
    ...FILTERS.map(({ test: _, needs: __, ...option }) => option),
    { short: 'n', long: 'src-nat', help: 'those whose source was translated' },
    { short: 'g', long: 'dst-nat', help: 'those whose destination was' },
    { short: 'j', long: 'any-nat', help: 'those of either kind' },
    { short: 'o', long: 'output', argument: 'extended', help: 'with the protocol below' },
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
      yield* writeAll(2, `${TOOL}: Operation failed: ${strerror(error.code)}\n`);
      return 1;
    }
  },
};
