/** nslookup(1): what a name server says of a name, as BIND 9.18 prints it; one question, no dialogue. */
import { SECOND } from '../../../../base/index.ts';
import { type Program, type Sys, writeAll } from '../../../../linux/index.ts';
import { lookupHost } from '../../../../linux/net/names.ts';
import { resolverConfig } from '../../../../linux/net/resolver.ts';
import {
  type DnsRecord,
  dnsTypeNumber,
  formatIpv4,
  parseIpv4,
  type ResolverConfig,
  reverseName,
} from '../../../../network/index.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { type Answer, exchange, NoServers } from './exchange.ts';
import { rcodeText } from './index.ts';
import { dataText, typeOf } from './types.ts';

const NXDOMAIN = 3;
const say = (line: string) => writeAll(1, `${line}\n`);

const USAGE = `Usage:
   nslookup [-opt ...]             # interactive mode using default server
   nslookup [-opt ...] - server    # interactive mode using 'server'
   nslookup [-opt ...] host        # just look up 'host' using default server
   nslookup [-opt ...] host server # just look up 'host' using 'server'
`;

interface Settings {
  /** Null: addresses, or a name for an address. */
  type: number | null;
  port: number;
  /** Nanoseconds; null: as /etc/resolv.conf says. */
  timeout: number | null;
  tries: number | null;
  search: boolean;
  recurse: boolean;
  tcp: boolean;
}

/** What stands before `=` of an option, in all its names. */
const NAMES: Readonly<Record<string, keyof Settings>> = {
  ...{ type: 'type', querytype: 'type', query: 'type', qu: 'type', q: 'type', ty: 'type' },
  ...{ port: 'port', po: 'port', timeout: 'timeout', t: 'timeout', retry: 'tries', ret: 'tries' },
};
/** Of the real one. */
const FOREIGN = /^(no)?(debug|d2|all|defname|def|fail|ixfr)$|^(class|cl|domain|do|srchlist|root|ndots)(=|$)/;

function* option(word: string, settings: Settings): Sys<string | null> {
  const switches: Readonly<Record<string, Partial<Settings>>> = {
    ...{ search: { search: true }, nosearch: { search: false } },
    ...{ recurse: { recurse: true }, norecurse: { recurse: false } },
    ...{ vc: { tcp: true }, novc: { tcp: false } },
  };
  const [name = '', value = ''] = word.split('=', 2);
  const key = NAMES[name];
  if (Object.hasOwn(switches, word)) Object.assign(settings, switches[word]);
  else if (FOREIGN.test(word)) return `nslookup: -${name} is not simulated on this host\n`;
  else if (key === undefined) yield* say(`*** Invalid option: ${word}`);
  else if (key === 'type') {
    const type = typeOf(value);
    if (type === null) yield* say(`unknown query type: ${value}`);
    else settings.type = type;
  } else if (!/^\d+$/.test(value)) yield* say(`invalid ${name} '${value}': not a valid number`);
  else if (key === 'timeout') settings.timeout = Math.max(1, Number(value)) * SECOND;
  else Object.assign(settings, { [key]: Math.max(1, Number(value)) });
  return null;
}

/** A record of an answer; addresses stand alone. */
function recordText({ name, data }: DnsRecord, answer: boolean): string {
  const text = dataText(data);
  switch (data.type) {
    case 'A':
      return answer ? `Name:\t${name}\nAddress: ${text}` : `${name}\tinternet address = ${text}`;
    case 'AAAA':
      return answer ? `Name:\t${name}\nAddress: ${text}` : `${name}\thas AAAA address ${text}`;
    case 'NS':
      return `${name}\tnameserver = ${text}`;
    case 'CNAME':
      return `${name}\tcanonical name = ${text}`;
    case 'PTR':
      return `${name}\tname = ${text}`;
    case 'MX':
      return `${name}\tmail exchanger = ${text}`;
    case 'TXT':
      return `${name}\ttext = ${text}`;
    case 'SOA': {
      const { primary, mailbox, serial, refresh, retry, expire, minimum } = data;
      const fields = { origin: primary, 'mail addr': mailbox, serial, refresh, retry, expire, minimum };
      return `${name}\n${Object.entries(fields)
        .map(([key, value]) => `\t${key} = ${value}`)
        .join('\n')}`;
    }
    case 'UNKNOWN':
      return `${name}\trdata_${data.number} = ${text}`;
  }
}

class Lookup {
  readonly #settings: Settings;
  readonly #config: ResolverConfig | null;
  readonly #servers: readonly number[];
  /** As it was typed; null for those of /etc/resolv.conf. */
  readonly #named: string | null;

  constructor(
    settings: Settings,
    config: ResolverConfig | null,
    servers: readonly number[],
    named: string | null,
  ) {
    this.#settings = settings;
    this.#config = config;
    this.#servers = servers;
    this.#named = named;
  }

