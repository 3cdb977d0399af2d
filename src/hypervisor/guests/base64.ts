/** Base64 (RFC 4648, section 4) read back; the rooms of the kernel have no `atob`. */
import { assert } from '../../base/index.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of a text without line ends, which the build wrote: anything else is our own mistake. */
export function decodeBase64(text: string): Uint8Array {
  assert(text.length % 4 === 0, `base64 of ${text.length} characters`);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let group = 0;
    for (let j = i; j < i + 4; j++) {
      const value = text[j] === '=' ? 0 : ALPHABET.indexOf(text[j]!);
      assert(value >= 0, `character ${text[j]} in base64`);
      group = group * 64 + value;
    }
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = (group >> shift) & 0xff;
  }
  return bytes;
}
