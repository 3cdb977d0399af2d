/** Signed tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA-256 (RFC 7518, "HS256"), claims as in distribution's token/jwt document. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { decodeUtf8, encodeUtf8, fromBase64, toBase64Url } from '../base/index.ts';

/** What somebody may do with one thing. */
export interface Grant {
  /** `repository`, or `registry` for the catalog. */
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export interface Claims {
  /** Who made it: the token service. */
  readonly iss: string;
  /** Whose it is; '' is nobody in particular. */
  readonly sub: string;
  /** For which service. */
  readonly aud: string;
  /** Seconds since 1970: issued, valid from, valid up to. */
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  readonly access: readonly Grant[];
}

const HEADER = toBase64Url(encodeUtf8('{"typ":"JWT","alg":"HS256"}'));

const signature = (secret: Uint8Array, signed: string): string =>
  toBase64Url(hmac(sha256, secret, encodeUtf8(signed)));

export function signToken(claims: Claims, secret: Uint8Array): string {
  const signed = `${HEADER}.${toBase64Url(encodeUtf8(JSON.stringify(claims)))}`;
  return `${signed}.${signature(secret, signed)}`;
}

/** The claims of a token that this secret signed; null for any other, whatever algorithm it names. They may be out of date. */
export function readToken(token: string, secret: Uint8Array): Claims | null {
  const [header, payload, given, ...more] = token.split('.');
  if (header !== HEADER || payload === undefined || given === undefined || more.length > 0) return null;
  if (!sameText(signature(secret, `${header}.${payload}`), given)) return null;
  return JSON.parse(decodeUtf8(fromBase64(payload)!)) as Claims;
}

/** Takes as long for a wrong text as for the right one, so that time tells nothing about it. */
export function sameText(wanted: string, given: string): boolean {
  let different = wanted.length ^ given.length;
  for (let i = 0; i < wanted.length; i++) different |= wanted.charCodeAt(i) ^ given.charCodeAt(i);
  return different === 0;
}