  *#ask(name: string, type: number): Sys<Answer> {
    const { port, timeout, tries, recurse: recursion, tcp } = this.#settings;
    const config = this.#config;
    const limits = {
      timeout: timeout ?? config?.timeout ?? 5 * SECOND,
      tries: tries ?? config?.attempts ?? 2,
    };
    const question = { name, type, recursion, edns: false, tcp, port, ...limits };
    const answer = yield* exchange(question, this.#servers, say);
    if (recursion && !answer.message.recursionAvailable && this.#named === null)
      yield* say(`;; Got recursion not available from ${formatIpv4(answer.server)}`);
    return answer;
  }

  *#search(name: string, type: number): Sys<{ name: string; answer: Answer }> {
    const plain = name.replace(/\.$/, '');
    const short = !name.endsWith('.') && plain.split('.').length <= (this.#config?.ndots ?? 1);
    const domains = short && this.#settings.search ? (this.#config?.search ?? []) : [];
    for (const domain of domains) {
      const longer = `${plain}.${domain}`;
      const answer = yield* this.#ask(longer, type);
      if (answer.message.rcode !== NXDOMAIN) return { name: longer, answer };
    }
    return { name: plain, answer: yield* this.#ask(plain, type) };
  }

  *#head(server: number): Sys<void> {
    const address = formatIpv4(server);
    yield* say(`Server:\t\t${this.#named ?? address}\nAddress:\t${address}#${this.#settings.port}\n`);
  }

  *run(given: string): Sys<number> {
    const { type } = this.#settings;
    const address = type === null ? parseIpv4(given) : null;
    const asked = address === null ? given : reverseName(address);
    const wanted = type ?? dnsTypeNumber(address === null ? 'A' : 'PTR');
    const { name, answer } = yield* this.#search(asked, wanted);
    const { rcode, answers, authoritative, authorities, additionals } = answer.message;
    if (address === null) yield* this.#head(answer.server);
    if (rcode !== 0) {
      yield* say(`** server can't find ${name}: ${rcodeText(rcode)}\n`);
      return 1;
    }
    if (!authoritative) yield* say('Non-authoritative answer:');
    for (const record of answers) yield* say(recordText(record, true));
    let found = answers.length > 0;
    if (type === null && address === null) {
      const chain = answers.flatMap(({ data }) => (data.type === 'CNAME' ? [data.target] : []));
      const more = (yield* this.#ask(chain.at(-1) ?? name, dnsTypeNumber('AAAA'))).message.answers;
      for (const record of more) yield* say(recordText(record, true));
      found ||= more.length > 0;
    }
    if (!found) yield* say(`*** Can't find ${name}: No answer`);
    const addresses = [dnsTypeNumber('A'), dnsTypeNumber('AAAA')];
    if (!authoritative && !addresses.includes(wanted)) {
      yield* say('\nAuthoritative answers can be found from:');
      for (const record of [...authorities, ...additionals]) yield* say(recordText(record, false));
    }
    yield* say('');
    return 0;
  }
}

export const nslookupProgram: Program = function* ({ argv }) {
  const settings: Settings = {
    ...{ type: null, port: 53, timeout: null, tries: null },
    ...{ search: true, recurse: true, tcp: false },
  };
  const words: string[] = [];
  for (const word of argv.slice(1)) {
    if (word === '-version' || word === '-V') {
      yield* say('nslookup 9.18');
      return 0;
    }
    if (word === '--help') {
      yield* writeAll(1, USAGE);
      return 0;
    }
    const refusal =
      word.startsWith('-') && word.length > 1 ? yield* option(word.slice(1), settings) : undefined;
    if (refusal === undefined) words.push(word);
    else if (refusal !== null) {
      yield* writeAll(2, refusal);
      return 1;
    }
  }
  const [name, server, ...others] = words;
  if (others.length > 0) {
    yield* writeAll(2, USAGE);
    return 1;
  }
  if (name === undefined || name === '-') {
    yield* writeAll(2, 'nslookup: the interactive mode is not simulated: give a name\n');
    return 1;
  }
  const config = yield* resolverConfig();
  let servers = config?.nameservers ?? [0x7f000001];
  if (server !== undefined) {
    const found = yield* lookupHost(server);
    if (found.kind !== 'found') {
      yield* writeAll(2, `nslookup: couldn't get address for '${server}': not found\n`);
      return 1;
    }
    servers = found.addresses.slice(0, 1);
  }
  try {
    return yield* new Lookup(settings, config, servers, server ?? null).run(name);
  } catch (error) {
    if (!(error instanceof NoServers)) throw error;
    yield* say(`;; ${error.message}\n`);
    return 1;
  }
};

export const nslookupCompletion: CompletionSpec = {
  help: 'Ask a name server for the addresses of a name, or for the name of an address.',
  operands: 'none',
  options: [
    { name: '-type=', help: 'records of this type' },
    { name: '-port=', help: 'where the server listens (53)' },
    { name: '-timeout=', help: 'seconds to wait for an answer' },
    { name: '-retry=', help: 'how often to ask' },
    { name: '-nosearch', help: 'do not try the domains of the search list' },
  ],
};
