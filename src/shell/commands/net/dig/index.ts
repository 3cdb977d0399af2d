/** dig(1): what a name server answers, in all its parts. */
import { type Program, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { LOOKUP_ERRORS, lookupHost } from '../../../../linux/net/names.ts';
import { resolverConfig } from '../../../../linux/net/resolver.ts';
import {
  type DnsRecord,
  formatIpv4,
  isDomainName,
  RCODES,
  type ResolverConfig,
} from '../../../../network/index.ts';
import type { CompletionSpec } from '../../../completionSpec.ts';
import { calendar, MONTHS, pad, WEEKDAYS } from '../../support.ts';
import { DigUsage, type Lookup, parseArguments, type Settings } from './arguments.ts';
import { type Answer, exchange, NoServers } from './exchange.ts';
import { dataText, dataType, fullName, typeText } from './types.ts';

const VERSION = 'DiG 9.18.49-1~deb12u3-Debian';
const USAGE = `\
Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]
`;
const HELP = `${USAGE}
Types:    A, AAAA, ANY, CNAME, MX, NS, PTR, SOA, TXT, TYPEnnn
Options:  -x ADDRESS (its name), -t TYPE, -q NAME, -c IN, -p PORT, -4, -v, -h
          +[no]short, +[no]all, +[no]cmd, +[no]comments, +[no]question,
          +[no]answer, +[no]authority, +[no]additional, +[no]stats,
          +[no]ttlid, +[no]class, +[no]identify, +[no]search, +[no]recurse,
          +[no]edns, +[no]tcp, +time=SECONDS, +tries=NUMBER, +retry=NUMBER
`;
const MILLISECOND = 1_000_000;
const OTHER_RCODES = ['YXDOMAIN', 'YXRRSET', 'NXRRSET', 'NOTAUTH', 'NOTZONE'];

export const rcodeText = (rcode: number) =>
  RCODES[rcode] ?? OTHER_RCODES[rcode - RCODES.length] ?? `RESERVED${rcode}`;

const say = (line: string) => writeAll(1, `${line}\n`);

/** Words at columns 24, 32 and so on: by tabs, or after a space when there is no room. */
function columns(parts: readonly string[], first = 24): string {
  let text = '';
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (i > 0) {
      const to = first + 8 * (i - 1);
      const tabs = Math.floor(to / 8) - Math.floor(at / 8);
      text += at >= to ? ' ' : '\t'.repeat(tabs);
      at = at >= to ? at + 1 : to;
    }
    text += part;
    at += part.length;
  }
  return text;
}

function recordLine({ name, ttl, data }: DnsRecord, settings: Settings): string {
  return columns([
    fullName(name),
    ...(settings.ttlid ? [`${ttl}`] : []),
    ...(settings.class ? ['IN'] : []),
    dataType(data),
    dataText(data),
  ]);
}

function* section(title: string, lines: readonly string[], settings: Settings): Sys<void> {
  if (lines.length === 0) return;
  if (settings.comments) yield* say(`;; ${title} SECTION:`);
  for (const line of lines) yield* say(line);
  if (settings.comments) yield* say('');
}

function* header({ message, bytes }: Answer): Sys<void> {
  const { questions, answers, authorities, additionals } = message;
  const flags = [
    'qr',
    message.authoritative && 'aa',
    message.truncated && 'tc',
    message.recursionDesired && 'rd',
    message.recursionAvailable && 'ra',
    (bytes[3]! & 0x20) !== 0 && 'ad',
    (bytes[3]! & 0x10) !== 0 && 'cd',
  ].filter((flag) => flag !== false);
  yield* say(';; Got answer:');
  yield* say(`;; ->>HEADER<<- opcode: QUERY, status: ${rcodeText(message.rcode)}, id: ${message.id}`);
  yield* say(
    `;; flags: ${flags.join(' ')}; QUERY: ${questions.length}, ANSWER: ${answers.length}, AUTHORITY: ${authorities.length}, ADDITIONAL: ${additionals.length}`,
  );
  if (message.recursionDesired && !message.recursionAvailable)
    yield* say(';; WARNING: recursion requested but not available');
  yield* say('');
}

function* stats({ server, bytes, time, tcp }: Answer, settings: Settings): Sys<void> {
  const { sec } = yield* sys.clock_gettime('realtime');
  const { year, month, day, weekday, hour, minute, second } = calendar(sec);
  const address = formatIpv4(server);
  const shown = settings.server ?? address;
  yield* say(`;; Query time: ${Math.floor(time / MILLISECOND)} msec`);
  yield* say(`;; SERVER: ${address}#${settings.port}(${shown}) (${tcp ? 'TCP' : 'UDP'})`);
  yield* say(
    `;; WHEN: ${WEEKDAYS[weekday]} ${MONTHS[month - 1]} ${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)} UTC ${year}`,
  );
  yield* say(`;; MSG SIZE  rcvd: ${bytes.length}`);
  yield* say('');
}

