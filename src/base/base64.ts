/** Base 64 (RFC 4648): the usual alphabet of section 4, and the one for URLs and file names of section 5. */

const USUAL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const FOR_URLS = `${USUAL.slice(0, 62)}-_`;

/** By character code, in either alphabet. */
const VALUES = new Uint8Array(128);
for (const alphabet of [USUAL, FOR_URLS])
  for (let value = 0; value < 64; value++) VALUES[alphabet.charCodeAt(value)] = value;

/** `padding` fills the last group; empty for none. */
function encoded(bytes: Uint8Array, alphabet: string, padding: string): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let i = 0; i < 4; i++)
      out.push(i <= bytes.length - at ? alphabet[(group >> (18 - 6 * i)) & 63]! : padding);
  }
  return out.join('');
}

/** With padding. */
export function toBase64(bytes: Uint8Array): string {
  return encoded(bytes, USUAL, '=');
}

/** For URLs, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return encoded(bytes, FOR_URLS, '');
}

/** Either alphabet, padded or not; null for anything else. */
export function fromBase64(text: string): Uint8Array | null {
  const plain = text.replace(/={1,2}$/, '');
  if (!/^[\w+/-]*$/.test(plain) || plain.length % 4 === 1) return null;
  const out = new Uint8Array(Math.floor((plain.length * 3) / 4));
  for (let i = 0, bits = 0, at = 0; i < plain.length; i++) {
    bits = (bits << 6) | VALUES[plain.charCodeAt(i)]!;
    if (i % 4 > 0) out[at++] = (bits >> (6 - 2 * (i % 4))) & 0xff;
  }
  return out;
}
