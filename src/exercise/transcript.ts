/** The record of a session as it is kept. */
import { canonicalJson, sha256Hex } from '../base/index.ts';
import type { Transcript } from './types.ts';

/** The version of its format. */
export const FORMAT = 1;

/** SHA-256 of the canonical form. */
export function transcriptDigest(transcript: Transcript): string {
  return sha256Hex(canonicalJson(transcript));
}