function* show(answer: Answer, settings: Settings): Sys<void> {
  const { message, server, time } = answer;
  if (settings.short) {
    const from = settings.identify
      ? ` from server ${formatIpv4(server)} in ${Math.floor(time / MILLISECOND)} ms.`
      : '';
    for (const { data } of message.answers) yield* say(dataText(data) + from);
    return;
  }
  if (settings.comments) yield* header(answer);
  const lines = (records: readonly DnsRecord[]) => records.map((each) => recordLine(each, settings));
  if (settings.question)
    yield* section(
      'QUESTION',
      message.questions.map(({ name, type }) => columns([`;${fullName(name)}`, 'IN', typeText(type)], 32)),
      settings,
    );
  if (settings.answer) yield* section('ANSWER', lines(message.answers), settings);
  if (settings.authority) yield* section('AUTHORITY', lines(message.authorities), settings);
  if (settings.additional) yield* section('ADDITIONAL', lines(message.additionals), settings);
  if (settings.stats) yield* stats(answer, settings);
}

const DEFAULT_TIMEOUT = 5_000 * MILLISECOND;

/** With +search a name with few dots is tried with the list's domains first. */
function namesOf(name: string, search: boolean, config: ResolverConfig | null): readonly string[] {
  if (!search || name.endsWith('.') || config === null) return [name.replace(/\.$/, '')];
  const longer = config.search.map((each) => `${name}.${each}`);
  return name.split('.').length > config.ndots ? [name, ...longer] : [...longer, name];
}

class Dig {
  readonly #words: readonly string[];
  #headed = false;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  *run(lookups: readonly Lookup[]): Sys<number> {
    let status = 0;
    for (const lookup of lookups) {
      try {
        yield* this.#one(lookup);
      } catch (error) {
        if (!(error instanceof NoServers)) throw error;
        if (!error.unsent) yield* this.#head(lookup);
        yield* say(`;; ${error.message}`);
        status = 9;
      }
    }
    return status;
  }

  /** The command is told once, in front of the first answer. */
  *#head({ settings, serverFirst }: Lookup): Sys<void> {
    if (this.#headed || !settings.cmd || settings.short) return;
    this.#headed = true;
    const words = this.#words.map((word) => ` ${word}`).join('');
    yield* say(`\n; <<>> ${VERSION} <<>>${words}`);
    if (serverFirst) yield* say('; (1 server found)');
    yield* say(';; global options: +cmd');
  }

  *#servers(settings: Settings, config: ResolverConfig | null): Sys<readonly number[]> {
    // As resolv.conf(5): without a server it is this host.
    if (settings.server === null) return config?.nameservers ?? [0x7f000001];
    const found = yield* lookupHost(settings.server);
    if (found.kind === 'found') return found.addresses.slice(0, 1);
    const why = found.kind === 'again' ? LOOKUP_ERRORS.again.toLowerCase() : 'failure';
    throw new DigUsage(`dig: couldn't get address for '${settings.server}': ${why}`, false);
  }

  *#one(lookup: Lookup): Sys<void> {
    const { name, type, settings } = lookup;
    const config = yield* resolverConfig();
    const servers = yield* this.#servers(settings, config);
    const names = namesOf(name, settings.search, config);
    if (names.some((each) => !isDomainName(each)))
      throw new DigUsage(`dig: '${name}' is not a legal name (label too long)`, false);
    for (const [i, each] of names.entries()) {
      const question = {
        name: each,
        type,
        recursion: settings.recurse,
        edns: settings.edns,
        tcp: settings.tcp || type === 255,
        port: settings.port,
        timeout: settings.timeout ?? config?.timeout ?? DEFAULT_TIMEOUT,
        tries: settings.tries ?? 3,
      };
      const answer = yield* exchange(question, servers, say);
      const more = i + 1 < names.length;
      if (more && (answer.message.rcode !== 0 || answer.message.answers.length === 0)) continue;
      yield* this.#head(lookup);
      yield* show(answer, settings);
      return;
    }
  }
}

export const digProgram: Program = function* ({ argv }) {
  const words = argv.slice(1);
  if (words.includes('-h') || words.includes('--help')) {
    yield* writeAll(1, HELP);
    return 0;
  }
  try {
    const { lookups, version, warnings } = parseArguments(words);
    for (const warning of warnings) yield* say(warning);
    if (version) {
      yield* say(VERSION);
      return 0;
    }
    return yield* new Dig(words).run(lookups);
  } catch (error) {
    if (!(error instanceof DigUsage)) throw error;
    const hint = error.hint
      ? `${USAGE}\nUse "dig -h" (or "dig -h | more") for complete list of options\n`
      : '';
    yield* writeAll(2, `${error.message}\n${hint}`);
    return 1;
  }
};

export const digCompletion: CompletionSpec = {
  options: [
    { name: '-x', help: 'the name of an address' },
    { name: '-t', help: 'the type of records' },
    { name: '-p', help: 'the port' },
  ],
  operands: 'none',
};
