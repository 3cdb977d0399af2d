/** Values in nft's rules: addresses, ports, protocols and sets of them. */
import {
  broadcastOf,
  type Match,
  networkOf,
  parseIpv4,
  type Range,
  type SetField,
} from '../../../../network/index.ts';
import { unsimulated } from '../words.ts';
import { NftError, part, type Token, type Tokens } from './tokens.ts';

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

/** As the scanner reads numbers: octal with 0, hexadecimal with 0x. */
const NUMERAL = /^(0x[0-9a-f]+|\d+)$/i;

export const isNumeral = (text: string): boolean => NUMERAL.test(text);

/** Null: it is no number. */
function numeral(text: string): bigint | null {
  if (!NUMERAL.test(text)) return null;
  return BigInt(/^0[0-7]+$/.test(text) ? `0o${text}` : text.replace(/^0+(?=\d)/, ''));
}

/** `A` or `A-B`, where what begins with a letter is one word. Throws NftError. */
export function rangeBetween(token: Token, read: (token: Token) => number): Range {
  const at = token.quoted || !/^\d/.test(token.text) ? -1 : token.text.indexOf('-');
  if (at < 0) {
    const value = read(token);
    return [value, value];
  }
  const range: Range = [read(part(token, 0, at)), read(part(token, at + 1))];
  if (range[1] < range[0]) throw new NftError('Range has zero or negative size', token);
  return range;
}

/** What stands behind the slash, which is held as a number of 32 bits. Throws NftError. */
export function prefixLengthOf(token: Token, digits: string): number {
  const length = Number(BigInt.asUintN(32, BigInt(digits)));
  if (length > 32) throw new NftError(`Prefix length ${length} is invalid for type of 32 bits width`, token);
  return length;
}

const unresolved = (token: Token) =>
  new NftError('Could not resolve hostname: Name or service not known', token);

function oneAddress(token: Token): number {
  const address = parseIpv4(token.text);
  if (address === null) throw unresolved(token);
  return address;
}

/** An address as one number. Throws NftError. */
export function wholeAddress(token: Token): number {
  const value = numeral(token.text)!;
  if (value > 0xffff_ffffn) throw unresolved(token);
  return Number(value);
}

/** An address, a prefix or a range. Throws NftError. */
export function addressRange(token: Token): Range {
  const [, address = '', digits] = /^([^/]+)\/(\d+)$/.exec(token.text) ?? [];
  if (digits === undefined) return rangeBetween(token, oneAddress);
  const value = parseIpv4(address);
  if (value === null) throw unresolved(token);
  const length = prefixLengthOf(token, digits);
  return [networkOf(value, length), broadcastOf(value, length)];
}

function port(token: Token): number {
  const value = SERVICES.get(token.text) ?? numeral(token.text);
  if (value === null)
    throw new NftError('Could not resolve service: Servname not supported for ai_socktype', token);
  if (value > 65_535) throw new NftError('Service out of range', token);
  return Number(value);
}

/** A port or a range of them. Throws NftError. */
export const portRange = (token: Token): Range => rangeBetween(token, port);

/** Throws NftError. */
export function protocolNumber(token: Token): number {
  const value = PROTOCOLS.get(token.text) ?? numeral(token.text);
  if (value === null) throw new NftError('Could not resolve protocol name', token);
  if (value > 255) throw new NftError('Protocol out of range', token);
  return Number(value);
}

/** A mark. Throws NftError. */
export function markNumber(token: Token): number {
  const { text, quoted } = token;
  if (!quoted && text.startsWith('-')) throw new NftError('syntax error, unexpected -', part(token, 0, 1));
  const value = numeral(text);
  if (value === null) throw new NftError('Could not parse packet mark', token);
  if (value > 0xffff_ffffn) throw new NftError(`Value ${value} exceeds valid range 0-4294967295`, token);
  return Number(value);
}

/** One of `names`. Throws NftError in the tool's words. */
export function oneOf<T extends string>(token: Token, names: readonly T[]): T {
  const found = names.find((name) => name === token.text);
  if (found === undefined)
    throw new NftError(`Could not parse symbolic value "${token.text}"; expected ${names.join(', ')}`, token);
  return found;
}
