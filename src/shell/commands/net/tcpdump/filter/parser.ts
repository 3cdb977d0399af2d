/** The grammar of filter expressions (pcap-filter(7); libpcap's grammar.y). */
import { Refused } from '../../words.ts';
import { relation } from './arithmetic.ts';
import { badFilter, notSimulated, syntaxError } from './errors.ts';
import { all, any, type Direction, isIp, load, payloadAt, type Test } from './frame.ts';
import { isLink, isProtocol, protocolTest } from './protocols.ts';
import { Reader } from './reader.ts';
import type { Token } from './tokens.ts';
import { type FindHost, type Qualifiers, valueTest } from './values.ts';

/** 802.1Q, 802.1ad, and what was there before it. */
const TAG_TYPES = [0x8100, 0x88a8, 0x9100];

export class Parser {
  readonly #reader: Reader;
  readonly #find: FindHost;
  /** What a value alone behind `and` and `or` is asked by: the words of the one before. */
  #last: Qualifiers | null = null;
  /** Behind `vlan` everything lies a tag further back. */
  #shift = 0;

  constructor(text: string, find: FindHost) {
    this.#reader = new Reader(text);
    this.#find = find;
  }

  parse(): Test {
    const test = this.#expression();
    if (this.#reader.peek() !== null) throw syntaxError();
    return test;
  }

  #conjunction(): 'and' | 'or' | null {
    const reader = this.#reader;
    if ((reader.takeKeyword('and') ?? reader.takeSign('&&')) !== null) return 'and';
    return (reader.takeKeyword('or') ?? reader.takeSign('||')) !== null ? 'or' : null;
  }

  #negated(): boolean {
    return (this.#reader.takeKeyword('not') ?? this.#reader.takeSign('!')) !== null;
  }

