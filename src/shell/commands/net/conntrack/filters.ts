/** Options of conntrack that choose connections. */
import type { FlowInfo } from '../../../../linux/net/netlink/flowRequests.ts';
import { parseIpv4 } from '../../../../network/index.ts';
import type { OptionSpec, Parsed } from '../../options.ts';
import { PROTOCOLS, Usage } from './protocols.ts';

/** With ports. */
const TRANSPORTS = ['tcp', 'udp'];

export type Test = (flow: FlowInfo) => boolean;

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
export const FILTERS: readonly (OptionSpec & {
  readonly test: (text: string) => Test;
  readonly needs?: string;
})[] = [
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

/** What a connection has to meet. Throws Usage. */
export function testsOf(parsed: Parsed): readonly Test[] {
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
