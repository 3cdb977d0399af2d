/** An element's word as nft's scanner and grammar read it (src/scanner.l and src/parser_bison.y of nftables 1.0.6). */
import { NftError, part, type Token } from './tokens.ts';

const WORD = /^(\d+\.\d+\.\d+\.\d+|0x[0-9a-f]+|\d+|[a-z_][\w/.-]*\*?)/i;

function unexpected(token: Token, at: number, expecting: string): NftError {
  const rest = token.text.slice(at);
  const sign = /^[^\w.*]/.exec(rest)?.[0];
  const what = sign ?? (/^\d/.test(rest) ? 'number' : 'string');
  return new NftError(
    `syntax error, unexpected ${what}${expecting}`,
    part(token, at, at + (sign ?? rest).length),
  );
}

/** `WORD`, `WORD/NUMBER`, `WORD-WORD` with nothing behind. Throws NftError. */
export function requireElement(token: Token): void {
  const { text, quoted } = token;
  if (quoted) return;
  const first = WORD.exec(text)?.[0];
  if (first === undefined) throw unexpected(token, 0, '');
  const sign = text[first.length];
  let end = first.length;
  if (sign === '/' || sign === '-') {
    const second = (sign === '/' ? /^\d+/ : WORD).exec(text.slice(end + 1))?.[0];
    if (second === undefined) throw unexpected(token, end + 1, sign === '/' ? ', expecting number' : '');
    end += 1 + second.length;
  }
  if (end < text.length) throw unexpected(token, end, ", expecting comma or '}'");
}