  /** `and` and `or` bind alike, from left to right. */
  #expression(): Test {
    let left = this.#term();
    for (;;) {
      const how = this.#conjunction();
      if (how === null) return left;
      const right = this.#termOrValue();
      left = how === 'and' ? all(left, right) : any(left, right);
    }
  }

  #termOrValue(): Test {
    const start = this.#reader.at;
    while (this.#negated());
    const token = this.#reader.peek();
    const valueAlone =
      token !== null &&
      (['name', 'address', 'mac'].includes(token.kind) ||
        (token.kind === 'number' && !this.#comparisonAhead()));
    this.#reader.at = start;
    if (!valueAlone) return this.#term();
    if (this.#last === null) throw badFilter('syntax error in filter expression');
    return this.#value(this.#last);
  }

  #valueAhead(): boolean {
    return ['name', 'address', 'mac', 'number'].includes(this.#reader.peek()?.kind ?? '');
  }

  /** Whether a comparison stands there. */
  #comparisonAhead(): boolean {
    const start = this.#reader.at;
    try {
      return relation(this.#reader, this.#shift) !== null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return false;
    } finally {
      this.#reader.at = start;
    }
  }

  #term(): Test {
    if (this.#negated()) {
      const test = this.#term();
      return (seen) => !test(seen);
    }
    const comparison = this.#comparison();
    if (comparison !== null) {
      this.#last = null;
      return comparison;
    }
    if (this.#reader.takeSign('(') === null) return this.#primitive();
    const inner = this.#expression();
    this.#reader.needSign(')');
    return inner;
  }

  /** Null when what comes is none; a parenthesis may begin one, or an expression. */
  #comparison(): Test | null {
    const reader = this.#reader;
    const first = reader.peek();
    if (first === null) throw syntaxError();
    if (first.kind === 'sign' && first.text === '(') {
      if (!this.#comparisonAhead()) return null;
      return relation(reader, this.#shift);
    }
    if (!this.#beginsComparison(first)) return null;
    const test = relation(reader, this.#shift);
    if (test === null) throw syntaxError();
    return test;
  }

  /** A number, a length, or `PROTOCOL[`. */
  #beginsComparison({ kind, text }: Token): boolean {
    if (kind === 'number' || (kind === 'sign' && text === '-')) return true;
    if (kind !== 'keyword') return false;
    if (text === 'len' || text === 'length') return true;
    const reader = this.#reader;
    reader.at++;
    const loads = isProtocol(text) && reader.peek()?.text === '[';
    reader.at--;
    return loads;
  }

  /** `[PROTOCOL] [src|dst] [host|net|port|portrange|proto] VALUE`, or a protocol alone. */
  #primitive(): Test {
    const reader = this.#reader;
    const special = this.#special();
    if (special !== null) {
      this.#last = null;
      return special;
    }
    const word = reader.peek()!;
    const protocol = word.kind === 'keyword' && isProtocol(word.text) ? reader.next().text : null;
    if (protocol !== null) {
      const cast = this.#cast(protocol);
      if (cast !== null) return cast;
    }
    const direction = this.#direction();
    const type = reader.takeKeyword('host', 'net', 'port', 'portrange', 'proto') as Qualifiers['type'];
    if (direction === null && type === null) {
      if (protocol === null || this.#valueAhead()) throw syntaxError();
      this.#last = null;
      return protocolTest(protocol, this.#shift);
    }
    return this.#value({ protocol, direction, type });
  }

  /** One value, or several in parentheses. */
  #value(asked: Qualifiers): Test {
    this.#last = asked;
    if (this.#negated()) {
      const test = this.#value(asked);
      return (seen) => !test(seen);
    }
    if (this.#reader.takeSign('(') === null) return valueTest(this.#reader, asked, this.#find, this.#shift);
    let left = this.#value(asked);
    for (let how = this.#conjunction(); how !== null; how = this.#conjunction()) {
      const right = this.#value(asked);
      left = how === 'and' ? all(left, right) : any(left, right);
    }
    this.#reader.needSign(')');
    return left;
  }

  #direction(): Direction | null {
    const reader = this.#reader;
    const first = reader.takeKeyword('src', 'dst');
    if (first === null) return null;
    const start = reader.at;
    const how = this.#conjunction();
    if (how !== null && reader.takeKeyword(first === 'src' ? 'dst' : 'src') !== null) return how;
    reader.at = start;
    return first as Direction;
  }

  /** `broadcast` and `multicast`, of Ethernet unless IPv4's are meant. */
  #cast(protocol: string | null): Test | null {
    const which = this.#reader.takeKeyword('broadcast', 'multicast');
    if (which === null) return null;
    this.#last = null;
    const shift = this.#shift;
    if (protocol === null || isLink(protocol))
      return which === 'multicast'
        ? (seen) => (load(seen, 0, 1) & 1) === 1
        : (seen) => load(seen, 0, 6) === 0xffff_ffff_ffff;
    if (protocol === 'ip' && which === 'multicast')
      return all(isIp(shift), (seen) => load(seen, payloadAt(shift) + 16, 1) >= 224);
    if (protocol === 'ip' || protocol === 'ip6') throw notSimulated(`"${protocol} ${which}"`);
    throw badFilter(
      `link-layer ${which} filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel`,
    );
  }

  #special(): Test | null {
    const reader = this.#reader;
    const bound = reader.takeKeyword('less', 'greater');
    if (bound !== null) {
      const limit = reader.takeNumber();
      if (limit === null) throw syntaxError();
      return bound === 'less' ? ({ length }) => length <= limit : ({ length }) => length >= limit;
    }
    if (reader.takeKeyword('vlan') !== null) return this.#vlan();
    return this.#cast(null);
  }

  #vlan(): Test {
    const shift = this.#shift;
    const id = this.#reader.takeNumber();
    if (id !== null && id > 4095) throw badFilter(`VLAN tag ${id} greater than maximum 4095`);
    this.#shift += 4;
    return (seen) =>
      TAG_TYPES.includes(load(seen, 12 + shift, 2)) &&
      (id === null || (load(seen, 14 + shift, 2) & 0xfff) === id);
  }
}
