/** Values in nft's rules: addresses, ports, protocols and sets of them. */
import {
  broadcastOf,
  type Match,
  networkOf,
  parseIpv4,
  parsePrefix,
  type Range,
  type SetField,
} from '../../../../network/index.ts';
import { unsimulated } from '../words.ts';
import { NftError, type Token, type Tokens } from './tokens.ts';

/** IANA's numbers, as far as /etc/protocols of a small host names them. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['udp', 17],
  ['gre', 47],
  ['esp', 50],
  ['sctp', 132],
]);

export const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['bootps', 67],
  ['bootpc', 68],
  ['tftp', 69],
  ['http', 80],
  ['pop3', 110],
  ['ntp', 123],
  ['imap2', 143],
  ['https', 443],
  ['mysql', 3306],
  ['postgresql', 5432],
]);

/** A port by its name or number; null when it is neither. */
export function portNumber(text: string): number | null {
  const number = SERVICES.get(text) ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN);
  return number <= 65_535 ? number : null;
}

export interface Values<T> {
  readonly values: readonly T[];
  readonly negate: boolean;
}

/** `[!=] VALUE` or `[!=] { VALUE, … }`. Variables are not simulated; for names of sets see {@link setLookup}. */
export function valuesOf<T>(tokens: Tokens, read: (token: Token) => T): Values<T> {
  const negate = tokens.take('!=');
  if (!negate) tokens.take('==');
  if (!tokens.take('{')) return { negate, values: [read(valueToken(tokens))] };
  const values: T[] = [];
  for (;;) {
    tokens.skipSeparators();
    if (tokens.take('}')) break;
    values.push(read(valueToken(tokens)));
    tokens.skipSeparators();
    if (tokens.take('}')) break;
    tokens.expect(',');
  }
  return { negate, values };
}

/** `[!=] @NAME` behind a field whose words began at `first`; null when no name of a set stands there. */
export function setLookup(tokens: Tokens, field: SetField, first: Token): Match | null {
  const sign = ['!=', '=='].includes(tokens.peek()?.text ?? '') ? 1 : 0;
  const token = tokens.peek(sign);
  if (token === null || token.quoted || !token.text.startsWith('@')) return null;
  const expression = [first, tokens.last ?? first] as const;
  const negate = tokens.take('!=');
  tokens.take('==');
  tokens.next();
  tokens.uses.push({ token, field, expression });
  return { kind: 'set', field, set: token.text.slice(1), negate };
}

/** `a,b,c` without braces. */
export function listOf<T>(tokens: Tokens, read: (token: Token) => T): Values<T> {
  const first = valuesOf(tokens, read);
  const values = [...first.values];
  while (tokens.take(',')) values.push(read(valueToken(tokens)));
  return { ...first, values };
}

function valueToken(tokens: Tokens): Token {
  const token = tokens.next();
  if (/^[@$]/.test(token.text)) throw unsimulated('nft', `"${token.text}": sets and variables with names`);
  return token;
}

/** An address, a prefix or a range. Throws NftError. */
export function addressRange(token: Token): Range {
  const { text } = token;
  const bad = () => new NftError('Could not resolve hostname: Name or service not known', token);
  if (text.includes('-')) {
    const [low, high] = text.split('-').map(parseIpv4);
    if (low === null || low === undefined || high === null || high === undefined) throw bad();
    if (high < low) throw new NftError('Range has zero or negative size', token);
    return [low, high];
  }
  const [, address = '', digits] = /^([^/]+)\/(\d+)$/.exec(text) ?? [];
  // The length is held as a number of 32 bits.
  const length = digits === undefined ? 0 : BigInt.asUintN(32, BigInt(digits));
  if (length > 32 && parseIpv4(address) !== null)
    throw new NftError(`Prefix length ${length} is invalid for type of 32 bits width`, token);
  const prefix = parsePrefix(text);
  if (prefix === null) throw bad();
  return [networkOf(prefix.address, prefix.length), broadcastOf(prefix.address, prefix.length)];
}

function port(token: Token, text: string): number {
  const value = SERVICES.get(text) ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN);
  if (Number.isNaN(value))
    throw new NftError('Could not resolve service: Servname not supported for ai_socktype', token);
  if (value > 65_535) throw new NftError('Service out of range', token);
  return value;
}

/** A port or a range of them. Throws NftError. */
export function portRange(token: Token): Range {
  const whole = SERVICES.get(token.text);
  if (whole !== undefined) return [whole, whole];
  const [low, high = low] = token.text.split('-');
  const range: Range = [port(token, low!), port(token, high!)];
  if (range[1] < range[0]) throw new NftError('Range has zero or negative size', token);
  return range;
}

export function protocolNumber(token: Token): number {
  const value = PROTOCOLS.get(token.text) ?? (/^\d+$/.test(token.text) ? Number(token.text) : Number.NaN);
  if (!(value >= 0 && value <= 255)) throw new NftError('Could not resolve protocol name', token);
  return value;
}

/** A mark: decimal or hexadecimal. */
export function markNumber(token: Token): number {
  if (!/^(\d+|0x[0-9a-f]{1,8})$/i.test(token.text) || Number(token.text) > 0xffff_ffff)
    throw new NftError('Could not parse integer', token);
  return Number(token.text);
}

/** One of `names`. Throws NftError in the tool's words. */
export function oneOf<T extends string>(token: Token, names: readonly T[]): T {
  const found = names.find((name) => name === token.text);
  if (found === undefined)
    throw new NftError(`Could not parse symbolic value "${token.text}"; expected ${names.join(', ')}`, token);
  return found;
}
