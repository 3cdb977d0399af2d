/** The extensions that match (iptables-extensions(8)): their options, and the statements that come of them. */
import type { CtState, Match, RouteType } from '../../../../network/index.ts';
import { FLAGS, ICMP_TYPES, UNITS } from '../nft/names.ts';
import { connectionLimit } from './connectionLimit.ts';
import { UsageProblem, unsimulatedHere } from './errors.ts';
import { type Extension, extension, others, type Taking } from './extension.ts';
import { stringMatch } from './stringMatch.ts';
import { numberOf, portRange } from './values.ts';

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

/** Both ends' ports: tcp and udp. */
function transport(name: string): Extension<Match> {
  const made: Match[] = [];
  const ports = (which: 'source' | 'destination'): Taking => {
    return ([text], negate) => made.push({ kind: 'port', which, ranges: [portRange(text!)], negate });
  };
  const common = {
    sport: ports('source'),
    'source-port': ports('source'),
    dport: ports('destination'),
    'destination-port': ports('destination'),
  };
  if (name === 'udp') return extension(name, common, () => bothPorts(made));
  const flags = (mask: number, set: number, negate: boolean) =>
    made.push({ kind: 'tcpFlags', mask, set, negate });
  return extension(
    name,
    {
      ...common,
      syn: (_, negate) => flags(0x17, 0x02, negate),
      'tcp-flags': ([mask, set], negate) => flags(flagBits(mask!), flagBits(set!), negate),
      ...others('tcp', 'tcp-option'),
    },
    () => bothPorts(made),
    { syn: 0, 'tcp-flags': 2 },
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
      'icmp-type': ([text], negate) => {
        const [type = '', code] = text!.split('/');
        const number = ICMP_TYPES.get(type) ?? (/^\d+$/.test(type) ? Number(type) : Number.NaN);
        if (!(number < 255)) {
          if (type === 'any' || /-/.test(type)) throw unsimulatedHere(`the ICMP type "${text}"`);
          throw new UsageProblem(`Invalid ICMP type \`${text}'`);
        }
        const which = code === undefined ? null : numberOf(code, 'icmp-type', 255);
        made.push({ kind: 'icmp', types: [number], code: which, negate, xt: 'icmp' });
      },
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
  const take: Taking = ([text], negate) => {
    const words = text!.split(',').map((word) => word.toUpperCase());
    const nat = words.filter((word) => word === 'SNAT' || word === 'DNAT');
    if (name === 'conntrack' && nat.length > 0) {
      if (words.length > 1) throw unsimulatedHere(`"${text}", states of two kinds,`);
      const status = nat[0] === 'SNAT' ? 'snat' : 'dnat';
      made.push({ kind: 'ctStatus', status, negate, xt: name });
      return;
    }
    const bad = words.find((word) => !STATES.has(word));
    if (bad !== undefined) throw new UsageProblem(`Bad ${name === 'state' ? '' : 'ct'}state "${text}"`);
    made.push({ kind: 'ctState', states: words.map((word) => STATES.get(word)!), negate, xt: name });
  };
  if (name === 'state') return extension(name, { state: take }, () => made);
  return extension(name, { ctstate: take, ...others(name, ...CONNTRACK_OTHERS) }, () => made);
}

function multiport(): Extension<Match> {
  const made: Match[] = [];
  const take = (which: 'source' | 'destination'): Taking => {
    return ([text], negate) => {
      const ranges = text!.split(',').map(portRange);
      if (ranges.reduce((sum, [low, high]) => sum + (low === high ? 1 : 2), 0) > 15)
        throw new UsageProblem('too many ports specified');
      if (made.some((each) => each.kind === 'port' && each.which !== which))
        throw new UsageProblem(
          'multiport: option "--source-ports" cannot be used together with "--destination-ports".\n',
        );
      made.push({ kind: 'port', which, ranges, negate, xt: 'multiport' });
    };
  };
  return extension(
    'multiport',
    {
      sports: take('source'),
      'source-ports': take('source'),
      dports: take('destination'),
      'destination-ports': take('destination'),
      ...others('multiport', 'ports'),
    },
    () => made,
  );
}

function limit(): Extension<Match> {
  let [rate, per, burst] = [3, UNITS.get('hour')!, 5];
  return extension(
    'limit',
    {
      limit: ([text]) => {
        const match = /^(\d+)(?:\/(s|m|h|d)[a-z]*)?$/i.exec(text!);
        const unit = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[match?.[2]?.toLowerCase() ?? 's'];
        if (match === null || Number(match[1]) === 0) throw new UsageProblem(`bad rate "${text}"'`);
        rate = Number(match[1]);
        per = UNITS.get(unit ?? 'second')!;
      },
      'limit-burst': ([text]) => {
        burst = numberOf(text!, '--limit-burst', 10_000);
      },
    },
    () => [{ kind: 'limit', rate, per, burst, over: false }],
  );
}

/** `VALUE` or `VALUE/MASK`. */
export function markPair(text: string, what: string): { readonly value: number; readonly mask: number } {
  const [value = '', mask] = text.split('/');
  return {
    value: numberOf(value, what),
    mask: mask === undefined ? 0xffff_ffff : numberOf(mask, what),
  };
}

function mark(): Extension<Match> {
  const made: Match[] = [];
  return extension(
    'mark',
    {
      mark: ([text], negate) =>
        made.push({ kind: 'mark', of: 'packet', ...markPair(text!, '--mark'), negate }),
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
    () => made,
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

function addressType(): Extension<Match> {
  const made: Match[] = [];
  const take = (which: 'source' | 'destination'): Taking => {
    return ([text], negate) => {
      const words = text!.toLowerCase().split(',');
      const types = ADDRESS_TYPES.filter((each) => words.includes(each));
      if (types.length !== words.length) throw unsimulatedHere(`the type of addresses "${text}"`);
      made.push({ kind: 'addressType', which, types, negate, xt: 'addrtype' });
    };
  };
  const options = {
    'src-type': take('source'),
    'dst-type': take('destination'),
    ...others('addrtype', 'limit-iface-in', 'limit-iface-out'),
  };
  const statements = () => {
    if (made.length === 0) throw new UsageProblem('addrtype: you must specify --src-type or --dst-type');
    return [...made].sort((a, b) => ('which' in a && a.which === 'source' ? -1 : 'which' in b ? 1 : 0));
  };
  return extension('addrtype', options, statements, { 'limit-iface-in': 0, 'limit-iface-out': 0 });
}

const FACTORIES: Readonly<Record<string, () => Extension<Match>>> = {
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

/** Throws UsageProblem. */
export function loadMatch(name: string): Extension<Match> {
  const factory = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (factory !== undefined) return factory();
  if (OTHERS.includes(name)) throw unsimulatedHere(`the match "${name}"`);
  throw new UsageProblem(`Couldn't load match \`${name}':No such file or directory\n`);
}
