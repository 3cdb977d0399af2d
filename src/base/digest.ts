/** Digests and canonical JSON: what makes two worlds, layers or transcripts comparable. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import canonicalizeJson from 'canonicalize';
import { assert } from './assert.ts';
import { encodeUtf8 } from './bytes.ts';

/** Two lower-case hex digits a byte. */
export const toHex = (bytes: Uint8Array): string => bytesToHex(bytes);

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8, as 64 lower-case hex digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return bytesToHex(sha256(typeof data === 'string' ? encodeUtf8(data) : data));
}

/** A running SHA-256, for data that is never in one piece. */
export function sha256Stream(): { update(data: Uint8Array | string): void; hex(): string } {
  const hash = sha256.create();
  return {
    update: (data) => void hash.update(typeof data === 'string' ? encodeUtf8(data) : data),
    hex: () => bytesToHex(hash.digest()),
  };
}

/** Canonical JSON (RFC 8785): the same value gives the same text in every engine. Values must be JSON. */
export function canonicalJson(value: unknown): string {
  const text = canonicalizeJson(value);
  assert(text !== undefined, 'value has no JSON form');
  return text;
}
