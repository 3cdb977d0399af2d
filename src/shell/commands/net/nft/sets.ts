/** What nft's language says of sets with names: what they are like, and their elements. */
import type { Nanos } from '../../../../base/index.ts';
import type { SetDeclaration, SetType } from '../../../../network/index.ts';
import { unsimulated } from '../words.ts';
import { requireElement } from './elementWords.ts';
import { OTHER_TYPES, TYPES } from './setTypes.ts';
import { duration } from './times.ts';
import { NftError, type Token, type Tokens } from './tokens.ts';

/** An element as it is written: what it is, the type of its set says. */
export interface WrittenElement {
  readonly key: Token;
  readonly timeout: Nanos | null;
  readonly left: Nanos | null;
  readonly comment: string | null;
}

export interface WrittenSet {
  readonly declaration: SetDeclaration;
  readonly elements: readonly WrittenElement[];
}

/** `{ ELEMENT [timeout TIME] [expires TIME] [comment "TEXT"], … }` */
export function elementList(tokens: Tokens): WrittenElement[] {
  const start = tokens.peek();
  if (!tokens.take('{'))
    throw new NftError(
      start?.text.startsWith('$') || start === null || start.text === ';'
        ? "syntax error, unexpected newline, expecting '{' or '$'"
        : `syntax error, unexpected ${/^\d+$/.test(start.text) ? 'number' : 'string'}, expecting '{' or '$'`,
      start,
    );
  const elements: WrittenElement[] = [];
  for (;;) {
    tokens.skipSeparators();
    if (elements.length > 0 && tokens.take('}')) return elements;
    const key = tokens.next();
    if (!key.quoted && key.text === '}') throw new NftError("syntax error, unexpected '}'", key);
    if (!key.quoted && key.text === ',') throw new NftError('syntax error, unexpected comma', key);
    if (/^[@$]/.test(key.text) || (key.text === '*' && !key.quoted))
      throw unsimulated('nft', `"${key.text}" in a set`);
    if (tokens.peek()?.text === '.' || tokens.peek()?.text === ':')
      throw unsimulated('nft', `"${tokens.peek()!.text}" in a set`);
    requireElement(key);
    elements.push({ key, ...elementOptions(tokens) });
    tokens.skipSeparators();
    if (tokens.take('}')) return elements;
    if (!tokens.take(',')) throw unexpectedElement(tokens);
    while (tokens.take(','));
  }
}

/** What stands behind an element, where another begins only after a comma. */
function unexpectedElement(tokens: Tokens): NftError {
  const token = tokens.peek();
  const plain = token !== null && !token.quoted && /^[a-z_]/i.test(token.text);
  const expecting = ", expecting comma or '}'";
  return plain
    ? new NftError(`syntax error, unexpected string${expecting}`, token)
    : tokens.unexpected(expecting);
}

function elementOptions(tokens: Tokens): Omit<WrittenElement, 'key'> {
  let [timeout, left, comment]: [Nanos | null, Nanos | null, string | null] = [null, null, null];
  for (;;) {
    // None at all is that of the set.
    if (tokens.take('timeout')) timeout = duration(tokens.next()) || null;
    else if (tokens.take('expires')) left = duration(tokens.next());
    else if (tokens.take('comment')) comment = tokens.next().text;
    else if (tokens.peek()?.text === 'counter') throw unsimulated('nft', '"counter" of an element');
    else return { timeout, left, comment };
  }
}

function typeWord(tokens: Tokens): SetType {
  const token = tokens.next();
  if (tokens.peek()?.text === '.') throw unsimulated('nft', 'a set of several types');
  if (Object.hasOwn(TYPES, token.text)) return token.text as SetType;
  if (OTHER_TYPES.includes(token.text)) throw unsimulated('nft', `the type "${token.text}"`);
  throw new NftError(`unknown datatype ${token.text}`, token);
}

const FLAGS = ['constant', 'interval', 'timeout'] as const;

function flagWords(tokens: Tokens): (typeof FLAGS)[number][] {
  const flags: (typeof FLAGS)[number][] = [];
  do {
    const token = tokens.next();
    if (token.text === 'dynamic') throw unsimulated('nft', 'the flag "dynamic"');
    const flag = FLAGS.find((each) => each === token.text);
    if (flag === undefined)
      throw new NftError(
        'syntax error, unexpected string, expecting constant or interval or dynamic or timeout',
        token,
      );
    flags.push(flag);
  } while (tokens.take(','));
  return flags;
}

/** A number of 64 bits, of which the kernel is told the lower 32; null: of any size, as 0 says. */
function sizeWord(tokens: Tokens): number | null {
  const token = tokens.next();
  if (!/^\d+$/.test(token.text) || BigInt(token.text) >= 1n << 64n)
    throw new NftError('syntax error, unexpected string, expecting number', token);
  return Number(BigInt.asUintN(32, BigInt(token.text))) || null;
}

/** What stands between a set's braces. Throws NftError, Refused. */
export function setBlock(tokens: Tokens): WrittenSet {
  const start = tokens.peek();
  if (!tokens.take('{')) throw new NftError("syntax error, unexpected newline, expecting '{'", start);
  let type: SetType | null = null;
  let flags: readonly (typeof FLAGS)[number][] = [];
  let rest: Pick<SetDeclaration, 'timeout' | 'size' | 'autoMerge' | 'gcInterval' | 'policy' | 'comment'> = {
    timeout: null,
    size: null,
    autoMerge: false,
    gcInterval: null,
    policy: null,
    comment: null,
  };
  let elements: readonly WrittenElement[] = [];
  let end: Token | null = null;
  for (;;) {
    tokens.skipSeparators();
    end = tokens.last;
    if (tokens.take('}')) break;
    const word = tokens.next();
    if (word.text === 'type') type = typeWord(tokens);
    else if (word.text === 'flags') flags = flagWords(tokens);
    else if (word.text === 'timeout') rest = { ...rest, timeout: duration(tokens.next()) || null };
    else if (word.text === 'gc-interval') rest = { ...rest, gcInterval: duration(tokens.next()) };
    else if (word.text === 'size') rest = { ...rest, size: sizeWord(tokens) };
    else if (word.text === 'auto-merge') rest = { ...rest, autoMerge: true };
    else if (word.text === 'comment') rest = { ...rest, comment: tokens.next().text };
    else if (word.text === 'policy') rest = { ...rest, policy: policyWord(tokens) };
    else if (word.text === 'elements') {
      tokens.expect('=');
      elements = elementList(tokens);
    } else if (word.text === 'typeof' || word.text === 'counter')
      throw unsimulated('nft', `"${word.text}" of a set`);
    else throw new NftError('syntax error, unexpected string', word);
  }
  if (type === null) throw new NftError('set definition does not specify key', start, end);
  const timeouts = flags.includes('timeout') || rest.timeout !== null;
  // There are never more than those that it begins with.
  if (flags.includes('constant') && elements.length > 0) rest = { ...rest, size: elements.length };
  const declared = { constant: flags.includes('constant'), interval: flags.includes('interval') };
  return { declaration: { type, ...declared, timeouts, ...rest }, elements };
}

function policyWord(tokens: Tokens): 'memory' | 'performance' {
  const token = tokens.next();
  if (token.text !== 'memory' && token.text !== 'performance')
    throw new NftError('syntax error, unexpected string, expecting performance or memory', token);
  return token.text;
}
