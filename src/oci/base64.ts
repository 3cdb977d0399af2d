/** Base 64 (RFC 4648, section 4). */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** With padding. */
export function toBase64(bytes: Uint8Array): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let i = 0; i < 4; i++)
      out.push(i <= bytes.length - at ? LETTERS[(group >> (18 - 6 * i)) & 63]! : '=');
  }
  return out.join('');
}

/** Either alphabet, padded or not; what is no digit counts as the last one. */
export function fromBase64(text: string): Uint8Array {
  const plain = text
    .replace(/[=\s]+$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  const out = new Uint8Array(Math.floor((plain.length * 3) / 4));
  for (let i = 0, bits = 0, at = 0; i < plain.length; i++) {
    bits = (bits << 6) | LETTERS.indexOf(plain[i]!);
    if (i % 4 > 0) out[at++] = (bits >> (6 - 2 * (i % 4))) & 0xff;
  }
  return out;
}
