/** The extensions that match (iptables-extensions(8)): their options, and the statements that come of them. */
import type { CtState, Match, RouteType } from '../../../../network/index.ts';
import { FLAGS, UNITS } from '../nft/names.ts';
import { connectionLimit } from './connectionLimit.ts';
import { UsageProblem, unsimulatedHere } from './errors.ts';
import { type Extension, extension, others, turning } from './extension.ts';
import { ANY_TYPE, parseIcmpType } from './icmpTypes.ts';
import { stringMatch } from './stringMatch.ts';
import { datagramPorts, listedPorts, markPair, numberOf, portRange } from './values.ts';

/** The number of the protocol that a rule is about; null for any. */
type OwnProtocol = () => number | null;

const ALL_FLAGS: readonly string[] = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

function flagBits(text: string): number {
  let bits = 0;
  for (const word of text.split(',')) {
    if (word === 'NONE') continue;
    if (word === 'ALL') bits |= 63;
    else {
      const bit = ALL_FLAGS.includes(word) ? FLAGS.get(word.toLowerCase()) : undefined;
      if (bit === undefined) throw new UsageProblem(`Unknown TCP flag \`${word}'`);
      bits |= bit;
    }
  }
  return bits;
}

/** What a second option of tcp is told; udp's are as those of other extensions. */
const TCP_TWICE = {
  source: "Only one `--source-port' allowed",
  destination: "Only one `--destination-port' allowed",
  flags: "Only one of `--syn' or `--tcp-flags'  allowed",
};

/** Both ends' ports: tcp and udp. */
function transport(name: string): Extension<Match> {
  const made: Match[] = [];
  const ports = (which: 'source' | 'destination') =>
    turning(
      ([text], negate) => {
        const range = name === 'tcp' ? portRange(text!) : datagramPorts(text!, `${which}-port`);
        made.push({ kind: 'port', which, ranges: [range], negate });
      },
      { as: `${which}-port`, ...(name === 'tcp' && { twice: TCP_TWICE[which] }) },
    );
  const common = {
    sport: ports('source'),
    'source-port': ports('source'),
    dport: ports('destination'),
    'destination-port': ports('destination'),
  };
  if (name === 'udp') return extension(name, common, () => bothPorts(made));
  const flags = (mask: number, set: number, negate: boolean) =>
    made.push({ kind: 'tcpFlags', mask, set, negate });
  const once = { as: 'tcp-flags', twice: TCP_TWICE.flags };
  return extension(
    name,
    {
      ...common,
      syn: turning((_, negate) => flags(0x17, 0x02, negate), { ...once, words: 0 }),
      'tcp-flags': turning(([mask, set], negate) => flags(flagBits(mask!), flagBits(set!), negate), {
        ...once,
        words: 2,
      }),
      ...others('tcp', ['tcp-option']),
    },
    () => bothPorts(made),
  );
}

/** Flags stand before ports, and the source's port first (`add_nft_tcp` of iptables/nft.c). */
function bothPorts(made: readonly Match[]): readonly Match[] {
  const rank = (match: Match) => (match.kind !== 'port' ? 0 : match.which === 'source' ? 1 : 2);
  return [...made].sort((a, b) => rank(a) - rank(b));
}

function icmp(): Extension<Match> {
  const made: Match[] = [];
  return extension(
    'icmp',
    {
      'icmp-type': turning(([text], negate) => {
        const { type, code } = parseIcmpType(text!);
        made.push({ kind: 'icmp', types: type === ANY_TYPE ? null : [type], code, negate, xt: 'icmp' });
      }),
    },
    () => made,
  );
}

const STATES: ReadonlyMap<string, CtState> = new Map([
  ['INVALID', 'invalid'],
  ['NEW', 'new'],
  ['RELATED', 'related'],
  ['ESTABLISHED', 'established'],
  ['UNTRACKED', 'untracked'],
]);

