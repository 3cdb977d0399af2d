/** The words of filter expressions, as libpcap's scanner.l takes them apart: the longest that fits, in doubt the first of the list. */
import { notSimulated, syntaxError } from './errors.ts';

export interface Token {
  /** `name` was written with a backslash, or is no keyword; `address` has dots. */
  readonly kind: 'keyword' | 'name' | 'number' | 'address' | 'mac' | 'sign';
  readonly text: string;
}

/** Numbers that have a name. */
const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['icmptype', 0],
  ['icmpcode', 1],
  ['icmp-echoreply', 0],
  ['icmp-unreach', 3],
  ['icmp-sourcequench', 4],
  ['icmp-redirect', 5],
  ['icmp-echo', 8],
  ['icmp-routeradvert', 9],
  ['icmp-routersolicit', 10],
  ['icmp-timxceed', 11],
  ['icmp-paramprob', 12],
  ['icmp-tstamp', 13],
  ['icmp-tstampreply', 14],
  ['icmp-ireq', 15],
  ['icmp-ireqreply', 16],
  ['icmp-maskreq', 17],
  ['icmp-maskreply', 18],
  ['tcpflags', 13],
  ['tcp-fin', 1],
  ['tcp-syn', 2],
  ['tcp-rst', 4],
  ['tcp-push', 8],
  ['tcp-ack', 16],
  ['tcp-urg', 32],
  ['tcp-ece', 64],
  ['tcp-cwr', 128],
]);

const KEYWORDS = new Set(
  `src dst host net mask port portrange proto less greater len length vlan broadcast multicast and or not
ether link fddi tr wlan ip arp rarp tcp udp icmp sctp igmp igrp pim vrrp carp ah esp ip6 icmp6`.split(/\s+/),
);

/** What the real one knows besides. */
const OTHER_KEYWORDS = new Set(
  `protochain gateway type subtype direction dir address1 address2 address3 address4 ra ta byte inbound outbound ifindex mpls pppoed
pppoes geneve radio atalk aarp decnet lat sca moprc mopdl iso esis es-is isis is-is l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui llc
lane metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect on ifname rset ruleset rnr rulenum srnr subrulenum
reason action fisu lsssu lssu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls`.split(/\s+/),
);

const FORMS: readonly (readonly [Token['kind'] | 'ipv6', RegExp])[] = [
  ['mac', /(?:[0-9a-f]{1,2}[:.-]){5}[0-9a-f]{1,2}|(?:[0-9a-f]{3,4}\.){2}[0-9a-f]{3,4}/iy],
  ['ipv6', /(?:[0-9a-f]+(?::[0-9a-f]+)*)?::(?:[0-9a-f]+(?::[0-9a-f]+)*)?|(?:[0-9a-f]+:){7}[0-9a-f]+/iy],
  ['number', /0x[0-9a-f]+|\d+/iy],
  ['address', /\d+(?:\.\d+){1,3}/y],
  ['name', /[a-z0-9](?:[-_.a-z0-9]*[.a-z0-9])?|\\[^ !()\n\t]+/iy],
  ['sign', /&&|\|\||<<|>>|<=|>=|!=|==|[-[\]()+*/%&|^<>=!:]/y],
];

/** The longest token at a place. Throws Refused. */
function tokenAt(text: string, at: number): { readonly kind: Token['kind'] | 'ipv6'; readonly text: string } {
  let found: { kind: Token['kind'] | 'ipv6'; text: string } | null = null;
  for (const [kind, form] of FORMS) {
    form.lastIndex = at;
    const match = form.exec(text)?.[0] ?? '';
    if (match.length > (found?.text.length ?? 0)) found = { kind, text: match };
  }
  if (found === null) throw syntaxError();
  return found;
}

/** Throws Refused. */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < expression.length; ) {
    if (/\s/.test(expression[at]!)) {
      at++;
      continue;
    }
    const { kind, text } = tokenAt(expression, at);
    at += text.length;
    const constant = CONSTANTS.get(text);
    if (kind === 'ipv6') throw notSimulated(`the IPv6 address "${text}"`);
    else if (constant !== undefined) tokens.push({ kind: 'number', text: `${constant}` });
    else if (OTHER_KEYWORDS.has(text)) throw notSimulated(`"${text}"`);
    else if (KEYWORDS.has(text)) tokens.push({ kind: 'keyword', text });
    else tokens.push({ kind, text: text.replace(/^\\/, '') });
  }
  return tokens;
}
