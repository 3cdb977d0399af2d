/** Bytes and text. TextEncoder and TextDecoder exist in every engine but belong to no ES library typing. */
interface Codecs {
  TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
  TextDecoder: new (
    label: string,
    options?: { ignoreBOM?: boolean; fatal?: boolean },
  ) => { decode(bytes: Uint8Array): string };
}
const codecs = globalThis as unknown as Codecs;
const encoder = new codecs.TextEncoder();
const decoder = new codecs.TextDecoder('utf-8', { ignoreBOM: true });

/** Up to so many bytes V8 keeps within the array's object; a TextEncoder asks the system for memory for each. */
const WITHIN = 64;

/** UTF-8 bytes of `text`. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return (text.length <= WITHIN ? encodeAscii(text) : null) ?? encoder.encode(text);
}

/** Null when there is something else in it. */
function encodeAscii(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return null;
    bytes[i] = code;
  }
  return bytes;
}

/** Text of UTF-8 `bytes`; malformed sequences become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** All of `parts`, one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