const CONNTRACK_OTHERS =
  `ctproto ctorigsrc ctorigdst ctreplsrc ctrepldst ctorigsrcport ctorigdstport ctreplsrcport ctrepldstport ctstatus ctexpire ctdir`.split(
    ' ',
  );

function states(name: 'conntrack' | 'state'): Extension<Match> {
  const made: Match[] = [];
  const title = name === 'state' ? 'state' : 'ctstate';
  const take = turning(([text], negate) => {
    const words = text!.split(',').map((word) => word.toUpperCase());
    const nat = words.filter((word) => word === 'SNAT' || word === 'DNAT');
    if (name === 'conntrack' && nat.length > 0) {
      if (words.length > 1) throw unsimulatedHere(`"${text}", states of two kinds,`);
      const status = nat[0] === 'SNAT' ? 'snat' : 'dnat';
      made.push({ kind: 'ctStatus', status, negate, xt: name });
      return;
    }
    const bad = words.findIndex((word) => !STATES.has(word));
    if (bad >= 0) throw new UsageProblem(`Bad ${title} "${text!.split(',').slice(bad).join(',')}"`);
    made.push({ kind: 'ctState', states: words.map((word) => STATES.get(word)!), negate, xt: name });
  });
  const foreign = name === 'state' ? {} : others(name, CONNTRACK_OTHERS);
  return extension(name, { [title]: take, ...foreign }, () => {
    if (made.length > 0) return made;
    const missing =
      name === 'state'
        ? 'state: option "--state" must be specified\n'
        : 'conntrack: At least one option is required';
    throw new UsageProblem(missing);
  });
}

/** Protocols that have ports, of those that {@link PROTOCOLS} names. */
const WITH_PORTS: readonly number[] = [6, 17, 33, 132, 136];

function multiport(protocol: OwnProtocol): Extension<Match> {
  const made: Match[] = [];
  const take = (which: 'source' | 'destination') =>
    turning(
      ([text], negate) => {
        requirePorts(protocol());
        const ranges = text!.split(',').map(listedPorts);
        if (ranges.reduce((sum, [low, high]) => sum + (low === high ? 1 : 2), 0) > 15)
          throw new UsageProblem('too many ports specified');
        if (made.some((each) => each.kind === 'port' && each.which !== which))
          throw new UsageProblem(
            'multiport: option "--source-ports" cannot be used together with "--destination-ports".\n',
          );
        made.push({ kind: 'port', which, ranges, negate, xt: 'multiport' });
      },
      { as: `${which}-ports` },
    );
  return extension(
    'multiport',
    {
      sports: take('source'),
      'source-ports': take('source'),
      dports: take('destination'),
      'destination-ports': take('destination'),
      ...others('multiport', ['ports']),
    },
    () => {
      if (made.length === 0) throw new UsageProblem('multiport expection an option');
      return made;
    },
  );
}

