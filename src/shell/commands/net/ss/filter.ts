/** Expressions that choose sockets by their ends (misc/ssfilter.y of iproute2): `sport = :22 and not dst 10.0.0.0/8`. */
import type { SocketEnd, SocketInfo } from '../../../../linux/net/netlink/socketRequests.ts';
import { inPrefix, type Prefix, parseIpv4, parsePrefix } from '../../../../network/index.ts';
import { portNumber } from '../nft/values.ts';
import { Refused } from '../words.ts';

export type SocketTest = (socket: SocketInfo) => boolean;

const RELATIONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

/** Words that mean a sign. */
const SIGNS: Readonly<Record<string, string>> = {
  '|': 'or',
  '||': 'or',
  '&': 'and',
  '&&': 'and',
  '!': 'not',
  '==': '=',
  eq: '=',
  ne: '!=',
  neq: '!=',
  gt: '>',
  lt: '<',
  ge: '>=',
  geq: '>=',
  le: '<=',
  leq: '<=',
};
const OTHERS = ['dev', 'fwmark', 'cgroup', 'autobound'];

const syntaxError = () =>
  new Refused('ss: bison bellows (while parsing filter): "syntax error!" Sorry.', 255);
const badCondition = (message: string) => new Refused(`Error: ${message}\nCannot parse dst/src address.`, 1);

class Parser {
  readonly #words: string[];

  constructor(text: string) {
    this.#words = text.match(/[()]|[^\s()]+/g) ?? [];
  }

  parse(): SocketTest {
    const test = this.#or();
    if (this.#words.length > 0) throw syntaxError();
    return test;
  }

  #peek(): string | null {
    const word = this.#words[0];
    return word === undefined ? null : (SIGNS[word] ?? word);
  }

  #take(...words: readonly string[]): string | null {
    const word = this.#peek();
    if (word === null || !words.includes(word)) return null;
    this.#words.shift();
    return word;
  }

  #or(): SocketTest {
    let left = this.#and();
    while (this.#take('or') !== null) {
      const [before, right] = [left, this.#and()];
      left = (socket) => before(socket) || right(socket);
    }
    return left;
  }

  /** Conditions that follow each other have to be met together. */
  #and(): SocketTest {
    let left = this.#not();
    for (;;) {
      const next = this.#peek();
      if (this.#take('and') === null && (next === null || next === 'or' || next === ')')) return left;
      const [before, right] = [left, this.#not()];
      left = (socket) => before(socket) && right(socket);
    }
  }

  #not(): SocketTest {
    if (this.#take('not') !== null) {
      const test = this.#not();
      return (socket) => !test(socket);
    }
    if (this.#take('(') === null) return this.#condition();
    const inner = this.#or();
    if (this.#take(')') === null) throw syntaxError();
    return inner;
  }

  #condition(): SocketTest {
    const word = this.#take('sport', 'dport', 'src', 'dst');
    if (word === null) {
      const other = this.#words[0];
      if (other === undefined) throw syntaxError();
      if (OTHERS.includes(other)) throw new Refused(`ss: the filter "${other}" is not simulated`, 255);
      hostCondition(other);
      throw syntaxError();
    }
    const end = ({ local, remote }: SocketInfo): SocketEnd =>
      word.startsWith('s') ? local : (remote ?? { address: 0, port: 0 });
    if (word === 'sport' || word === 'dport') {
      const holds = RELATIONS[this.#take(...Object.keys(RELATIONS)) ?? ''];
      if (holds === undefined) throw syntaxError();
      const port = portCondition(this.#value());
      return (socket) => holds(end(socket).port, port);
    }
    const sign = this.#take('=', '!=');
    const { prefix, port } = hostCondition(this.#value());
    const fits = ({ address, port: its }: SocketEnd) =>
      (prefix === null || inPrefix(address, prefix)) && (port === null || its === port);
    return (socket) => fits(end(socket)) === (sign !== '!=');
  }

  #value(): string {
    const word = this.#words.shift();
    if (word === undefined) throw syntaxError();
    return word;
  }
}

function portOf(text: string): number {
  const port = portNumber(text);
  if (port === null) throw badCondition(`"${text}" does not look like a port.`);
  return port;
}

/** `:22`, `22`, `:ssh`; an address before it does not count. */
const portCondition = (text: string) => portOf(text.replace(/^.*:/, ''));

/** `ADDRESS[/LENGTH][:PORT]`, either of them `*` or nothing for any. */
function hostCondition(text: string): { readonly prefix: Prefix | null; readonly port: number | null } {
  const [, host = '', port] = /^([^:]*)(?::(.*))?$/.exec(text) ?? [];
  const prefix = host === '' || host === '*' ? null : prefixOf(host, text);
  return { prefix, port: port === undefined || port === '' || port === '*' ? null : portOf(port) };
}

function prefixOf(host: string, whole: string): Prefix {
  const address = parseIpv4(host);
  const prefix = address === null ? parsePrefix(host) : { address, length: 32 };
  if (prefix === null)
    throw badCondition(`an inet prefix is expected rather than "${whole.replace(/:.*/s, '')}".`);
  return prefix;
}

/** What an expression lets through; everything for an empty one. Throws Refused. */
export function compileSocketFilter(words: readonly string[]): SocketTest {
  const text = words.join(' ');
  return text.trim() === '' ? () => true : new Parser(text).parse();
}
