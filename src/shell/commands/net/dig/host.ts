/** host(1): what a name server says of a name, in sentences. */
import { SECOND } from '../../../../base/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
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
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { type Answer, exchange, NoServers } from './exchange.ts';
import { rcodeText } from './index.ts';
import { dataText, fullName, typeOf, typeText } from './types.ts';

const say = (line: string) => writeAll(1, `${line}\n`);

const SENTENCES: Readonly<Record<string, string>> = {
  A: 'has address',
  AAAA: 'has IPv6 address',
  CNAME: 'is an alias for',
  MX: 'mail is handled by',
  NS: 'name server',
  PTR: 'domain name pointer',
  SOA: 'has SOA record',
  TXT: 'descriptive text',
};

const sentence = ({ name, data }: DnsRecord) =>
  `${name === '' ? '.' : name} ${SENTENCES[data.type] ?? 'has unknown record'} ${dataText(data)}`;

class Host {
  readonly #servers: readonly number[];
  readonly #config: ResolverConfig | null;

  constructor(servers: readonly number[], config: ResolverConfig | null) {
    this.#servers = servers;
    this.#config = config;
  }

  #ask(name: string, type: number): Sys<Answer> {
    const timeout = this.#config?.timeout ?? 5 * SECOND;
    return exchange(
      { name, type, recursion: true, edns: false, tcp: false, port: 53, timeout, tries: 2 },
      this.#servers,
      say,
    );
  }

  /** A name's answer, with the domains of the search list; `absolute` names are asked for as they are. */
  *#search(name: string, type: number, absolute: boolean): Sys<{ name: string; answer: Answer }> {
    const search = absolute || name.endsWith('.') ? [] : (this.#config?.search ?? []);
    const plain = name.replace(/\.$/, '');
    const longer = search.map((each) => `${plain}.${each}`);
    const few = plain.split('.').length <= (this.#config?.ndots ?? 1);
    const names = few && search.length > 0 ? [...longer, plain] : [plain, ...longer];
    let first: { name: string; answer: Answer } | null = null;
    for (const each of names) {
      const found = { name: each, answer: yield* this.#ask(each, type) };
      if (found.answer.message.rcode === 0) return found;
      if (each === plain || first === null) first = found;
    }
    return first!;
  }

  *run(name: string, wanted: number | null): Sys<number> {
    const address = parseIpv4(name);
    const reverse = address !== null;
    const asked = reverse ? reverseName(address) : name;
    const type = wanted ?? dnsTypeNumber(reverse ? 'PTR' : 'A');
    const { name: full, answer } = yield* this.#search(asked, type, reverse);
    const { rcode, answers } = answer.message;
    if (rcode !== 0) {
      const shown = reverse ? fullName(asked) : asked.replace(/\.$/, '');
      yield* say(`Host ${shown} not found: ${rcode}(${rcodeText(rcode)})`);
      return 1;
    }
    for (const each of answers) yield* say(sentence(each));
    const chain = answers.map(({ data }) => (data.type === 'CNAME' ? data.target : null));
    const target = chain.filter((each) => each !== null).at(-1) ?? full;
    if (wanted === null && !reverse) {
      for (const more of ['AAAA', 'MX'] as const) {
        const { message } = yield* this.#ask(target, dnsTypeNumber(more));
        for (const each of message.answers) if (each.data.type === more) yield* say(sentence(each));
      }
    } else if (answers.length === 0) yield* say(`${full} has no ${typeText(type)} record`);
    return 0;
  }
}

function* run(parsed: Parsed): Sys<number> {
  const [name, server, ...others] = parsed.operands;
  if (name === undefined) throw new UsageError('a name is missing');
  if (others.length > 0) throw new UsageError(`one word too many: '${others[0]}'`);
  const word = parsed.value('t');
  const type = word === null ? null : typeOf(word);
  if (word !== null && type === null) throw new UsageError(`the type "${word}" is not simulated`);
  const config = yield* resolverConfig();
  let servers = config?.nameservers ?? [0x7f000001];
  if (server !== undefined) {
    const found = yield* lookupHost(server);
    if (found.kind !== 'found') {
      yield* writeAll(2, `host: couldn't get address for '${server}': failure\n`);
      return 1;
    }
    servers = found.addresses.slice(0, 1);
    yield* say(`Using domain server:\nName: ${server}\nAddress: ${formatIpv4(servers[0]!)}#53\nAliases: \n`);
  }
  try {
    return yield* new Host(servers, config).run(name, type);
  } catch (error) {
    if (!(error instanceof NoServers)) throw error;
    yield* say(`;; ${error.message}`);
    return 1;
  }
}

export const hostCommand: CommandSpec = {
  name: 'host',
  usage: '[OPTION]... NAME|ADDRESS [SERVER]',
  summary: 'Ask a name server for the addresses of a name, or for the name of an address.',
  options: [
    { short: '4', help: 'use IPv4, as is done anyhow' },
    { short: 't', argument: 'TYPE', help: 'records of this type' },
  ],
  run,
};