/** Throws UsageProblem. */
function requirePorts(protocol: number | null): void {
  if (protocol === null)
    throw new UsageProblem("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
  if (!WITH_PORTS.includes(protocol))
    throw new UsageProblem('multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP');
}

/** The shortest time between two packets that the limit knows, in nanoseconds. */
const SHORTEST_GAP = 100_000;

function limit(): Extension<Match> {
  let [rate, per, burst] = [3, UNITS.get('hour')!, 5];
  return extension(
    'limit',
    {
      limit: ([text]) => {
        const match = /^(\d+)(?:\/(s|m|h|d)[a-z]*)?$/i.exec(text!);
        const unit = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[match?.[2]?.toLowerCase() ?? 's'];
        // A number below 0 is one beyond all others.
        const unitLength = UNITS.get(unit ?? 'second')!;
        if (/^-\d/.test(text!) || Number(match?.[1]) * SHORTEST_GAP > unitLength)
          throw new UsageProblem(`Rate too fast "${text}"`);
        if (match === null || Number(match[1]) === 0) throw new UsageProblem(`bad rate "${text}"'`);
        rate = Number(match[1]);
        per = unitLength;
      },
      'limit-burst': ([text]) => {
        // 0 is as none given.
        burst = numberOf(text!, 'limit', 'limit-burst', 10_000) || 5;
      },
    },
    () => [{ kind: 'limit', rate, per, burst, over: false }],
  );
}

function mark(): Extension<Match> {
  const made: Match[] = [];
  return extension(
    'mark',
    {
      mark: turning(([text], negate) =>
        made.push({ kind: 'mark', of: 'packet', ...markPair(text!, 'mark', 'mark'), negate }),
      ),
    },
    () => {
      if (made.length === 0) throw new UsageProblem('mark: option "--mark" must be specified\n');
      return made;
    },
  );
}

function comment(): Extension<Match> {
  const made: Match[] = [];
  return extension(
    'comment',
    { comment: ([text]) => made.push({ kind: 'comment', text: text!, xt: 'comment' }) },
    () => {
      if (made.length === 0) throw new UsageProblem('comment: option "--comment" must be specified\n');
      return made;
    },
  );
}

/** In the order of the kernel's bits. */
export const ADDRESS_TYPES: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'blackhole',
  'unreachable',
  'prohibit',
];

const OTHER_ADDRESS_TYPES = ['unspec', 'anycast', 'multicast', 'throw', 'nat', 'xresolve'];

function addressType(): Extension<Match> {
  const made: Match[] = [];
  const take = (which: 'source' | 'destination') =>
    turning(([text], negate) => {
      const words = text!.toLowerCase().split(',');
      const bad = words.find((word) => !(ADDRESS_TYPES as readonly string[]).includes(word));
      if (bad !== undefined && OTHER_ADDRESS_TYPES.includes(bad))
        throw unsimulatedHere(`the type of addresses "${bad}"`);
      if (bad !== undefined)
        throw new UsageProblem(`addrtype: bad type "${text!.split(',')[words.indexOf(bad)]}"`);
      const types = ADDRESS_TYPES.filter((each) => words.includes(each));
      made.push({ kind: 'addressType', which, types, negate, xt: 'addrtype' });
    });
  const options = {
    'src-type': take('source'),
    'dst-type': take('destination'),
    ...others('addrtype', ['limit-iface-in', 'limit-iface-out'], 0),
  };
  const statements = () => {
    if (made.length === 0) throw new UsageProblem('addrtype: you must specify --src-type or --dst-type');
    return [...made].sort((a, b) => ('which' in a && a.which === 'source' ? -1 : 'which' in b ? 1 : 0));
  };
  return extension('addrtype', options, statements);
}

const FACTORIES: Readonly<Record<string, (protocol: OwnProtocol) => Extension<Match>>> = {
  tcp: () => transport('tcp'),
  udp: () => transport('udp'),
  icmp,
  conntrack: () => states('conntrack'),
  state: () => states('state'),
  multiport,
  limit,
  mark,
  comment,
  addrtype: addressType,
  connlimit: connectionLimit,
  string: stringMatch,
};

/** What the real one has besides. */
const OTHERS =
  `ah bpf cgroup cluster connbytes connlabel connmark cpu dccp devgroup dscp ecn esp hashlimit helper ipcomp iprange ipvs
length mac nfacct osf owner physdev pkttype policy quota rateest realm recent rpfilter sctp set socket statistic tcpmss time tos ttl u32`.split(
    /\s+/,
  );

/** `protocol` is the rule's, as far as it is known by then. Throws UsageProblem. */
export function loadMatch(name: string, protocol: OwnProtocol): Extension<Match> {
  const factory = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (factory !== undefined) return factory(protocol);
  if (OTHERS.includes(name)) throw unsimulatedHere(`the match "${name}"`);
  throw new UsageProblem(`Couldn't load match \`${name}':No such file or directory\n`);
}
