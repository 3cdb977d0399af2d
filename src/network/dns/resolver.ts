/**
 * A stub resolver (resolver(3), resolv.conf(5)) as a machine without input and output: it says what to send to whom and until when to
 * wait, and is told what came.
 */
import { type Nanos, SECOND } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import {
  buildDns,
  type DnsMessage,
  type DnsRecord,
  type DnsType,
  dnsTypeNumber,
  parseDns,
  RCODES,
} from './message.ts';
import { type DomainName, isDomainName } from './name.ts';

/** What /etc/resolv.conf says. */
export interface ResolverConfig {
  readonly nameservers: readonly Ipv4[];
  readonly search: readonly DomainName[];
  /** Names with so many dots are tried as they are first. */
  readonly ndots: number;
  /** How long one server is waited for. */
  readonly timeout: Nanos;
  /** Rounds through the servers. */
  readonly attempts: number;
}

export const DEFAULT_RESOLVER: ResolverConfig = {
  nameservers: [],
  search: [],
  ndots: 1,
  timeout: 5 * SECOND,
  attempts: 2,
};

/** How it ended; `timeout`: no server answered. */
export type Resolution =
  | {
      readonly kind: 'found';
      readonly name: DomainName;
      readonly records: readonly DnsRecord[];
      readonly message: DnsMessage;
    }
  | { readonly kind: 'nxdomain' | 'nodata' | 'servfail' | 'timeout' | 'invalid' };

export interface Transmission {
  readonly server: Ipv4;
  readonly datagram: Uint8Array;
}

export class Resolver {
  readonly #config: ResolverConfig;
  readonly #type: DnsType;
  readonly #names: DomainName[];
  readonly #nextId: () => number;
  #name = 0;
  #try = 0;
  #id = 0;
  /** The worst that was heard so far, for when nothing better comes. */
  #sofar: Resolution = { kind: 'nxdomain' };
  #result: Resolution | null = null;
  #deadline: Nanos = 0;

  /** `nextId` gives an unpredictable number below 65,536 for each query. */
  constructor(config: ResolverConfig, name: string, type: DnsType, nextId: () => number) {
    this.#config = config;
    this.#type = type;
    this.#nextId = nextId;
    this.#names = candidates(config, name);
    if (!isDomainName(name) || name === '') this.#result = { kind: 'invalid' };
    else if (config.nameservers.length === 0) this.#result = { kind: 'timeout' };
  }

  /** Null while it goes on. */
  get result(): Resolution | null {
    return this.#result;
  }

  /** When the server that was asked last counts as silent. */
  get deadline(): Nanos {
    return this.#deadline;
  }

  /** The next query to send; to be called at first and after each `result` that is still null. */
  next(now: Nanos): Transmission | null {
    if (this.#result !== null) return null;
    const { nameservers, timeout } = this.#config;
    this.#id = this.#nextId();
    this.#deadline = now + timeout;
    const query: DnsMessage = {
      id: this.#id,
      response: false,
      opcode: 0,
      authoritative: false,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      rcode: 0,
      questions: [{ name: this.#names[this.#name]!, type: dnsTypeNumber(this.#type) }],
      answers: [],
      authorities: [],
      additionals: [],
    };
    return { server: nameservers[this.#try % nameservers.length]!, datagram: buildDns(query) };
  }

  /** The deadline is over: the next server, or the end. */
  timedOut(): void {
    this.#nextServer({ kind: 'timeout' });
  }

  /** A datagram came from `server`. True: it was the answer, and either there is a result or `next` goes on. */
  receive(server: Ipv4, datagram: Uint8Array): boolean {
    const message = parseDns(datagram);
    const asked = this.#config.nameservers[this.#try % this.#config.nameservers.length];
    if (
      this.#result !== null ||
      message === null ||
      !message.response ||
      message.id !== this.#id ||
      server !== asked
    )
      return false;
    const name = this.#names[this.#name]!;
    if (message.questions[0]?.name.toLowerCase() !== name.toLowerCase()) return false;
    const rcode = RCODES[message.rcode];
    if (rcode === 'NXDOMAIN') this.#nextName({ kind: 'nxdomain' });
    else if (rcode !== 'NOERROR') this.#nextServer({ kind: 'servfail' });
    else {
      const records = message.answers.filter((record) => record.data.type === this.#type);
      if (records.length > 0) this.#result = { kind: 'found', name, records, message };
      else this.#nextName({ kind: 'nodata' });
    }
    return true;
  }

  #nextServer(why: Resolution): void {
    this.#try++;
    if (this.#try >= this.#config.nameservers.length * this.#config.attempts) this.#result = why;
  }

  /** The next name of the search list; "there is such a name" outlasts "there is none". */
  #nextName(why: Resolution): void {
    if (why.kind === 'nodata') this.#sofar = why;
    this.#name++;
    this.#try = 0;
    if (this.#name >= this.#names.length) this.#result = this.#sofar;
  }
}

/** The names that are tried, in order: as it is first when it has dots enough, or only so when it ends in a dot. */
function candidates(config: ResolverConfig, name: string): DomainName[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = config.search.map((each) => `${name}.${each}`);
  const dots = name.split('.').length - 1;
  return dots >= config.ndots ? [name, ...searched] : [...searched, name];
}
